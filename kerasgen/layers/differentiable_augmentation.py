"""Differentiable augmentation: all that the discriminator sees is disturbed alike."""

import keras
from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.layers.grid_sampling import gather_pixels
from kerasgen.layers.image_augmentation import ImageAugmentation, draw_below
from kerasgen.registry import PACKAGE

POLICIES = ("color", "translation", "cutout")


@keras.saving.register_keras_serializable(PACKAGE)
class DifferentiableAugmentation(ImageAugmentation):
    """Changes colours, moves images and cuts squares out of them, by random amounts.

    Real and generated images go through it before the discriminator, in the updates
    of both players, with the gradient through it.

    - `"color"`: a shift of brightness, uniform on `[-1/4, 1/4]` of the value range;
      then the distance of each channel from the mean of the pixel times a number
      uniform on `[0, 2]` (saturation; nothing in images of one channel); then the
      distance of all values from their mean times one uniform on `[1/2, 3/2]`
      (contrast).
    - `"translation"`: whole pixels, at most 1/8 of height and width, uniformly; what
      comes in is grey, the middle of the value range.
    - `"cutout"`: a rectangle of half the height and width, its centre uniform on the
      image and its parts outside lost, becomes grey.

    Args:
        policy: str. Names from these three, each at most once, joined by commas, in the
            order in which they happen.
        value_range: pair of floats, the lowest and the highest value of the images. The
            paper's are in `[-1, 1]`, whose middle is the 0 that it fills with.

    Input:  `(batch, height, width, channels)`, of any size and number of channels.
    Output: the same shape and dtype; values may leave the range.

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738), section 3.2 and
    appendix; ranges, and eighths and halves rounded down, as in the released code.
    """

    draws = 7

    def __init__(
        self, policy="color,translation,cutout", value_range=(-1.0, 1.0), **kwargs
    ):
        super().__init__(value_range, **kwargs)
        if not isinstance(policy, str):
            raise TypeError(f"`policy` must be a str. Received: policy={policy!r}")
        self.policy = policy
        self._steps = [name.strip() for name in policy.split(",")]
        for name in self._steps:
            check_choice("policy", name, POLICIES)
        if len({*self._steps}) < len(self._steps):
            raise ValueError(
                f"`policy` must name each at most once. Received: policy={policy!r}"
            )

    def transform(self, x, uniform):
        dtype, x = x.dtype, ops.cast(x, "float32")
        uniform = ops.convert_to_tensor(uniform, "float32")
        places = {"color": (0, 3), "translation": (3, 5), "cutout": (5, 7)}
        for name in self._steps:
            start, end = places[name]
            x = getattr(self, f"_{name}")(x, uniform[:, start:end, None, None])
        return ops.cast(x, dtype)

    def _color(self, x, uniform):
        brightness, saturation, contrast = (uniform[:, i, :, :, None] for i in range(3))
        x = x + self.half * (brightness - 0.5)
        grey = ops.mean(x, axis=-1, keepdims=True)
        x = grey + 2.0 * saturation * (x - grey)
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        return mean + (0.5 + contrast) * (x - mean)

    def _translation(self, x, uniform):
        row, row_inside = _moved(uniform[:, 0], x.shape[1], axis=1)
        column, column_inside = _moved(uniform[:, 1], x.shape[2], axis=2)
        inside = ops.logical_and(row_inside, column_inside)
        return ops.where(inside[..., None], gather_pixels(x, row, column), self.middle)

    def _cutout(self, x, uniform):
        row = _window(uniform[:, 0], x.shape[1], axis=1)
        column = _window(uniform[:, 1], x.shape[2], axis=2)
        return ops.where(ops.logical_and(row, column)[..., None], self.middle, x)

    def get_config(self):
        return {**super().get_config(), "policy": self.policy}


def _places(size, axis):
    shape = (1, size, 1) if axis == 1 else (1, 1, size)
    return ops.reshape(ops.arange(size, dtype="int32"), shape)


def _moved(uniform, size, axis):
    """Returns where the pixels along an axis come from, and which are inside."""
    most = size // 8
    shift = ops.cast(draw_below(uniform, 2 * most + 1), "int32") - most
    old = _places(size, axis) + shift
    inside = ops.logical_and(old >= 0, old < size)
    return ops.clip(old, 0, size - 1), inside


def _window(uniform, size, axis):
    """Returns which places along an axis are in a window of half of it."""
    length = size // 2
    centre = draw_below(uniform, size + 1 - length % 2)
    start = ops.cast(centre, "int32") - length // 2
    place = _places(size, axis)
    return ops.logical_and(place >= start, place < start + length)
