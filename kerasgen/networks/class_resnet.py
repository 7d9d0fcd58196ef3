"""Residual networks whose width follows the size of the map, with self-attention.

Those for ImageNet of Miyato and Koyama, 2018, https://arxiv.org/abs/1802.05637
(official code: pfnet-research/sngan_projection); of Zhang et al., 2019,
https://arxiv.org/abs/1805.08318 (brain-research/self-attention-gan); and of Brock et
al., 2019, https://arxiv.org/abs/1809.11096 (ajbrock/BigGAN-PyTorch). They differ in
their maps, their normalisation and where they attend.
"""

import math

from keras import layers, ops

from kerasgen.layers.conditional_batch_norm import batch_normalize
from kerasgen.layers.self_attention import SelfAttention2D
from kerasgen.layers.sizes import halvings
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.networks.resnet import convolution, fresh, residual_block


def generator_maps(filters, count):
    """Returns the maps of the start and after each doubling: 16, 8, ..., 1 `filters`.

    At 128 pixels, `count` 5, those of Miyato and Koyama, and of Zhang et al.: 16, 16,
    8, 4, 2, 1.
    """
    return tuple(filters * min(2**i, 16) for i in reversed(range(count + 1)))


def discriminator_maps(filters, count):
    """Returns the maps after each block: 1, 2, 4, 8, 16, 16 `filters` at 128 pixels."""
    return generator_maps(filters, count)[::-1]


def attention_size(image_shape, asked, most, halved=None):
    """Returns the shorter side of the maps that both players attend on.

    Args:
        image_shape: tuple `(height, width, channels)`.
        asked: int, or None for the largest at most `most` that both players have.
        most: int.
        halved: int or None. How often the discriminator halves the sides, where that is
            less often than the generator doubles them.
    """
    height, width, _ = image_shape
    side, count = min(height, width), halved or halvings(height, width)
    sides = [side >> i for i in range(1, count + 1)]
    if asked is None:
        return next((n for n in sides if n <= most), sides[-1])
    if asked not in sides:
        raise ValueError(
            f"`attention_size` must be one of {sides}, the sides of the maps of both "
            f"players. Received: attention_size={asked}"
        )
    return asked


def attend(x, attention, spectral=True, initializer=None):
    """Returns maps after self-attention, if they have the size for it.

    Args:
        x: tensor `(batch, height, width, channels)`.
        attention: None, or a pair: the shorter side, and the layer's `variant`.
        spectral, initializer: as in `residual_block`.
    """
    if attention is None or min(x.shape[1:3]) != attention[0]:
        return x
    layer = SelfAttention2D(
        attention[1], spectral=spectral, kernel_initializer=fresh(initializer)
    )
    return layer(x)


def start(z, image_shape, maps, count, spectral=False, initializer=None):
    """Returns the first map, of 4 to 7 pixels, of a dense layer."""
    height, width, _ = image_shape
    base = (height >> count, width >> count, maps)
    dense = layers.Dense(math.prod(base), kernel_initializer=fresh(initializer))
    return layers.Reshape(base)((SpectralNorm(dense) if spectral else dense)(z))


def finish(x, channels, epsilon=1e-5, spectral=False, initializer=None):
    """Returns images in `[-1, 1]`, float32: normalisation, ReLU, 3x3, tanh."""
    x = layers.ReLU()(batch_normalize(x, epsilon=epsilon))
    x = convolution(x, channels, 3, spectral, initializer)
    return layers.Activation("tanh", dtype="float32")(x)


def growing_blocks(
    x, maps, normalize, attention=None, spectral=False, initializer=None
):
    """Returns the maps of residual blocks that double the sides, one each of `maps`.

    Args:
        x: tensor `(batch, height, width, channels)`.
        maps: tuple of ints.
        normalize: function from a tensor and the number of its block to a tensor.
        attention: as in `attend`.
        spectral, initializer: as in `residual_block`.
    """
    x = attend(x, attention, spectral, initializer)
    for i, n in enumerate(maps):
        x = residual_block(
            *(x, n, "up", lambda x, i=i: normalize(x, i)),
            spectral=spectral,
            initializer=initializer,
        )
        x = attend(x, attention, spectral, initializer)
    return x


def shrinking_blocks(
    x, maps, halved, wide=True, attention=None, initializer=None, first=True
):
    """Returns the maps of spectrally normalised residual blocks, one each of `maps`.

    Args:
        x: tensor `(batch, height, width, channels)`.
        maps: tuple of ints.
        halved: int. How many blocks, from the first, halve the sides.
        wide: bool. Whether a block widens in its first convolution, not its second.
        attention: as in `attend`.
        initializer: as in `residual_block`.
        first: bool. Whether `x` is an image.
    """
    for i, n in enumerate(maps):
        image = first and i == 0
        x = residual_block(
            *(x, n, "down" if i < halved else None),
            spectral=True,
            first=image,
            hidden=n if wide or image else x.shape[-1],
            initializer=initializer,
        )
        if i < halved:
            x = attend(x, attention, True, initializer)
    return x


def summed(x):
    """Returns features: each map's sum over its places after ReLU, float32."""
    return ops.sum(ops.cast(layers.ReLU()(x), "float32"), axis=(1, 2))
