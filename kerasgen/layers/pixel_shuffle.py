"""Pixel shuffle: maps become pixels, so that images grow by what convolutions learned.

Shi, Caballero, Huszar, Totz, Aitken, Bishop, Rueckert and Wang, 2016, "Real-Time Single
Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
Network", https://arxiv.org/abs/1609.05158, equation 4, in the order of PyTorch.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class PixelShuffle(keras.layers.Layer):
    """Makes each pixel of `c r^2` maps a square of `r x r` pixels of `c` maps.

    `y[c, r i + a, r j + b] = x[c r^2 + a r + b, i, j]`.

    Args:
        factor: int. `r`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`, channels divisible by `r^2`; any sides.
    Output: `(batch, r height, r width, channels / r^2)`.
    Raises: ValueError: if the channels are not divisible.

    Example:
    >>> from kerasgen.layers.pixel_shuffle import PixelShuffle
    >>> tuple(PixelShuffle(2)(np.zeros((1, 3, 5, 8), "float32")).shape)
    (1, 6, 10, 2)

    Reference: [Shi et al., 2016](https://arxiv.org/abs/1609.05158), equation 4.
    """

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = check_int("factor", factor)

    def build(self, input_shape):
        if input_shape[-1] % self.factor**2:
            raise ValueError(
                f"`input_shape` must have channels divisible by {self.factor**2}. "
                f"Received: input_shape={tuple(input_shape)}"
            )

    def call(self, x):
        factor = self.factor
        _, height, width, channels = ops.shape(x)
        maps = channels // factor**2
        x = ops.reshape(x, (-1, height, width, maps, factor, factor))
        x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
        return ops.reshape(x, (-1, height * factor, width * factor, maps))

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        sides = (None if side is None else side * self.factor for side in sides)
        return (batch, *sides, channels // self.factor**2)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
