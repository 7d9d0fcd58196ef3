"""Adaptive instance normalisation: maps have the mean and deviation of the style."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.adaptive_instance_norm import AdaIN
from kerasgen.layers.equalized import EqualizedConv2D
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(3.0, 2.0, (4, 5, 6, 2)).astype("float32")
W = DRAWS.normal(size=(4, 7)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def test_maps_have_the_mean_and_the_deviation_of_the_style():
    layer = AdaIN()
    found = array(layer([X, W]))
    style = W @ (array(layer.style.kernel) / np.sqrt(7.0))
    np.testing.assert_allclose(found.mean((1, 2)), style[:, 2:], atol=1e-5)
    np.testing.assert_allclose(found.std((1, 2)), np.abs(1.0 + style[:, :2]), 1e-4)
    normal = (X - X.mean((1, 2), keepdims=True)) / X.std((1, 2), keepdims=True)
    expected = (1.0 + style)[:, None, None, :2] * normal + style[:, None, None, 2:]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_style_of_0_is_a_plain_instance_normalisation_of_each_example():
    layer = AdaIN()
    found = array(layer([X, 0.0 * W]))
    np.testing.assert_allclose(found.mean((1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.std((1, 2)), 1.0, rtol=1e-4)
    alone = array(layer([X[1:2], 0.0 * W[1:2]]))
    np.testing.assert_allclose(alone[0], found[1], atol=1e-5)
    assert np.isfinite(array(layer([0.0 * X, W]))).all()


@pytest.mark.every_backend
def test_second_gradients_agree_with_finite_differences():
    layer, first = AdaIN(), EqualizedConv2D(2, 1)
    x = keras.Input(X.shape[1:])
    features = keras.layers.Activation("tanh")(first(x))
    y = layer([features, ops.mean(features, axis=(1, 2))])
    net = keras.Model(x, y * y * y)
    require_twice_differentiable(net)
    second_gradients.draw(net.weights)
    second_gradients.check(net, 0.3 * X, first.kernel)


@pytest.mark.every_backend
def test_half_precision_and_a_file(tmp_path):
    inputs = keras.Input((None, None, 2)), keras.Input((7,))
    layer = AdaIN(1e-5, dtype="mixed_float16")
    net = keras.Model(inputs, layer(list(inputs)))
    assert net.output_shape == (None, None, None, 2)
    found = net([1e3 * X, W])
    assert keras.backend.standardize_dtype(found.dtype) == "float16"
    single = AdaIN(1e-5)
    single.build([X.shape, W.shape])
    single.set_weights(layer.get_weights())
    expected = array(single([X, W]))  # whose scale makes no difference
    np.testing.assert_allclose(array(found), expected, rtol=0.01, atol=0.02)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(array(loaded([1e3 * X, W])), array(found))
    assert loaded.layers[-1].get_config() == layer.get_config()
    with pytest.raises(ValueError, match="`epsilon` must be.*Received"):
        AdaIN(-1.0)
