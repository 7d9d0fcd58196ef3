"""MaskedDense, its class bias, and the degrees that masks are made of."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.class_bias import ClassBias
from kerasgen.layers.masked_dense import MaskedDense, draw_degrees


def make_layer(units, inputs, **kwargs):
    layer = MaskedDense(units, **kwargs)
    layer.build((None, inputs))
    for variable in layer.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(size=variable.shape))
    return layer


def test_masked_weights_count_for_nothing_and_stay_as_they_are():
    layer = make_layer(4, 3, num_classes=2)
    generator = np.random.default_rng(1)
    connected = generator.random((3, 4)) < 0.5
    x, labels = generator.normal(size=(5, 3)).astype("float32"), np.arange(5) % 2
    kernel = ops.convert_to_numpy(layer.kernel)
    y = layer(ops.convert_to_tensor(x), connected, labels=ops.convert_to_tensor(labels))
    bias = ops.convert_to_numpy(layer.bias.bias)
    bias = bias + ops.convert_to_numpy(layer.bias.class_bias)[labels]
    expected = x @ (kernel * connected) + bias
    np.testing.assert_allclose(ops.convert_to_numpy(y), expected, atol=1e-5)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.kernel), kernel)


def test_masked_weights_have_no_gradient():
    layer = make_layer(4, 3, use_bias=False)
    connected = np.tri(3, 4, dtype=bool)
    x = ops.ones((2, 3))

    def loss():
        return ops.sum(ops.square(layer(x, connected))), {}

    _, (gradient,) = backend.value_and_grad(loss, [layer.kernel])
    gradient = ops.convert_to_numpy(gradient)
    np.testing.assert_array_equal(gradient != 0.0, connected)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_sums_are_float32_in_low_precision(policy):
    layer = make_layer(4, 3, num_classes=2, dtype=policy)
    y = layer(ops.ones((2, 3)), np.ones((3, 4), bool), labels=np.array([0, 1]))
    assert keras.backend.standardize_dtype(y.dtype) == "float32"


@pytest.mark.parametrize(
    "layer",
    [MaskedDense(4, 2, kernel_initializer="zeros"), ClassBias(3, 2), ClassBias(3)],
    ids=lambda layer: layer.name,
)
def test_config_rebuilds_the_layer(layer):
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config


def test_class_bias_is_zero_at_first_and_adds_its_class():
    layer = ClassBias(3, 2)
    labels = np.array([1, 0])
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(labels)), np.zeros((2, 3)))
    layer.bias.assign([1.0, 2.0, 3.0])
    layer.class_bias.assign([[1.0, 0.0, 0.0], [0.0, 0.0, 9.0]])
    expected = [[1.0, 2.0, 12.0], [2.0, 2.0, 3.0]]
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(labels)), expected)
    plain = ClassBias(3)
    assert ops.convert_to_numpy(plain(None)).shape == (1, 3)


# === Degrees ===


@pytest.mark.parametrize("ordering", ["raster", "random"])
def test_degrees_leave_no_unit_without_inputs_or_outputs(ordering):
    inputs, *hidden = draw_degrees(6, (400, 300), 3, ordering, mask_seed=0)
    for row in inputs:
        np.testing.assert_array_equal(np.sort(row), np.arange(1, 7))
    assert (ordering == "raster") == np.all(inputs == np.arange(1, 7))
    previous = inputs
    for degrees in hidden:
        for seen, row in zip(previous, degrees, strict=True):
            assert row.min() >= seen.min()
            assert row.max() == 5  # every input but the last is of use
        previous = degrees
    assert not np.array_equal(hidden[0][0], hidden[0][1])


def test_masks_of_all_layers_are_a_strict_triangle_in_the_order():
    inputs, *hidden = (d[0] for d in draw_degrees(7, (90, 80, 70), 1, "random", 3))
    product, seen = np.eye(7, dtype=int), inputs
    for degrees in hidden:
        product, seen = product @ (seen[:, None] <= degrees), degrees
    product = product @ (seen[:, None] < inputs)
    order = np.argsort(inputs)
    reached = product[np.ix_(order, order)].T != 0
    np.testing.assert_array_equal(reached, np.tri(7, k=-1, dtype=bool))


def test_degrees_are_the_same_for_ever():
    inputs, hidden = draw_degrees(5, (6,), 2, "random", mask_seed=0)
    assert inputs.tolist() == [[3, 1, 2, 4, 5], [2, 4, 5, 1, 3]]
    assert hidden.tolist() == [[4, 4, 4, 4, 2, 4], [1, 1, 3, 2, 3, 4]]


def test_single_input_has_masks():
    inputs, hidden = draw_degrees(1, (3,), 1, "random", mask_seed=0)
    assert inputs.tolist() == [[1]] and hidden.tolist() == [[1, 1, 1]]
