"""The networks of a Laplacian pyramid of GANs.

Denton et al., 2015, https://arxiv.org/abs/1506.05751, section 4, and the released code,
facebook/eyescream. Generators are linear at their ends. Classes come as one-hot vectors
beside the other inputs, where `num_classes` is not None.
"""

import math

import keras
from keras import layers, ops

from kerasgen.layers import channels_last
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.labels import one_hot_like
from kerasgen.layers.laplacian_pyramid import resize

LEAST_SIDE = 9  # that two convolutions of 5x5 without padding leave anything of


class PyramidGenerator(keras.layers.Layer):
    """A generator for each level: small images, then residuals of enlarged ones.

    Args:
        networks: list of models. That of the coarsest level takes latents, the others
            a plane of noise and an enlarged image, all one-hot classes behind these.
        sizes: list of `(height, width)` of the levels' images, the smallest first.
        latent_dim: int. Latents of the coarsest level.
        num_classes: int or None.

    Call: `(z, labels=None)`: latents `(batch, noise_size)`, those of the coarsest level
        first, to a list of float32 images, one a level, unbounded.

    Attributes:
        noise_size: int. Latents of all levels.
    """

    def __init__(self, networks, sizes, latent_dim, num_classes=None, **kwargs):
        super().__init__(**kwargs)
        self.networks, self.sizes, self.num_classes = networks, sizes, num_classes
        self.counts = [latent_dim, *(math.prod(size) for size in sizes[1:])]
        self.noise_size = sum(self.counts)
        self.built = True

    def call(self, z, labels=None, training=False):
        return self.finer([], z, labels, training)

    def finer(self, images, z, labels=None, training=False):
        """Returns images of all levels, given those of the first so many.

        Args:
            images: list of tensors.
            z, labels, training: as in `call`; the latents of levels that are given
                are not looked at.
        """
        images, start = list(images), sum(self.counts[: len(images)])
        for level in range(len(images), len(self.sizes)):
            count = self.counts[level]
            low = resize(images[-1], self.sizes[level]) if images else None
            noise = z[:, start : start + count]
            images.append(self.image(level, noise, low, labels, training))
            start += count
        return images

    def image(self, level, noise, low=None, labels=None, training=False):
        """Returns the image of one level: `G(z)`, or `l + G(z, l)`.

        Args:
            level: int.
            noise: tensor `(batch, count)` of the level's own latents.
            low: tensor `l`, the image before, enlarged; None for the coarsest.
            labels: int tensor `(batch,)`, or None.
            training: bool.
        """
        given = [noise]
        if low is not None:
            given = [ops.reshape(noise, (-1, *self.sizes[level], 1)), low]
        if self.num_classes is not None:
            given.append(one_hot_like(labels, self.num_classes, noise))
        made = ops.cast(self.networks[level](given, training=training), "float32")
        return made if low is None else low + made


def dense_networks(
    latent_dim,
    generator_units,
    discriminator_units,
    shape,
    released,
    dropout,
    seed,
    num_classes=None,
):
    """Returns the generator and the discriminator of the coarsest level.

    Args:
        latent_dim: int.
        generator_units, discriminator_units: int, of both hidden layers; or None for
            the paper's 1200 and 600, as released 8000 and 1600.
        shape: tuple `(height, width, channels)`.
        released: bool. Whether the second layer's units are sigmoid, and all weights
            small at first, as released without labels.
        dropout: float. Of the discriminator's hidden layers.
        seed: int or None. Of the dropout.
        num_classes: int or None.
    """
    units = (8000, 1600) if released else (1200, 600)
    plain = released and num_classes is None
    generator = _dense_generator(
        latent_dim,
        shape,
        generator_units or units[0],
        "sigmoid" if plain else "relu",
        0.05 if plain else None,
        num_classes,
    )
    return generator, _dense_discriminator(
        shape,
        discriminator_units or units[1],
        0.005 if plain else None,
        dropout,
        seed,
        num_classes,
    )


def residual_networks(filters, shape, released, dropout, seed, num_classes=None):
    """Returns the generator and the discriminator of a finer level.

    The generator takes a plane of noise and an enlarged image `l`, the discriminator
    images, which are `l + h`.

    Args:
        filters: int. Maps of the convolutions.
        shape, dropout, seed, num_classes: as in `dense_networks`; the dropout is before
            the last layer.
        released: bool. Whether the plane of the class is rectified and joined to the
            inputs; else it is linear, and joined to the maps of the first convolution.
    """
    return (
        _residual_generator(shape, filters, released, num_classes),
        _residual_discriminator(shape, filters, released, dropout, seed, num_classes),
    )


def _dense_generator(latent_dim, shape, units, activation, deviation, num_classes=None):
    given = _inputs([(latent_dim,)], num_classes)
    x = layers.Concatenate()(given) if len(given) > 1 else given[0]
    for name in ("relu", activation):
        x = _dense(units, deviation, activation=name)(x)
    x = layers.Reshape(shape)(_dense(math.prod(shape), deviation)(x))
    return keras.Model(given, x, name="generator")


def _dense_discriminator(shape, units, deviation, dropout, seed, num_classes=None):
    given = _inputs([shape], num_classes)
    x = layers.Reshape((math.prod(shape),))(given[0])
    x = layers.Concatenate()([x, *given[1:]]) if len(given) > 1 else x
    for i in range(2):
        x = _dense(units, deviation, activation="relu")(x)
        x = Dropout(dropout, seed=None if seed is None else seed + i)(x)
    x = _dense(1, deviation, dtype="float32")(x)
    return keras.Model(given, x, name="discriminator")


def _residual_generator(shape, filters, early, num_classes=None):
    given = _inputs([(*shape[:2], 1), shape], num_classes)
    x, label = layers.Concatenate()(given[:2]), given[2:]
    x = _joined(x, label, rectified=True) if early else x
    x = layers.ReLU()(_convolution(filters, 7, padding="same")(x))
    x = x if early else _joined(x, label)
    x = layers.ReLU()(_convolution(filters, 7, padding="same")(x))
    x = _convolution(shape[-1], 5, padding="same")(x)
    return keras.Model(given, x, name="generator")


def _residual_discriminator(shape, filters, early, dropout, seed, num_classes=None):
    given = _inputs([shape], num_classes)
    x, label = given[0], given[1:]
    x = _joined(x, label, rectified=True) if early else x
    x = layers.ReLU()(_convolution(filters, 5)(x))
    x = x if early else _joined(x, label)
    x = layers.ReLU()(_convolution(filters, 5, strides=2)(x))
    x = Dropout(dropout, seed=seed)(channels_last.Flatten()(x))
    return keras.Model(given, _dense(1, dtype="float32")(x), name="discriminator")


def _inputs(shapes, num_classes):
    shapes = shapes if num_classes is None else [*shapes, (num_classes,)]
    return [keras.Input(shape) for shape in shapes]


def _joined(x, label, rectified=False):
    """Returns maps with a plane behind them that a dense layer makes of the class."""
    if not label:
        return x
    size = x.shape[1:3]
    plane = _dense(math.prod(size), activation="relu" if rectified else None)(label[0])
    return layers.Concatenate()([x, layers.Reshape((*size, 1))(plane)])


def _dense(units, deviation=None, **kwargs):
    kernel = _torch_uniform()
    if deviation is not None:
        kernel = keras.initializers.RandomNormal(stddev=deviation)
    return layers.Dense(units, kernel_initializer=kernel, **kwargs)


def _convolution(filters, side, **kwargs):
    kernel = _torch_uniform()
    return channels_last.Conv2D(filters, side, kernel_initializer=kernel, **kwargs)


def _torch_uniform():
    """Returns the start of Torch's own layers: uniform, of variance 1 / (3 fan in)."""
    return keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")
