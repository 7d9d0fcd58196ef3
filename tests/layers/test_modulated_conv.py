"""Modulated convolutions against one convolution an example, in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.signal import correlate2d

from kerasgen.layers.equalized import EqualizedConv2D
from kerasgen.layers.modulated_conv import ModulatedConv2D
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(3, 5, 6, 2)).astype("float32")
W = DRAWS.normal(size=(3, 7)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def made(units=4, **kwargs):
    layer = ModulatedConv2D(units, **kwargs)
    layer.build([X.shape, W.shape])
    layer.style.bias.assign([0.5, -0.3])
    return layer


def kernels(layer):
    """Returns the kernel of each example, by eq. 1 and 3."""
    style = 1.0 + W @ array(layer.style.kernel) / np.sqrt(7.0) + array(layer.style.bias)
    kernel = array(layer.kernel) * layer.gain / np.sqrt(layer.kernel_size**2 * 2)
    kernel = style[:, None, None, :, None] * kernel
    if layer.demodulate:
        kernel /= np.sqrt((kernel**2).sum((1, 2, 3), keepdims=True) + 1e-8)
    return kernel


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("side", [1, 3])
def test_it_is_a_convolution_of_each_example_by_its_own_kernel(side, demodulate):
    layer = made(kernel_size=side, demodulate=demodulate, gain=1.5, use_bias=True)
    layer.bias.assign([0.0, -1.0, 2.0, 0.5])
    expected = np.zeros((3, 5, 6, 4)) + array(layer.bias)
    for b, kernel in enumerate(kernels(layer)):
        for i, o in np.ndindex(2, 4):
            expected[b, ..., o] += correlate2d(X[b, ..., i], kernel[..., i, o], "same")
    np.testing.assert_allclose(array(layer([X, W])), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("resample", ["up", "down"])
def test_it_resamples_as_a_plain_convolution_does(resample):
    layer, plain = made(resample=resample), EqualizedConv2D(4, resample=resample)
    plain.build((1, 5, 6, 2))
    found = array(layer([X, W]))
    for b, kernel in enumerate(kernels(layer)):
        plain.kernel.assign(kernel / plain.multiplier)
        expected = array(plain(X[b : b + 1]))[0]
        np.testing.assert_allclose(found[b], expected, rtol=1e-4, atol=1e-5)


def test_inputs_of_variance_1_give_outputs_of_variance_1():
    x = DRAWS.normal(size=(40, 12, 12, 8)).astype("float32")
    w = DRAWS.normal(size=(40, 6)).astype("float32")
    layer = ModulatedConv2D(32)
    found = array(layer([x, w]))[:, 1:-1, 1:-1]
    assert np.var(found) == pytest.approx(1.0, abs=0.02)
    layer.kernel.assign(3.0 * layer.kernel)  # of any size
    layer.style.bias.assign(np.full(8, 5.0))
    found = array(layer([x, w]))[:, 1:-1, 1:-1]
    assert np.var(found) == pytest.approx(1.0, abs=0.02)
    plain = array(ModulatedConv2D(32, demodulate=False)([x, 3.0 * w]))
    assert np.var(plain) > 2.0


def test_a_style_that_is_scaled_as_a_whole_changes_nothing():
    layer = made()
    layer.style.kernel.assign(0.0 * layer.style.kernel)
    first = array(layer([X, W]))
    layer.style.bias.assign(4.0 * (1.0 + np.array([0.5, -0.3])) - 1.0)
    np.testing.assert_allclose(array(layer([X, W])), first, rtol=1e-4, atol=1e-5)


@pytest.mark.every_backend
@pytest.mark.parametrize("resample", [None, "up", "down"])
def test_second_gradients_agree_with_finite_differences(resample):
    layer, first = ModulatedConv2D(3, resample=resample), EqualizedConv2D(2, 1)
    x = keras.Input(X.shape[1:])
    features = keras.layers.Activation("tanh")(first(x))
    style = ops.mean(features, axis=(1, 2))
    net = keras.Model(x, ops.square(layer([features, style])))
    require_twice_differentiable(net)
    second_gradients.draw(net.weights)
    second_gradients.check(net, X, first.kernel)


@pytest.mark.every_backend
def test_a_file_and_sizes_that_are_unknown(tmp_path):
    inputs = keras.Input((None, None, 2)), keras.Input((7,))
    layer = ModulatedConv2D(4, 3, True, "up", (1, 2, 1))
    net = keras.Model(inputs, layer(list(inputs)))
    assert net.output_shape == (None, None, None, 4)
    assert net.predict([X, W], verbose=0).shape == (3, 10, 12, 4)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(array(loaded([X, W])), array(net([X, W])))
    assert loaded.layers[-1].get_config() == layer.get_config()


@pytest.mark.any_backend
def test_half_precision_holds_styles_that_are_large():
    layers = [made(dtype=dtype) for dtype in ("mixed_float16", "float32")]
    for layer in layers:
        layer.set_weights(layers[1].get_weights())
        layer.style.bias.assign([3e4, -2e4])
    half, single = (layer([10.0 * X, W]) for layer in layers)
    assert keras.backend.standardize_dtype(half.dtype) == "float16"
    np.testing.assert_allclose(array(half), array(single), rtol=0.02, atol=0.2)
    with pytest.raises(ValueError, match="`resample` must be one of.*Received"):
        ModulatedConv2D(4, resample=2)
