"""Doubling and halving of images with a filter that keeps them smooth.

The filter is a short row of taps, applied along the height and then along the width, as
in StyleGAN2: Karras et al., 2020, "Analyzing and Improving the Image Quality of
StyleGAN", https://arxiv.org/abs/1912.04958, appendix B, after Zhang, 2019, "Making
Convolutional Networks Shift-Invariant Again", https://arxiv.org/abs/1904.11486. Pixels
outside of an image are 0. Where the taps and the pixels stand is as in the official
code, NVlabs/stylegan2.

All of it is sums of slices or depthwise convolutions, whose gradients of any order are
right on every backend; interpolating resizing has no second gradient on TensorFlow.
"""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_number
from kerasgen.registry import PACKAGE

TAPS = (1.0, 3.0, 3.0, 1.0)


def check_taps(taps):
    """Raises unless `taps` are numbers whose sum is not 0; returns floats."""
    if not isinstance(taps, (tuple, list)) or not taps:
        raise ValueError(f"`taps` must be one number or more. Received: taps={taps!r}")
    taps = tuple(check_number("taps", tap) for tap in taps)
    if sum(taps) == 0.0:
        raise ValueError(f"`taps` must not have the sum 0. Received: taps={taps}")
    return taps


def blur(x, taps, padding, stride=1):
    """Returns images convolved with the taps, whose sum is made 1.

    Args:
        x: tensor `(batch, height, width, channels)`.
        taps: tuple of floats.
        padding: tuple of two ints, the zeros before and after a row; negative ones
            leave out pixels.
        stride: int. Each so many results are kept.
    """
    taps = [tap / sum(taps) for tap in reversed(taps)]
    if not backend.FUSES_SLICES:
        x = _padded(_padded(x, 1, *padding), 2, *padding)
        kernel = np.outer(taps, taps)[:, :, None, None].repeat(x.shape[-1], axis=2)
        kernel = ops.convert_to_tensor(kernel, x.dtype)
        return ops.depthwise_conv(
            x, kernel, stride, "valid", data_format="channels_last"
        )
    for axis in (1, 2):
        x = _padded(x, axis, *padding)
        last = ops.shape(x)[axis] - len(taps)  # where the last result starts
        kept = last // stride * stride + 1
        x = sum(
            tap * _slice(x, axis, j, j + kept, stride) for j, tap in enumerate(taps)
        )
    return x


def upsample(x, taps=TAPS):
    """Returns images of twice the size: a 0 behind each pixel, then a blur times 4.

    Args:
        x: tensor `(batch, height, width, channels)`.
        taps: tuple of floats.
    """
    weights = [2.0 * tap / sum(taps) for tap in reversed(taps)]
    before = (len(taps) + 1) // 2
    for axis in (1, 2):
        # Only every other tap meets a pixel: those of even results, and of odd ones.
        met = [
            [
                ((phase + j - before) // 2, weight)
                for j, weight in enumerate(weights)
                if (phase + j - before) % 2 == 0
            ]
            for phase in (0, 1)
        ]
        offsets = [offset for part in met for offset, _ in part]
        low, high = min(0, *offsets), max(0, *offsets)
        size = ops.shape(x)[axis]
        wide = _padded(x, axis, -low, high)
        parts = [
            sum(
                weight * _slice(wide, axis, offset - low, offset - low + size)
                for offset, weight in part
            )
            if part
            else ops.zeros_like(x)
            for part in met
        ]
        shape = list(ops.shape(x))
        shape[axis] = 2 * size
        x = ops.reshape(ops.stack(parts, axis=axis + 1), shape)
    return x


def downsample(x, taps=TAPS):
    """Returns images of half the size, rounded down: every other pixel of a blur.

    Args:
        x: tensor `(batch, height, width, channels)`.
        taps: tuple of floats.
    """
    pad = len(taps) - 2
    return blur(x, taps, ((pad + 1) // 2, pad // 2), stride=2)


def convolve(x, kernel, resample=None, taps=TAPS):
    """Returns a convolution padded with zeros, which may change the size.

    Args:
        x: tensor `(batch, height, width, channels)`.
        kernel: tensor `(side, side, channels, units)`.
        resample: None; `"up"`, with a stride of 1/2 and then a blur, to twice the
            size; or `"down"`, a blur and then a stride of 2, to half of it.
        taps: tuple of floats, of the blur.
    """
    side, pad = kernel.shape[0], len(taps) - 2
    if resample == "up" and side == 1:
        return upsample(_convolved(x, kernel), taps)
    if resample == "up":
        kernel = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
        x = ops.conv_transpose(
            x, 4.0 * kernel, strides=2, padding="valid", data_format="channels_last"
        )
        pad -= side - 1
        return blur(x, taps, ((pad + 1) // 2 + 1, pad // 2 + 1))
    if resample == "down" and side == 1:
        return _convolved(downsample(x, taps), kernel)
    if resample == "down":
        pad += side - 1
        x = blur(x, taps, ((pad + 1) // 2, pad // 2))
        return _convolved(x, kernel, strides=2, padding="valid")
    return _convolved(x, kernel)


def _convolved(x, kernel, strides=1, padding="same"):
    return ops.conv(x, kernel, strides, padding, data_format="channels_last")


def resampled_shape(shape, resample):
    """Returns a shape `(batch, height, width, channels)` of twice or half the size."""
    batch, *sides, channels = shape
    if resample == "up":
        sides = [side and 2 * side for side in sides]
    elif resample == "down":
        sides = [side and side // 2 for side in sides]
    return (batch, *sides, channels)


def _slice(x, axis, start, stop, stride=1):
    return x[(slice(None),) * axis + (slice(start, stop, stride),)]


def _padded(x, axis, before, after):
    """Returns `x` with zeros before and after, or with rows left out if negative."""
    if before < 0 or after < 0:
        stop = ops.shape(x)[axis] + min(after, 0)
        x = _slice(x, axis, max(-before, 0), stop)
    sides = [(0, 0)] * 4
    sides[axis] = (max(before, 0), max(after, 0))
    return ops.pad(x, sides) if max(sides[axis]) > 0 else x


class _Resampling(keras.layers.Layer):
    """Base of layers of taps.

    Args:
        taps: tuple of floats. The filter, of any sum but 0, along each axis.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, taps=TAPS, **kwargs):
        super().__init__(**kwargs)
        self.taps = check_taps(taps)

    def get_config(self):
        return {**super().get_config(), "taps": self.taps}


@keras.saving.register_keras_serializable(PACKAGE)
class Upsample2D(_Resampling):
    """Doubles height and width: a 0 behind each pixel and row, then a blur times 4.

    The taps `[1, 1]` repeat each pixel; `[1, 3, 3, 1]` then blur by `[1, 2, 1]`, as
    StyleGAN does.

    Args:
        taps: tuple of floats. The filter, of any sum but 0, along each axis.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, 2 height, 2 width, channels)`.
    """

    def call(self, x):
        return upsample(x, self.taps)

    def compute_output_shape(self, input_shape):
        return resampled_shape(input_shape, "up")


@keras.saving.register_keras_serializable(PACKAGE)
class Downsample2D(_Resampling):
    """Halves height and width, rounded down: every other pixel of a blur.

    The taps `[1, 1]` are a mean over 2x2 pixels.

    Args:
        taps, **kwargs: as in `Upsample2D`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height // 2, width // 2, channels)`.
    """

    def call(self, x):
        return downsample(x, self.taps)

    def compute_output_shape(self, input_shape):
        return resampled_shape(input_shape, "down")


@keras.saving.register_keras_serializable(PACKAGE)
class Blur2D(_Resampling):
    """Convolves each map with the taps; the size stays.

    Args:
        taps, **kwargs: as in `Upsample2D`. StyleGAN's are `[1, 2, 1]`.

    Input:  `(batch, height, width, channels)`.
    Output: same shape.
    """

    def call(self, x):
        return blur(x, self.taps, (len(self.taps) // 2, (len(self.taps) - 1) // 2))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
