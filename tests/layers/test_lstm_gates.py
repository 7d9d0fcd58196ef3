"""LSTMGates: four gates, all cut in the same colour groups; labels and a context."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.lstm_gates import (
    LSTMGates,
    lstm_update,
    split_gate_groups,
    split_groups,
)
from kerasgen.layers.masked_conv2d import group_bounds
from tests.layers.test_masked_conv2d import channel_groups

pytestmark = pytest.mark.every_backend


def made(layer, channels):
    """Builds a layer and gives all its weights normal values."""
    layer.build((None, None, None, channels))
    generator = np.random.default_rng(0)
    for variable in layer.weights:
        variable.assign(generator.normal(size=variable.shape))
    return layer


@pytest.mark.parametrize("filters", [3, 4, 5, 16])
def test_no_gate_sees_a_later_group_of_its_pixel(filters):
    layer = made(LSTMGates(filters, 3, 3), 7)
    x = np.zeros((7, 1, 3, 7), "float32")
    x[np.arange(7), 0, 1, np.arange(7)] = 1.0  # one input map after the other
    difference = ops.convert_to_numpy(layer(x) - layer(0.0 * x))
    seen = difference[:, 0, 1].reshape(7, 4, filters) != 0.0
    into, out = channel_groups(7, 3), channel_groups(filters, 3)
    expected = into[:, None] <= out
    np.testing.assert_array_equal(seen, np.repeat(expected[:, None], 4, axis=1))
    assert not difference[:, 0, 0].any()  # nor does a pixel see the one after it
    assert difference[:, 0, 2].all()


def test_one_cut_through_all_gates_would_leak():
    """Why the mask repeats: the cut of `4h` maps is not that of `h`, four times."""
    at_once = channel_groups(4 * 4, 3).reshape(4, 4)
    assert (at_once != channel_groups(4, 3)).any()


def test_groups_of_gates_are_cut_gate_by_gate():
    gates = np.arange(4 * 5, dtype="float32")[None]
    parts = [ops.convert_to_numpy(p)[0] for p in split_gate_groups(gates, 3)]
    bounds = group_bounds(5, 3)
    for i, part in enumerate(parts):
        expected = gates.reshape(4, 5)[:, bounds[i] : bounds[i + 1]]
        np.testing.assert_array_equal(part, expected.ravel())
    whole = [ops.convert_to_numpy(p) for p in split_groups(gates, 3)]
    np.testing.assert_array_equal(np.concatenate(whole, axis=-1), gates)


def test_update_is_that_of_an_lstm():
    """c = f c + i g, h = o tanh(c), gates in the order o, f, i, g."""
    generator = np.random.default_rng(0)
    gates, c = generator.normal(size=(2, 12)), generator.normal(size=(2, 3))
    o, f, i, g = np.split(gates, 4, axis=-1)

    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    expected_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    expected_h = sigmoid(o) * np.tanh(expected_c)
    h, c = lstm_update(*(ops.convert_to_tensor(x, "float32") for x in (gates, c)))
    np.testing.assert_allclose(ops.convert_to_numpy(c), expected_c, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(h), expected_h, atol=1e-6)


def test_label_and_context_add_to_all_gates_without_a_mask():
    layer = made(LSTMGates(4, 1, 3, num_classes=2, context_channels=5), 3)
    generator = np.random.default_rng(1)
    x = generator.normal(size=(2, 2, 3, 3)).astype("float32")
    context = generator.normal(size=(2, 2, 3, 5)).astype("float32")
    labels = np.array([1, 0], "int32")
    found = ops.convert_to_numpy(layer(x, labels, context))
    bias = ops.convert_to_numpy(layer.bias(labels))
    kernel = ops.convert_to_numpy(layer.context_kernel.value)
    image = ops.convert_to_numpy(layer.convolve(ops.convert_to_tensor(x)))
    expected = image + bias[:, None, None] + context @ kernel
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_config_round_trip():
    layer = LSTMGates(6, 3, 3, 2, 5, name="gates")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.get_config() == layer.get_config()
