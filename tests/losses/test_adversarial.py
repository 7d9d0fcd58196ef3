"""The adversarial losses against figures worked out by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.losses import adversarial


def value(x):
    return float(ops.convert_to_numpy(x))


def test_logistic_losses_have_the_known_values():
    real, fake = np.float32([[2.0]]), np.float32([[-1.0]])
    loss = adversarial.logistic_discriminator(real, fake)
    assert value(loss) == pytest.approx(0.440190, abs=1e-6)
    loss = adversarial.non_saturating_generator(fake)
    assert value(loss) == pytest.approx(1.313262, abs=1e-6)
    loss = adversarial.minimax_generator(fake)
    assert value(loss) == pytest.approx(-0.313262, abs=1e-6)


def test_zero_logits_cost_log_2_each():
    zero = np.zeros((3, 1), "float32")
    loss = adversarial.logistic_discriminator(zero, zero)
    assert value(loss) == pytest.approx(2 * np.log(2), abs=1e-6)
    assert value(adversarial.non_saturating_generator(zero)) == pytest.approx(
        np.log(2), abs=1e-6
    )
    assert value(adversarial.minimax_generator(zero)) == pytest.approx(
        -np.log(2), abs=1e-6
    )


def test_wasserstein_losses_are_mean_differences():
    real, fake = np.float32([[1.0], [4.0]]), np.float32([[3.0], [-2.0]])
    assert value(adversarial.wasserstein_critic(real, fake)) == pytest.approx(-2.0)
    assert value(adversarial.wasserstein_generator(fake)) == pytest.approx(-0.5)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_confident_logits_stay_finite(logit):
    logits = np.float32([[logit]])
    for loss in (
        adversarial.logistic_discriminator(logits, logits),
        adversarial.non_saturating_generator(logits),
        adversarial.minimax_generator(logits),
    ):
        assert np.isfinite(value(loss))


def test_losses_are_float32_for_half_precision_logits():
    logits = ops.cast(np.float32([[1.0], [2.0]]), "bfloat16")
    for loss in (
        adversarial.logistic_discriminator(logits, logits),
        adversarial.wasserstein_critic(logits, logits),
    ):
        assert keras.backend.standardize_dtype(loss.dtype) == "float32"


def logit_gradient(loss, logit):
    """Returns the derivative of a generator's loss with respect to one logit."""
    x = np.float32([[logit]])
    gradient = backend.input_gradient(loss, ops.convert_to_tensor(x))
    return float(ops.convert_to_numpy(gradient)[0, 0])


@pytest.mark.parametrize("logit", [-5.0, 0.0, 1.5])
def test_generator_gradients_are_minus_sigmoids(logit):
    sigmoid = 1 / (1 + np.exp(-logit))
    assert logit_gradient(adversarial.minimax_generator, logit) == pytest.approx(
        -sigmoid, rel=1e-4
    )
    gradient = logit_gradient(adversarial.non_saturating_generator, logit)
    assert gradient == pytest.approx(sigmoid - 1, rel=1e-4)


# Batches that are whole distributions over the outcomes 0 to 3.
REAL = np.array([0, 0, 0, 1, 1, 1, 2, 3])
FAKE = np.array([0, 0, 1, 1, 2, 2, 3, 3])


def test_best_discriminator_is_the_density_ratio_and_costs_the_divergence():
    """D* = p / (p + q), where the loss is log 4 - 2 JSD(p, q)."""
    logits = keras.Variable(np.zeros(4, "float32"))

    def loss_fn():
        real, fake = ops.take(logits.value, REAL), ops.take(logits.value, FAKE)
        return adversarial.logistic_discriminator(real, fake), {}

    for _ in range(200):
        _, (gradient,) = backend.value_and_grad(loss_fn, [logits])
        logits.assign(logits.value - 2.0 * gradient)
    p, q = np.bincount(REAL) / 8, np.bincount(FAKE) / 8
    best = ops.convert_to_numpy(ops.sigmoid(logits.value))
    np.testing.assert_allclose(best, p / (p + q), atol=1e-4)
    middle = (p + q) / 2
    divergence = (p @ np.log(p / middle) + q @ np.log(q / middle)) / 2
    assert value(loss_fn()[0]) == pytest.approx(np.log(4) - 2 * divergence, abs=1e-5)


def test_loss_of_the_best_discriminator_on_disjoint_outcomes():
    """p = (1/2, 1/2, 0, 0) and uniform q: D* = (2/3, 2/3, 0, 0), -C(G) = 0.954772."""
    logits = np.float32([np.log(2), np.log(2), -40.0, -40.0])
    loss = adversarial.logistic_discriminator(logits[[0, 1]], logits[[0, 1, 2, 3]])
    assert value(loss) == pytest.approx(0.954772, abs=1e-6)


def test_hinge_and_least_squares_have_the_known_values():
    real, fake = np.float32([2.0, 0.5, -1.0]), np.float32([-2.0, -0.5, 1.0])
    loss = adversarial.hinge_discriminator(real, fake)
    assert value(loss) == pytest.approx(5 / 3, abs=1e-6)
    assert value(adversarial.hinge_generator(fake)) == pytest.approx(0.5, abs=1e-6)
    real, fake = np.float32([1.0, 3.0]), np.float32([0.0, -2.0])
    loss = adversarial.least_squares_discriminator(real, fake)
    assert value(loss) == pytest.approx(0.5 * 2.0 + 0.5 * 2.0, abs=1e-6)
    loss = adversarial.least_squares_generator(fake)
    assert value(loss) == pytest.approx(0.5 * 5.0, abs=1e-6)
