"""The synthesis network of StyleGAN: instance-normalised maps, scaled by styles.

Karras, Laine and Aila, 2019, "A Style-Based Generator Architecture for Generative
Adversarial Networks", https://arxiv.org/abs/1812.04948, section 2 and appendices B and
C. Official code: NVlabs/stylegan.
"""

import keras
from keras import ops

from kerasgen.layers import channels_last
from kerasgen.layers.adaptive_instance_norm import AdaIN
from kerasgen.layers.equalized import EqualizedConv2D
from kerasgen.layers.noise_injection import NoiseInjection
from kerasgen.layers.resampling import Blur2D
from kerasgen.networks.progressive import faded_in

BLUR = (1.0, 2.0, 1.0)


class AdaptiveSynthesis(keras.layers.Layer):
    """Images of styles, which may grow: a learned constant, and two styles a level.

    Each level above the first is enlarged to blocks of equal pixels, convolved and
    blurred, then convolved again. After each of these, and after the constant, come
    noise with a scale for each map, a bias, leaky units and `AdaIN`. A projection to
    colours stands at each level.

    Args:
        style_dim: int.
        base: tuple `(height, width)` of the smallest maps.
        maps: list of ints. Maps at each level, from the smallest, each twice as large.
        channels: int. Channels of the images.

    Call: `(w, noise=None, level=None, fade=None)`: styles `(batch, num_styles,
        style_dim)` and normal numbers `(batch, noise_size)`, or None for no noise, to
        float32 images of that level, unbounded; None is the last. `fade` is as in
        `kerasgen.networks.progressive.ProgressiveGenerator`.

    Attributes:
        num_styles: int. Two for each level.
        noise_size: int. Numbers that all maps of noise hold, those of small maps first.
    """

    def __init__(self, style_dim, base, maps, channels, **kwargs):
        super().__init__(**kwargs)
        self.constant = self.add_weight(
            name="constant", shape=(*base, maps[0]), initializer="ones"
        )
        self.convolutions, self.noises, self.styles = [], [], []
        self.to_image, self.sizes = [], []
        before = None
        for level, filters in enumerate(maps):
            shape = (None, *(side << level for side in base), filters)
            if level:
                self.convolutions.append(_enlarging(before, filters))
            self.convolutions.append(_convolution(shape, filters))
            for _ in range(2):
                self.noises.append(
                    _built(NoiseInjection(per_channel=True, use_bias=True), shape)
                )
                self.styles.append(_built(AdaIN(), [shape, (None, style_dim)]))
                self.sizes.append(shape[1] * shape[2])
            colours = EqualizedConv2D(channels, 1, gain=1.0)
            self.to_image.append(_built(colours, shape))
            before = shape
        self.num_styles, self.noise_size = 2 * len(maps), sum(self.sizes)
        self.built = True

    def call(self, w, noise=None, level=None, fade=None):
        level = len(self.to_image) - 1 if level is None else level
        x = ops.cast(self.constant, self.compute_dtype)
        x = ops.zeros_like(w[:, 0, :1])[:, :, None, None] + x  # one for each style
        start = 0
        for i in range(2 * level + 2):
            if i == 2 * level:
                small = x
            x = self.convolutions[i - 1](x) if i else x
            grain = None
            if noise is not None:
                grain = noise[:, start : start + self.sizes[i]]
            x, start = self._styled(i, x, w[:, i], grain), start + self.sizes[i]
        new = ops.cast(self.to_image[level](x), "float32")
        if fade is None:
            return new
        old = ops.cast(self.to_image[level - 1](small), "float32")
        return faded_in(new, old, fade)

    def _styled(self, i, x, w, noise):
        inject = self.noises[i]
        x = inject(x, training=False) if noise is None else inject([x, noise])
        return self.styles[i]([ops.leaky_relu(x, negative_slope=0.2), w])


def _enlarging(shape, filters):
    convolution = EqualizedConv2D(filters, use_bias=False)
    steps = [channels_last.UpSampling2D(2), convolution, Blur2D(BLUR)]
    return keras.Sequential([keras.Input(shape[1:]), *steps])


def _convolution(shape, filters):
    return _built(EqualizedConv2D(filters, use_bias=False), shape)


def _built(layer, shape):
    layer.build(shape)
    return layer
