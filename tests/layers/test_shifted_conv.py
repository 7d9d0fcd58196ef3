"""Shifted convolutions: who sees whom, and rows and pixels one at a time."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.shifted_conv import ShiftedConv2D, ShiftedConv2DTranspose
from kerasgen.layers.shifted_input import ShiftedInput
from tests.layers.test_masked_conv2d import jacobian

HEIGHT, WIDTH = SIZE = (4, 6)
X = np.random.default_rng(0).normal(size=(2, *SIZE, 3)).astype("float32")


def build(layer, channels=3):
    layer.build((None, *SIZE, channels))
    generator = np.random.default_rng(1)
    for variable in layer.trainable_variables:
        variable.assign(generator.normal(size=variable.shape))
    return layer


def rows_of(x):
    """Returns the rows, `(width, batch, channels)`, of images."""
    return [ops.convert_to_tensor(r) for r in np.transpose(x, (1, 2, 0, 3))]


@pytest.mark.any_backend
@pytest.mark.parametrize("shift, kernel_size, reach", [
    ("down", (2, 3), (-1, 1)),
    ("down", (1, 3), (-1, 1)),
    ("down_right", (2, 2), (-1, 0)),
    ("down_right", (2, 1), (0, 0)),
])  # fmt: skip
@pytest.mark.parametrize("strides", [1, 2])
def test_window_ends_in_the_own_row(shift, kernel_size, reach, strides):
    layer = build(ShiftedConv2D(1, kernel_size, shift, strides), 1)
    big = jacobian(lambda x: ops.repeat(ops.repeat(layer(x), strides, 1), strides, 2),
                   (*SIZE, 1)) != 0.0  # fmt: skip
    seen = big.reshape(*SIZE, *SIZE)[::strides, ::strides]
    for i, j, row, col in np.ndindex(seen.shape):
        above = 0 <= strides * i - row < kernel_size[0]
        inside = reach[0] <= col - strides * j <= reach[1]
        assert seen[i, j, row, col] == (above and inside)


@pytest.mark.any_backend
@pytest.mark.parametrize("strides", [1, 2])
def test_rows_and_pixels_equal_the_whole_image(strides):
    vertical = build(ShiftedConv2D(4, (2, 3), "down", strides))
    expected = ops.convert_to_numpy(vertical(X))
    weights, previous = vertical.step_weights(), vertical.init_row(2, WIDTH)
    for i, row in enumerate(rows_of(X)):
        if i % strides == 0:
            y = ops.convert_to_numpy(vertical.row(weights, previous, row))
            y = np.transpose(y, (1, 0, 2))
            np.testing.assert_allclose(y, expected[:, i // strides], atol=1e-5)
        previous = row

    horizontal = build(ShiftedConv2D(4, (2, 2), "down_right", strides))
    expected = ops.convert_to_numpy(horizontal(X))
    weights, cache = horizontal.step_weights(), horizontal.init_cache(2, WIDTH)
    for i in range(HEIGHT):
        if i % strides == 0:
            cache = horizontal.begin_row(weights, cache)
        for j in range(WIDTH):
            x = ops.convert_to_tensor(X[:, i, j])
            if (i % strides, j % strides) == (0, 0):
                y = horizontal.read(weights, cache, x, j // strides)
                np.testing.assert_allclose(
                    ops.convert_to_numpy(y),
                    expected[:, i // strides, j // strides],
                    atol=1e-5,
                )
            cache = horizontal.write(cache, x, j)


@pytest.mark.parametrize("shift", ["down", "down_right"])
def test_transposed_windows_lie_over_two_rows_and_two_or_three_columns(shift):
    layer = build(ShiftedConv2DTranspose(4, shift))
    kernel = ops.convert_to_numpy(layer.normalized_kernel())
    padded = np.zeros((2, 2 * HEIGHT, 2 * WIDTH + 2, 4))
    first = 0 if shift == "down" else 1
    for i, j in np.ndindex(SIZE):
        for a, b in np.ndindex(kernel.shape[:2]):
            padded[:, 2 * i + a, 2 * j + b + first] += X[:, i, j] @ kernel[a, b]
    expected = padded[:, :, 1:-1] + ops.convert_to_numpy(layer.bias)
    found = ops.convert_to_numpy(layer(X))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    weights = layer.step_weights()
    for i, row in enumerate(rows_of(X)):
        rows = ops.convert_to_numpy(layer.rows(weights, row))
        rows = np.transpose(rows, (2, 0, 1, 3))
        np.testing.assert_allclose(rows, expected[:, 2 * i : 2 * i + 2], atol=1e-4)
    if shift == "down_right":
        block = layer.block(weights, ops.convert_to_tensor(X[:, 1, 2]))
        block = np.transpose(ops.convert_to_numpy(block), (2, 0, 1, 3))
        np.testing.assert_allclose(block, expected[:, 2:4, 4:6], atol=1e-4)


@pytest.mark.any_backend
@pytest.mark.any_backend
@pytest.mark.parametrize("vertical", [True, False])
def test_input_streams_row_by_row_and_pixel_by_pixel(vertical):
    """Row 0 of `u` is exactly zero: the shift comes after the bias."""
    layer = build(ShiftedInput(4, vertical))
    u, ul = layer(X)
    ul = ops.convert_to_numpy(ul)
    np.testing.assert_array_equal(ul[:, 0, 0], 0.0)
    assert (u is None) == (not vertical)
    if vertical:
        u = ops.convert_to_numpy(u)
        np.testing.assert_array_equal(u[:, 0], 0.0)
    weights, cache = layer.step_weights(), layer.init_cache(2, WIDTH)
    for i in range(HEIGHT):
        row, cache = layer.begin_row(weights, cache)
        if vertical:
            row = np.transpose(ops.convert_to_numpy(row), (1, 0, 2))
            np.testing.assert_allclose(row, u[:, i], atol=1e-5)
        for j in range(WIDTH):
            pixel = ops.convert_to_numpy(layer.read(weights, cache, j))
            np.testing.assert_allclose(pixel, ul[:, i, j], atol=1e-5)
            cache = layer.write(cache, ops.convert_to_tensor(X[:, i, j]), j)


def test_input_streams_see_the_rows_above_and_what_is_left():
    layer = build(ShiftedInput(1), 1)
    for stream in (0, 1):
        seen = jacobian(lambda x, i=stream: layer(x)[i], (*SIZE, 1)) != 0.0
        seen = seen.reshape(*SIZE, *SIZE)[2, 3]
        expected = np.zeros(SIZE, bool)
        if stream == 0:
            expected[:2, 2:5] = True
        else:
            expected[1, 2:5] = expected[2, 2] = True
        np.testing.assert_array_equal(seen, expected)
