"""Maximum mean discrepancy against brute force and the closed form of Gaussians."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses.mmd import imq_kernel, mmd, rbf_kernel, squared_distances


def _kernel(kernel, x, y, scale):
    distance = np.sum((x - y) ** 2)
    return scale / (scale + distance) if kernel == "imq" else np.exp(-distance / scale)


def _mmd(*args, **kwargs):
    return float(ops.convert_to_numpy(mmd(*args, **kwargs)))


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
@pytest.mark.parametrize("unbiased", [True, False])
def test_equals_brute_force(kernel, unbiased):
    generator = np.random.default_rng(0)
    x = generator.standard_normal((5, 3)).astype("float32")
    y = generator.standard_normal((4, 3)).astype("float32") + 0.5

    def mean(a, b, same):
        pairs = [
            _kernel(kernel, u, v, 1.7)
            for i, u in enumerate(a)
            for j, v in enumerate(b)
            if not (same and unbiased and i == j)
        ]
        return np.mean(pairs)

    expected = mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)
    assert _mmd(x, y, kernel, 1.7, unbiased) == pytest.approx(expected, abs=1e-6)


def _expected_rbf(mean, variance, scale):
    """E exp(-|d|^2 / scale) for d ~ N(mean, variance I)."""
    wide = scale + 2 * variance
    return (scale / wide) ** (len(mean) / 2) * np.exp(-np.sum(mean**2) / wide)


@pytest.mark.any_backend
def test_unbiased_estimate_has_the_closed_form_of_gaussians_as_its_mean():
    """N(0, I) against N(m, 4 I) under the RBF kernel; the biased one adds the
    diagonals."""
    generator = np.random.default_rng(1)
    shift, scale, count = np.array([0.5, -1.0]), 4.0, 10
    zero = np.zeros(2)
    own = [_expected_rbf(zero, 2.0, scale), _expected_rbf(zero, 8.0, scale)]
    expected = sum(own) - 2 * _expected_rbf(shift, 5.0, scale)
    found = []
    for _ in range(400):
        x = generator.standard_normal((count, 2))
        y = shift + 2.0 * generator.standard_normal((count, 2))
        found.append([_mmd(x, y, "rbf", scale, unbiased) for unbiased in (True, False)])
    error = 4 * np.std(found, axis=0) / np.sqrt(len(found))
    unbiased, biased = np.mean(found, axis=0)
    assert error[0] < 0.25 * expected
    assert abs(unbiased - expected) < error[0]
    diagonal = sum((1 - value) / count for value in own)
    assert abs(biased - expected - diagonal) < error[1]


def test_one_sample_twice_has_no_biased_discrepancy():
    x = np.random.default_rng(2).standard_normal((6, 3)).astype("float32")
    for kernel in ("imq", "rbf"):
        assert _mmd(x, x, kernel, 2.0, unbiased=False) == pytest.approx(0.0, abs=1e-6)
        assert _mmd(x, x + 1.0, kernel, 2.0, unbiased=False) > 0.1
    assert np.isfinite(_mmd(x[:1], x[:1]))  # one vector has no pairs


def test_kernels_fall_from_1():
    distance = np.array([0.0, 3.0, 300.0], "float32")
    imq = ops.convert_to_numpy(imq_kernel(distance, 3.0))
    np.testing.assert_allclose(imq, [1.0, 0.5, 3 / 303], rtol=1e-6)
    rbf = ops.convert_to_numpy(rbf_kernel(distance, 3.0))
    np.testing.assert_allclose(rbf, [1.0, np.exp(-1.0), 0.0], atol=1e-6)


def test_small_distances_far_from_the_origin_are_kept():
    x = np.array([[1000.0, 0.0]], "float32")
    y = np.array([[1000.0, 0.01]], "float32")
    found = ops.convert_to_numpy(squared_distances(x, y))
    np.testing.assert_allclose(found, [[1e-4]], rtol=1e-4)


def test_refuses_an_unknown_kernel():
    with pytest.raises(ValueError, match="Received: kernel='linear'"):
        mmd(np.zeros((2, 1)), np.zeros((2, 1)), "linear")
