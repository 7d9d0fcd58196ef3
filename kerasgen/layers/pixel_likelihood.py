"""What a decoder's outputs say about pixels: Bernoulli or Gaussian, as layers.

Both have `observe`, `log_prob`, `mean` and `sample`, so that a model does not ask which
one it holds.
"""

import math

import keras
from keras import ops

from kerasgen.losses.likelihoods import (
    BINARIZATIONS,
    bernoulli_log_prob,
    bernoulli_sample,
    binarize,
    float32,
    gaussian_log_prob,
    gaussian_sample,
)
from kerasgen.training.arguments import check_choice, check_number

LOG_VARIANCE_RANGE = (-10.0, 10.0)


class BernoulliPixels(keras.layers.Layer):
    """Binary pixels, from logits.

    Args:
        binarization: how grey images become binary, see
            `kerasgen.losses.likelihoods.binarize`.
    """

    discrete = True
    noise = "uniform"

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
    """Pixels of any value in `[0, 1]`, from means, with one variance for all.

    Args:
        variance: float, or None for a trained one, whose logarithm starts at 0 and is
            held in `[-10, 10]`: without a floor the density has no bound.
    """

    discrete = False
    noise = "normal"
    observes_noise = False

    def __init__(self, variance=None, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        if variance is not None:
            check_number("variance", variance, math.exp(LOG_VARIANCE_RANGE[0]))
        self.variance = variance
        self.raw_log_variance = None
        if variance is None:
            self.raw_log_variance = self.add_weight(
                name="log_variance", shape=(), initializer="zeros", dtype="float32"
            )
        self.built = True

    @property
    def log_variance(self):
        """The logarithm of the pixels' variance, a scalar."""
        if self.variance is not None:
            return math.log(self.variance)
        return ops.clip(self.raw_log_variance.value, *LOG_VARIANCE_RANGE)

    def observe(self, x, uniform=None):
        """Returns the pixels whose likelihood is taken: `x` itself."""
        return float32(x)

    def log_prob(self, x, outputs):
        """Returns nats, `(batch,)`, of the density on `[0, 1]` pixels."""
        return gaussian_log_prob(x, outputs, self.log_variance)

    def mean(self, outputs):
        """Returns the mean of each pixel, clipped to `[0, 1]`."""
        return ops.clip(float32(outputs), 0.0, 1.0)

    def sample(self, outputs, normal):
        """Draws pixels, clipped to `[0, 1]`."""
        drawn = gaussian_sample(outputs, self.log_variance, normal)
        return ops.clip(drawn, 0.0, 1.0)


def pixel_likelihood(likelihood, binarization, variance):
    """Returns the layer of a model's arguments, checked.

    Args:
        likelihood: `"bernoulli"` or `"gaussian"`.
        binarization: of `BernoulliPixels`; None for a Gaussian.
        variance: of `GaussianPixels`; None for a Bernoulli.
    """
    check_choice("likelihood", likelihood, ("bernoulli", "gaussian"))
    if likelihood == "bernoulli":
        if variance is not None:
            raise ValueError(
                "`variance` must be None for a Bernoulli likelihood. "
                f"Received: variance={variance}"
            )
        return BernoulliPixels(binarization, name="pixels")
    if binarization is not None:
        raise ValueError(
            "`binarization` must be None for a Gaussian likelihood. "
            f"Received: binarization={binarization!r}"
        )
    return GaussianPixels(variance, name="pixels")
