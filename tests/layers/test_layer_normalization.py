"""Layer normalisation: over all of an example, with right second gradients."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.equalized import EqualizedConv2D
from kerasgen.layers.layer_normalization import ImageLayerNormalization
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

X = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 2)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def test_it_is_over_all_of_an_example_with_a_scale_and_a_shift_of_each_map():
    layer = ImageLayerNormalization()
    found = array(layer(X))
    np.testing.assert_allclose(found.mean((1, 2, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.var((1, 2, 3)), 1.0, rtol=1e-4)
    gain, shift = np.float32([2.0, -1.0]), np.float32([0.5, 3.0])
    layer.gamma.assign(gain)
    layer.beta.assign(shift)
    np.testing.assert_allclose(array(layer(X)), gain * found + shift, atol=1e-5)
    np.testing.assert_allclose(array(layer(X[1:2])), array(layer(X))[1:2], atol=1e-5)
    assert np.isfinite(array(layer(0.0 * X))).all()


@pytest.mark.every_backend
def test_second_gradients_agree_with_finite_differences():
    first = EqualizedConv2D(2, 1)
    x = keras.Input(X.shape[1:])
    y = ImageLayerNormalization()(keras.layers.Activation("tanh")(first(x)))
    net = keras.Model(x, y * y * y)
    require_twice_differentiable(net)
    second_gradients.draw(net.weights)
    second_gradients.check(net, 0.3 * X, first.kernel)


@pytest.mark.every_backend
def test_half_precision_and_a_file(tmp_path):
    layer = ImageLayerNormalization(1e-3, dtype="mixed_float16")
    net = keras.Sequential([keras.Input((None, None, 2)), layer])
    assert net.output_shape == (None, None, None, 2)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    x = 100.0 * X  # its squares are too large for float16
    np.testing.assert_array_equal(array(loaded(x)), array(net(x)))
    assert array(net(x)).dtype == np.float16
    assert np.isfinite(array(net(x))).all()
    assert loaded.layers[-1].epsilon == 1e-3
