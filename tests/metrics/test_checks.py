"""What scores refuse, and what they are given."""

import keras
import numpy as np
import pytest

from kerasgen.metrics.checks import (
    check_features,
    check_images,
    check_pair,
    check_rows,
    unit_images,
)

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "bool"])
def test_features_come_out_in_float64(dtype):
    x = np.arange(6).reshape(3, 2).astype(dtype)
    found = check_features("real", x)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, x)
    assert check_rows("real", x).dtype == x.dtype


def test_tensors_and_bfloat16_are_features():
    x = keras.ops.cast(np.arange(4.0).reshape(2, 2), "bfloat16")
    np.testing.assert_array_equal(check_features("real", x), [[0, 1], [2, 3]])


def test_a_pair_may_differ_in_number():
    real, samples = check_pair(np.zeros((3, 2), "float32"), np.ones((5, 2)))
    assert real.shape == (3, 2) and samples.shape == (5, 2)
    assert real.dtype == samples.dtype == np.float64


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros(3), r"`real` must be numbers of shape \(n, d\).*shape \(3,\)"),
        (np.zeros((0, 3)), r"one row or more.*shape \(0, 3\)"),
        (np.zeros((3, 0)), r"one row or more.*shape \(3, 0\)"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.full((2, 2), "a"), "dtype <U1"),
        (np.zeros((2, 2), complex), "dtype complex128"),
        ([[0.0, np.nan], [1.0, 1.0], [np.inf, 1.0]], "NaN or infinity in 2 of 3 rows"),
        ([[0.0, -np.inf]], "NaN or infinity in 1 of 1 rows"),
    ],
)
def test_other_features_are_refused(x, message):
    for check in (check_features, check_rows):
        with pytest.raises(ValueError, match=message):
            check("real", x)
    with pytest.raises(ValueError, match=message):
        check_pair(x, np.zeros((3, 2)))
    with pytest.raises(ValueError, match="`samples` must be"):
        check_pair(np.zeros((3, 2)), x)


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r"rows of one shape. Received: real of shape"):
        check_pair(np.zeros((3, 2)), np.zeros((3, 4)))


def test_images_are_bytes_or_in_the_unit_interval():
    x = np.array([0, 51, 255], "uint8").reshape(1, 3, 1, 1)
    found = unit_images(check_images("x", x))
    np.testing.assert_array_equal(found.ravel(), [0, 0.2, 1])
    floats = check_images("x", found.astype("float32"))
    np.testing.assert_allclose(unit_images(floats), found, rtol=1e-7)
    assert unit_images(floats).dtype == np.float64


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((2, 3, 3)), r"\(n, height, width, channels\).*shape \(2, 3, 3\)"),
        (np.zeros((0, 3, 3, 1)), r"shape \(0, 3, 3, 1\)"),
        (np.zeros((1, 3, 3, 1), "int64"), "uint8 or floats. .*dtype int64"),
        (np.full((1, 3, 3, 1), 255.0), r"values in \[255, 255\]"),
        (np.full((1, 3, 3, 1), -1.0), r"floats in \[0, 1\].*values in \[-1, -1\]"),
        (np.full((4, 3, 3, 1), np.nan), "NaN or infinity in 4 of 4 rows"),
    ],
)
def test_other_images_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        check_images("x", x)
