"""The U-Net of pix2pix: an encoder and a decoder with skips, from images to images.

Isola, Zhu, Zhou and Efros, 2017, https://arxiv.org/abs/1611.07004, section 3.2 and
appendix 6.1, after Ronneberger, Fischer and Brox, 2015; the official code is
phillipi/pix2pix.
"""

import math

import keras
from keras import layers

from kerasgen.layers import channels_last
from kerasgen.layers.dropout import NoiseDropout
from kerasgen.layers.sizes import halvings
from kerasgen.networks.normalization import normalize

STDDEV = 0.02  # of all kernels
DROPPED = 3  # levels of the decoder, the deepest ones, that have dropout


def unet(
    image_shape,
    channels,
    filters=64,
    depth=None,
    normalization="batch",
    statistics="image",
    dropout=0.5,
    skips=True,
    name="generator",
):
    """Returns a network from images to images in `[-1, 1]`.

    The encoder halves the sides `depth` times, C64-C128-C256-C512 and then C512 in the
    paper's names, its first and its last level not normalised; the decoder doubles
    them, with as many maps as the encoder has there. Dropout is in the three deepest
    levels of the decoder. A skip joins the maps of the encoder, before their
    non-linearity, to those of the decoder. (The code's are after a leaky ReLU, which
    the decoder's ReLU makes the same.)

    Args:
        image_shape: tuple `(height, width, channels)`; sides divisible by
            `2**depth`.
        channels: int. Channels of the images that it makes.
        filters: int. Maps of the first convolution; they double up to 8 times as many.
        depth: int, at least 2, or None for as many as the sides can be halved: 8 for
            256x256.
        normalization: `"batch"`, the paper's, `"instance"` or None.
        statistics: `"image"` or `"moving"`: of `"batch"` at inference, see
            `kerasgen.networks.normalization.normalize`.
        dropout: float in [0, 1). Its inputs then are images and noise `(batch, n)`,
            uniform on `[0, 1)`; with 0 images alone.
        skips: bool. Whether there are skips; without, it is the paper's
            "encoder-decoder".
        name: str.
    """
    depth = depth or halvings(*image_shape[:2], least=1)
    maps = [filters * min(2**level, 8) for level in range(depth)]
    x = images = keras.Input(image_shape)
    encoded = []
    for level in range(depth):
        if level:
            x = layers.LeakyReLU(negative_slope=0.2)(x)
        x = channels_last.Conv2D(maps[level], 4, 2, "same", **_kernels())(x)
        if 0 < level < depth - 1:
            x = normalize(x, normalization, statistics=statistics)
        encoded.append(x)
    dropped = range(depth - 2, max(-1, depth - 2 - DROPPED), -1) if dropout else ()
    sizes = [math.prod(encoded[level].shape[1:]) for level in dropped]
    noise, start = keras.Input((sum(sizes),)) if dropout else None, 0
    for level in reversed(range(depth - 1)):
        x = _doubled(layers.ReLU()(x), maps[level])
        x = normalize(x, normalization, statistics=statistics)
        if level in dropped:
            stop = start + sizes[dropped.index(level)]
            x = NoiseDropout(dropout)([x, noise[:, start:stop]])
            start = stop
        if skips:
            x = layers.Concatenate(axis=-1)([x, encoded[level]])
    x = _doubled(layers.ReLU()(x), channels)
    x = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model([images, noise] if dropout else images, x, name=name)


def _kernels():
    return {"kernel_initializer": keras.initializers.RandomNormal(stddev=STDDEV)}


def _doubled(x, maps):
    return channels_last.Conv2DTranspose(maps, 4, 2, "same", **_kernels())(x)
