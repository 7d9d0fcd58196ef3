"""Maps of classes: what is at every pixel of a picture."""

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.label_checks import check_class_names
from kerasgen.images.palette import colors

BACKGROUND = (236, 236, 232)  # colour of class 0


class LabelMap(Feature):
    """Integers in `[0, num_classes - 1]`, one for each pixel, `(n, height, width)`.

    Networks see them one-hot, `(n, height, width, num_classes)`; of what networks make
    the largest is taken. Maps may have a channel, `(n, height, width, 1)`.

    Args:
        shape: tuple `(height, width)`.
        num_classes: int, at least 2.
        names: list of distinct str, one for each class, or None.

    Raises:
        ValueError: if `shape` is not two positive ints, or names are too few or many.
    """

    plural = "maps"

    def __init__(self, shape, num_classes, names=None):
        if not isinstance(shape, (tuple, list)) or len(shape) != 2:
            raise ValueError(
                f"`shape` must be (height, width). Received: shape={shape!r}"
            )
        self.shape = tuple(check_int("shape", size) for size in shape)
        self.num_classes = check_int("num_classes", num_classes, 2)
        self.names = check_class_names(names, self.num_classes)

    @property
    def image_size(self):
        return self.shape

    def tidy(self, value):
        return self.shaped(super().tidy(value))

    def check(self, value, name="x", count=None):
        value = self.tidy(as_given(value, name, f"maps of shape {self.shape}"))
        if value.dtype.kind not in "iu":
            raise ValueError(
                f"`{name}` must be integers, the class of each pixel. "
                f"Received: {name} of dtype {value.dtype}"
            )
        check_examples(value, self.shape, name, "maps", count)
        low, high = int(value.min()), int(value.max())
        if low < 0 or high >= self.num_classes:
            raise ValueError(
                f"`{name}` must be in [0, {self.num_classes - 1}]. "
                f"Received: {name} from {low} to {high}"
            )
        return value

    def shaped(self, tensor):
        has_channel = len(tensor.shape) == 4 and tensor.shape[3] == 1
        return tensor[..., 0] if has_channel else tensor

    def prepare(self, tensor):
        found = ops.one_hot(ops.cast(tensor, "int32"), self.num_classes)
        return ops.cast(found, "float32")

    def finish(self, tensor):
        return ops.cast(ops.argmax(tensor, axis=-1), "int32")

    def example(self, count, generator):
        """Returns maps of a few rectangles each, int32."""
        height, width = self.shape
        maps = np.zeros((count, height, width), "int32")
        for one in maps:
            for _ in range(3):
                top, left = generator.integers(0, height), generator.integers(0, width)
                part = one[top : top + height // 2 + 1, left : left + width // 2 + 1]
                part[:] = generator.integers(0, self.num_classes)
        return maps

    def picture(self, value):
        """Returns the maps in colours, which are the same for a class everywhere."""
        return colors(self.num_classes, BACKGROUND)[self.tidy(value)]

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "names": self.names,
        }
