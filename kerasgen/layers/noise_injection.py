"""Noise of each pixel, by which a generator varies what its style leaves open."""

import keras
from keras import ops

from kerasgen.backend.seeds import SeedGenerator
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class NoiseInjection(keras.layers.Layer):
    """Adds one map of noise to all maps, times trained scales that start at 0.

    The noise is standard normal. It may be given, as an input like latents: who gives
    it can repeat it, in batches of any size. Where it is not, training draws it, with a
    seed that is saved, and without training there is none.

    Args:
        per_channel: bool. Whether each map has a scale, as in StyleGAN, or all have
            one, as in StyleGAN2. Defaults to `False`.
        use_bias: bool. Whether a bias for each map, 0 at the start, is added: both
            papers add it after the noise, not in the convolution before. Defaults to
            `False`.
        seed: int or None.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`, or a pair of that and the noise,
        `(batch, height, width, 1)` or of as many numbers in another shape.
    Output: as the images.

    Example:
    >>> from kerasgen.layers.noise_injection import NoiseInjection
    >>> x, noise = np.ones((2, 4, 4, 3), "float32"), np.ones((2, 16), "float32")
    >>> tuple(NoiseInjection()([x, noise]).shape)
    (2, 4, 4, 3)

    Reference: [Karras et al., 2019](https://arxiv.org/abs/1812.04948), section 2;
        [Karras et al., 2020](https://arxiv.org/abs/1912.04958), section 2.1.
    """

    def __init__(self, per_channel=False, use_bias=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.per_channel, self.use_bias, self.seed = per_channel, use_bias, seed
        self.seed_generator = SeedGenerator(seed)

    def build(self, input_shape):
        channels = _image_shape(input_shape)[-1]
        shape = (channels,) if self.per_channel else ()
        self.scale = self.add_weight(name="scale", shape=shape, initializer="zeros")
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(channels,), initializer="zeros"
            )

    def call(self, inputs, training=False):
        given = isinstance(inputs, (list, tuple))
        x, noise = inputs if given else (inputs, None)
        shape = ops.shape(x)
        if given:
            noise = ops.reshape(noise, (-1, *shape[1:3], 1))
        elif training:
            noise = keras.random.normal(
                (*shape[:3], 1), dtype="float32", seed=self.seed_generator
            )
        y = x if noise is None else x + self.scale * ops.cast(noise, x.dtype)
        return y + self.bias if self.use_bias else y

    def compute_output_shape(self, input_shape):
        return _image_shape(input_shape)

    def get_config(self):
        own = {"per_channel": self.per_channel, "use_bias": self.use_bias}
        return {**super().get_config(), **own, "seed": self.seed}


def _image_shape(shape):
    return tuple(shape[0] if isinstance(shape[0], (list, tuple)) else shape)
