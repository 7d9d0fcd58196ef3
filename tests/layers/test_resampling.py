"""Resampling against the filters of SciPy."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.signal import convolve2d, correlate2d, upfirdn

from kerasgen import backend
from kerasgen.layers.equalized import EqualizedConv2D
from kerasgen.layers.resampling import (
    Blur2D,
    Downsample2D,
    Upsample2D,
    blur,
    convolve,
)
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

DRAWS = np.random.default_rng(0)
SIZES = [(4, 6), (5, 3), (1, 8)]
FILTERS = [(1, 3, 3, 1), (1, 2, 4), (1, 1), (1,), (2, -1, 3, 0, 5, 1)]


def array(x):
    return ops.convert_to_numpy(x)


def images(height, width):
    return DRAWS.normal(size=(2, height, width, 3)).astype("float32")


def by_axes(x, fn):
    """Returns what `fn` makes of each row of an axis, for both axes."""
    return np.apply_along_axis(fn, 2, np.apply_along_axis(fn, 1, x.astype("float64")))


def after(x, start, count, step=1):
    """Returns `count` results from `start` on, 0 beyond the last."""
    x = np.concatenate([x, np.zeros(start + count * step)])
    return x[start : start + count * step : step]


@pytest.mark.parametrize("taps", FILTERS)
@pytest.mark.parametrize("size", SIZES)
def test_doubling_is_that_of_scipy(size, taps):
    x, n = images(*size), len(taps)
    before = (n + 2 - 1) // 2  # zeros that the official code puts in front

    def row(x):
        full = upfirdn(2 * np.array(taps) / sum(taps), x, up=2)
        return after(np.concatenate([[0.0], full]), n - before, 2 * len(x))

    found = array(Upsample2D(taps)(x))
    assert found.shape == (2, 2 * size[0], 2 * size[1], 3)
    np.testing.assert_allclose(found, by_axes(x, row), atol=1e-5)


@pytest.mark.parametrize("taps", FILTERS)
@pytest.mark.parametrize("size", [(4, 6), (5, 3), (2, 9)])
def test_halving_is_that_of_scipy(size, taps):
    x, n = images(*size), len(taps)
    before = (n - 2 + 1) // 2

    def row(x):
        full = upfirdn(np.array(taps) / sum(taps), x)
        return after(full, n - 1 - before, len(x) // 2, 2)

    found = array(Downsample2D(taps)(x))
    assert found.shape == (2, size[0] // 2, size[1] // 2, 3)
    np.testing.assert_allclose(found, by_axes(x, row), atol=1e-5)


@pytest.mark.parametrize("taps", FILTERS)
def test_a_blur_keeps_the_size(taps):
    x, n = images(5, 4), len(taps)

    def row(x):
        return after(np.convolve(x, taps) / sum(taps), n - 1 - n // 2, len(x))

    np.testing.assert_allclose(array(Blur2D(taps)(x)), by_axes(x, row), atol=1e-5)


@pytest.mark.every_backend
@pytest.mark.parametrize("fused", [True, False])
def test_slices_and_depthwise_convolutions_blur_alike(monkeypatch, fused):
    monkeypatch.setattr(backend, "FUSES_SLICES", fused)
    x, taps = images(6, 5), (1, 2, 4)

    def row(x):
        full = np.convolve(np.pad(x, ((1, 2))), taps, "valid") / 7.0
        return full[::2]

    found = array(blur(x, taps, (1, 2), stride=2))
    assert found.shape == (2, 4, 3, 3)
    np.testing.assert_allclose(found, by_axes(x, row), atol=1e-5)
    cut = array(blur(x, taps, (-1, 0)))
    np.testing.assert_allclose(cut, array(blur(x[:, 1:, 1:], taps, (0, 0))), atol=1e-6)


def test_simple_filters_repeat_pixels_and_take_means():
    x = images(4, 6)
    repeated = x.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(array(Upsample2D((1, 1))(x)), repeated, atol=1e-6)
    means = x.reshape(2, 2, 2, 3, 2, 3).mean((2, 4))
    np.testing.assert_allclose(array(Downsample2D((5, 5))(x)), means, atol=1e-6)
    blurred = array(Blur2D((1, 2, 1))(repeated))
    np.testing.assert_allclose(array(Upsample2D()(x)), blurred, atol=1e-6)


@pytest.mark.every_backend
def test_constant_images_stay_constant_inside():
    x = np.full((1, 7, 8, 2), 3.0, "float32")
    for layer in (Upsample2D(), Downsample2D(), Blur2D()):
        found = array(layer(x))
        np.testing.assert_allclose(found[:, 2:-2, 2:-2], 3.0, rtol=1e-6)
        assert found[:, 0, 0].max() < 3.0  # outside there is 0
    down_again = array(Downsample2D()(Upsample2D()(x)))
    np.testing.assert_allclose(down_again[:, 1:-1, 1:-1], 3.0, rtol=1e-6)


@pytest.mark.parametrize("taps", FILTERS)
@pytest.mark.parametrize("side", [1, 3, 5])
@pytest.mark.parametrize("size", [(4, 6), (5, 3)])
def test_convolutions_that_resample_are_those_of_scipy(size, side, taps):
    """As if the images had zeros around them without end."""
    x = images(*size)[..., :1]
    kernel = DRAWS.normal(size=(side, side, 1, 1)).astype("float32")
    weights = kernel[..., 0, 0].astype("float64")
    blur, n = np.outer(taps, taps) / sum(taps) ** 2, len(taps)
    found = array(convolve(x, ops.convert_to_tensor(kernel), "up", taps))[0, ..., 0]
    wide = np.zeros((2 * size[0] + 1, 2 * size[1] + 1))
    wide[1:-1:2, 1:-1:2] = x[0, ..., 0]
    full = convolve2d(correlate2d(wide, weights), 4.0 * blur)
    start = side // 2 + n - (n + 1) // 2
    rows, columns = (slice(start, start + 2 * s) for s in size)
    np.testing.assert_allclose(found, _cut(full, rows, columns), atol=1e-4)
    found = array(convolve(x, ops.convert_to_tensor(kernel), "down", taps))[0, ..., 0]
    full = correlate2d(convolve2d(x[0, ..., 0], blur), weights)
    start = side // 2 + n - 1 - (n - 2 + 1) // 2
    rows, columns = (slice(start, start + s // 2 * 2, 2) for s in size)
    np.testing.assert_allclose(found, _cut(full, rows, columns), atol=1e-4)


def _cut(x, rows, columns):
    return np.pad(x, 9)[rows.start + 9 : rows.stop + 9 : rows.step][
        :, columns.start + 9 : columns.stop + 9 : columns.step
    ]


@pytest.mark.every_backend
@pytest.mark.parametrize("kind", ["up", "down", "blur", "conv up", "conv down"])
def test_second_gradients_agree_with_finite_differences(kind):
    layer = {
        "up": Upsample2D(),
        "down": Downsample2D(),
        "blur": Blur2D((1, 2, 1)),
        "conv up": EqualizedConv2D(2, 3, "up"),
        "conv down": EqualizedConv2D(2, 3, "down"),
    }[kind]
    first = EqualizedConv2D(2, 1)
    net = keras.Sequential(
        [keras.Input((3, 4, 1)), first, keras.layers.Activation("tanh"), layer]
    )
    require_twice_differentiable(net)
    second_gradients.draw(net.weights, 1.0)
    x = np.random.default_rng(2).normal(size=(2, 3, 4, 1)).astype("float32")
    second_gradients.check(lambda x: ops.square(net(x)), x, first.kernel)


@pytest.mark.every_backend
def test_sizes_may_be_unknown_in_a_compiled_network(tmp_path):
    net = keras.Sequential([keras.Input((None, None, 3)), Upsample2D()])
    net.add(Downsample2D((1, 2, 1)))
    net.add(EqualizedConv2D(2, 3, "down"))
    net.add(EqualizedConv2D(2, 3, "up"))
    assert net.output_shape == (None, None, None, 2)
    for size in ((4, 6), (5, 3)):
        found = net.predict(images(*size), verbose=0)
        assert found.shape[1:3] == tuple(s // 2 * 2 for s in size)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    x = images(4, 4)
    np.testing.assert_array_equal(array(loaded(x)), array(net(x)))


@pytest.mark.any_backend
def test_half_precision_configurations_and_refusals():
    for cls in (Upsample2D, Downsample2D, Blur2D):
        layer = cls((1, 2, 1), dtype="mixed_float16")
        found = layer(images(5, 7))
        assert keras.backend.standardize_dtype(found.dtype) == "float16"
        assert layer.compute_output_shape((2, 5, 7, 3)) == tuple(found.shape)
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert again.get_config() == layer.get_config()
        with pytest.raises(ValueError, match="`taps` must not have the sum 0.*Receiv"):
            cls((1, -1))
        with pytest.raises(ValueError, match="`taps` must be one number.*Received"):
            cls(())
    with pytest.raises(ValueError, match="`resample` must be one of.*Received"):
        EqualizedConv2D(2, resample="half")
