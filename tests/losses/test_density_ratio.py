"""b-GAN: the best discriminator is the ratio, its loss the divergence."""

import numpy as np
import pytest

from kerasgen.losses.density_ratio import (
    density_ratio_discriminator,
    density_ratio_generator,
)
from kerasgen.losses.f_divergence import F_DIVERGENCES, alpha_divergence
from tests.losses.halves import P, Q, check_against, check_optimum, value

STRICTLY_CONVEX = sorted({*F_DIVERGENCES} - {"total_variation"})


@pytest.mark.every_backend
@pytest.mark.parametrize("name", STRICTLY_CONVEX)
def test_the_best_discriminator(name):
    f = F_DIVERGENCES[name].f
    divergence = Q @ [value(f(np.float32(u))) for u in P / Q]

    def loss(real, fake):
        return density_ratio_discriminator(real, fake, name)

    check_optimum(loss, np.log(P / Q), -divergence)


@pytest.mark.parametrize(
    "divergence, f, derivative",
    [
        ("pearson", lambda u: (u - 1) ** 2, lambda u: 2 * (u - 1)),
        ("kl", lambda u: u * np.log(u), lambda u: np.log(u) + 1),
        (
            alpha_divergence(3.0),
            lambda u: (u**3 - 1 - 3 * (u - 1)) / 6,
            lambda u: (u**2 - 1) / 2,
        ),
    ],
    ids=["pearson", "kl", "alpha"],
)
def test_slopes(divergence, f, derivative):
    def discriminator(real, fake):
        real, fake = np.exp(real), np.exp(fake)
        return np.mean(derivative(fake) * fake - f(fake)) - np.mean(derivative(real))

    real, fake = 0.7 * np.random.default_rng(0).normal(size=(2, 4, 1))
    check_against(
        discriminator,
        lambda real, fake: density_ratio_discriminator(real, fake, divergence),
        real,
        fake,
    )
    check_against(
        lambda fake: np.mean(f(np.exp(fake))),
        lambda fake: density_ratio_generator(fake, divergence),
        fake,
    )


def test_the_generator_pays_the_divergence_at_the_best_ratio():
    loss = density_ratio_generator(np.log(P / Q).astype("float32")[[0]], "pearson")
    assert value(loss) == pytest.approx((P[0] / Q[0] - 1) ** 2, rel=1e-5)
