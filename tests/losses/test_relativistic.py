"""Relativistic losses against figures by hand, slopes by differences, and the best."""

import numpy as np
import pytest

from kerasgen.losses.relativistic import (
    relativistic_discriminator,
    relativistic_generator,
)
from tests.losses.halves import P, Q, check_against, check_optimum, value

REAL, FAKE = np.float32([[1.0], [2.0]]), np.float32([[0.0], [-1.0]])
KINDS = [
    (form, average)
    for form in ("logistic", "least_squares", "hinge")
    for average in (False, True)
]


@pytest.mark.parametrize(
    "form, average, discriminator, generator",
    [
        ("logistic", False, 0.180925, 2.180925),
        ("logistic", True, 0.280303, 4.280303),
        ("least_squares", False, 2.0, 10.0),
        ("least_squares", True, 2.5, 18.5),
        ("hinge", False, 0.0, 3.0),
        ("hinge", True, 0.0, 6.0),
    ],
)
def test_known_values(form, average, discriminator, generator):
    loss = relativistic_discriminator(REAL, FAKE, form, average)
    assert value(loss) == pytest.approx(discriminator, abs=1e-6)
    loss = relativistic_generator(REAL, FAKE, form, average)
    assert value(loss) == pytest.approx(generator, abs=2e-6)


def cost(difference, form):
    if form == "logistic":
        return np.log1p(np.exp(-difference))
    if form == "least_squares":
        return (difference - 1) ** 2
    return np.maximum(0, 1 - difference)


@pytest.mark.every_backend
@pytest.mark.parametrize("form, average", KINDS)
def test_slopes(form, average):
    """Also through the means, which are not held fixed."""

    def discriminator(real, fake):
        if not average:
            return cost(real - fake, form).mean()
        return sum(
            cost(difference, form).mean()
            for difference in (real - fake.mean(), real.mean() - fake)
        )

    def generator(real, fake):
        if not average:
            return cost(fake - real, form).mean()
        return sum(
            cost(difference, form).mean()
            for difference in (fake - real.mean(), fake.mean() - real)
        )

    draws = np.random.default_rng(0)
    real, fake = draws.normal(size=(2, 4, 1)) * 1.5
    options = (form, average)
    check_against(
        discriminator, lambda *x: relativistic_discriminator(*x, *options), real, fake
    )
    check_against(
        generator, lambda *x: relativistic_generator(*x, *options), real, fake
    )


@pytest.mark.parametrize("form, average", KINDS)
def test_a_number_added_to_all_that_is_said_changes_nothing(form, average):
    moved = relativistic_discriminator(REAL + 3.0, FAKE + 3.0, form, average)
    still = relativistic_discriminator(REAL, FAKE, form, average)
    assert value(moved) == pytest.approx(value(still), abs=1e-6)


def test_one_pair_on_average_is_twice_the_pair():
    pair = relativistic_discriminator(REAL[:1], FAKE[:1])
    average = relativistic_discriminator(REAL[:1], FAKE[:1], average=True)
    assert value(average) == pytest.approx(2 * value(pair), rel=1e-6)


@pytest.mark.every_backend
def test_the_best_critic_of_pairs_is_the_logarithm_of_the_ratio():
    """Its loss is `log 2 - JSD` of `p(x) q(y)` and `q(x) p(y)`."""
    one, other = np.outer(P, Q), np.outer(Q, P)
    jsd = np.sum(one * np.log(2 * one / (one + other)))
    best = np.log(P / Q)
    check_optimum(relativistic_discriminator, best, np.log(2) - jsd, pairs=True)


def test_pairs_are_of_example_i_with_i():
    real, fake = np.float32([3.0, -5.0]), np.float32([1.0, 2.0])
    loss = relativistic_discriminator(real, fake, "least_squares")
    assert value(loss) == pytest.approx(((2 - 1) ** 2 + (-7 - 1) ** 2) / 2)


def test_shapes_that_would_make_all_pairs_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        relativistic_discriminator(REAL, FAKE[:, 0])


def test_other_forms_are_refused():
    with pytest.raises(ValueError, match="Did you mean 'logistic'"):
        relativistic_discriminator(REAL, FAKE, "logistics")
