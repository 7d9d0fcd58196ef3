"""The networks of SRGAN: a residual one that enlarges, and what judges large images.

Ledig, Theis, Huszar, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang and Shi,
2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
Network", https://arxiv.org/abs/1609.04802, section 2.1 and figure 4.
"""

import math

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.layers.pixel_shuffle import PixelShuffle

MOMENTUM = 0.9  # of batch normalisation, that of the library of the time


def enlarging_resnet(channels, scale=4, filters=64, blocks=16, activation="tanh"):
    """Returns SRResNet, from images of any size to images `scale` times as large.

    Args:
        channels: int. Of both images.
        scale: int, a power of 2.
        filters: int. Maps of its convolutions; 4 times as many before they are pixels.
        blocks: int. Residual blocks.
        activation: str. Of the result.
    """

    def normalize(x):
        return layers.BatchNormalization(momentum=MOMENTUM)(x)

    inputs = keras.Input((None, None, channels))
    start = x = _prelu(_conv(inputs, filters, 9))
    for _ in range(blocks):
        y = _prelu(normalize(_conv(x, filters, 3)))
        x = layers.Add()([x, normalize(_conv(y, filters, 3))])
    x = layers.Add()([start, normalize(_conv(x, filters, 3))])
    for _ in range(int(math.log2(scale))):
        x = _prelu(PixelShuffle(2)(_conv(x, 4 * filters, 3)))
    x = layers.Activation(activation, dtype="float32")(_conv(x, channels, 9))
    return keras.Model(inputs, x, name="generator")


def reach(scale, blocks):
    """Returns how many pixels of the small image around it a pixel depends on."""
    doublings = int(math.log2(scale))
    large = sum(1.0 / 2**i for i in range(doublings)) + 4.0 / scale
    return math.ceil(4 + 2 * blocks + 1 + large)


def large_image_discriminator(image_shape, filters=64, units=1024):
    """Returns the discriminator, from images to logits `(batch, 1)`.

    Eight convolutions of 3x3, every second with stride 2, whose maps double to 8 times
    `filters`, and two dense layers.
    """
    x = inputs = keras.Input(image_shape)
    for i in range(8):
        x = _conv(x, filters * 2 ** (i // 2), 3, strides=1 + i % 2)
        if i:
            x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Dense(units)(channels_last.Flatten()(x))
    x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Dense(1, dtype="float32")(x)
    return keras.Model(inputs, x, name="discriminator")


def _conv(x, filters, size, strides=1):
    return channels_last.Conv2D(filters, size, strides, "same")(x)


def _prelu(x):
    start = keras.initializers.Constant(0.25)
    return layers.PReLU(alpha_initializer=start, shared_axes=[1, 2])(x)
