"""Weight normalisation: only directions count, and the first batch sets scales."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers import channels_last
from kerasgen.layers.shifted_conv import ShiftedConv2D, ShiftedConv2DTranspose
from kerasgen.layers.weight_norm import (
    WeightNormConv2D,
    WeightNormDense,
    initializing_from_data,
)

pytestmark = pytest.mark.every_backend

X = np.random.default_rng(0).normal(2.0, 3.0, (4, 6, 4, 3)).astype("float32")


def make(kind, init_scale=1.0):
    return {
        "dense": lambda: WeightNormDense(5, init_scale),
        "conv": lambda: ShiftedConv2D(5, (2, 3), "down", init_scale=init_scale),
        "plain": lambda: WeightNormConv2D(5, 3, 2, init_scale=init_scale),
        "strided": lambda: ShiftedConv2D(5, (2, 2), "down_right", 2, init_scale),
        "transposed": lambda: ShiftedConv2DTranspose(5, "down", init_scale),
    }[kind]()


KINDS = ("dense", "conv", "plain", "strided", "transposed")


@pytest.mark.parametrize("kind", KINDS)
def test_kernel_is_the_scale_times_a_unit_vector(kind):
    layer = make(kind)
    layer.build(X.shape)
    layer.scale.assign([1.0, -2.0, 0.5, 3.0, 0.0])
    kernel = ops.convert_to_numpy(layer.normalized_kernel()).reshape(-1, 5)
    norms = np.linalg.norm(kernel, axis=0)
    np.testing.assert_allclose(norms, [1.0, 2.0, 0.5, 3.0, 0.0], rtol=1e-5)
    before = ops.convert_to_numpy(layer(X))
    layer.direction.assign(layer.direction * 7.0)
    after = ops.convert_to_numpy(layer(X))
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("init_scale", [1.0, 0.1])
def test_first_batch_gives_mean_0_and_the_scale_as_deviation(kind, init_scale):
    layer = make(kind, init_scale)
    with initializing_from_data():
        first = ops.convert_to_numpy(layer(X))
    y = ops.convert_to_numpy(layer(X))
    np.testing.assert_allclose(first, y, atol=1e-5)
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(y.std((0, 1, 2)), init_scale, rtol=1e-3)


def test_weights_are_set_inside_the_context_alone():
    layer = make("dense")
    layer(X)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.bias), 0.0)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.scale), 1.0)


def test_a_second_time_changes_nothing():
    layer, values = make("conv"), []
    for _ in range(2):
        with initializing_from_data():
            layer(X)
        values.append(ops.convert_to_numpy(layer.scale.value))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-5)


def test_constant_maps_keep_their_scale():
    """Dividing by a deviation of zero would make the first update explode."""
    layer = make("dense", 0.1)
    with initializing_from_data():
        y = layer(np.ones_like(X))
    np.testing.assert_allclose(ops.convert_to_numpy(layer.scale), 0.1)
    np.testing.assert_allclose(ops.convert_to_numpy(y), 0.0, atol=1e-6)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2])
def test_plain_convolution_is_that_of_keras(padding, strides):
    layer = WeightNormConv2D(5, 3, strides, padding)
    y = layer(X)
    assert tuple(y.shape) == layer.compute_output_shape(X.shape)
    other = channels_last.Conv2D(5, 3, strides, padding)
    other.build(X.shape)
    other.kernel.assign(layer.normalized_kernel())
    found, expected = (ops.convert_to_numpy(a) for a in (y, other(X)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_scale_that_is_not_trained_stays_and_files_have_one_order(tmp_path):
    inputs = keras.Input((6,))
    trained = keras.Model(inputs, WeightNormDense(5)(inputs))
    layer = trained.layers[-1]
    layer.scale.assign([1.0, 2.0, 3.0, 4.0, 5.0])
    layer.bias.assign([-1.0, -2.0, -3.0, -4.0, -5.0])
    trained.save_weights(tmp_path / "w.weights.h5")
    fixed = keras.Model(inputs, WeightNormDense(5, train_scale=False)(inputs))
    fixed.load_weights(tmp_path / "w.weights.h5")
    layer = fixed.layers[-1]
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.scale), np.arange(1, 6))
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.bias), -np.arange(1, 6))
    assert [v.name for v in layer.trainable_variables] == ["direction", "bias"]
    x = np.ones((4, 6), "float32")
    fixed.compile("sgd", "mse")
    fixed.fit(x, np.zeros((4, 5)), verbose=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.scale), np.arange(1, 6))
    assert (ops.convert_to_numpy(layer.bias) != -np.arange(1, 6)).all()
    assert layer.get_config()["train_scale"] is False
    # A file of before, by the order in which the variables were added.
    kernel = np.ones((6, 5), "float32")
    store = {"0": kernel, "1": np.full(5, 2.0), "2": np.full(5, -3.0)}
    layer.load_own_variables(store)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.scale), 2.0)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.bias), -3.0)
    with pytest.raises(ValueError):
        layer.load_own_variables({"0": kernel})
