"""MaskedConv2D: who sees whom, and one pixel at a time."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.masked_conv2d import MaskedConv2D, group_bounds


def jacobian(fn, shape):
    """Returns `d y_i / d x_j` for `fn` from and to `(n, *shape)`, flattened.

    Copy `i` of the input stands for row `i`, so that one gradient gives all rows.
    """
    size = int(np.prod(shape))
    eye = ops.convert_to_tensor(np.eye(size, dtype="float32"))

    def diagonal(x):
        return ops.sum(ops.reshape(fn(x), (size, size, -1)) * eye[:, :, None])

    rows = backend.input_gradient(diagonal, np.ones((size, *shape), "float32"))
    return ops.convert_to_numpy(rows).reshape(size, size)


def channel_groups(channels, groups):
    bounds = group_bounds(channels, groups)
    return np.repeat(np.arange(groups), np.diff(bounds))


@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("kernel_size, groups", [(3, 1), ((1, 5), 1), (3, 3), (5, 3)])
def test_output_sees_earlier_pixels_and_groups_of_its_window(
    mask_type, kernel_size, groups
):
    height, width, channels = shape = (4, 5, 4)
    layer = MaskedConv2D(4, kernel_size, mask_type, groups, kernel_initializer="ones")
    seen = jacobian(layer, shape) != 0.0
    sides = (kernel_size, kernel_size) if kernel_size in (3, 5) else kernel_size
    group = channel_groups(channels, groups)
    expected = np.zeros((height, width, channels) * 2, bool)
    for index in np.ndindex(expected.shape):
        row, col, out, row_in, col_in, channel = index
        above, left = row - row_in, col - col_in
        inside = abs(above) <= sides[0] // 2 and abs(left) <= sides[1] // 2
        before = above > 0 or (above == 0 and left > 0)
        if above == left == 0:
            before = group[channel] < group[out] + (mask_type == "B")
        expected[index] = inside and before
    np.testing.assert_array_equal(seen, expected.reshape(seen.shape))


@pytest.mark.parametrize("radius", [2, 3])
def test_stack_misses_a_quarter_minus_of_the_context(radius):
    """Of 2R(R+1) earlier pixels in reach, (R-1)/(4(R+1)) are in the blind spot."""
    layers = [
        MaskedConv2D(1, 3, "A" if i == 0 else "B", kernel_initializer="ones")
        for i in range(radius)
    ]

    def stack(x):
        for layer in layers:
            x = layer(x)
        return x

    height, width = radius + 1, 2 * radius + 1
    seen = jacobian(stack, (height, width, 1)) != 0.0
    context = 2 * radius * (radius + 1)
    missing = context - seen[radius * width + radius].sum()
    assert missing / context == (radius - 1) / (4 * (radius + 1))


@pytest.mark.any_backend
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(
    "mask_type, kernel_size, groups, channels, filters",
    [
        ("A", 7, 1, 1, 4),
        ("B", 3, 1, 4, 3),
        ("B", 1, 1, 4, 3),
        ("A", 3, 3, 3, 7),
        ("B", 3, 3, 7, 5),
        ("B", 1, 3, 5, 6),
        ("B", (1, 3), 1, 2, 2),
        ("B", (3, 1), 2, 3, 4),
    ],
)
def test_steps_equal_the_call(
    mask_type, kernel_size, groups, channels, filters, use_bias
):
    batch, height, width = 2, 4, 3
    layer = MaskedConv2D(filters, kernel_size, mask_type, groups, use_bias)
    layer.build((None, None, None, channels))
    generator = np.random.default_rng(0)
    for variable in layer.weights:
        variable.assign(generator.normal(size=variable.shape))
    x = generator.normal(size=(batch, height, width, channels)).astype("float32")
    expected = ops.convert_to_numpy(layer(x))
    result = np.full(expected.shape, np.nan, "float32")
    into, out = group_bounds(channels, groups), group_bounds(filters, groups)
    weights, cache = layer.step_weights(), layer.init_cache(batch, width)
    for row in range(height):
        cache = layer.begin_row(weights, cache)
        for col in range(width):
            for g in range(groups):
                value = ops.convert_to_tensor(x[:, row, col, into[g] : into[g + 1]])
                if mask_type == "A":
                    y = layer.read(weights, cache, col, g)
                    cache = layer.write(cache, value, col, g)
                else:
                    y, cache = layer.step(weights, cache, value, col, g)
                result[:, row, col, out[g] : out[g + 1]] = ops.convert_to_numpy(y)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_bias_of_a_step_is_added_per_example():
    layer = MaskedConv2D(2, 3, "B")
    layer.build((None, None, None, 1))
    bias = ops.convert_to_tensor(np.array([[1.0, 2.0], [3.0, 4.0]], "float32"))
    weights, cache = layer.step_weights(bias), layer.init_cache(2, 3)
    cache = layer.begin_row(weights, cache)
    y, _ = layer.step(weights, cache, ops.zeros((2, 1)), 0)
    np.testing.assert_array_equal(ops.convert_to_numpy(y), [[1.0, 2.0], [3.0, 4.0]])


def test_kernel_is_masked_in_the_call_and_left_alone():
    layer = MaskedConv2D(1, 3, "A", kernel_initializer="ones", use_bias=False)
    y = ops.convert_to_numpy(layer(np.ones((1, 3, 3, 1), "float32")))
    np.testing.assert_array_equal(y[0, :, :, 0], [[0, 1, 1], [2, 4, 3], [2, 4, 3]])
    kernel = ops.convert_to_numpy(layer.kernel.value)
    np.testing.assert_array_equal(kernel, np.ones((2, 3, 1, 1)))


@pytest.mark.parametrize("channels", [3, 4, 5, 32, 256])
def test_groups_are_blocks_of_almost_equal_size(channels):
    bounds = group_bounds(channels, 3)
    assert bounds[0] == 0 and bounds[-1] == channels
    assert set(np.diff(bounds)) <= {channels // 3, channels // 3 + 1}


def test_groups_of_logits_are_their_channels():
    assert group_bounds(3 * 256, 3) == [0, 256, 512, 768]


@pytest.mark.parametrize(
    "error, match, arguments",
    [
        (ValueError, "`kernel_size` must be an odd", (4, 2, "B")),
        (ValueError, "`kernel_size` must be an odd", (4, (3, 3, 3), "B")),
        (ValueError, "`kernel_size` must be wider than 1", (4, 1, "A")),
        (ValueError, "`mask_type` must be one of", (4, 3, "C")),
        (ValueError, "`filters` must be at least 3. Received: ", (2, 3, "B", 3)),
        (TypeError, "`filters` must be an int", (2.0, 3, "B")),
    ],
)
def test_wrong_arguments_are_refused(error, match, arguments):
    with pytest.raises(error, match=match):
        MaskedConv2D(*arguments)


def test_too_few_channels_are_refused():
    with pytest.raises(ValueError, match="`channels` must be at least 3"):
        MaskedConv2D(3, 3, "B", 3).build((None, None, None, 2))


def test_config_round_trip():
    layer = MaskedConv2D(6, (3, 5), "A", 3, False, "he_normal", name="first")
    again = MaskedConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    ).kernel_size == (3, 5)
