"""Networks of 4x4 convolutions and dense layers, as InfoGAN has them.

Chen et al., 2016, "InfoGAN", https://arxiv.org/abs/1606.03657, table 1 of the appendix;
initial weights and batch normalisation as in openai/InfoGAN.
"""

import keras
from keras import layers

from kerasgen.layers import channels_last


def dense_convolutional_trunk(image_shape, maps, units, slope, name="trunk"):
    """Returns a network from images to features `(batch, units)`.

    Args:
        image_shape: tuple `(height, width, channels)`.
        maps: list of ints, those of each convolution, of stride 2; the first is not
            normalised, nor is the dense layer.
        units: int. Of the dense layer behind them.
        slope: float. Of the leaky units.
        name: str.
    """
    net = keras.Sequential([keras.Input(image_shape)], name=name)
    for i, count in enumerate(maps):
        net.add(_conv(channels_last.Conv2D, count, use_bias=i == 0))
        activate(net, slope, normalized=i > 0)
    net.add(channels_last.Flatten())
    net.add(layers.Dense(units))
    activate(net, slope, normalized=False)
    return net


def dense_convolutional_generator(size, image_shape, maps, units, name="generator"):
    """Returns a network from vectors `(batch, size)` to images in `[0, 1]`.

    Two dense layers, then transposed convolutions of stride 2; ReLU, and a sigmoid at
    the end.

    Args:
        size: int. Of the vectors.
        image_shape: tuple `(height, width, channels)`; both sides can be halved as
            often as there are `maps`.
        maps: list of ints as in `dense_convolutional_trunk`, used backwards.
        units: int. Of the first dense layer.
        name: str.
    """
    height, width, channels = image_shape
    base = (height >> len(maps), width >> len(maps), maps[-1])
    net = keras.Sequential([keras.Input((size,))], name=name)
    for count in (units, base[0] * base[1] * base[2]):
        net.add(layers.Dense(count, use_bias=False))
        activate(net)
    net.add(layers.Reshape(base))
    for count in reversed(maps[:-1]):
        net.add(_conv(channels_last.Conv2DTranspose, count, use_bias=False))
        activate(net)
    net.add(_conv(channels_last.Conv2DTranspose, channels, use_bias=True))
    net.add(layers.Activation("sigmoid", dtype="float32"))
    return net


def dense_head(size, widths, outputs, slope, name):
    """Returns a network of normalised dense layers and one that is neither, float32.

    Args:
        size: int. Of the input vectors.
        widths: list of ints, units of the hidden layers.
        outputs: int.
        slope: float. Of the leaky units.
        name: str.
    """
    net = keras.Sequential([keras.Input((size,))], name=name)
    for width in widths:
        net.add(layers.Dense(width, use_bias=False))
        activate(net, slope)
    net.add(layers.Dense(outputs, dtype="float32"))
    return net


def activate(net, slope=0.0, normalized=True):
    """Adds batch normalisation, where `normalized`, and leaky units or ReLU."""
    if normalized:
        gamma = keras.initializers.RandomNormal(mean=1.0, stddev=0.02)
        norm = layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, gamma_initializer=gamma
        )
        net.add(norm)
    net.add(layers.LeakyReLU(negative_slope=slope) if slope else layers.ReLU())


def _conv(kind, maps, use_bias):
    start = keras.initializers.TruncatedNormal(stddev=0.02)
    return kind(maps, 4, 2, "same", use_bias=use_bias, kernel_initializer=start)
