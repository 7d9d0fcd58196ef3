"""Mixtures of discretised logistics: the likelihood of a pixel's sub-pixels.

Salimans, Karpathy, Chen and Kingma, 2017, "PixelCNN++", https://arxiv.org/abs/1701.05517,
sections 2.1 and 2.2.

Level `x` of `levels` has the mass that a logistic has between `x - 1/2` and `x + 1/2`;
the first and the last level have the tails as well. The logarithm is taken in closed
form, `log[s(a) - s(b)] = log s(a) + log s(-b) + log(1 - e^(b - a))` with the sigmoid
`s`, so that nothing cancels and no mass is lost, however small it is.
"""

import math

import keras
from keras import ops

MIN_LOG_SCALE = -7.0


def wide(x):
    """Returns `x` in float32, or as it is in float64."""
    double = keras.backend.standardize_dtype(x.dtype) == "float64"
    return x if double else ops.cast(x, "float32")


def logistic_log_prob(x, mean, log_scale, levels):
    """Returns the log-probability of levels under discretised logistics.

    Args:
        x: float tensor of whole numbers from 0 to `levels - 1`.
        mean: tensor that broadcasts with `x`, on the scale where the first level is
            -1 and the last is 1.
        log_scale: tensor like `mean`; held above -7.
        levels: int.
    """
    centre, step, log_inner = _bins(mean, log_scale, levels)
    first, last = x < 0.5, x > levels - 1.5
    upper = -ops.softplus((centre - x - 0.5) * step)  # log s(a)
    lower = -ops.softplus((x - 0.5 - centre) * step)  # log s(-b)
    zero = ops.zeros_like(upper)
    inner = ops.where(ops.logical_or(first, last), zero, log_inner)
    return ops.where(last, zero, upper) + ops.where(first, zero, lower) + inner


def mixture_log_probs(log_weights, means, log_scales, levels):
    """Returns the log-probabilities of all levels under mixtures, `(..., levels)`.

    A component's mass is a product: a power of e, linear in the level between bends,
    times two numbers from 1/2 to 1. So the sum needs few exponentials, and its
    logarithm is exact also where all masses are too small to hold.

    Args:
        log_weights: tensor `(..., components)`, normalised.
        means, log_scales: tensors like `log_weights`, as in `logistic_log_prob`.
        levels: int.
    """
    centre, step, log_inner = _bins(means[..., None], log_scales[..., None], levels)
    edges = ops.arange(levels - 1, dtype=centre.dtype) + 0.5
    x = (edges - centre) * step
    # s(x) = e^min(x, 0) / (1 + e^-|x|)
    factor = 1.0 / (1.0 + ops.exp(-ops.abs(x)))
    factor = _pad(factor, 0, 1, 1.0) * _pad(factor, 1, 0, 1.0)
    power = _pad(ops.minimum(x, 0.0), 0, 1) + _pad(ops.minimum(-x, 0.0), 1, 0)
    inner = ops.broadcast_to(log_inner, (*ops.shape(x)[:-1], levels - 2))
    power = power + _pad(inner, 1, 1) + log_weights[..., None]
    largest = ops.max(power, axis=-2, keepdims=True)
    total = ops.sum(ops.exp(power - largest) * factor, axis=-2)
    return ops.log(total) + largest[..., 0, :]


def _bins(mean, log_scale, levels):
    """Returns the mean in levels, a level's width in scales, and log(1 - e^-width)."""
    log_scale = ops.maximum(log_scale, MIN_LOG_SCALE)
    width = 2.0 / (levels - 1)
    step = width * ops.exp(-log_scale)
    # log(1 - e^-d) = log d + log[(1 - e^-d) / d], for d that may be too small to hold.
    held = ops.maximum(step, 1e-6)
    log_inner = math.log(width) - log_scale + ops.log(-ops.expm1(-held) / held)
    return (mean + 1.0) / width, step, log_inner


def _pad(x, before, after, value=0.0):
    widths = [[0, 0]] * (len(x.shape) - 1) + [[before, after]]
    return ops.pad(x, widths, constant_values=value)


class LogisticMixture:
    """The distribution of a pixel: one mixture over the channels together.

    In each component the mean of a channel is linear in the true values of the
    channels before it: red, green given red, blue given both.

    Args:
        channels: int.
        num_mixtures: int. Components.
        levels: int.
    """

    def __init__(self, channels, num_mixtures, levels):
        self.channels, self.num_mixtures, self.levels = channels, num_mixtures, levels
        pairs = channels * (channels - 1) // 2
        self._sizes = (1, channels, channels, pairs)

    @property
    def size(self):
        """Parameters a pixel: 10 for each component of an RGB pixel."""
        return self.num_mixtures * sum(self._sizes)

    def split(self, parameters):
        """Returns `(log_weights, means, log_scales, coefficients)` from `(..., size)`.

        The first is `(..., components)`; the others have the channels, or the pairs of
        channels, on an axis before.
        """
        shape = (*ops.shape(parameters)[:-1], -1, self.num_mixtures)
        parts = ops.reshape(wide(parameters), shape)
        ends = [sum(self._sizes[: i + 1]) for i in range(4)]
        log_weights = ops.log_softmax(parts[..., 0, :], axis=-1)
        means = parts[..., ends[0] : ends[1], :]
        log_scales = parts[..., ends[1] : ends[2], :]
        return log_weights, means, log_scales, ops.tanh(parts[..., ends[2] :, :])

    def scale(self, levels):
        """Maps levels to `[-1, 1]`."""
        return levels * (2.0 / (self.levels - 1)) - 1.0

    def component(self, parts, before, channel):
        """Returns mean and log-scale `(..., components)` of one channel.

        Args:
            parts: what `split` returns.
            before: list of tensors `(...)`, the values of the earlier channels in
                `[-1, 1]`.
            channel: int.
        """
        _, means, log_scales, coefficients = parts
        mean, first = means[..., channel, :], channel * (channel - 1) // 2
        for i, value in enumerate(before[:channel]):
            mean = mean + coefficients[..., first + i, :] * value[..., None]
        return mean, log_scales[..., channel, :]

    def log_prob(self, parameters, x):
        """Returns the log-probability `(...)` of pixels.

        Args:
            parameters: tensor `(..., size)`.
            x: int tensor of levels, `(..., channels)`.
        """
        parts = self.split(parameters)
        return ops.logsumexp(self._joint(parts, x, self.channels), axis=-1)

    def _joint(self, parts, x, count):
        """Returns `log pi_m + log P_m(x_k)` summed over the first `count` channels."""
        x = ops.cast(x, parts[0].dtype)
        values = [self.scale(x[..., channel]) for channel in range(count)]
        total = parts[0]
        for channel in range(count):
            total = total + self.observed(parts, values, channel)
        return total

    def observed(self, parts, values, channel):
        """Returns `log P_m(x_k | x_<k)`, `(..., components)`, for `x_k = values[k]`."""
        x = ops.round((values[channel] + 1.0) * (0.5 * (self.levels - 1)))
        mean, log_scale = self.component(parts, values, channel)
        return logistic_log_prob(x[..., None], mean, log_scale, self.levels)

    def channel_log_probs(self, parts, log_weights, before, channel):
        """Returns `log p(x_k | x_<k)` for all levels, `(..., levels)`.

        Args:
            parts: what `split` returns.
            log_weights: tensor `(..., components)`: how likely each component is now
                that the earlier channels are known, but for a factor.
            before: list of tensors `(...)`, as in `component`.
            channel: int.
        """
        log_weights = ops.log_softmax(log_weights, axis=-1)
        mean, log_scale = self.component(parts, before, channel)
        return mixture_log_probs(log_weights, mean, log_scale, self.levels)

    def log_probs(self, parameters, x):
        """Returns `log p(x_k | x_<k)` for all channels and levels.

        Args:
            parameters: tensor `(..., size)`.
            x: int tensor of levels, `(..., channels)`.

        Returns:
            tensor `(..., channels, levels)`.
        """
        parts, found = self.split(parameters), []
        x = ops.cast(x, parts[0].dtype)
        values = [self.scale(x[..., channel]) for channel in range(self.channels)]
        log_weights = parts[0]
        for channel in range(self.channels):
            found.append(self.channel_log_probs(parts, log_weights, values, channel))
            if channel < self.channels - 1:
                log_weights = log_weights + self.observed(parts, values, channel)
        return ops.stack(found, axis=-2)
