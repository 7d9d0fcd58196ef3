"""b-GAN: a discriminator that estimates the ratio of densities, and its two halves.

Uehara, Sato, Suzuki, Nakayama and Matsuo, 2016, "Generative Adversarial Nets from a
Density Ratio Estimation Perspective", https://arxiv.org/abs/1610.02920. One `f` is for
both players. What the discriminator says is `log r`, so that `r` is above 0.
"""

from keras import ops

from kerasgen.losses.f_divergence import f_divergence
from kerasgen.losses.likelihoods import float32


def density_ratio_discriminator(real, fake, divergence="pearson", relative=0.0):
    """`E_q [f'(r) r - f(r)] - E_p f'(r)`, of Bregman, least at `r = p / q`.

    There it is `-D_f(P || Q)`. With `relative`, `a`, the first mean is over the mixture
    `a P + (1 - a) Q`, and the least at `r = p / (a p + (1 - a) q)`, below `1 / a`.

    Args:
        real, fake: float tensors `(batch, 1)` or `(batch,)`, `log r`.
        divergence: a name in `f_divergence.F_DIVERGENCES`, or an `FDivergence`, of a
            strictly convex `f`: not total variation.
        relative: float in [0, 1), `a`.

    Returns:
        float32 scalar.
    """
    kind = f_divergence(divergence)
    real, fake = ops.exp(float32(real)), ops.exp(float32(fake))

    def conjugate(r):
        return ops.mean(kind.optimum(r) * r - kind.f(r))

    first = conjugate(fake)
    if relative:
        first = relative * conjugate(real) + (1.0 - relative) * first
    return first - ops.mean(kind.optimum(real))


def density_ratio_generator(fake, divergence="pearson"):
    """`E_q f(r(G(z)))`, the divergence with the estimate in the ratio's place.

    Args:
        fake: float tensor `(batch, 1)` or `(batch,)`, `log r`.
        divergence: as in `density_ratio_discriminator`, the same one.

    Returns:
        float32 scalar.
    """
    return ops.mean(f_divergence(divergence).f(ops.exp(float32(fake))))
