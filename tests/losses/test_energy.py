"""Losses of errors: figures by hand, slopes by differences, and the best energy."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses import energy
from tests.losses.halves import (
    FAKE,
    REAL,
    P,
    Q,
    check_against,
    value,
    value_and_slopes,
)


def test_the_controller_of_began():
    """From k = 0, L(x) = 0.2 and L(G(z)) = 0.05: k = 5e-5, M = 0.25."""
    real, fake = np.float32([0.1, 0.3]), np.float32([0.05, 0.05])
    k = energy.next_balance(0.0, real, fake, gamma=0.5, rate=0.001)
    assert value(k) == pytest.approx(5e-5, rel=1e-4)
    assert value(energy.convergence_measure(real, fake, 0.5)) == pytest.approx(0.25)
    assert value(energy.convergence_measure(fake, real, 0.5)) == pytest.approx(0.225)


def test_k_stays_in_its_range_and_rests_at_the_balance():
    real, fake = np.float32([0.1, 0.3]), np.float32([0.05, 0.05])
    assert value(energy.next_balance(0.0, fake, real)) == 0.0
    assert value(energy.next_balance(1.0, real, fake)) == 1.0
    still = energy.next_balance(0.3, real, 0.5 * real)
    assert value(still) == pytest.approx(0.3)
    fallen = energy.next_balance(0.3, real, real, gamma=0.4, rate=0.1)
    assert value(fallen) == pytest.approx(0.3 - 0.1 * 0.6 * 0.2)


def test_no_gradient_goes_through_k():
    def loss(real):
        return energy.next_balance(0.5, real, np.float32([0.1])) + 0.0 * ops.sum(real)

    _, (slope,) = value_and_slopes(loss, [0.3])
    assert slope[0] == 0.0


def test_slopes_of_began():
    real, fake = np.random.default_rng(0).uniform(size=(2, 4))
    check_against(
        lambda real, fake: real.mean() - 0.3 * fake.mean(),
        lambda real, fake: energy.equilibrium_discriminator(real, fake, 0.3),
        real,
        fake,
    )
    check_against(lambda fake: fake.mean(), energy.equilibrium_generator, fake)


@pytest.mark.every_backend
def test_slopes_of_ebgan():
    real, fake = np.random.default_rng(0).uniform(0.0, 4.0, size=(2, 5))
    check_against(
        lambda real, fake: real.mean() + np.maximum(0, 2 - fake).mean(),
        lambda real, fake: energy.energy_discriminator(real, fake, 2.0),
        real,
        fake,
    )
    check_against(lambda fake: fake.mean(), energy.energy_generator, fake)


def test_the_margin_of_ebgan():
    real, fake = np.float32([1.0, 2.0]), np.float32([4.0, 11.0])
    loss = energy.energy_discriminator(real, fake, margin=10.0)
    assert value(loss) == pytest.approx(1.5 + (6.0 + 0.0) / 2)
    same = np.full(3, 4.0, "float32")
    loss = energy.energy_discriminator(same, same, margin=10.0)
    assert value(loss) == pytest.approx(10.0)  # the equilibrium


@pytest.mark.every_backend
def test_the_best_energy_is_0_or_the_margin():
    """`m` where `p < q`, else 0, with `m sum min(p, q)` (the paper's lemma 1)."""

    def loss(table):
        return energy.energy_discriminator(table[REAL], table[FAKE], margin=3.0)

    best = np.float32(np.where(P < Q, 3.0, 0.0))
    least = value(loss(best))
    assert least == pytest.approx(3.0 * np.minimum(P, Q).sum(), rel=1e-6)
    draws = np.random.default_rng(0)
    for _ in range(20):
        other = np.abs(best + draws.normal(size=5)).astype("float32")
        assert value(loss(other)) >= least


CODES = np.random.default_rng(1).normal(size=(4, 3))


def repelling(codes):
    total, n = 0.0, len(codes)
    for i in range(n):
        for j in range(n):
            if i != j:
                product = codes[i] @ codes[j]
                lengths = np.linalg.norm(codes[i]) * np.linalg.norm(codes[j])
                total += (product / lengths) ** 2
    return total / (n * (n - 1))


@pytest.mark.every_backend
def test_repelling_term():
    check_against(repelling, energy.repelling_term, CODES)
    maps = np.float32(CODES.reshape(4, 1, 3, 1))
    assert value(energy.repelling_term(maps)) == pytest.approx(repelling(CODES))


def test_repelling_term_is_0_at_right_angles_1_in_parallel_and_blind_to_lengths():
    eye = np.eye(3, dtype="float32")
    assert value(energy.repelling_term(2 * eye)) == pytest.approx(0.0, abs=1e-6)
    same = np.float32([[1.0, 2.0], [-2.0, -4.0], [0.5, 1.0]])
    assert value(energy.repelling_term(same)) == pytest.approx(1.0, rel=1e-5)
    scaled = np.float32(CODES * [[1.0], [5.0], [0.1], [30.0]])
    assert value(energy.repelling_term(scaled)) == pytest.approx(
        repelling(CODES), rel=1e-5
    )


def test_one_code_or_a_code_of_zeros_is_no_error():
    for codes in (np.ones((1, 3)), np.zeros((2, 3))):
        found, (slope,) = value_and_slopes(energy.repelling_term, codes)
        assert found == pytest.approx(0.0, abs=1e-6)
        assert np.all(np.isfinite(slope))
