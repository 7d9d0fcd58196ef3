"""Images."""

import keras
import numpy as np
from keras import ops

from kerasgen.features import checks
from kerasgen.features.feature import Feature, as_given, check_examples


class Image(Feature):
    """Images, `uint8` or floats in `[0, 1]`, channels last.

    Grey images may lack their channel. What models make of them is float32 in
    `[0, 1]`.

    Args:
        shape: tuple `(height, width, channels)`.
        data_range: tuple of two floats. What networks see; `(0, 1)` by default.
    """

    plural = "images"
    is_evident = True

    def __init__(self, shape, data_range=(0.0, 1.0)):
        self.shape = tuple(int(n) for n in shape)
        self.data_range = tuple(float(bound) for bound in data_range)

    @property
    def output_activation(self):
        """`"sigmoid"` or `"tanh"`, as `data_range` is, or `"linear"` for another."""
        known = {(0.0, 1.0): "sigmoid", (-1.0, 1.0): "tanh"}
        return known.get(self.data_range, "linear")

    @property
    def image_size(self):
        return self.shape[:2]

    def tidy(self, value):
        value = super().tidy(value)
        if value.ndim == 3:
            value = value[..., None]
        return value

    def check(self, value, name="x", count=None):
        value = as_given(value, name, f"images of shape {self.shape}")
        if value.ndim == 3:
            value = value[..., None]
        checks.check_dtype(value, name)
        if value.ndim != 4 or value.shape[1:] != self.shape:  # perhaps turned
            checks.check_rank(value, name, images_only=True)
        check_examples(value, self.shape, name, "images", count)
        if value.dtype.kind == "f":
            checks.check_range(value, name)
        else:
            checks.check_not_binary(value, name)
        return value

    def shaped(self, tensor):
        return tensor[..., None] if len(tensor.shape) == 3 else tensor

    def prepare(self, tensor):
        integer = "int" in keras.backend.standardize_dtype(tensor.dtype)
        low, high = self.data_range
        scale = (high - low) / (255.0 if integer else 1.0)
        return ops.cast(tensor, "float32") * scale + low

    def finish(self, tensor):
        low, high = self.data_range
        return ops.clip((ops.cast(tensor, "float32") - low) / (high - low), 0.0, 1.0)

    def example(self, count, generator):
        return generator.integers(0, 256, (count, *self.shape), "uint8")

    def picture(self, value):
        value = self.tidy(value)
        return value / np.float32(255) if value.dtype.kind == "u" else value

    def get_config(self):
        return {**super().get_config(), "data_range": list(self.data_range)}
