"""What a decoder's outputs say about pixels: a distribution each, as layers.

All have `observe`, `log_prob`, `mean` and `sample`, so that a model does not ask which
one it holds, and `outputs`, the number of values that they take for a sub-pixel, which
the decoder gives as so many times the channels.
"""

import math

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.losses.likelihoods import (
    BINARIZATIONS,
    LOG_VARIANCE_RANGE,
    bernoulli_log_prob,
    bernoulli_sample,
    binarize,
    categorical_log_prob,
    categorical_sample,
    float32,
    gaussian_log_prob,
    gaussian_moments,
    gaussian_sample,
    sum_per_example,
)
from kerasgen.losses.logistic_mixture import MIN_LOG_SCALE, logistic_log_prob

PREDICTED = "predicted"


class BernoulliPixels(keras.layers.Layer):
    """Binary pixels, from logits.

    Args:
        binarization: how grey images become binary, see
            `kerasgen.losses.likelihoods.binarize`.
    """

    discrete = True
    noise = "uniform"
    outputs = 1

    def __init__(self, binarization="dynamic", **kwargs):
        super().__init__(dtype="float32", **kwargs)
        check_choice("binarization", binarization, BINARIZATIONS)
        self.binarization = binarization
        self.built = True

    @property
    def observes_noise(self):
        """Whether `observe` reads its noise."""
        return self.binarization == "dynamic"

    def observe(self, x, uniform=None):
        """Returns the pixels whose likelihood is taken."""
        return binarize(x, self.binarization, uniform)

    def log_prob(self, x, logits):
        """Returns nats, `(batch,)`."""
        return bernoulli_log_prob(x, logits)

    def mean(self, logits):
        """Returns the probability of each pixel."""
        return ops.sigmoid(float32(logits))

    def sample(self, logits, uniform):
        """Draws pixels."""
        return bernoulli_sample(logits, uniform)


class GaussianPixels(keras.layers.Layer):
    """Pixels of any value in `[0, 1]`, from means.

    Args:
        variance: float, the variance of all; None for a trained one of all, whose
            logarithm starts at 0; or `"predicted"`: the decoder gives the logarithm
            of each sub-pixel's variance behind the means. Logarithms are held in
            `[-10, 10]`: without a floor the density has no bound.
        bounded: bool. False for real vectors, which are not clipped to `[0, 1]`.
    """

    discrete = False
    noise = "normal"
    observes_noise = False

    def __init__(self, variance=None, bounded=True, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.bounded = bounded
        if isinstance(variance, str):
            check_choice("variance", variance, (PREDICTED,))
        elif variance is not None:
            check_number("variance", variance, math.exp(LOG_VARIANCE_RANGE[0]))
        self.variance = variance
        self.outputs = 2 if variance == PREDICTED else 1
        self.raw_log_variance = None
        if variance is None:
            self.raw_log_variance = self.add_weight(
                name="log_variance", shape=(), initializer="zeros", dtype="float32"
            )
        self.built = True

    @property
    def log_variance(self):
        """The logarithm of all pixels' variance, a scalar; None if it is predicted."""
        if self.variance == PREDICTED:
            return None
        if self.variance is not None:
            return math.log(self.variance)
        return ops.clip(self.raw_log_variance.value, *LOG_VARIANCE_RANGE)

    def _split(self, outputs):
        if self.variance != PREDICTED:
            return outputs, self.log_variance
        return gaussian_moments(float32(outputs))

    def observe(self, x, uniform=None):
        """Returns the pixels whose likelihood is taken: `x` itself."""
        return float32(x)

    def log_prob(self, x, outputs):
        """Returns nats, `(batch,)`, of the density on `[0, 1]` pixels."""
        return gaussian_log_prob(x, *self._split(outputs))

    def mean(self, outputs):
        """Returns the mean of each pixel, clipped to `[0, 1]`."""
        return self._clip(float32(self._split(outputs)[0]))

    def sample(self, outputs, normal):
        """Draws pixels, clipped to `[0, 1]`."""
        return self._clip(gaussian_sample(*self._split(outputs), normal))

    def _clip(self, x):
        return ops.clip(x, 0.0, 1.0) if self.bounded else x


class _LevelPixels(keras.layers.Layer):
    """Pixels of a number of grey levels: 0 stands for 0.0, the last one for 1.0.

    Args:
        levels: int that divides 256. Images are rounded to 0..255 and divided by
            `256 // levels`.
    """

    discrete = True
    noise = "uniform"
    observes_noise = False

    def __init__(self, levels=256, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.levels = check_int("levels", levels, 2)
        if 256 % levels:
            raise ValueError(f"`levels` must divide 256. Received: levels={levels}")
        self.built = True

    def observe(self, x, uniform=None):
        """Returns the pixels whose likelihood is taken, on their levels in [0, 1]."""
        grey = ops.round(float32(x) * 255.0)
        return ops.floor(grey / (256 // self.levels)) / (self.levels - 1)

    def _levels(self, x):
        return ops.round(float32(x) * (self.levels - 1))


class CategoricalPixels(_LevelPixels):
    """Pixels of `levels` grey levels, from a logit for each.

    Args:
        levels: as in `_LevelPixels`.
    """

    @property
    def outputs(self):
        return self.levels

    def _logits(self, outputs):
        shape = (*ops.shape(outputs)[:-1], -1, self.levels)
        return ops.reshape(float32(outputs), shape)

    def log_prob(self, x, outputs):
        """Returns nats, `(batch,)`."""
        return categorical_log_prob(self._levels(x), self._logits(outputs))

    def mean(self, outputs):
        """Returns the mean of each pixel."""
        values = ops.arange(self.levels, dtype="float32") / (self.levels - 1)
        return ops.sum(ops.softmax(self._logits(outputs)) * values, axis=-1)

    def sample(self, outputs, uniform):
        """Draws pixels."""
        drawn = categorical_sample(self._logits(outputs), uniform)
        return float32(drawn) / (self.levels - 1)


class DiscretizedLogisticPixels(_LevelPixels):
    """Pixels of `levels` grey levels, from a logistic's mean and log-scale.

    On the scale where the first level is -1 and the last is 1; the two ends have the
    tails as well, so that the masses sum to 1 (Salimans et al., 2017, section 2.1, with
    one component). The decoder gives all means, then all log-scales.

    Args:
        levels: as in `_LevelPixels`.
    """

    outputs = 2

    def _split(self, outputs):
        mean, log_scale = ops.split(float32(outputs), 2, axis=-1)
        return mean, ops.maximum(log_scale, MIN_LOG_SCALE)

    def log_prob(self, x, outputs):
        """Returns nats, `(batch,)`."""
        mean, log_scale = self._split(outputs)
        x = self._levels(x)
        return sum_per_example(logistic_log_prob(x, mean, log_scale, self.levels))

    def mean(self, outputs):
        """Returns the logistic's mean, clipped to `[0, 1]`."""
        return ops.clip(0.5 * (self._split(outputs)[0] + 1.0), 0.0, 1.0)

    def sample(self, outputs, uniform):
        """Draws pixels."""
        mean, log_scale = self._split(outputs)
        uniform = ops.clip(float32(uniform), 1e-7, 1.0 - 1e-7)
        logit = ops.log(uniform) - ops.log1p(-uniform)
        drawn = 0.5 * (mean + ops.exp(log_scale) * logit + 1.0)
        level = ops.clip(ops.round(drawn * (self.levels - 1)), 0.0, self.levels - 1.0)
        return level / (self.levels - 1)


LIKELIHOODS = ("bernoulli", "gaussian", "categorical", "discretized_logistic")


def pixel_likelihood(likelihood, binarization, variance, levels=None, bounded=True):
    """Returns the layer of a model's arguments, checked.

    Args:
        likelihood: `"bernoulli"`, `"gaussian"`, `"categorical"` or
            `"discretized_logistic"`.
        binarization: of `BernoulliPixels`; None for the others.
        variance: of `GaussianPixels`; None for the others.
        levels: of the last two, where None stands for 256; None for the others.
        bounded: bool. Whether pixels lie in `[0, 1]`; only a Gaussian's need not.
    """
    check_choice("likelihood", likelihood, LIKELIHOODS)
    given = {"binarization": binarization, "variance": variance, "levels": levels}
    own = {"bernoulli": "binarization", "gaussian": "variance"}.get(
        likelihood, "levels"
    )
    for name, value in given.items():
        if name != own and value is not None:
            raise ValueError(
                f"`{name}` must be None for a {likelihood} likelihood. "
                f"Received: {name}={value!r}"
            )
    if likelihood == "bernoulli":
        return BernoulliPixels(binarization, name="pixels")
    if likelihood == "gaussian":
        return GaussianPixels(variance, bounded, name="pixels")
    kinds = {"categorical": CategoricalPixels}
    kind = kinds.get(likelihood, DiscretizedLogisticPixels)
    return kind(256 if levels is None else levels, name="pixels")
