"""Divergences against quadrature and published values."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.losses.divergences import free_bits, gaussian_kl


def _quadrature(mean, log_variance, prior_mean=0.0, prior_log_variance=0.0):
    z = np.linspace(-30.0, 30.0, 200_001)

    def log_density(mean, log_variance):
        scaled = (z - mean) ** 2 / np.exp(log_variance)
        return -0.5 * (np.log(2 * np.pi) + log_variance + scaled)

    log_q = log_density(mean, log_variance)
    log_p = log_density(prior_mean, prior_log_variance)
    return np.sum(np.exp(log_q) * (log_q - log_p)) * (z[1] - z[0])


def _kl(*args):
    arrays = [np.array([[arg]], "float32") for arg in args]
    return float(ops.convert_to_numpy(gaussian_kl(*arrays))[0])


@pytest.mark.parametrize(
    ("mean", "log_variance", "expected"),
    [(0.7, -1.3, 0.5312658965), (-2.0, 0.8, 2.2127704642), (1.0, 0.0, 0.5)],
)
def test_kl_to_the_standard_normal_equals_quadrature(mean, log_variance, expected):
    assert _kl(mean, log_variance) == pytest.approx(expected, rel=1e-5)
    assert _quadrature(mean, log_variance) == pytest.approx(expected, rel=1e-8)


def test_kl_between_two_gaussians():
    args = (0.3, 2 * np.log(1.2), -0.5, 2 * np.log(0.7))
    assert _kl(*args) == pytest.approx(1.0834524789, rel=1e-5)
    assert _quadrature(*args) == pytest.approx(1.0834524789, rel=1e-8)


def test_kl_is_zero_at_the_prior_alone_and_never_negative():
    assert _kl(0.0, 0.0) == 0.0
    assert _kl(0.4, -0.3, 0.4, -0.3) == 0.0
    generator = np.random.default_rng(0)
    mean, log_variance = 1e-2 * generator.standard_normal((2, 100, 1))
    values = ops.convert_to_numpy(
        gaussian_kl(mean.astype("float32"), log_variance.astype("float32"))
    )
    assert values.shape == (100,)
    assert values.min() > 0.0


def test_kl_sums_over_latents_in_float32():
    mean = np.full((2, 3, 4, 5), 1.0, "float16")
    values = gaussian_kl(ops.convert_to_tensor(mean), ops.zeros_like(mean))
    np.testing.assert_allclose(ops.convert_to_numpy(values), [30.0, 30.0])
    assert "float32" in str(values.dtype)


def test_free_bits_take_the_batch_mean_before_the_maximum():
    """Means (.0125, 1.25) and 0.25 free give 1.5."""
    terms = keras.Variable([[0.0, 0.5], [0.025, 2.0]])

    def loss_fn():
        return free_bits(terms.value, 0.25), {}

    (loss, _), (gradient,) = backend.value_and_grad(loss_fn, [terms])
    assert float(backend.to_numpy(loss)) == pytest.approx(1.5)
    gradient = ops.convert_to_numpy(gradient)
    np.testing.assert_allclose(gradient, [[0.0, 0.5], [0.0, 0.5]])
    assert float(free_bits(backend.to_numpy(terms), 0.0)) == pytest.approx(1.2625)
