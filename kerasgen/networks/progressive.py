"""Networks that grow with the size of their images.

Karras et al., 2018, https://arxiv.org/abs/1710.10196, section 2 and appendix A.1.
"""

import math

import keras
from keras import layers, ops

from kerasgen.layers import channels_last
from kerasgen.layers.equalized import EqualizedConv2D, EqualizedDense
from kerasgen.layers.minibatch_stddev import MinibatchStddev
from kerasgen.layers.pixel_norm import PixelNorm
from kerasgen.layers.resampling import Blur2D


class ProgressiveGenerator(keras.layers.Layer):
    """A generator of images at several levels, each twice as large as the one before.

    A dense layer, then a block of two convolutions a level, after nearest-neighbour
    enlargement (the first has one); a projection to colours for each.

    Args:
        latent_dim: int.
        base: tuple `(height, width)` of the smallest images.
        maps: list of ints. Maps at each level, from the smallest.
        channels: int. Channels of the images.

    Call: `(z, level=0, fade=None)`: latents `(batch, latent_dim)` to float32 images of
        that level, unbounded. `fade` is the weight of the level's own image, the rest
        is that of the level before, enlarged; None is 1.
    """

    def __init__(self, latent_dim, base, maps, channels, **kwargs):
        super().__init__(**kwargs)
        self.blocks, self.to_image = [], []
        height, width = base
        for level, filters in enumerate(maps):
            shape = (height << level, width << level, filters)
            if level == 0:
                block = [
                    keras.Input((latent_dim,)),
                    PixelNorm(),
                    EqualizedDense(math.prod(shape), gain=math.sqrt(2.0) / 4.0),
                    layers.Reshape(shape),
                    *[layers.LeakyReLU(0.2), PixelNorm(), *_normalized(filters)],
                ]
            else:
                block = [
                    keras.Input(
                        (height << level - 1, width << level - 1, maps[level - 1])
                    ),
                    channels_last.UpSampling2D(2),
                    *[*_normalized(filters), *_normalized(filters)],
                ]
            self.blocks.append(keras.Sequential(block))
            colours = EqualizedConv2D(channels, 1, gain=1.0)
            self.to_image.append(keras.Sequential([keras.Input(shape), colours]))
        self.built = True

    def call(self, z, level=0, fade=None):
        x = self.blocks[0](z)
        for block in self.blocks[1:level]:
            x = block(x)
        if level == 0:
            return ops.cast(self.to_image[0](x), "float32")
        new = ops.cast(self.to_image[level](self.blocks[level](x)), "float32")
        if fade is None:
            return new
        old = ops.cast(self.to_image[level - 1](x), "float32")
        return faded_in(new, old, fade)


class ProgressiveDiscriminator(keras.layers.Layer):
    """The mirror image of `ProgressiveGenerator`, with scores at its end.

    Args:
        base, maps, channels: as there.
        units: int. Of the dense layer before the score.
        group_size: int. Of `MinibatchStddev`.
        taps: tuple of floats or None. A blur before the convolution after which maps
            are halved, whose activation then comes last, as in StyleGAN.
        outputs: int. Scores of an image.

    Call: `(image, level=0, fade=None)`: images of that level to float32 scores
        `(batch, outputs)`. `fade` is the weight of the level's own block, the rest is
        that of the shrunk image.
    """

    def __init__(
        self,
        base,
        maps,
        channels,
        units,
        group_size=4,
        taps=None,
        outputs=1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.blocks, self.from_image = [], []
        height, width = base
        for level, filters in enumerate(maps):
            sides = (height << level, width << level)
            if level == 0:
                block = [
                    MinibatchStddev(group_size),
                    *_convolution(filters),
                    channels_last.Flatten(),
                    *[EqualizedDense(units), layers.LeakyReLU(0.2)],
                    EqualizedDense(outputs, gain=1.0, dtype="float32"),
                ]
            else:
                first, last = _convolution(filters), _convolution(maps[level - 1])
                halved = channels_last.AveragePooling2D(2)
                if taps is None:
                    block = [*first, *last, halved]
                else:
                    block = [*first, Blur2D(taps), last[0], halved, last[1]]
            self.blocks.append(
                keras.Sequential([keras.Input((*sides, filters)), *block])
            )
            self.from_image.append(
                keras.Sequential(
                    [keras.Input((*sides, channels)), *_convolution(filters, 1)]
                )
            )
        self.built = True

    def call(self, image, level=0, fade=None):
        x = self.from_image[level](image)
        for i in reversed(range(level + 1)):
            x = self.blocks[i](x)
            if i == level and fade is not None:
                old = self.from_image[i - 1](shrink(image, 2))
                x = old + ops.cast(fade, x.dtype) * (x - old)
        return x


def _convolution(filters, kernel_size=3):
    return [EqualizedConv2D(filters, kernel_size), layers.LeakyReLU(0.2)]


def _normalized(filters):
    return [*_convolution(filters), PixelNorm()]


def faded_in(new, old, fade):
    """Returns images of which a part, `fade`, are new and the rest old ones, enlarged.

    Args:
        new, old: tensors of images; the sides of the old are half as long.
        fade: float tensor in [0, 1].
    """
    old = enlarge(old, 2)
    return old + fade * (new - old)


def enlarge(x, factor):
    """Returns images whose pixels are blocks of `factor` by `factor`."""
    return ops.repeat(ops.repeat(x, factor, axis=1), factor, axis=2)


def shrink(x, factor):
    """Returns the means over blocks of `factor` by `factor` pixels."""
    return ops.average_pool(x, factor, factor, data_format="channels_last")
