"""Divergences between distributions, in closed form, in nats.

Every function sums over all axes but the first, in float32, and returns `(batch,)`.
"""

from keras import ops

from kerasgen.losses.likelihoods import float32, sum_per_example


def gaussian_kl(mean, log_variance, prior_mean=0.0, prior_log_variance=0.0):
    """`KL(N(mean, e^log_variance) || N(prior_mean, e^prior_log_variance))`.

    With the default prior, the standard normal, it is
    `1/2 sum(mean^2 + e^log_variance - 1 - log_variance)` (Kingma and Welling, 2014,
    appendix B).

    Args:
        mean: float tensor `(batch, ...)`.
        log_variance: float tensor, same shape.
        prior_mean: float or tensor that broadcasts to `mean`.
        prior_log_variance: float or tensor that broadcasts to `mean`.
    """
    # 1/2 [r - 1 - log r + d^2 / s^2] with r = e^log_ratio, small where both agree.
    log_ratio = float32(log_variance) - float32(prior_log_variance)
    distance = float32(mean) - float32(prior_mean)
    scaled = ops.square(distance) * ops.exp(-float32(prior_log_variance))
    return 0.5 * sum_per_example(ops.expm1(log_ratio) - log_ratio + scaled)
