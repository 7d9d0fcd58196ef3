"""What augmentations of a discriminator's images have in common."""

import keras
from keras import ops

from kerasgen.arguments import check_numbers


class ImageAugmentation(keras.layers.Layer):
    """Base class of layers that disturb each image by draws of its own.

    A class says how many numbers an image takes, in `draws`, and what they do to it,
    in `transform`. All of a call are drawn at once, so one seed serves it.

    Args:
        value_range: pair of floats, the lowest and the highest value of the images.

    Attributes:
        draws: int.
        middle: float. The middle of the range, grey.
        half: float. Half of its span, the unit of shifts of brightness.

    Input:  `(batch, height, width, channels)`, height and width known.
    Output: the same shape and dtype; values may leave the range.
    """

    draws = 0

    def __init__(self, value_range=(-1.0, 1.0), **kwargs):
        super().__init__(autocast=False, **kwargs)  # half precision would round images
        low, high = check_numbers("value_range", value_range, 2)
        if low >= high:
            raise ValueError(
                "`value_range` must be from low to high. "
                f"Received: value_range={value_range}"
            )
        self.value_range = (low, high)
        self.middle, self.half = (low + high) / 2, (high - low) / 2

    def build(self, input_shape):
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise ValueError(
                "`x` must be images (batch, height, width, channels), the last three "
                f"known. Received: x of shape {tuple(input_shape)}"
            )
        self.built = True

    def call(self, x, seed):
        """Returns images, each transformed by draws of its own.

        Args:
            x: float tensor `(batch, height, width, channels)`.
            seed: `keras.random.SeedGenerator`, or what `keras.random` takes else.
        """
        shape = (ops.shape(x)[0], self.draws)
        return self.transform(
            x, keras.random.uniform(shape, dtype="float32", seed=seed)
        )

    def transform(self, x, uniform):
        """Returns images transformed by given draws.

        Args:
            x: float tensor `(batch, height, width, channels)`.
            uniform: float32 tensor `(batch, draws)`, in `[0, 1)`.
        """
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "value_range": self.value_range}


def draw_below(uniform, count):
    """Returns whole numbers from 0 to `count - 1`, as floats, of uniform draws."""
    return ops.minimum(ops.floor(uniform * count), count - 1.0)
