"""Images of which some quadrants are given: which pixels, and a likelihood of the rest.

Sohn, Lee and Yan, 2015, "Learning Structured Output Representation using Deep
Conditional Generative Models", section 5.1.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_image_shape


def given_quadrants(image_shape, quadrants):
    """Returns where images are given, bool `(height, width)`.

    Args:
        image_shape: tuple `(height, width, channels)`, of at least 2x2 pixels.
        quadrants: 1 (the lower left one), 2 (and the upper left one) or 3 (and the
            lower right one). Odd sides are halved rounding down.
    """
    check_choice("quadrants", quadrants, (1, 2, 3))
    height, width, _ = check_image_shape(image_shape, minimum=2)
    row, column = np.indices((height, width))
    lower, left = row >= height // 2, column < width // 2
    return {1: lower & left, 2: left, 3: lower | left}[quadrants]


def take_pixels(images, where):
    """Returns some pixels of images, `(batch, pixels, channels)`.

    Args:
        images: tensor `(batch, height, width, channels)`.
        where: bool array `(height, width)`.
    """
    shape = ops.shape(images)
    images = ops.reshape(images, (shape[0], where.size, shape[-1]))
    index = np.flatnonzero(where).astype("int32")
    return ops.take(images, ops.convert_to_tensor(index), axis=1)


class PartialPixels(keras.layers.Layer):
    """A likelihood of pixels that counts some of them alone.

    Args:
        pixels: layer of `kerasgen.layers.pixel_likelihood`.
        where: bool array `(height, width)`, of the pixels that count.
    """

    def __init__(self, pixels, where, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.pixels, self.where = pixels, where
        self.discrete, self.noise = pixels.discrete, pixels.noise
        self.observes_noise = pixels.observes_noise
        self.observe, self.mean = pixels.observe, pixels.mean
        self.sample = pixels.sample
        self.built = True

    def log_prob(self, x, outputs):
        """Returns nats, `(batch,)`, of the pixels that count."""
        x, outputs = (take_pixels(t, self.where) for t in (x, outputs))
        return self.pixels.log_prob(x, outputs)
