"""Pixels at whole and at other places, and beyond the edge."""

import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.grid_sampling import affine_grid, reflect, sample_bilinear

pytestmark = pytest.mark.every_backend

X = np.random.default_rng(0).normal(size=(3, 4, 5, 2)).astype("float32")


def sampled(x, rows, columns):
    rows, columns = (np.asarray(p, "float32") for p in (rows, columns))
    parts = (ops.convert_to_tensor(part) for part in (x, rows, columns))
    return ops.convert_to_numpy(sample_bilinear(*parts))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_lies_outside_is_the_reflection_without_the_edge(size):
    index = np.arange(-11, 17, dtype="int32")
    expected = np.pad(np.arange(size), (11, 17 - size), mode="reflect")
    found = ops.convert_to_numpy(reflect(ops.convert_to_tensor(index), size))
    np.testing.assert_array_equal(found, expected)


def test_pixels_at_whole_places_are_the_very_ones_and_between_them_is_a_mean():
    rows, columns = np.zeros((3, 2, 2)), np.zeros((3, 2, 2))
    rows[1], columns[1] = [[3.0, 1.0], [-1.0, 5.0]], [[4.0, 2.0], [-2.0, 6.0]]
    rows[2], columns[2] = [[0.5, 1.0], [1.25, -0.5]], [[0.0, 2.5], [3.5, 4.5]]
    found = sampled(X, rows, columns)
    np.testing.assert_array_equal(found[0], np.broadcast_to(X[0, 0, 0], (2, 2, 2)))
    np.testing.assert_array_equal(found[1, 0], [X[1, 3, 4], X[1, 1, 2]])
    np.testing.assert_array_equal(found[1, 1], [X[1, 1, 2], X[1, 1, 2]])
    x = X[2]
    expected = np.stack(
        [
            (x[0, 0] + x[1, 0]) / 2,
            (x[1, 2] + x[1, 3]) / 2,
            0.375 * (x[1, 3] + x[1, 4]) + 0.125 * (x[2, 3] + x[2, 4]),
            (x[0, 4] + x[1, 4] + x[0, 3] + x[1, 3]) / 4,
        ]
    )
    np.testing.assert_allclose(found[2].reshape(4, 2), expected, atol=1e-6)


def test_a_matrix_gives_the_old_place_of_each_pixel():
    matrix = np.tile(np.eye(3, dtype="float32"), (3, 1, 1))
    matrix[1, :2] = [[0.0, 1.0, 0.5], [-2.0, 0.0, 1.0]]
    rows, columns = affine_grid(ops.convert_to_tensor(matrix), 4, 5)
    rows, columns = ops.convert_to_numpy(rows), ops.convert_to_numpy(columns)
    np.testing.assert_array_equal(rows[0], np.arange(4.0)[:, None] + np.zeros(5))
    np.testing.assert_array_equal(columns[0], np.arange(5.0) + np.zeros((4, 1)))
    x, y = -1.0, 0.5  # of the pixel in row 2, column 1
    assert columns[1, 2, 1] == 2.0 + y + 0.5 and rows[1, 2, 1] == 1.5 - 2.0 * x + 1.0


def test_the_gradient_is_the_weight_of_each_pixel():
    rows = ops.full((3, 1, 1), 1.25, dtype="float32")
    columns = ops.full((3, 1, 1), -0.5, dtype="float32")
    slope = backend.input_gradient(
        lambda x: ops.square(sample_bilinear(x, rows, columns)),
        ops.convert_to_tensor(X),
    )
    weights = np.zeros((4, 5))
    weights[1:3, :2] = [[0.375, 0.375], [0.125, 0.125]]
    value = (X * weights[..., None]).sum(axis=(1, 2), keepdims=True)
    expected = 2.0 * value * weights[..., None]
    np.testing.assert_allclose(ops.convert_to_numpy(slope), expected, atol=1e-5)
