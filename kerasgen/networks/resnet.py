"""The residual networks of WGAN-GP and SNGAN for CIFAR-10, of tensors of Keras.

Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028, appendix F (official code:
igul222/improved_wgan_training), and Miyato et al., 2018,
https://arxiv.org/abs/1802.05957, table 4 (pfnet-research/sngan_projection). Both have
the same blocks and kernels of the same variance. Labels enter as in Miyato and Koyama,
2018, https://arxiv.org/abs/1802.05637: the generator's batch normalisations are those
of each class, but for the last one.
"""

import math

import keras
from keras import layers, ops

from kerasgen.layers import channels_last
from kerasgen.layers.conditional_batch_norm import batch_normalize
from kerasgen.layers.sizes import halvings
from kerasgen.layers.spectral_norm import SpectralNorm


def resnet_generator(
    z, filters, image_shape, labels=None, num_classes=None, epsilon=1e-5
):
    """Returns images of residual blocks that double the sides, before the tanh.

    Args:
        z: tensor `(batch, latents)`.
        filters: int. Maps of all convolutions but the last.
        image_shape: tuple `(height, width, channels)`. There are as many blocks as
            bring the sides from 4 to 7 to these.
        labels: int tensor `(batch,)`, or None.
        num_classes: int, where there are labels.
        epsilon: float. Of the batch normalisations: 1e-5, or 2e-5 as in SNGAN's code.
    """

    def normalize(x, labels):
        return batch_normalize(x, labels, num_classes, epsilon=epsilon)

    height, width, channels = image_shape
    count = halvings(height, width)
    base = (height // 2**count, width // 2**count, filters)
    x = layers.Reshape(base)(layers.Dense(math.prod(base))(z))
    for _ in range(count):
        x = _block(x, filters, "up", lambda x: normalize(x, labels))
    x = layers.ReLU()(normalize(x, None))
    return channels_last.Conv2D(channels, 3, padding="same")(x)


def resnet_discriminator(x, filters, image_shape, spectral=False, pooling="mean"):
    """Returns features `(batch, filters)` of four blocks, two of which halve sides.

    Args:
        x: tensor of images.
        filters: int. Maps of all convolutions.
        image_shape: tuple `(height, width, channels)`, which does not change it.
        spectral: bool. Whether all kernels are normalised spectrally.
        pooling: `"mean"` over places, as in WGAN-GP, or `"sum"`, as in SNGAN.
    """
    x = _block(x, filters, "down", spectral=spectral, first=True)
    for resample in ("down", None, None):
        x = _block(x, filters, resample, spectral=spectral)
    x = layers.ReLU()(x)
    if pooling == "mean":
        return channels_last.GlobalAveragePooling2D()(x)
    return ops.sum(ops.cast(x, "float32"), axis=(1, 2))


def projection(features, labels=None, num_classes=None, use_bias=True):
    """Returns the score of a spectrally normalised linear layer, and of the labels.

    `psi(f) + <V y, f>` for features `f` (Miyato and Koyama, 2018, eq. 3), float32.

    Args:
        features: tensor `(batch, features)`.
        labels: int tensor `(batch,)`, or None for the first term alone.
        num_classes: int, where there are labels.
        use_bias: bool. Whether `psi` has a bias.
    """
    features = ops.cast(features, "float32")
    score = layers.Dense(1, use_bias=use_bias, dtype="float32")
    score = SpectralNorm(score)(features)
    if labels is None:
        return score
    table = layers.Embedding(
        num_classes,
        features.shape[-1],
        embeddings_initializer="glorot_uniform",
        dtype="float32",
    )
    return score + ops.sum(
        SpectralNorm(table)(labels) * features, axis=-1, keepdims=True
    )


def _block(x, filters, resample, normalize=None, spectral=False, first=False):
    """Pre-activation residual block; 1x1 shortcuts are taken where they are cheaper."""

    def activate(x):
        return layers.ReLU()(x if normalize is None else normalize(x))

    def shortcut(x):
        return _wrapped(channels_last.Conv2D(filters, 1), spectral)(x)

    y = x if first else activate(x)
    if resample == "up":
        x = channels_last.UpSampling2D()(shortcut(x))
        y = channels_last.UpSampling2D()(y)
    y = activate(_conv(y, filters, spectral))
    y = _conv(y, filters, spectral)
    if resample == "down":
        x = shortcut(channels_last.AveragePooling2D(2)(x))
        y = channels_last.AveragePooling2D(2)(y)
    return layers.Add()([x, y])


def _conv(x, filters, spectral):
    he = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
    conv = channels_last.Conv2D(filters, 3, padding="same", kernel_initializer=he)
    return _wrapped(conv, spectral)(x)


def _wrapped(layer, spectral):
    return SpectralNorm(layer) if spectral else layer
