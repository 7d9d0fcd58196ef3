"""The networks of StyleGAN2: from latents to styles, to images, and what judges them.

Karras, Laine, Aittala, Hellsten, Lehtinen and Aila, 2020, "Analyzing and Improving the
Image Quality of StyleGAN", https://arxiv.org/abs/1912.04958, section 4.1 and appendix
B. Official code: NVlabs/stylegan2. Every leaky unit has a slope of 0.2 and is followed
by a factor of the square root of 2.
"""

import math

import keras
from keras import ops

from kerasgen.layers.equalized import EqualizedConv2D, EqualizedDense
from kerasgen.layers.minibatch_stddev import MinibatchStddev
from kerasgen.layers.modulated_conv import ModulatedConv2D
from kerasgen.layers.noise_injection import NoiseInjection
from kerasgen.layers.pixel_norm import PixelNorm
from kerasgen.layers.resampling import upsample


def activate(x):
    """Returns leaky units, scaled to keep the mean square."""
    return ops.leaky_relu(x, negative_slope=0.2) * math.sqrt(2.0)


class MappingNetwork(keras.layers.Layer):
    """Dense layers from latents, and labels, to a style.

    Latents, and the embedding of labels beside them, are first scaled to a mean square
    of 1. The layers have a hundredth of the learning rate.

    Args:
        latent_dim: int.
        style_dim: int. Units of each layer.
        depth: int. Layers.
        num_classes: int or None.

    Call: `(z, labels=None)`: `(batch, latent_dim)` to styles `(batch, style_dim)`.

    Attributes:
        mean_style: variable `(style_dim,)`, the moving mean of styles in training.
    """

    def __init__(self, latent_dim, style_dim, depth, num_classes=None, **kwargs):
        super().__init__(**kwargs)
        self.norm, self.embedding = PixelNorm(), None
        size = latent_dim
        if num_classes is not None:
            self.embedding = EqualizedDense(latent_dim, gain=1.0)
            self.embedding.build((None, num_classes))
            size, self.num_classes = 2 * latent_dim, num_classes
        self.dense = []
        for _ in range(depth):
            dense = EqualizedDense(style_dim, gain=1.0, lr_mul=0.01)
            dense.build((None, size))
            self.dense.append(dense)
            size = style_dim
        self.mean_style = self.add_weight(
            name="mean_style",
            shape=(style_dim,),
            initializer="zeros",
            trainable=False,
            autocast=False,
        )
        self.built = True

    def call(self, z, labels=None):
        x = self.norm(z)
        if self.embedding is not None:
            one_hot = ops.one_hot(
                ops.cast(labels, "int32"), self.num_classes, dtype=x.dtype
            )
            x = ops.concatenate([x, self.norm(self.embedding(one_hot))], axis=-1)
        for dense in self.dense:
            x = activate(dense(x))
        return x

    def follow(self, w, decay):
        """Moves the mean style towards that of a batch, without gradient."""
        mean = ops.mean(ops.cast(ops.stop_gradient(w), "float32"), axis=0)
        self.mean_style.assign(decay * self.mean_style.value + (1.0 - decay) * mean)


class SynthesisNetwork(keras.layers.Layer):
    """Images of styles: a learned constant, modulated convolutions, a sum of colours.

    Args:
        style_dim: int.
        base: tuple `(height, width)` of the smallest maps.
        maps: list of ints. Maps at each level, from the smallest, each twice as large.
        channels: int. Channels of the images.

    Call: `(w, noise=None)`: styles `(batch, num_styles, style_dim)` and normal numbers
        `(batch, noise_size)`, or None for no noise, to float32 images, unbounded.

    Attributes:
        num_styles: int. Styles of an image: one for each convolution, and the last for
            the last projection to colours, which share those of the next convolution.
        noise_size: int. Numbers that all maps of noise hold.
    """

    def __init__(self, style_dim, base, maps, channels, **kwargs):
        super().__init__(**kwargs)
        self.constant = self.add_weight(
            name="constant",
            shape=(*base, maps[0]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        self.convolutions, self.noises, self.to_image = [], [], []
        self.sizes, self.num_styles = [], 2 * len(maps)
        style = (None, style_dim)
        for level, filters in enumerate(maps):
            height, width = (side << level for side in base)
            steps = [None] if level == 0 else ["up", None]
            for resample in steps:
                up = resample == "up"
                given = maps[level - 1] if up else filters
                sides = (height >> up, width >> up)
                conv = ModulatedConv2D(filters, resample=resample)
                conv.build([(None, *sides, given), style])
                noise = NoiseInjection(use_bias=True)
                noise.build((None, height, width, filters))
                self.convolutions.append(conv)
                self.noises.append(noise)
                self.sizes.append(height * width)
            colours = ModulatedConv2D(channels, 1, demodulate=False, use_bias=True)
            colours.build([(None, height, width, filters), style])
            self.to_image.append(colours)
        self.noise_size = sum(self.sizes)
        self.built = True

    def call(self, w, noise=None):
        x = ops.cast(self.constant, self.compute_dtype)
        x = ops.zeros_like(w[:, 0, :1])[:, :, None, None] + x  # one for each style
        image, start = None, 0
        for i, (conv, inject) in enumerate(
            zip(self.convolutions, self.noises, strict=True)
        ):
            x = conv([x, w[:, i]])
            if noise is None:
                x = inject(x, training=False)
            else:
                x = inject([x, noise[:, start : start + self.sizes[i]]])
            start, x = start + self.sizes[i], activate(x)
            if i % 2 == 0:  # the last convolution of a level
                new = self.to_image[i // 2]([x, w[:, i + 1]])
                new = ops.cast(new, "float32")
                image = new if image is None else upsample(image) + new
        return image


class StyleGenerator(keras.layers.Layer):
    """A mapping network and a synthesis network.

    Args:
        mapping: layer from latents to a style, such as `MappingNetwork`.
        synthesis: layer from styles to images, such as `SynthesisNetwork`.

    Call: `(z, labels=None, noise=None)`, to images.
    """

    def __init__(self, mapping, synthesis, **kwargs):
        super().__init__(**kwargs)
        self.mapping, self.synthesis = mapping, synthesis
        self.built = True

    def call(self, z, labels=None, noise=None):
        return self.synthesis(self.spread(self.mapping(z, labels)), noise)

    def spread(self, w):
        """Returns a style for every layer, `(batch, num_styles, style_dim)`."""
        return ops.repeat(w[:, None], self.synthesis.num_styles, axis=1)


class StyleDiscriminator(keras.layers.Layer):
    """Scores of images: residual blocks that halve them, and how much a batch differs.

    Args:
        base, maps, channels: as in `SynthesisNetwork`.
        outputs: int. Scores of an image.
        group_size: int. Of `MinibatchStddev`.
        residual: bool. Whether blocks have the short way beside them.

    Call: images to float32 scores `(batch, outputs)`.
    """

    def __init__(
        self, base, maps, channels, outputs=1, group_size=4, residual=True, **kwargs
    ):
        super().__init__(**kwargs)
        height, width = base
        top = len(maps) - 1
        shape = (None, height << top, width << top, channels)
        self.from_image = _built(EqualizedConv2D(maps[-1], 1, gain=1.0), shape)
        self.blocks = []
        for level in range(top, 0, -1):
            shape = (None, height << level, width << level, maps[level])
            down = {"resample": "down", "gain": 1.0}
            first = EqualizedConv2D(maps[level], 3, gain=1.0)
            block = [_built(first, shape)]
            block.append(_built(EqualizedConv2D(maps[level - 1], 3, **down), shape))
            if residual:
                short = EqualizedConv2D(maps[level - 1], 1, use_bias=False, **down)
                block.append(_built(short, shape))
            self.blocks.append(block)
        self.deviation = MinibatchStddev(group_size)
        shape = (None, height, width, maps[0] + 1)
        self.last = _built(EqualizedConv2D(maps[0], 3, gain=1.0), shape)
        size = height * width * maps[0]
        self.dense = _built(EqualizedDense(maps[0], gain=1.0), (None, size))
        scores = EqualizedDense(outputs, gain=1.0, dtype="float32")
        self.scores = _built(scores, (None, maps[0]))
        self.built = True

    def call(self, x):
        x = activate(self.from_image(x))
        for first, second, *short in self.blocks:
            y = activate(second(activate(first(x))))
            x = (y + short[0](x)) / math.sqrt(2.0) if short else y
        x = activate(self.last(self.deviation(x)))
        x = ops.reshape(x, (-1, math.prod(x.shape[1:])))
        return self.scores(activate(self.dense(x)))


def _built(layer, shape):
    layer.build(shape)
    return layer
