import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.losses.sparsity import (
    estimated_jacobian_norm,
    rate_divergence,
    sigmoid_jacobian_norm,
)


def _number(x):
    return float(ops.convert_to_numpy(x))


def test_rate_divergence_is_zero_where_the_rates_are_the_target_alone():
    codes = np.array([[0.1, 0.3], [0.3, 0.1]], "float32")  # rates of 0.2
    assert _number(rate_divergence(codes, 0.2)) == pytest.approx(0.0, abs=1e-6)
    for target in (0.05, 0.19, 0.5):
        expected = 2 * (
            target * np.log(target / 0.2) + (1 - target) * np.log((1 - target) / 0.8)
        )
        found = _number(rate_divergence(codes, target))
        assert found == pytest.approx(expected, rel=1e-4) and found > 1e-5


def test_rate_divergence_of_codes_that_never_change_is_finite():
    for value in (0.0, 1.0):
        codes = np.full((3, 2), value, "float32")
        assert np.isfinite(_number(rate_divergence(codes, 0.05)))


def _encoder(seed=0, inputs=4, units=3):
    generator = np.random.default_rng(seed)
    kernel = generator.normal(size=(inputs, units)).astype("float32")
    x = generator.normal(size=(5, inputs)).astype("float32")
    return kernel, x


def test_sigmoid_jacobian_norm_is_that_of_finite_differences():
    kernel, x = _encoder()

    def encode(x):
        return 1.0 / (1.0 + np.exp(-(x.astype("float64") @ kernel + 0.3)))

    step, expected = 1e-5, 0.0
    for i in range(4):
        shift = step * np.eye(4)[i]
        slope = (encode(x + shift) - encode(x - shift)) / (2 * step)
        expected = expected + np.sum(slope**2, axis=1)
    codes = encode(x).astype("float32")
    found = ops.convert_to_numpy(sigmoid_jacobian_norm(codes, kernel))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_estimate_is_the_norm_on_average_and_exact_along_a_unit():
    kernel, x = _encoder()

    def encoder(x):
        return ops.sigmoid(ops.matmul(x, kernel) + 0.3)

    codes = encoder(ops.convert_to_tensor(x))
    exact = ops.convert_to_numpy(sigmoid_jacobian_norm(codes, kernel))
    with backend.no_gradient():
        units = sum(
            ops.convert_to_numpy(
                estimated_jacobian_norm(encoder, ops.convert_to_tensor(x), noise)
            )
            for noise in np.repeat(np.eye(3, dtype="float32")[:, None], 5, axis=1)
        )
    np.testing.assert_allclose(units, exact, rtol=1e-4)
    many = np.repeat(x, 4000, axis=0)
    noise = np.random.default_rng(1).normal(size=(20_000, 3)).astype("float32")
    found = estimated_jacobian_norm(encoder, ops.convert_to_tensor(many), noise)
    found = ops.convert_to_numpy(found).reshape(5, 4000)
    error = 5 * found.std(axis=1) / np.sqrt(4000)
    assert np.all(np.abs(found.mean(axis=1) - exact) < error)
