"""Adversarial losses from logits: the discriminator's half and the generator's half.

`real` and `fake` are the discriminator's logits (the critic's scores), `(batch, 1)` or
`(batch,)`. Every function returns a float32 scalar, the mean over the batch, which is
to be minimised.
"""

from keras import ops


def _mean(x):
    return ops.mean(ops.cast(x, "float32"))


def logistic_discriminator(real, fake):
    """`-E log D(x) - E log(1 - D(G(z)))` (Goodfellow et al., 2014, eq. 1)."""
    return _mean(ops.softplus(-real)) + _mean(ops.softplus(fake))


def minimax_generator(fake):
    """`E log(1 - D(G(z)))`, the saturating form (Goodfellow et al., 2014, eq. 1)."""
    return -_mean(ops.softplus(fake))


def non_saturating_generator(fake):
    """`-E log D(G(z))` (Goodfellow et al., 2014, section 3)."""
    return _mean(ops.softplus(-fake))


def wasserstein_critic(real, fake):
    """`E C(G(z)) - E C(x)` (Arjovsky et al., 2017, algorithm 1)."""
    return _mean(fake) - _mean(real)


def wasserstein_generator(fake):
    """`-E C(G(z))` (Arjovsky et al., 2017, algorithm 1)."""
    return -_mean(fake)


def least_squares_discriminator(real, fake, real_target=1.0, fake_target=0.0):
    """`(E (D(x) - b)^2 + E (D(G(z)) - a)^2) / 2` (Mao et al., 2017, eq. 2).

    Args:
        real, fake: as in this module, no sigmoid before.
        real_target, fake_target: float. `b` and `a`.
    """
    real = ops.square(ops.cast(real, "float32") - real_target)
    fake = ops.square(ops.cast(fake, "float32") - fake_target)
    return 0.5 * (_mean(real) + _mean(fake))


def least_squares_generator(fake, target=1.0):
    """`E (D(G(z)) - c)^2 / 2` (Mao et al., 2017, eq. 2).

    Args:
        fake: as in this module, no sigmoid before.
        target: float. `c`.
    """
    return 0.5 * _mean(ops.square(ops.cast(fake, "float32") - target))


def hinge_discriminator(real, fake):
    """`E max(0, 1 - D(x)) + E max(0, 1 + D(G(z)))` (Lim and Ye, 2017).

    Also Miyato et al., 2018, eq. 16.
    """
    return _mean(ops.relu(1.0 - real)) + _mean(ops.relu(1.0 + fake))


def hinge_generator(fake):
    """`-E D(G(z))` (Lim and Ye, 2017; Miyato et al., 2018, eq. 17)."""
    return -_mean(fake)
