"""Networks with weight normalisation, for a discriminator that learns classes.

Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, 2016, "Improved Techniques for
Training GANs", https://arxiv.org/abs/1606.03498. Official code: openai/improved-gan
(`mnist_svhn_cifar10/`): `"dense"` is that for MNIST, `"conv"` that for CIFAR-10.
"""

import math

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.gaussian_noise import GaussianNoise
from kerasgen.layers.minibatch_discrimination import MinibatchDiscrimination
from kerasgen.layers.sizes import halvings
from kerasgen.layers.virtual_batch_normalization import (
    DropReference,
    PrependReference,
    VirtualBatchNormalization,
)
from kerasgen.layers.weight_norm import WeightNormConv2D, WeightNormDense

UNITS = (1000, 500, 250, 250, 250)  # of the code's discriminator for MNIST
FILTERS = 96  # of its first convolution for CIFAR-10


def weight_normalized_generator(
    architecture, size, shape, filters, activation, reference_size=0, latent_range=None
):
    """Returns a network from latents `(batch, size)` to examples, float32.

    Args:
        architecture: `"dense"` or `"conv"`.
        size: int. Of the latents.
        shape: tuple `(height, width, channels)`, or any for `"dense"`.
        filters: int or None, as in `weight_normalized_discriminator`.
        activation: name of the last activation.
        reference_size: int. Latents by which virtual batch normalisation takes the
            place of batch normalisation; 0 for none.
        latent_range: tuple `(low, high)` of uniform latents, or None for normal ones.
    """

    def normalized(x):
        if reference_size:
            return VirtualBatchNormalization(reference_size)(x)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, scale=False)(x)

    z = x = keras.Input((size,))
    if reference_size:
        draw = keras.initializers.RandomNormal(stddev=1.0)
        if latent_range is not None:
            draw = keras.initializers.RandomUniform(*latent_range)
        x = PrependReference(reference_size, draw)(x)
    if architecture == "dense":
        for _ in range(2):
            units = math.ceil((filters or UNITS[0]) / 2)
            x = normalized(layers.Dense(units, use_bias=False)(x))
            x = layers.Activation("softplus")(x)
        x = layers.Reshape(shape)(WeightNormDense(math.prod(shape))(x))
    else:
        height, width, channels = shape
        count = halvings(height, width)
        maps = 16 * (filters or FILTERS) // 3  # 512 of 96
        base = (height >> count, width >> count, maps)
        dense = layers.Dense(
            math.prod(base), use_bias=False, kernel_initializer=_normal()
        )
        x = layers.ReLU()(normalized(layers.Reshape(base)(dense(x))))
        for level in range(1, count):
            x = _transposed(max(1, maps >> level), use_bias=False)(x)
            x = layers.ReLU()(normalized(x))
        x = _transposed(channels)(x)
    if reference_size:
        x = DropReference(reference_size)(x)
    x = layers.Activation(activation, dtype="float32")(x)
    return keras.Model(z, x, name="generator")


def weight_normalized_discriminator(
    architecture, shape, filters, outputs, minibatch=None, seed=None
):
    """Returns a network from examples to float32 logits and to features before them.

    Args:
        architecture: `"dense"`, with noise on each layer, or `"conv"`, with dropout.
        shape: tuple `(height, width, channels)`, or any for `"dense"`.
        filters: int or None. Maps of the first convolution, 96 by default, or units of
            the first dense layer, 1000; the others in proportion.
        outputs: int. Logits.
        minibatch: dict of the arguments of `MinibatchDiscrimination` before the logits,
            or None for none.
        seed: int or None. The layers of noise have the seeds that follow it.
    """
    seeds = iter(range(seed + 1, seed + 10)) if seed is not None else None

    def next_seed():
        return None if seeds is None else next(seeds)

    x = h = keras.Input(shape)
    if architecture == "dense":
        share = (filters or UNITS[0]) / UNITS[0]
        h = GaussianNoise(0.3, seed=next_seed())(channels_last.Flatten()(h))
        for units in UNITS:
            features = layers.ReLU()(_dense(math.ceil(units * share))(h))
            h = GaussianNoise(0.5, seed=next_seed())(features)
    else:
        filters = filters or FILTERS
        h = Dropout(0.2, seed=next_seed())(h)
        for maps in (filters, 2 * filters):
            for stride in (1, 1, 2):
                h = _leaky(_conv(maps, stride)(h))
            h = Dropout(0.5, seed=next_seed())(h)
        h = _leaky(_conv(2 * filters, padding="valid")(h))
        for _ in range(2):
            h = _leaky(_dense(2 * filters)(h))
        features = h = channels_last.GlobalAveragePooling2D()(h)
    if minibatch is not None:
        h = MinibatchDiscrimination(**minibatch)(h)
    # Of all scales of weights this one alone is trained.
    scale = 1.0 if architecture == "dense" else 0.1
    logits = WeightNormDense(outputs, init_scale=scale, dtype="float32")(h)
    return keras.Model(x, (logits, features), name="discriminator")


def _dense(units):
    return WeightNormDense(units, train_scale=False)


def _conv(maps, strides=1, padding="same"):
    return WeightNormConv2D(maps, 3, strides, padding, train_scale=False)


def _normal():
    return keras.initializers.RandomNormal(stddev=0.05)


def _transposed(maps, **kwargs):
    return channels_last.Conv2DTranspose(
        *(maps, 5, 2, "same"), kernel_initializer=_normal(), **kwargs
    )


def _leaky(x):
    return layers.LeakyReLU(negative_slope=0.2)(x)
