"""Videos."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.features import checks
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.image import Image

MOST = 8  # frames that a picture shows


class Video(Feature):
    """Videos `(n, frames, height, width, channels)`, `uint8` or floats in `[0, 1]`.

    Grey videos may lack their channel. What models make of them is float32 in `[0, 1]`.

    Args:
        frames: int.
        image_shape: tuple `(height, width, channels)` of a frame.
        data_range: tuple of two floats. What networks see; `(0, 1)` by default.
    """

    plural = "videos"

    def __init__(self, frames, image_shape, data_range=(0.0, 1.0)):
        self.frames = check_int("frames", frames)
        self.image = Image(image_shape, data_range)
        self.shape = (self.frames, *self.image.shape)

    @property
    def image_size(self):
        return self.image.shape[:2]

    def tidy(self, value):
        return self.shaped(super().tidy(value))

    def check(self, value, name="x", count=None):
        value = self.shaped(as_given(value, name, f"videos of shape {self.shape}"))
        checks.check_dtype(value, name)
        check_examples(value, self.shape, name, "videos", count)
        images = value.reshape(-1, *self.image.shape)
        if value.dtype.kind == "f":
            checks.check_finite(value, name)
            checks.check_range(images, name)
        else:
            checks.check_not_binary(images, name)
        return value

    def shaped(self, tensor):
        lacks = len(tensor.shape) == 4 and self.shape[3] == 1
        return tensor[..., None] if lacks else tensor

    def prepare(self, tensor):
        return self.image.prepare(tensor)

    def finish(self, tensor):
        return self.image.finish(tensor)

    def example(self, count, generator):
        return generator.integers(0, 256, (count, *self.shape), "uint8")

    def picture(self, value):
        """Returns strips of frames from left to right, of many frames eight."""
        value = self.image.picture(self.tidy(value))
        chosen = np.linspace(0, self.frames - 1, min(self.frames, MOST)).round()
        frames = [value[:, int(i)] for i in chosen]
        gap = ((0, 0), (0, 0), (0, 1), (0, 0))
        padded = [np.pad(f, gap, constant_values=1.0) for f in frames[:-1]]
        return np.concatenate([*padded, frames[-1]], axis=2)

    def get_config(self):
        return {
            "frames": self.frames,
            "image_shape": list(self.image.shape),
            "data_range": list(self.image.data_range),
        }
