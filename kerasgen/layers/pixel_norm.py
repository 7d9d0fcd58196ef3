"""Normalisation of each pixel over its features."""

import keras
from keras import ops

from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class PixelNorm(keras.layers.Layer):
    """Scales the features of each pixel, or a vector, to a mean square of 1.

    `b = a / sqrt(mean(a^2) + 1e-8)`, in float32.

    Input:  `(batch, ..., features)`.
    Output: same shape.

    Reference: [Karras et al., 2018](https://arxiv.org/abs/1710.10196), section 4.2.
    """

    def call(self, x):
        wide = ops.cast(x, "float32")
        square = ops.mean(ops.square(wide), axis=-1, keepdims=True)
        return ops.cast(wide * ops.rsqrt(square + 1e-8), x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
