"""Generators and discriminators by name, for papers about what trains a GAN.

- `"mlp"`: three dense layers of 512 units, as for the toy data of Gulrajani et al.,
  2017, https://arxiv.org/abs/1704.00028; for points and small images.
- `"dcgan"`: strided 4x4 convolutions, as many as bring the sides to 4 to 7, after
  Radford et al., 2016, https://arxiv.org/abs/1511.06434.
- `"cnn"`: that of Miyato et al., 2018, https://arxiv.org/abs/1802.05957, table 3: two
  convolutions at each size of the discriminator.
- `"resnet"`: residual blocks, as in table 4 there and in Gulrajani et al.

Kernels of `"dcgan"` and `"cnn"` start normal with a deviation of 0.02, those of a
network without normalisation as by He et al., 2015, https://arxiv.org/abs/1502.01852:
with 0.02 the logit of 16 maps would start with a slope of 0.02 by the image, so that a
penalty that asks for 1 outweighs the loss for hundreds of updates.
"""

import math

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.layers.sizes import halvings
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.networks.resnet import resnet_discriminator, resnet_generator

FILTERS = {"dcgan": 64, "cnn": 64, "resnet": 128, "mlp": 512}
NORMALIZATIONS = ("batch", "spectral", None)


def named_generator(
    architecture, size, shape, filters, activation, normalization="batch"
):
    """Returns a network from vectors `(batch, size)` to examples, float32.

    Args:
        architecture: `"dcgan"`, `"cnn"`, `"resnet"` or `"mlp"`.
        size: int. Of the latents, with what is known behind them.
        shape: tuple `(height, width, channels)`; or any for `"mlp"`.
        filters: int or None. Maps before the last convolution, doubled at each halving
            up to 8 times as many; those of the resnet; or units. None takes `FILTERS`.
        activation: name of the last activation.
        normalization: `"batch"` or None; the resnet has batch normalisation anyway.
    """
    filters = filters or FILTERS[architecture]
    z = keras.Input((size,))
    if architecture == "mlp":
        x = z
        for _ in range(3):
            dense = layers.Dense(filters, kernel_initializer="he_uniform")
            x = layers.ReLU()(_normalized(dense(x), normalization))
        x = layers.Reshape(shape)(layers.Dense(math.prod(shape))(x))
    elif architecture == "resnet":
        x = resnet_generator(z, filters, shape)
    else:
        x = _grow(z, filters, shape, normalization, architecture)
    x = layers.Activation(activation, dtype="float32")(x)
    return keras.Model(z, x, name="generator")


def named_discriminator(
    architecture, shape, filters, normalization=None, outputs=1, name="discriminator"
):
    """Returns a network from examples to scores `(batch, outputs)`, float32.

    Args:
        architecture: as in `named_generator`.
        shape: tuple `(height, width, channels)`, with maps of labels behind the
            channels; `(features,)` for `"mlp"`.
        filters: int or None. Maps of the first convolution, doubled at each halving up
            to 8 times as many; those of the resnet; or units. None takes `FILTERS`.
        normalization: `"batch"` (not of the first layer, nor in the resnet), or
            `"spectral"` (of all layers), or None.
        outputs: int.
        name: str.
    """
    filters = filters or FILTERS[architecture]
    spectral = normalization == "spectral"
    x = inputs = keras.Input(shape)
    if architecture == "mlp":
        for i in range(3):
            dense = layers.Dense(filters, kernel_initializer="he_uniform")
            x = _spectral(dense, spectral)(x)
            x = layers.ReLU()(_normalized(x, normalization if i else None))
    elif architecture == "resnet":
        x = resnet_discriminator(x, filters, shape, spectral)
    else:
        x = _shrink(x, filters, normalization, architecture)
    head = _spectral(layers.Dense(outputs, dtype="float32"), spectral)
    return keras.Model(inputs, head(x), name=name)


def _grow(z, filters, shape, normalization, architecture):
    height, width, channels = shape
    count = halvings(height, width)
    maps = [filters * min(2**i, 8) for i in range(count + (architecture == "cnn"))]
    base = (height >> count, width >> count, maps[-1])
    x = layers.Dense(math.prod(base), kernel_initializer=_kernel(normalization))(z)
    x = layers.Reshape(base)(x)
    if architecture == "dcgan":
        x = layers.ReLU()(_normalized(x, normalization))
    for n in reversed(maps[:-1]):
        x = channels_last.Conv2DTranspose(
            n, 4, 2, "same", kernel_initializer=_kernel(normalization)
        )(x)
        x = layers.ReLU()(_normalized(x, normalization))
    if architecture == "cnn":
        last = channels_last.Conv2D(
            channels, 3, 1, "same", kernel_initializer=_kernel(normalization)
        )
    else:
        last = channels_last.Conv2DTranspose(
            channels, 4, 2, "same", kernel_initializer=_kernel(normalization)
        )
    return last(x)


def _shrink(x, filters, normalization, architecture):
    count = halvings(*x.shape[1:3])
    spectral = normalization == "spectral"

    def conv(x, maps, size, stride, first=False):
        layer = channels_last.Conv2D(
            maps, size, stride, "same", kernel_initializer=_kernel(normalization)
        )
        x = _normalized(_spectral(layer, spectral)(x), None if first else normalization)
        return layers.LeakyReLU(negative_slope=0.1 if architecture == "cnn" else 0.2)(x)

    for i in range(count):
        maps = filters * min(2**i, 8)
        if architecture == "cnn":
            x = conv(x, maps, 3, 1, i == 0)
            x = conv(x, maps, 4, 2)
        else:
            x = conv(x, maps, 4, 2, i == 0)
    if architecture == "cnn":
        x = conv(x, filters * min(2**count, 8), 3, 1)
    return channels_last.Flatten()(x)


def _normalized(x, normalization):
    if normalization != "batch":
        return x
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def _spectral(layer, spectral):
    return SpectralNorm(layer) if spectral else layer


def _kernel(normalization):
    if normalization is None:
        return keras.initializers.HeNormal()
    return keras.initializers.RandomNormal(stddev=0.02)
