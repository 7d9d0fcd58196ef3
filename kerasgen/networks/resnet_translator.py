"""The generator of CycleGAN, from images to images of the same size.

Zhu, Park, Isola and Efros, 2017, https://arxiv.org/abs/1703.10593, appendix 7.2, after
Johnson, Alahi and Fei-Fei, 2016; the official code is junyanz/CycleGAN.
"""

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.layers.reflection_padding import ReflectionPadding2D
from kerasgen.networks.normalization import normalize

STDDEV = 0.02  # of all kernels
LEAST_SIDE = 8  # that four times smaller images can be reflected, and three pixels


def resnet_translator(
    image_shape,
    channels,
    filters=64,
    blocks=9,
    normalization="instance",
    name="generator",
):
    """Returns a network from images to images, in `[-1, 1]`.

    c7s1-64, d128, d256, residual blocks R256, u128, u64 and c7s1, in the paper's
    names: borders are reflections.

    Args:
        image_shape: tuple `(height, width, channels)`; sides divisible by 4, at least
            8.
        channels: int. Channels of the images that it makes.
        filters: int. Maps of the first convolution.
        blocks: int. Residual blocks: the paper has 6 for images of 128 pixels, 9 above.
        normalization: `"instance"`, `"batch"` or None.
        name: str.
    """
    x = inputs = keras.Input(image_shape)
    x = _activate(_reflected(x, filters, 7), normalization)
    for factor in (2, 4):
        x = channels_last.Conv2D(filters * factor, 3, 2, "same", **_kernels())(x)
        x = _activate(x, normalization)
    for _ in range(blocks):
        y = _activate(_reflected(x, 4 * filters, 3), normalization)
        y = normalize(_reflected(y, 4 * filters, 3), normalization)
        x = layers.Add()([x, y])
    for factor in (2, 1):
        up = channels_last.Conv2DTranspose(filters * factor, 3, 2, "same", **_kernels())
        x = _activate(up(x), normalization)
    x = layers.Activation("tanh", dtype="float32")(_reflected(x, channels, 7))
    return keras.Model(inputs, x, name=name)


def _kernels():
    return {"kernel_initializer": keras.initializers.RandomNormal(stddev=STDDEV)}


def _reflected(x, maps, size):
    x = ReflectionPadding2D(size // 2)(x)
    return channels_last.Conv2D(maps, size, **_kernels())(x)


def _activate(x, normalization):
    return layers.ReLU()(normalize(x, normalization))
