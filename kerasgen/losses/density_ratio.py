"""b-GAN: a discriminator that estimates the ratio of densities, and its two halves.

Uehara, Sato, Suzuki, Nakayama and Matsuo, 2016, "Generative Adversarial Nets from a
Density Ratio Estimation Perspective", https://arxiv.org/abs/1610.02920. One `f` is for
both players. What the discriminator says is `log r`, so that `r` is above 0.
"""

from keras import ops

from kerasgen.losses.f_divergence import f_divergence
from kerasgen.losses.likelihoods import float32


def density_ratio_discriminator(real, fake, divergence="pearson"):
    """`E_q [f'(r) r - f(r)] - E_p f'(r)`, of Bregman, least at `r = p / q`.

    There it is `-D_f(P || Q)`.

    Args:
        real, fake: float tensors `(batch, 1)` or `(batch,)`, `log r`.
        divergence: a name in `f_divergence.F_DIVERGENCES`, or an `FDivergence`, of a
            strictly convex `f`: not total variation.

    Returns:
        float32 scalar.
    """
    kind = f_divergence(divergence)
    real, fake = ops.exp(float32(real)), ops.exp(float32(fake))
    conjugate = kind.optimum(fake) * fake - kind.f(fake)
    return ops.mean(conjugate) - ops.mean(kind.optimum(real))


def density_ratio_generator(fake, divergence="pearson"):
    """`E_q f(r(G(z)))`, the divergence with the estimate in the ratio's place.

    Args:
        fake: float tensor `(batch, 1)` or `(batch,)`, `log r`.
        divergence: as in `density_ratio_discriminator`, the same one.

    Returns:
        float32 scalar.
    """
    return ops.mean(f_divergence(divergence).f(ops.exp(float32(fake))))
