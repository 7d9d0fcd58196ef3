"""Residual blocks of BigGAN-deep: a narrow middle, shortcuts that keep what they have.

Brock, Donahue and Simonyan, 2019, "Large Scale GAN Training for High Fidelity Natural
Image Synthesis", https://arxiv.org/abs/1809.11096, appendix B. Released code:
ajbrock/BigGAN-PyTorch.
"""

from keras import layers, ops

from kerasgen.layers import channels_last
from kerasgen.networks.class_resnet import attend
from kerasgen.networks.resnet import convolution


def deep_growing_blocks(x, maps, normalize, attention=None, initializer=None):
    """Returns the maps of two blocks for each of `maps`, the second doubles the sides.

    The shortcut drops the maps that are too many.

    Args:
        x: tensor `(batch, height, width, channels)`.
        maps: tuple of ints, none of which is more than the one before.
        normalize: function from a tensor to a tensor, before each activation.
        attention, initializer: as in `kerasgen.networks.class_resnet.attend`.
    """
    x = attend(x, attention, True, initializer)
    for n in maps:
        x = _growing(x, x.shape[-1], False, normalize, initializer)
        x = _growing(x, n, True, normalize, initializer)
        x = attend(x, attention, True, initializer)
    return x


def deep_shrinking_blocks(x, maps, halved, attention=None, initializer=None):
    """Returns the maps of a 3x3 convolution, then of two blocks each of `maps`.

    The first of `maps` is that of the convolution. The first of two blocks halves the
    sides; its shortcut puts new maps behind its own.

    Args:
        x: tensor of images.
        maps: tuple of ints, none of which is less than the one before.
        halved: int. How many of the pairs, from the first, halve the sides.
        attention, initializer: as in `kerasgen.networks.class_resnet.attend`.
    """
    first, *maps = maps
    x = convolution(x, first, 3, True, initializer)
    for i, n in enumerate(maps):
        x = _shrinking(x, n, i < halved, initializer)
        x = _shrinking(x, n, False, initializer)
        if i < halved:
            x = attend(x, attention, True, initializer)
    return x


def _growing(x, filters, doubles, normalize, initializer):
    def activate(x):
        return layers.ReLU()(normalize(x))

    narrow = max(x.shape[-1] // 4, 1)
    y = convolution(activate(x), narrow, 1, True, initializer)
    y = activate(y)
    x = x[..., :filters]
    if doubles:
        x, y = channels_last.UpSampling2D()(x), channels_last.UpSampling2D()(y)
    y = convolution(y, narrow, 3, True, initializer)
    y = convolution(activate(y), narrow, 3, True, initializer)
    return layers.Add()([x, convolution(activate(y), filters, 1, True, initializer)])


def _shrinking(x, filters, halves, initializer):
    y = x
    for size in (1, 3, 3):
        y = layers.ReLU()(y)
        y = convolution(y, max(filters // 4, 1), size, True, initializer)
    y = layers.ReLU()(y)
    if halves:
        x, y = (channels_last.AveragePooling2D(2)(t) for t in (x, y))
    if new := filters - x.shape[-1]:
        x = ops.concatenate([x, convolution(x, new, 1, True, initializer)], axis=-1)
    return layers.Add()([x, convolution(y, filters, 1, True, initializer)])
