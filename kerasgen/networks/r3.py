"""R3GAN's residual networks: grouped convolutions, no normalisation.

Huang, Gokaslan, Kuleshov and Tompkin, 2024, "The GAN is dead; long live the GAN! A
Modern GAN Baseline", https://arxiv.org/abs/2501.05441, section 4. Official code:
brownvc/R3GAN.

All weights are normal with a variance of `gain^2 / fan_in`. Convolutions of a block
have the gain of leaky ReLU times `L^(-1 / 4)` with `L` blocks in the network, so that
the variance does not grow with depth (Zhang, Dauphin and Ma, 2019,
https://arxiv.org/abs/1901.09321, for three convolutions), and its last one is 0: a
block is the identity at the start. Biases stand before activations alone.
"""

import keras
from keras import layers, ops

from kerasgen.layers import channels_last
from kerasgen.layers.resampling import Downsample2D, Upsample2D
from kerasgen.registry import PACKAGE

EXPANSION, GROUP = 2, 16  # maps inside of a block; maps of a group
GAIN = (2.0 / (1.0 + 0.2**2)) ** 0.5


def stage_widths(filters, count):
    """Returns the maps of `count` stages from the smallest on.

    As many in the first four, up to 32 pixels from 4; half as many in each further one,
    8 at least.
    """
    return [max(8, filters >> max(0, level - 3)) for level in range(count)]


def r3_generator(z, shape, filters, count, blocks, channels):
    """Returns images of a latent, before any activation.

    Args:
        z: tensor `(batch, latents)`.
        shape: tuple `(height, width)` of the first stage.
        filters: int. Maps of the first four stages, see `stage_widths`.
        count: int. Stages, each of twice the size of the one before.
        blocks: int. Residual blocks of a stage.
        channels: int. Maps of the image.
    """
    widths = stage_widths(filters, count)
    x = layers.Dense(widths[0], use_bias=False, kernel_initializer=normal(1.0))(z)
    x = MapWeights(shape, name="basis")(x)
    for level, maps in enumerate(widths):
        if level:
            if maps != widths[level - 1]:
                x = _pointwise(maps, 1.0)(x)
            x = Upsample2D()(x)
        for _ in range(blocks):
            x = residual_block(x, blocks * count)
    return _pointwise(channels, 1.0)(x)


def r3_discriminator(x, filters, count, blocks, outputs=1):
    """Returns scores `(batch, outputs)` of images, float32.

    Args:
        x: tensor `(batch, height, width, channels)`, halved `count - 1` times.
        filters, count, blocks: as in `r3_generator`.
        outputs: int.
    """
    widths = stage_widths(filters, count)[::-1]
    x = _pointwise(widths[0], 1.0)(x)
    for level, maps in enumerate(widths):
        for _ in range(blocks):
            x = residual_block(x, blocks * count)
        if level < count - 1:
            x = Downsample2D()(x)
            if maps != widths[level + 1]:
                x = _pointwise(widths[level + 1], 1.0)(x)
    x = MapSums(name="sums")(x)
    dense = layers.Dense(
        outputs, use_bias=False, kernel_initializer=normal(1.0), dtype="float32"
    )
    return dense(x)


def residual_block(x, depth):
    """Returns `x + conv1(act(conv3(act(conv1(x)))))` with a grouped 3x3 convolution.

    Args:
        x: tensor `(batch, height, width, maps)`, 8 maps or a multiple.
        depth: int. Residual blocks of the whole network.
    """
    maps, gain = x.shape[-1], GAIN * depth**-0.25
    inner = EXPANSION * maps
    net = _activated(_pointwise(inner, gain)(x))
    net = channels_last.Conv2D(
        inner,
        3,
        padding="same",
        groups=inner // GROUP,
        use_bias=False,
        kernel_initializer=normal(gain),
    )(net)
    net = _pointwise(maps, 0.0)(_activated(net))
    return layers.Add()([x, net])


def normal(gain):
    """Returns an initialiser of variance `gain^2 / fan_in`, of 0 for a gain of 0."""
    if gain == 0.0:
        return keras.initializers.Zeros()
    return keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")


def _pointwise(maps, gain):
    return channels_last.Conv2D(
        maps, 1, use_bias=False, kernel_initializer=normal(gain)
    )


def _activated(x):
    return layers.LeakyReLU(0.2)(Bias()(x))


@keras.saving.register_keras_serializable(PACKAGE)
class Bias(keras.layers.Layer):
    """Adds one number to each map, 0 at the start.

    Input:  `(..., maps)`.
    Output: same shape.
    """

    def build(self, input_shape):
        self.bias = self.add_weight(
            name="bias", shape=(input_shape[-1],), initializer="zeros"
        )
        self.built = True

    def call(self, x):
        return x + self.bias

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


@keras.saving.register_keras_serializable(PACKAGE)
class MapWeights(keras.layers.Layer):
    """Multiplies learned maps by one number each: a learned basis of small images.

    Args:
        shape: tuple `(height, width)`.

    Input:  `(batch, maps)`.
    Output: `(batch, height, width, maps)`.
    """

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def build(self, input_shape):
        self.basis = self.add_weight(
            name="basis",
            shape=(*self.shape, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        self.built = True

    def call(self, x):
        return self.basis * x[:, None, None, :]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.shape, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "shape": self.shape}


@keras.saving.register_keras_serializable(PACKAGE)
class MapSums(keras.layers.Layer):
    """Sums each map with learned weights: a depthwise convolution over all of it.

    Input:  `(batch, height, width, maps)`.
    Output: `(batch, maps)`.
    """

    def build(self, input_shape):
        _, height, width, maps = input_shape
        self.kernel = self.add_weight(
            name="kernel",
            shape=(height, width, maps),
            initializer=keras.initializers.RandomNormal(
                stddev=(height * width) ** -0.5
            ),
        )
        self.built = True

    def call(self, x):
        return ops.sum(x * self.kernel, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
