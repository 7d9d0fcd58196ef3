"""Maxout: the largest of several linear maps."""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class Maxout(keras.layers.Layer):
    """A dense layer whose units are the largest of several linear maps.

    Unit `j` is `max_k (x @ W[:, j, k] + b[j, k])`; with one piece, a linear layer.

    Args:
        units: int. Size of the output.
        pieces: int. Linear maps behind each unit. Defaults to `5`.
        kernel_initializer: as in `keras.layers.Dense`.

    Input:  `(..., features)`.
    Output: `(..., units)`.

    Reference: [Goodfellow et al., 2013](https://arxiv.org/abs/1302.4389), section 3.
    """

    def __init__(self, units, pieces=5, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units = check_int("units", units)
        self.pieces = check_int("pieces", pieces)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        outputs = self.units * self.pieces
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], outputs),
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight(name="bias", shape=(outputs,), initializer="zeros")
        self.built = True

    def call(self, inputs):
        x = ops.matmul(inputs, self.kernel) + self.bias
        x = ops.reshape(x, (*ops.shape(x)[:-1], self.units, self.pieces))
        return ops.max(x, axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **super().get_config(),
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": initializer,
        }
