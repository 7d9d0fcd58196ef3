"""Layer normalisation of images, through which penalties on slopes train rightly.

Ba, Kiros and Hinton, 2016, "Layer Normalization", https://arxiv.org/abs/1607.06450, as
the critics of Gulrajani et al., 2017, have it (official code:
igul222/improved_wgan_training, tflib/ops/layernorm.py).
"""

import keras
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ImageLayerNormalization(keras.layers.Layer):
    """Gives each example a mean of 0 and a variance of 1 over all places and maps.

    `y = g (x - mean x) / sqrt(var x + epsilon) + b`, with one `g` and one `b` a map.
    Computed in float32; its second gradients are right on every backend, which those of
    `keras.layers.LayerNormalization` are not on TensorFlow.

    Args:
        epsilon: float. Added to the variance. Defaults to `1e-5`, as in the code.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: same shape.

    Example:
    >>> from kerasgen.layers.layer_normalization import ImageLayerNormalization
    >>> tuple(ImageLayerNormalization()(np.ones((2, 4, 4, 3), "float32")).shape)
    (2, 4, 4, 3)

    Reference: [Ba et al., 2016](https://arxiv.org/abs/1607.06450), eq. 4.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = check_number("epsilon", epsilon, 0.0)

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")

    def call(self, x):
        wide = ops.cast(x, "float32")
        wide = wide - ops.mean(wide, axis=(1, 2, 3), keepdims=True)
        variance = ops.mean(ops.square(wide), axis=(1, 2, 3), keepdims=True)
        normal = wide * ops.rsqrt(variance + self.epsilon)
        gamma, beta = (ops.cast(w, "float32") for w in (self.gamma, self.beta))
        return ops.cast(gamma * normal + beta, x.dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
