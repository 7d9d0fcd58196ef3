"""Volumes: grids of cells in space, each full or empty."""

import numbers

from keras import ops

from kerasgen.arguments import check_int
from kerasgen.features import checks
from kerasgen.features.feature import Feature, as_given, check_examples


def check_volume_shape(shape, multiple_of=1, minimum=1, name="volume_shape"):
    """Raises unless `shape` is a side or `(depth, height, width)`; returns the latter.

    Args:
        shape: int, or tuple of three ints.
        multiple_of, minimum: int. What is asked of every side.
        name: str. Name of the argument.
    """
    whole = isinstance(shape, numbers.Integral) and not isinstance(shape, bool)
    sides = (shape,) * 3 if whole else shape
    if not isinstance(sides, (tuple, list)) or len(sides) != 3:
        raise ValueError(
            f"`{name}` must be an int or (depth, height, width). "
            f"Received: {name}={shape!r}"
        )
    for side in sides:
        if check_int(name, side, minimum) % multiple_of:
            raise ValueError(
                f"`{name}` must have sides divisible by {multiple_of}. "
                f"Received: {name}={shape!r}"
            )
    return tuple(int(side) for side in sides)


class Volume(Feature):
    """Occupancies of the cells of a grid: `bool`, or numbers in `[0, 1]`.

    Integers are 0 and 1. Depth goes away from the viewer of a picture, height downwards
    as the rows of an image do, width to the right. An axis of one channel at the end
    may stand or be left out; none is in what models make, float32 in `[0, 1]`.

    Args:
        shape: tuple `(depth, height, width)`, or an int, the side of a cube.
        data_range: tuple of two floats. What networks see; `(0, 1)` by default.
    """

    plural = "volumes"

    def __init__(self, shape, data_range=(0.0, 1.0)):
        self.shape = check_volume_shape(shape, name="shape")
        self.data_range = tuple(float(bound) for bound in data_range)

    @property
    def image_size(self):
        return self.shape[1:]

    def tidy(self, value):
        return self._without_channel(super().tidy(value))

    def check(self, value, name="x", count=None):
        depth, height, width = self.shape
        what = f"volumes of {depth}x{height}x{width} cells"
        value = self._without_channel(as_given(value, name, what))
        kind = value.dtype.kind
        if kind not in "fbiu":
            raise ValueError(
                f"`{name}` must be bool, or numbers in [0, 1]. "
                f"Received: {name} of dtype {value.dtype}"
            )
        check_examples(value, self.shape, name, "volumes", count)
        low, high = checks.check_finite(value, name)
        slack = checks.TOLERANCE if kind == "f" else 0
        if low < -slack or high > 1 + slack:
            hint = "; pass `x / 255`" if high > 1 and kind in "iu" else ""
            raise ValueError(
                f"`{name}` must be bool, or numbers in [0, 1]{hint}. "
                f"Received: {name} with values in [{low:g}, {high:g}]"
            )
        return value.astype("float32", copy=False) if kind == "f" else value

    def shaped(self, tensor):
        return self._without_channel(tensor)

    def prepare(self, tensor):
        low, high = self.data_range
        return ops.cast(tensor, "float32") * (high - low) + low

    def finish(self, tensor):
        low, high = self.data_range
        return ops.clip((ops.cast(tensor, "float32") - low) / (high - low), 0.0, 1.0)

    def example(self, count, generator):
        return generator.integers(0, 2, (count, *self.shape), "uint8")

    def picture(self, value):
        """Returns each volume as a solid of the cells of at least 0.5."""
        from kerasgen.images import volume_views

        return volume_views(self.tidy(value))

    def get_config(self):
        return {**super().get_config(), "data_range": list(self.data_range)}

    def _without_channel(self, value):
        shape = value.shape
        return value[..., 0] if len(shape) == 5 and shape[-1] == 1 else value
