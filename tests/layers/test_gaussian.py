"""The reparameterised Gaussian: its sample, its gradient, its divergence."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.gaussian import Gaussian

pytestmark = pytest.mark.every_backend


def test_sample_is_mean_plus_deviation_times_noise():
    mean = np.array([[1.0, -2.0]], "float32")
    log_variance = 2 * np.log(np.array([[3.0, 0.5]], "float32"))
    noise = np.array([[2.0, -1.0]], "float32")
    z = ops.convert_to_numpy(Gaussian()((mean, log_variance), noise))
    np.testing.assert_allclose(z, [[7.0, -2.5]], rtol=1e-5)


def test_adds_its_weighted_divergence_once_a_call():
    layer = Gaussian(kl_weight=2.0)
    mean = np.array([[0.7], [-2.0]], "float32")
    log_variance = np.array([[-1.3], [0.8]], "float32")
    layer((mean, log_variance), np.zeros((2, 1), "float32"))
    (loss,) = layer.losses
    expected = 2.0 * (0.5312658965 + 2.2127704642) / 2  # the mean over images
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_gradient_of_the_second_moment_is_2_mean_and_variance():
    """d E[z^2] / d(mean, log_variance) = (2 mean, e^log_variance)."""
    layer = Gaussian()
    mean = keras.Variable([[0.7, -0.4]])
    log_variance = keras.Variable([[-1.3, 0.9]])
    noise = np.array([[-1.0], [1.0]], "float32") * np.ones((1, 2), "float32")

    def loss_fn():
        # Noise -1 and 1 has mean 0 and variance 1: the expectation is exact.
        pair = (ops.repeat(v.value, 2, axis=0) for v in (mean, log_variance))
        z = layer(tuple(pair), noise)
        return ops.sum(ops.mean(ops.square(z), axis=0)), {}

    _, gradients = backend.value_and_grad(loss_fn, [mean, log_variance])
    gradients = [ops.convert_to_numpy(gradient) for gradient in gradients]
    np.testing.assert_allclose(gradients[0], [[1.4, -0.8]], rtol=1e-5)
    np.testing.assert_allclose(gradients[1], np.exp([[-1.3, 0.9]]), rtol=1e-5)


def test_computes_in_float32_from_half_precision():
    mean = np.full((2, 400), 30.0, "float16")  # its divergence, 180,000, is no half
    layer = Gaussian()
    z = layer((mean, np.zeros_like(mean)), np.zeros_like(mean))
    assert "float32" in str(z.dtype)
    assert float(layer.losses[0]) == pytest.approx(180_000.0)


def test_round_trips_its_config_and_refuses_a_negative_weight():
    assert Gaussian.from_config(Gaussian(0.3).get_config()).kl_weight == 0.3
    with pytest.raises(ValueError, match="Received: kl_weight=-1"):
        Gaussian(-1.0)


def test_divergence_to_another_prior_with_free_bits_and_annealing():
    layer = Gaussian(kl_weight=2.0, free_bits=0.5)
    mean = np.array([[0.3, 1.0]], "float32")
    log_variance = np.array([[2 * np.log(1.2), 0.0]], "float32")
    prior = (np.array([-0.5, 1.0], "float32"), np.array([2 * np.log(0.7), 0.0]))
    layer((mean, log_variance), np.zeros((1, 2), "float32"), prior, annealing=0.25)
    # The second latent is its prior: 0 nats, which cost as much as 0.5.
    assert float(layer.losses[0]) == pytest.approx(0.5 * (1.0834524789 + 0.5), rel=1e-5)
    assert Gaussian.from_config(layer.get_config()).free_bits == 0.5
