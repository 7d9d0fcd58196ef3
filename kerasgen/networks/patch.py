"""Discriminators that judge overlapping patches of an image.

Isola, Zhu, Zhou and Efros, 2017, https://arxiv.org/abs/1611.07004, section 3.2 and
appendix; the official code is phillipi/pix2pix.
"""

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.networks.normalization import normalize

STDDEV = 0.02  # of all kernels


def receptive_field(depth):
    """Returns how many pixels wide a patch is: 16, 34, 70, ... for depth 1, 2, 3.

    Args:
        depth: int. Strided convolutions; 0 for a discriminator of single pixels.
    """
    field = 1
    for stride in () if depth == 0 else (1, 1, *(2,) * depth):
        field = (field - 1) * stride + 4
    return field


def least_side(depth):
    """Returns the least height and width that a discriminator of `depth` judges."""
    return 1 if depth == 0 else 3 * 2**depth


def patch_discriminator(
    image_shape, filters=64, depth=3, normalization="instance", name="discriminator"
):
    """Returns a network from images to one logit a patch, `(batch, rows, columns, 1)`.

    Convolutions of 4x4, `depth` of them with stride 2, then two with stride 1, each
    padded by one pixel: 70x70 patches for a depth of 3, a map of 30x30 for 256x256.

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int. Maps of the first convolution; they double up to 8 times as many.
        depth: int. Strided convolutions; 0 judges single pixels by 1x1 convolutions.
        normalization: `"instance"`, `"batch"` or None; never of the first layer.
        name: str.
    """
    size, padding = (1, 0) if depth == 0 else (4, 1)
    x = inputs = keras.Input(image_shape)
    x = _conv(x, filters, size, 2 if depth else 1, padding)
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    for i in range(1, depth + 1 if depth else 2):
        stride = 2 if i < depth else 1
        x = _conv(x, filters * min(2**i, 8), size, stride, padding)
        x = layers.LeakyReLU(negative_slope=0.2)(normalize(x, normalization))
    x = _conv(x, 1, size, 1, padding, dtype="float32")
    return keras.Model(inputs, x, name=name)


def _conv(x, maps, size, stride, padding, dtype=None):
    if padding:
        x = channels_last.ZeroPadding2D(padding)(x)
    normal = keras.initializers.RandomNormal(stddev=STDDEV)
    return channels_last.Conv2D(
        maps, size, stride, kernel_initializer=normal, dtype=dtype
    )(x)
