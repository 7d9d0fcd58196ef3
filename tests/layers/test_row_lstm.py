"""RowLSTM: its triangle, its learned state, its equations, one pixel at a time."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.lstm_gates import lstm_update
from kerasgen.layers.masked_conv2d import group_bounds
from kerasgen.layers.row_lstm import RowLSTM
from tests.layers.test_lstm_gates import made
from tests.layers.test_masked_conv2d import jacobian

pytestmark = pytest.mark.every_backend


def positive(layer, channels):
    """Builds a layer with small positive weights, so that nothing cancels."""
    layer.build((None, None, None, channels))
    for variable in layer.weights:
        variable.assign(np.full(variable.shape, 0.1))
    return layer


def steps(layer, x, labels=None, context=None):
    """Returns the outputs of a layer that is fed pixel by pixel, group by group."""
    batch, height, width, channels = x.shape
    groups = layer.channel_groups
    into, out = group_bounds(channels, groups), group_bounds(layer.filters, groups)
    result = np.full((batch, height, width, layer.filters), np.nan, "float32")
    weights, cache = layer.step_weights(labels), layer.init_cache(batch, width)
    if context is not None:
        context = ops.transpose(context, (1, 2, 0, 3))
    for row in range(height):
        cache = layer.begin_row(weights, cache, row, context)
        for col in range(width):
            for g in range(groups):
                value = ops.convert_to_tensor(x[:, row, col, into[g] : into[g + 1]])
                y, cache = layer.step(weights, cache, value, col, g)
                result[:, row, col, out[g] : out[g + 1]] = ops.convert_to_numpy(y)
    return result


def check_steps(layer, channels, shape=(2, 4, 3)):
    """Checks that steps give what the call gives, with labels and a context."""
    made(layer, channels)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(*shape, channels)).astype("float32")
    labels = np.array([1, 0], "int32") if layer.num_classes else None
    context = None
    if layer.context_channels:
        size = (*shape, layer.context_channels)
        context = generator.normal(size=size).astype("float32")
    expected = ops.convert_to_numpy(layer(x, labels, context))
    found = steps(layer, x, labels, context)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_pixel_sees_a_triangle():
    """In row `r - d`, columns `j - d - 1` to `j + d`: the past of its own window."""
    height, width = 4, 9
    layer = positive(RowLSTM(1), 1)
    seen = jacobian(layer, (height, width, 1)) != 0.0
    seen = seen.reshape(height, width, height, width)
    rows, cols = np.indices((height, width))
    for row, col in np.ndindex(height, width):
        above, right = row - rows, cols - col
        expected = (above >= 0) & (right <= above) & (right >= -above - 1)
        np.testing.assert_array_equal(seen[row, col], expected)


def test_rows_follow_the_equations():
    layer = made(RowLSTM(2), 3)
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 3)).astype("float32")
    gates = ops.convert_to_numpy(layer.gates(x))
    kernel, h, c = (
        ops.convert_to_numpy(v.value)
        for v in (layer.cell.kernel, layer.cell.h, layer.cell.c)
    )
    h, c = np.tile(h, (2, 4, 1)), np.tile(c, (2, 4, 1))
    expected = []
    for row in range(3):
        padded = np.pad(h, ((0, 0), (1, 1), (0, 0)))
        windows = np.concatenate([padded[:, i : i + 4] for i in range(3)], axis=-1)
        total = (gates[:, row] + windows @ kernel).astype("float32")
        state = lstm_update(ops.convert_to_tensor(total), ops.convert_to_tensor(c))
        h, c = (ops.convert_to_numpy(x) for x in state)
        expected.append(h)
    found = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-5)


def test_translation_translates_what_is_inside():
    layer = made(RowLSTM(3), 2)
    x = np.random.default_rng(1).normal(size=(1, 3, 12, 2)).astype("float32")
    y = ops.convert_to_numpy(layer(x))
    moved = ops.convert_to_numpy(layer(np.roll(x, 1, axis=2)))
    inside = slice(5, -4)
    np.testing.assert_allclose(
        moved[:, :, inside], np.roll(y, 1, axis=2)[:, :, inside], atol=1e-5
    )


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "arguments, channels", [((3,), 2), ((4, 3), 5), ((4, 3, 2, 3), 6)]
)
def test_steps_equal_the_call(arguments, channels):
    check_steps(RowLSTM(*arguments), channels)


def test_config_round_trip():
    layer = RowLSTM(6, 3, 2, 5, name="rows")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.get_config() == layer.get_config()


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`filters` must be at least 3. Received"):
        RowLSTM(2, 3)
