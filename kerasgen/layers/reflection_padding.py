"""Padding by reflection, which shows no edge."""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by their reflection; the edge itself is not repeated.

    Args:
        padding: int. Rows and columns added on each side; the image must have more.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height + 2 padding, width + 2 padding, channels)`.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = check_int("padding", padding)

    def build(self, input_shape):
        if min(input_shape[1:3]) <= self.padding:
            raise ValueError(
                f"`padding` must be below the height and width {input_shape[1:3]}. "
                f"Received: padding={self.padding}"
            )
        self.built = True

    def call(self, inputs):
        sides = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), sides, sides, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return batch, height + 2 * self.padding, width + 2 * self.padding, channels

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}
