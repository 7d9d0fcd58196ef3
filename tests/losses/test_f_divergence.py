"""f-divergences: conjugates, slopes and what the best discriminator reaches."""

import math

import numpy as np
import pytest
from keras import ops

from kerasgen.losses import adversarial
from kerasgen.losses.f_divergence import (
    F_DIVERGENCES,
    alpha_divergence,
    f_discriminator,
    f_divergence,
    f_generator,
    weighted_jensen_shannon,
)
from tests.losses.halves import (
    FAKE,
    REAL,
    P,
    Q,
    check_against,
    check_optimum,
    kl,
    value,
    value_and_slopes,
)

U = P / Q
M = (P + Q) / 2


def weighted(w):
    middle = w * P + (1 - w) * Q
    return w * kl(P, middle) + (1 - w) * kl(Q, middle)


def alpha(a):
    return (np.sum(P**a * Q ** (1 - a)) - 1) / (a * (a - 1))


def softplus(v):
    return np.log1p(np.exp(v))


# By name: the divergence; T and f*(T) as functions of v; v at the optimum.
EXPECTED = {
    "total_variation": (
        np.abs(P - Q).sum() / 2,
        lambda v: np.tanh(v) / 2,
        lambda v: np.tanh(v) / 2,
        np.sign(P - Q) * 20.0,
    ),
    "kl": (kl(P, Q), lambda v: v, lambda v: np.exp(v - 1), 1 + np.log(U)),
    "reverse_kl": (kl(Q, P), lambda v: -np.exp(-v), lambda v: v - 1, np.log(U)),
    "pearson": (
        np.sum((P - Q) ** 2 / Q),
        lambda v: v,
        lambda v: v**2 / 4 + v,
        2 * (U - 1),
    ),
    "neyman": (
        np.sum((P - Q) ** 2 / P),
        lambda v: 1 - np.exp(-v),
        lambda v: 2 - 2 * np.sqrt(np.exp(-v)),
        2 * np.log(U),
    ),
    "squared_hellinger": (
        np.sum((np.sqrt(P) - np.sqrt(Q)) ** 2),
        lambda v: 1 - np.exp(-v),
        lambda v: (1 - np.exp(-v)) / np.exp(-v),
        np.log(U) / 2,
    ),
    "jeffrey": (kl(P, Q) + kl(Q, P), lambda v: v, None, 1 - 1 / U + np.log(U)),
    "jensen_shannon": (
        kl(P, M) + kl(Q, M),
        lambda v: np.log(2) - softplus(-v),
        lambda v: -np.log(2 - 2 / (1 + np.exp(-v))),
        np.log(U),
    ),
    "gan": (
        kl(P, M) + kl(Q, M) - np.log(4),
        lambda v: -softplus(-v),
        softplus,
        np.log(U),
    ),
    "alpha 3": (
        alpha(3.0),
        lambda v: v,
        lambda v: (np.maximum(1 + 2 * v, 0) ** 1.5 - 1) / 3,
        (U**2 - 1) / 2,
    ),
    "alpha 1/2": (
        alpha(0.5),
        lambda v: 2 - softplus(-v),
        lambda v: 2 * (2 / softplus(-v) - 1),
        -np.log(np.expm1(2 * U**-0.5)),
    ),
    "alpha -1": (
        alpha(-1.0),
        lambda v: 0.5 - softplus(-v),
        lambda v: 1 - np.sqrt(2 * softplus(-v)),
        -np.log(np.expm1(U**-2 / 2)),
    ),
    "weighted 0.3": (
        weighted(0.3),
        lambda v: -0.3 * np.log(0.3) - softplus(-v),
        lambda v: 0.7 * np.log(0.7 / (1 - (1 + np.exp(-v)) ** (-1 / 0.3))),
        -np.log(((0.7 + 0.3 * U) / (0.3 * U)) ** 0.3 - 1),
    ),
}
MADE = {
    "alpha 3": alpha_divergence(3.0),
    "alpha 1/2": alpha_divergence(0.5),
    "alpha -1": alpha_divergence(-1.0),
    "weighted 0.3": weighted_jensen_shannon(0.3),
}


def kind_of(name):
    return MADE.get(name) or f_divergence(name)


def numbers(x):
    return np.array(ops.convert_to_numpy(x))


def tensor(x):
    return ops.convert_to_tensor(np.float32(x))


def test_all_have_a_test():
    assert {*EXPECTED} == {*F_DIVERGENCES} | {*MADE}


@pytest.mark.parametrize("name", EXPECTED)
def test_f_gives_the_divergence(name):
    f = numbers(kind_of(name).f(tensor(U)))
    assert Q @ f == pytest.approx(EXPECTED[name][0], rel=1e-5)


@pytest.mark.parametrize("name", EXPECTED)
def test_optimum_is_the_slope_of_f_and_its_threshold_that_at_1(name):
    kind, u = kind_of(name), np.geomspace(0.1, 8.0, 6)
    _, (slope,) = value_and_slopes(lambda u: ops.sum(kind.f(u)), u)
    found = numbers(kind.optimum(tensor(u)))
    np.testing.assert_allclose(found, slope, rtol=1e-4, atol=1e-5)
    assert value(kind.optimum(tensor(1.0))) == pytest.approx(kind.threshold, abs=1e-6)
    assert value(kind.f(tensor(1.0))) == pytest.approx(
        -math.log(4) if name == "gan" else 0.0, abs=1e-6
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_conjugate_is_the_largest_u_t_less_f(name):
    kind = kind_of(name)
    u = np.geomspace(1e-5, 1e3, 40_001)
    f = numbers(kind.f(tensor(u))).astype("float64")
    for v in (-0.9, 0.0, 0.7, 1.5):
        t = value(kind.activation(tensor(v)))
        expected = np.max(u * t - f)
        assert value(kind.conjugate(tensor(t))) == pytest.approx(
            expected, rel=2e-4, abs=2e-4
        )
        assert value(kind.fake_term(tensor(v))) == pytest.approx(
            expected, rel=2e-4, abs=2e-4
        )


@pytest.mark.every_backend
@pytest.mark.parametrize("name", EXPECTED)
def test_the_best_discriminator_reaches_the_divergence(name):
    kind, (divergence, activation, _, best) = kind_of(name), EXPECTED[name]
    slope = numbers(kind.optimum(tensor(U)))
    np.testing.assert_allclose(activation(best), slope, rtol=1e-4, atol=1e-5)

    def loss(real, fake):
        return f_discriminator(real, fake, kind)

    if name != "total_variation":
        check_optimum(loss, best, -divergence)
        return
    said = (np.float32(best)[rows] for rows in (REAL, FAKE))
    assert value(loss(*said)) == pytest.approx(-divergence, rel=1e-5)


@pytest.mark.parametrize("name", EXPECTED)
def test_slopes(name):
    kind, (_, activation, fake_term, _) = kind_of(name), EXPECTED[name]
    draws = np.random.default_rng(0)
    real, fake = draws.normal(size=(2, 4, 1))
    fake[0] = 1.2
    check_against(
        lambda fake: -activation(fake).mean(), lambda v: f_generator(v, kind), fake
    )
    if fake_term is None:  # Lambert's W: by the definition
        y = np.linspace(-6, 6, 200_001)

        def fake_term(v):
            u = np.exp(y)
            f = (u - 1) * y
            return np.array([np.max(u * t - f) for t in v.ravel()])

        found, _ = value_and_slopes(lambda v: f_generator(v, kind, "minimax"), fake)
        assert found == pytest.approx(-fake_term(fake).mean(), rel=1e-4)
        _, (slope,) = value_and_slopes(lambda v: f_generator(v, kind, "minimax"), fake)
        best = np.exp(y[[np.argmax(np.exp(y) * t - (np.exp(y) - 1) * y) for t in fake]])
        np.testing.assert_allclose(slope[:, 0], -best / 4, rtol=1e-3)
        return
    check_against(
        lambda fake: -fake_term(fake).mean(),
        lambda v: f_generator(v, kind, "minimax"),
        fake,
    )
    check_against(
        lambda real, fake: fake_term(fake).mean() - activation(real).mean(),
        lambda real, fake: f_discriminator(real, fake, kind),
        real,
        fake,
    )


def test_gan_is_the_logistic_loss():
    real, fake = np.float32([2.0, 0.3]), np.float32([-1.0, 0.5])
    for mine, other in (
        (
            f_discriminator(real, fake, "gan"),
            adversarial.logistic_discriminator(real, fake),
        ),
        (f_generator(fake, "gan"), adversarial.non_saturating_generator(fake)),
        (f_generator(fake, "gan", "minimax"), adversarial.minimax_generator(fake)),
    ):
        assert value(mine) == pytest.approx(value(other), abs=1e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_confident_discriminators_have_finite_losses_and_slopes(name):
    said = np.float32([-30.0, 30.0])
    for loss in (
        lambda v: f_discriminator(v, v, kind_of(name)),
        lambda v: f_generator(v, kind_of(name)),
        lambda v: f_generator(v, kind_of(name), "minimax"),
    ):
        found, (slope,) = value_and_slopes(loss, said)
        assert np.isfinite(found) and np.all(np.isfinite(slope))


@pytest.mark.parametrize("name", ["gan", "jensen_shannon", "weighted 0.3"])
def test_a_rejected_real_example_is_worth_a_full_slope(name):
    """Where `log(1 - exp(t))` would have lost all digits."""
    kind = kind_of(name)
    for v in (60.0, 300.0):
        _, (slope,) = value_and_slopes(lambda v: ops.sum(kind.fake_term(v)), [v])
        assert slope[0] == pytest.approx(0.7 if name == "weighted 0.3" else 1.0)


def test_the_weighted_form_keeps_its_digits_on_both_sides_of_a_seam():
    for v in (5.0, 7.5, 9.0, 10.0, 14.0, 16.0, 40.0):
        exact = -np.expm1(-np.log1p(np.exp(-v)) / 0.3)  # 1 - sigmoid(v)^(1 / w)
        expected = 0.7 * (np.log(0.7) - np.log(exact))
        found = value(kind_of("weighted 0.3").fake_term(tensor(v)))
        assert found == pytest.approx(expected, rel=2e-5)


def test_other_names_and_numbers_are_refused():
    zeros = np.zeros(2, "float32")
    with pytest.raises(ValueError, match="Did you mean 'pearson'"):
        f_discriminator(zeros, zeros, "person")
    with pytest.raises(ValueError, match="`variant` must be one of"):
        f_generator(zeros, "kl", "trick")
    for number in (0.0, 1.0):
        with pytest.raises(ValueError, match="neither 0 nor 1. Received: alpha="):
            alpha_divergence(number)
        with pytest.raises(ValueError, match="in \\(0, 1\\). Received: weight="):
            weighted_jensen_shannon(number)
