"""Layers of growing GANs: the equalised learning rate, pixel norm, minibatch stddev."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.equalized import EqualizedConv2D, EqualizedDense
from kerasgen.layers.minibatch_stddev import MinibatchStddev
from kerasgen.layers.pixel_norm import PixelNorm

GENERATOR = np.random.default_rng(0)


def output(layer, x):
    return ops.convert_to_numpy(layer(np.asarray(x, "float32")))


def test_kernels_are_drawn_from_a_unit_normal_and_scaled_in_the_call():
    conv = EqualizedConv2D(512)
    conv.build((None, 4, 4, 512))
    assert conv.multiplier == pytest.approx(0.0208333, abs=1e-7)
    assert np.std(ops.convert_to_numpy(conv.kernel)) == pytest.approx(1.0, abs=0.01)
    dense = EqualizedDense(300, gain=1.0)
    x = GENERATOR.normal(size=(200, 64))
    assert np.var(output(dense, x)) == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(
        output(dense, x),
        x @ (ops.convert_to_numpy(dense.kernel) / 8.0),
        rtol=1e-3,
        atol=1e-3,
    )


def test_a_smaller_learning_rate_changes_no_output():
    x = GENERATOR.normal(size=(200, 64)).astype("float32")
    dense = EqualizedDense(300, gain=1.0, lr_mul=0.01)
    found = output(dense, x)
    assert np.var(found) == pytest.approx(1.0, abs=0.05)
    kernel = ops.convert_to_numpy(dense.kernel)
    assert np.std(kernel) == pytest.approx(100.0, rel=0.02)
    dense.kernel.assign(kernel + 1.0)  # a step of Adam at a rate of 1
    moved = output(dense, x) - found
    expected = 0.01 * x.sum(-1, keepdims=True) / 8.0 * np.ones(300)
    np.testing.assert_allclose(moved, expected, atol=1e-3)
    dense.bias.assign(np.ones(300))
    np.testing.assert_allclose(output(dense, x) - found - moved, 0.01, atol=1e-3)
    again = EqualizedDense.from_config(dense.get_config())
    assert again.get_config() == dense.get_config() and again.lr_mul == 0.01
    with pytest.raises(ValueError, match="`lr_mul` must be above 0.*Received"):
        EqualizedDense(3, lr_mul=0)


def test_a_convolution_keeps_the_size_and_equals_that_of_keras():
    ours = EqualizedConv2D(3, 3, gain=1.0)
    x = GENERATOR.normal(size=(2, 5, 4, 2)).astype("float32")
    theirs = keras.layers.Conv2D(3, 3, padding="same", data_format="channels_last")
    found = output(ours, x)
    theirs.build(x.shape)
    theirs.kernel.assign(ours.kernel / np.sqrt(18.0).astype("float32"))
    np.testing.assert_allclose(found, output(theirs, x), atol=1e-5)


def test_pixels_have_a_mean_square_of_one():
    x = GENERATOR.normal(size=(2, 3, 3, 5)) * 7.0
    found = output(PixelNorm(), x)
    np.testing.assert_allclose(np.mean(found**2, -1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(found * x > 0, True)


def test_the_deviation_over_a_group_stands_in_the_last_map():
    x = np.float32([1.0, 5.0, 3.0, 5.0]).reshape(4, 1, 1, 1) * np.ones((4, 2, 3, 2))
    found = output(MinibatchStddev(2), x)  # groups (1, 3) and (5, 5)
    assert found.shape == (4, 2, 3, 3)
    np.testing.assert_array_equal(found[..., :2], x)
    expected = [1.0, 1e-4, 1.0, 1e-4]
    np.testing.assert_allclose(found[:, 0, 0, 2], expected, rtol=1e-4)
    assert np.ptp(found[..., 2], axis=(1, 2)).max() == 0


@pytest.mark.parametrize("count, size", [(6, 3), (5, 1), (8, 4), (2, 2)])
def test_a_batch_that_is_no_multiple_has_smaller_groups(count, size):
    x = GENERATOR.normal(size=(count, 1, 1, 1))
    groups = x.reshape(size, count // size)
    expected = np.tile(np.sqrt(groups.var(0) + 1e-8), size)
    found = output(MinibatchStddev(4), x)[:, 0, 0, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        EqualizedDense(3),
        EqualizedConv2D(3, 1),
        EqualizedConv2D(3, resample="up", taps=(1, 2, 1)),
        EqualizedConv2D(3, resample="down"),
        MinibatchStddev(2),
        PixelNorm(),
    ],
)
def test_layers_are_made_again_from_their_configs(layer):
    again = type(layer).from_config(layer.get_config())
    x = np.ones((2, 4, 4, 2), "float32")
    assert again.get_config() == layer.get_config()
    assert layer.compute_output_shape(x.shape) == again(x).shape
