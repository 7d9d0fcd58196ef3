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
        x = residual_block(x, filters, "up", lambda x: normalize(x, labels))
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
    x = residual_block(x, filters, "down", spectral=spectral, first=True)
    for resample in ("down", None, None):
        x = residual_block(x, filters, resample, spectral=spectral)
    x = layers.ReLU()(x)
    if pooling == "mean":
        return channels_last.GlobalAveragePooling2D()(x)
    return ops.sum(ops.cast(x, "float32"), axis=(1, 2))


def projection(
    features, labels=None, num_classes=None, use_bias=True, initializer=None
):
    """Returns the score of a spectrally normalised linear layer, and of the labels.

    `psi(f) + <V y, f>` for features `f` (Miyato and Koyama, 2018, eq. 3), float32.

    Args:
        features: tensor `(batch, features)`.
        labels: int tensor `(batch,)`, or None for the first term alone.
        num_classes: int, where there are labels.
        use_bias: bool. Whether `psi` has a bias.
        initializer: of both kernels; None for Glorot's.
    """
    features = ops.cast(features, "float32")
    score = layers.Dense(
        1, use_bias=use_bias, kernel_initializer=fresh(initializer), dtype="float32"
    )
    score = SpectralNorm(score)(features)
    if labels is None:
        return score
    table = layers.Embedding(
        num_classes,
        features.shape[-1],
        embeddings_initializer=fresh(initializer),
        dtype="float32",
    )
    return score + ops.sum(
        SpectralNorm(table)(labels) * features, axis=-1, keepdims=True
    )


def residual_block(
    x,
    filters,
    resample,
    normalize=None,
    spectral=False,
    first=False,
    hidden=None,
    initializer=None,
    first_bias=True,
):
    """Pre-activation residual block of two 3x3 convolutions.

    The shortcut is a 1x1 convolution where it resamples or has other maps than `x`,
    taken where it is cheaper.

    Args:
        x: tensor `(batch, height, width, channels)`.
        filters: int. Maps of the result.
        resample: `"up"` or `"down"`, by 2, or None.
        normalize: function of a tensor before each activation, or None.
        spectral: bool. Whether the kernels are normalised spectrally.
        first: bool. Whether `x` is an image, not to be activated.
        hidden: int or None. Maps between both convolutions; None for `filters`.
        initializer: of all kernels; None for that of the code of SNGAN, which gives
            those of 3x3 twice the variance of the shortcut's.
        first_bias: bool. Whether the first convolution has a bias.
    """

    def activate(x):
        return layers.ReLU()(x if normalize is None else normalize(x))

    def shortcut(x):
        if not resample and x.shape[-1] == filters:
            return x
        return convolution(x, filters, 1, spectral, initializer)

    wide = initializer or keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
    y = x if first else activate(x)
    if resample == "up":
        x = channels_last.UpSampling2D()(shortcut(x))
        y = channels_last.UpSampling2D()(y)
    y = convolution(y, hidden or filters, 3, spectral, wide, first_bias)
    y = activate(y)
    y = convolution(y, filters, 3, spectral, wide)
    if resample == "down":
        x = channels_last.AveragePooling2D(2)(x)
        y = channels_last.AveragePooling2D(2)(y)
    return layers.Add()([x if resample == "up" else shortcut(x), y])


def convolution(x, filters, size, spectral=False, initializer=None, use_bias=True):
    """Returns maps of a padded convolution; `initializer=None` is Glorot's kernel."""
    conv = channels_last.Conv2D(
        filters,
        size,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=fresh(initializer),
    )
    return (SpectralNorm(conv) if spectral else conv)(x)


def fresh(initializer):
    """Returns an initializer that draws anew: used twice, one draws the same twice."""
    initializer = keras.initializers.get(initializer or "glorot_uniform")
    return initializer.clone()
