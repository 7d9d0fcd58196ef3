"""Likelihoods of pixels: the log-probability and the sampler side by side.

`*_log_prob` returns nats, `(batch,)`, summed over all axes but the first, in float32.
`*_sample` takes its noise, so that it is a pure function on every backend.
"""

import math

from keras import ops

from kerasgen.arguments import check_choice

BINARIZATIONS = ("dynamic", "threshold", None)
LOG_VARIANCE_RANGE = (-10.0, 10.0)


def float32(x):
    """Returns `x` as a float32 tensor."""
    return ops.cast(x, "float32")


def sum_per_example(x):
    """Sums over all axes but the first."""
    return ops.sum(ops.reshape(x, (ops.shape(x)[0], -1)), axis=-1)


def binarize(x, mode, uniform=None):
    """Returns grey images as binary ones, float32.

    Args:
        x: float tensor in `[0, 1]`.
        mode: `"dynamic"` (each pixel is 1 with its grey value as probability),
            `"threshold"` (1 above one half), or None (left as they are: a Bernoulli
            "likelihood" of grey values is no density).
        uniform: float tensor in `[0, 1)` of the shape of `x`, for `"dynamic"`.
    """
    check_choice("mode", mode, BINARIZATIONS)
    if mode == "dynamic":
        return float32(ops.less(uniform, x))
    return float32(ops.greater(x, 0.5)) if mode == "threshold" else float32(x)


# === Bernoulli ===


def bernoulli_log_prob(x, logits):
    """`sum x log p + (1 - x) log(1 - p)` with `p = sigmoid(logits)`."""
    logits = float32(logits)
    return sum_per_example(float32(x) * logits - ops.softplus(logits))


def bernoulli_sample(logits, uniform):
    """Returns 0. or 1. from `uniform` in `[0, 1)`, of the shape of `logits`."""
    return float32(ops.less(uniform, ops.sigmoid(float32(logits))))


# === Gaussian ===


def gaussian_log_prob(x, mean, log_variance):
    """`-1/2 sum [log(2 pi) + log_variance + (x - mean)^2 / e^log_variance]`.

    Args:
        x: float tensor `(batch, ...)`.
        mean: float tensor, same shape.
        log_variance: tensor that broadcasts to `mean`.
    """
    log_variance, difference = float32(log_variance), float32(x) - float32(mean)
    terms = log_variance + ops.square(difference) * ops.exp(-log_variance)
    return -0.5 * sum_per_example(terms + math.log(2.0 * math.pi))


def gaussian_moments(outputs):
    """Splits a network's outputs into means and log-variances, held in `[-10, 10]`.

    Args:
        outputs: tensor `(..., 2 * values)`, all means first.
    """
    mean, log_variance = ops.split(outputs, 2, axis=-1)
    return mean, ops.clip(log_variance, *LOG_VARIANCE_RANGE)


def gaussian_sample(mean, log_variance, normal):
    """Returns `mean + e^(log_variance / 2) normal`, in float32."""
    deviation = ops.exp(0.5 * float32(log_variance))
    return float32(mean) + deviation * float32(normal)


# === Categorical ===


def categorical_log_prob(x, logits):
    """Log-probability of integers `x`, `(batch, ...)`, by `(batch, ..., values)`."""
    log_probs = ops.log_softmax(float32(logits), axis=-1)
    index = ops.expand_dims(ops.cast(x, "int32"), -1)
    return sum_per_example(ops.take_along_axis(log_probs, index, axis=-1))


def categorical_sample(logits, uniform):
    """Returns int32 values by the inverse of the distribution function.

    Args:
        logits: float tensor `(..., values)`.
        uniform: float tensor in `[0, 1)`, `(...)`.
    """
    cumulative = ops.cumsum(ops.softmax(float32(logits), axis=-1), axis=-1)
    # Without the last: it is 1, whatever rounding made of it.
    passed = ops.greater_equal(ops.expand_dims(uniform, -1), cumulative[..., :-1])
    return ops.sum(ops.cast(passed, "int32"), axis=-1)
