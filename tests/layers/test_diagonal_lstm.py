"""DiagonalBiLSTM: skewing, all of the past and nothing else, one pixel at a time."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.diagonal_lstm import DiagonalBiLSTM, skew, unskew
from kerasgen.layers.lstm_gates import lstm_update
from tests.layers.test_lstm_gates import made
from tests.layers.test_masked_conv2d import jacobian
from tests.layers.test_row_lstm import check_steps, positive

pytestmark = pytest.mark.every_backend


@pytest.mark.parametrize("height, width", [(3, 3), (2, 5), (5, 2), (1, 4), (4, 1)])
def test_skewing_shifts_row_r_by_r_and_is_undone_bit_for_bit(height, width):
    x = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype("float32")
    skewed = ops.convert_to_numpy(skew(ops.convert_to_tensor(x)))
    assert skewed.shape == (2, height, height + width - 1, 3)
    for row in range(height):
        np.testing.assert_array_equal(skewed[:, row, row : row + width], x[:, row])
        assert not skewed[:, row, :row].any()
        assert not skewed[:, row, row + width :].any()
    again = ops.convert_to_numpy(unskew(ops.convert_to_tensor(skewed)))
    np.testing.assert_array_equal(again, x)


@pytest.mark.any_backend
@pytest.mark.parametrize("height, width", [(4, 4), (3, 5), (5, 3)])
def test_pixel_sees_all_that_is_past_and_nothing_else(height, width):
    layer = positive(DiagonalBiLSTM(1), 1)
    seen = jacobian(layer, (height, width, 1)) != 0.0
    np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen)))


def reference(x, gates, kernel, h0, c0):
    """One direction, pixel by pixel in NumPy, from the left."""
    batch, height, width, _ = x.shape
    h = np.tile(h0, (height + 1, width + 1, batch, 1)).astype("float32")
    c = np.tile(c0, (height + 1, width + 1, batch, 1)).astype("float32")
    for row, col in np.ndindex(height, width):
        states = np.concatenate([h[row + 1, col], h[row, col + 1]], axis=-1)
        total = (gates[:, row, col] + states @ kernel).astype("float32")
        state = lstm_update(
            ops.convert_to_tensor(total), ops.convert_to_tensor(c[row + 1, col])
        )
        h[row + 1, col + 1], c[row + 1, col + 1] = map(ops.convert_to_numpy, state)
    return h[1:, 1:].transpose(2, 0, 1, 3)


def test_states_follow_the_equations_in_both_directions():
    layer = made(DiagonalBiLSTM(2), 3)
    x = np.random.default_rng(1).normal(size=(2, 4, 3, 3)).astype("float32")
    directions = []
    for i, gates in enumerate(layer.gates):
        gates = ops.convert_to_numpy(gates(x))
        kernel, h, c = (
            ops.convert_to_numpy(v.value)
            for v in (layer.cell.kernels[i], layer.cell.h, layer.cell.c)
        )
        gates = gates[:, :, ::-1] if i else gates
        directions.append(reference(x, gates, kernel, h[i], c[i]))
    left, right = directions[0], directions[1][:, :, ::-1]
    left[:, 1:] += right[:, :-1]
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), left, atol=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "arguments, channels", [((3,), 2), ((4, 3), 5), ((4, 3, 2, 3), 6)]
)
def test_steps_equal_the_call(arguments, channels):
    check_steps(DiagonalBiLSTM(*arguments), channels)


def test_config_round_trip():
    layer = DiagonalBiLSTM(6, 3, 2, 5, name="diagonals")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.get_config() == layer.get_config()
