"""The networks of WGAN-GP: generators and critics, of tensors of Keras.

Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028, appendices C and F; the
official code is igul222/improved_wgan_training.
"""

import math

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.layers.conditional_batch_norm import batch_normalize
from kerasgen.layers.layer_normalization import ImageLayerNormalization
from kerasgen.layers.sizes import halvings
from kerasgen.networks.resnet import (
    convolution,
    residual_block,
    resnet_discriminator,
    resnet_generator,
)

_HE = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")  # as in the code


def mlp(x, units, outputs, dtype=None):
    """Returns the outputs of three dense layers and a linear one."""
    for _ in range(3):
        x = layers.Dense(units, "relu", kernel_initializer="he_uniform")(x)
    return layers.Dense(outputs, dtype=dtype)(x)


def dcgan_generator(z, filters, image_shape):
    """Returns images of strided convolutions, before the tanh."""
    height, width, channels = image_shape
    count = halvings(height, width)
    maps = [channels, *(filters * min(2**i, 8) for i in range(count))]
    base = (height // 2**count, width // 2**count, maps[-1])
    x = layers.Reshape(base)(layers.Dense(math.prod(base))(z))
    for n in reversed(maps[:-1]):
        x = channels_last.Conv2DTranspose(n, 5, 2, "same")(layers.ReLU()(x))
    return x


def dcgan_critic(x, filters, image_shape):
    """Returns the features of strided convolutions, flat."""
    for i in range(halvings(*image_shape[:2])):
        x = channels_last.Conv2D(filters * min(2**i, 8), 5, 2, "same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    return channels_last.Flatten()(x)


def resnet_64_generator(z, filters, image_shape):
    """Returns images of the official code's generator for 64x64, before the tanh.

    There are as many residual blocks as bring the sides from 4 to 7 to the image's; of
    four the maps are 8, 4, 2 and 1 times `filters`.
    """
    height, width, channels = image_shape
    count = halvings(height, width)
    maps = [filters * min(2**i, 8) for i in reversed(range(count))]
    base = (height // 2**count, width // 2**count, maps[0])
    x = layers.Reshape(base)(layers.Dense(math.prod(base))(z))
    for n in maps:
        x = residual_block(x, n, "up", _batch_normalize, first_bias=False)
    x = layers.ReLU()(_batch_normalize(x))
    return convolution(x, channels, 3, initializer=_HE)


def resnet_64_critic(x, filters, image_shape):
    """Returns the features of the official code's critic for 64x64, flat.

    Four residual blocks of 2, 4, 8 and 8 times `filters` maps, or as many as bring the
    sides to 4 to 7, with layer normalisation.
    """
    x = convolution(x, filters, 3)
    for i in range(halvings(*image_shape[:2])):
        x = residual_block(
            x,
            filters * min(2 ** (i + 1), 8),
            "down",
            lambda x: ImageLayerNormalization()(x),  # another one each time
            hidden=x.shape[-1],
            first_bias=False,
        )
    return channels_last.Flatten()(x)


def mnist_generator(z, filters, image_shape):
    """Returns images of the official code's generator for MNIST, before the sigmoid.

    28 x 28 pixels grow from 4 x 4 by 8 x 8, which is cropped to 7 x 7, and 14 x 14.
    """
    *sides, channels = image_shape
    base = (*_sides(sides, 3), 4 * filters)
    x = layers.Reshape(base)(layers.Dense(math.prod(base))(z))
    for level, maps in ((2, 2 * filters), (1, filters), (0, channels)):
        rows, columns = x.shape[1:3]
        x = _strided(channels_last.Conv2DTranspose, layers.ReLU()(x), maps)
        height, width = _sides(sides, level)
        crop = ((0, 2 * rows - height), (0, 2 * columns - width))
        x = channels_last.Cropping2D(crop)(x)
    return x


def mnist_critic(x, filters, image_shape):
    """Returns the features of the official code's critic for MNIST, flat."""
    for maps in (filters, 2 * filters, 4 * filters):
        x = _strided(channels_last.Conv2D, x, maps)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    return channels_last.Flatten()(x)


def _batch_normalize(x):
    return batch_normalize(x, epsilon=1e-5)


def _sides(sides, halvings):
    return tuple(-(-side // 2**halvings) for side in sides)


def _strided(kind, x, maps):
    """A 5x5 convolution of stride 2, or its transpose, as the code initialises it.

    Uniform of variance `4 / (fan_in + fan_out)`, where each output, or each input of
    the transpose, counts once in four.
    """
    whole, strided = x.shape[-1], maps
    if kind is channels_last.Conv2DTranspose:
        whole, strided = strided, whole
    bound = math.sqrt(12.0 / (25 * whole + 25 * strided / 4))
    uniform = keras.initializers.RandomUniform(-bound, bound)
    return kind(maps, 5, 2, "same", kernel_initializer=uniform)(x)


CONVOLUTIONAL = {
    "resnet": (resnet_generator, resnet_discriminator),
    "resnet_64": (resnet_64_generator, resnet_64_critic),
    "mnist": (mnist_generator, mnist_critic),
    "dcgan": (dcgan_generator, dcgan_critic),
}
