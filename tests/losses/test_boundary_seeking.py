"""Boundary-seeking generators: slopes, and weights that turn `q` into `p`."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses import adversarial
from kerasgen.losses.boundary_seeking import (
    boundary_seeking_generator,
    discrete_boundary_seeking_generator,
    importance_weights,
)
from tests.losses.halves import (
    FAKE,
    P,
    Q,
    check_against,
    check_optimum,
    kl,
    value,
    value_and_slopes,
)


def test_continuous_form():
    """Half the squared logit, least on the boundary, where `D = 1/2`."""

    def formula(v):
        said = 1 / (1 + np.exp(-v))
        return 0.5 * np.mean((np.log(said) - np.log(1 - said)) ** 2)

    fake = np.random.default_rng(0).normal(size=(4, 1))
    check_against(formula, boundary_seeking_generator, fake)
    assert value(boundary_seeking_generator(np.zeros(3, "float32"))) == 0.0


@pytest.mark.every_backend
def test_the_best_discriminator_is_the_logarithm_of_the_ratio():
    middle = (P + Q) / 2
    least = np.log(4) - kl(P, middle) - kl(Q, middle)
    check_optimum(adversarial.logistic_discriminator, np.log(P / Q), least)


def test_its_weights_turn_samples_of_q_into_samples_of_p():
    logits = np.float32(np.log(P / Q)[FAKE])[None] + np.float32([[0.0], [3.0]])
    weights = np.array(ops.convert_to_numpy(importance_weights(logits)))
    for row in weights:  # a number added to all logits changes nothing
        np.testing.assert_allclose(np.bincount(FAKE, row), P, atol=1e-6)


@pytest.mark.every_backend
def test_discrete_form():
    """No gradient goes into the logits; that of the samples' `log g` is `-w / n`."""
    draws = np.random.default_rng(0)
    logits, log_prob = draws.normal(size=(2, 3, 4))
    weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found, slopes = value_and_slopes(
        discrete_boundary_seeking_generator, logits, log_prob
    )
    assert found == pytest.approx(-np.sum(weights * log_prob) / 3, rel=1e-5)
    np.testing.assert_allclose(slopes[0], 0.0)
    np.testing.assert_allclose(slopes[1], -weights / 3, rtol=1e-5)
