"""Named points in a picture, such as the corners of a mouth."""

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.label_checks import check_class_names
from kerasgen.features.marks import Canvas, check_marks
from kerasgen.images.palette import colors


class Keypoints(Feature):
    """Points, float32 `(n, points, 3)`: `y, x`, and whether it is visible, 1 or 0.

    Places are shares of the height and the width, in `[0, 1]`. A point that is not
    visible is a row of 0, as in GAWWN (Reed et al., 2016, section 4.2).

    Args:
        names: list of distinct str, one for each point, or an int, how many there are.
    """

    plural = "sets of points"

    def __init__(self, names):
        if not isinstance(names, int):
            names = check_class_names(names)
        count = names if isinstance(names, int) else len(names)
        self.names = names
        self.num_points = check_int("names", count)
        self.shape = (self.num_points, 3)

    def check(self, value, name="x", count=None):
        value = self.tidy(as_given(value, name, f"points of shape {self.shape}"))
        check_examples(value, self.shape, name, "points", count)
        check_marks(value, name, 2, 2)
        return value

    def finish(self, tensor):
        """Returns points: one is visible where the third number is at least a half."""
        tensor = ops.cast(tensor, "float32")
        visible = ops.cast(tensor[..., 2:] >= 0.5, "float32")
        places = ops.clip(tensor[..., :2], 0.0, 1.0)
        return ops.concatenate([places * visible, visible], axis=-1)

    def example(self, count, generator):
        points = generator.uniform(0, 1, (count, *self.shape)).astype("float32")
        points[..., 2] = points[..., 2] < 0.8
        return points * points[..., 2:]

    def picture(self, value, on=None):
        """Returns the visible points as dots, each point in its colour.

        Args:
            value: points `(n, points, 3)`.
            on: images that they are drawn on, `(n, height, width, c)`, or None.
        """
        value = self.tidy(value)
        palette = colors(self.num_points)
        canvas = Canvas(len(value), on)
        for i, points in enumerate(value):
            for color, (y, x, visible) in zip(palette, points, strict=True):
                if visible >= 0.5 and np.isfinite([y, x]).all():
                    canvas.dot(i, (y, x), color)
        return canvas.images

    def get_config(self):
        return {"names": self.names}
