"""Instance normalisation whose mean and deviation are those of a style.

Huang and Belongie, 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance
Normalization", https://arxiv.org/abs/1703.06868, eq. 8, in the form of Karras, Laine
and Aila, 2019, "A Style-Based Generator Architecture for Generative Adversarial
Networks", https://arxiv.org/abs/1812.04948, eq. 1. Official code: NVlabs/stylegan.
"""

import keras
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.layers.equalized import EqualizedDense
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class AdaIN(keras.layers.Layer):
    """Gives each map of each example the mean and the deviation of its style.

    `y = (1 + s) (x - mean x) / sqrt(var x + epsilon) + b`, where `(s, b)` is an affine
    map of `w` of equalised learning rate, whose bias starts at 0: the scale of the
    paper starts at 1. Mean and variance are over the places of one map of one example,
    in float32; their second gradients are right on every backend.

    Args:
        epsilon: float. Added to the variance. Defaults to `1e-8`, as in the code.
        **kwargs: as in `keras.layers.Layer`.

    Input:  a pair: `(batch, height, width, channels)`, and `w`, `(batch, features)`.
    Output: as the first of the pair.

    Example:
    >>> from kerasgen.layers.adaptive_instance_norm import AdaIN
    >>> x, w = np.ones((2, 4, 4, 3), "float32"), np.ones((2, 8), "float32")
    >>> tuple(AdaIN()([x, w]).shape)
    (2, 4, 4, 3)

    Reference: [Karras et al., 2019](https://arxiv.org/abs/1812.04948), eq. 1.
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = check_number("epsilon", epsilon, 0.0)

    def build(self, input_shape):
        image_shape, style_shape = input_shape
        self.style = EqualizedDense(
            2 * image_shape[-1], gain=1.0, name="style", dtype=self.dtype_policy
        )
        self.style.build(style_shape)

    def call(self, inputs):
        x, w = inputs
        scale, shift = ops.split(ops.cast(self.style(w), "float32"), 2, axis=-1)
        wide = ops.cast(x, "float32")
        wide = wide - ops.mean(wide, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(wide), axis=(1, 2), keepdims=True)
        normal = wide * ops.rsqrt(variance + self.epsilon)
        y = (1.0 + scale[:, None, None]) * normal + shift[:, None, None]
        return ops.cast(y, x.dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
