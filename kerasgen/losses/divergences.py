"""Divergences between distributions, in closed form, in nats.

In float32; `gaussian_kl` sums over all axes but the first and returns `(batch,)`.
"""

from keras import ops

from kerasgen.losses.likelihoods import float32, sum_per_example


def gaussian_kl_terms(mean, log_variance, prior_mean=0.0, prior_log_variance=0.0):
    """`gaussian_kl` of each value, in the shape of `mean`; arguments as there."""
    # 1/2 [r - 1 - log r + d^2 / s^2] with r = e^log_ratio, small where both agree.
    log_ratio = float32(log_variance) - float32(prior_log_variance)
    distance = float32(mean) - float32(prior_mean)
    scaled = ops.square(distance) * ops.exp(-float32(prior_log_variance))
    return 0.5 * (ops.expm1(log_ratio) - log_ratio + scaled)


def gaussian_kl(mean, log_variance, prior_mean=0.0, prior_log_variance=0.0):
    """`KL(N(mean, e^log_variance) || N(prior_mean, e^prior_log_variance))`, `(batch,)`.

    With the default prior, the standard normal, it is
    `1/2 sum(mean^2 + e^log_variance - 1 - log_variance)` (Kingma and Welling, 2014,
    appendix B).

    Args:
        mean: float tensor `(batch, ...)`.
        log_variance: float tensor, same shape.
        prior_mean: float or tensor that broadcasts to `mean`.
        prior_log_variance: float or tensor that broadcasts to `mean`.
    """
    return sum_per_example(
        gaussian_kl_terms(mean, log_variance, prior_mean, prior_log_variance)
    )


def free_bits(terms, minimum):
    """`sum_j max(minimum, E_batch[terms_j])`: a divergence with a floor for each part.

    A part of less than `minimum` gets no gradient, so that it need not vanish. The
    mean is taken before the maximum, as in Kingma et al., 2016,
    https://arxiv.org/abs/1606.04934, and its released code.

    Args:
        terms: float tensor `(batch, ...)` of divergences, in nats.
        minimum: float >= 0, nats.

    Returns:
        scalar, at least the divergence itself; equal to it with `minimum=0`.
    """
    means = ops.mean(terms, axis=0)
    return ops.sum(ops.maximum(means, minimum) if minimum else means)
