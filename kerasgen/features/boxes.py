"""Boxes around things in a picture."""

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.label_checks import check_class_names
from kerasgen.features.marks import Canvas, check_marks, is_ragged
from kerasgen.images.palette import colors


class Boxes(Feature):
    """Boxes, float32 `(n, num_boxes, 5)`: `ymin, xmin, ymax, xmax`, and 1 or 0.

    Sides are shares of the height and the width, in `[0, 1]`, in the order of
    TensorFlow Datasets' `BBoxFeature`. The last number is 1 where there is a box; where
    an example has fewer, the others are rows of 0. Boxes `(n, k, 4)`, and a list of
    arrays `(k, 4)` of an example each, are taken too, where `k` is at most
    `num_boxes`.

    With `num_classes` a class stands behind them, `(n, num_boxes, 6)`, and networks see
    it one-hot, `(n, num_boxes, 5 + num_classes)`.

    Args:
        num_boxes: int, of an example at most.
        num_classes: int, at least 2, or None for boxes without classes.
        names: list of distinct str, one for each class, or None.
    """

    takes_lists = True
    plural = "sets of boxes"

    def __init__(self, num_boxes, num_classes=None, names=None):
        self.num_boxes = check_int("num_boxes", num_boxes)
        if num_classes is not None:
            check_int("num_classes", num_classes, 2)
        self.num_classes = num_classes
        self.names = check_class_names(names, num_classes)
        self.shape = (self.num_boxes, 5 if num_classes is None else 6)

    def tidy(self, value):
        if is_ragged(value):
            return self._padded([np.asarray(v, "float32") for v in value])
        value = super().tidy(value)
        empty = value.ndim == 2 and value.shape[1] == 0  # lists without any box
        if empty or (value.ndim == 3 and value.shape[1:] != self.shape):
            return self._padded(value)
        return value

    def _padded(self, rows):
        """Adds what says that there is a box, and rows of 0, where these lack."""
        width = self.shape[1]
        found = np.zeros((len(rows), *self.shape), "float32")
        for place, boxes in zip(found, rows, strict=True):
            boxes = np.reshape(boxes, (len(boxes), -1)) if len(boxes) else boxes
            known = boxes.ndim == 2 and boxes.shape[1] in (width - 1, width)
            if len(boxes) > self.num_boxes or (len(boxes) and not known):
                return np.zeros((len(rows), *np.shape(boxes)))  # for `check` to name
            if not len(boxes):
                continue
            if boxes.shape[1] == width:
                place[: len(boxes)] = boxes
                continue
            place[:] = self.packed(boxes, "boxes")
        return found

    def packed(self, boxes, name):
        """Returns the boxes of one example as data have them, float32 `shape`.

        Args:
            boxes: float array `(k, 4)`, with `num_classes` `(k, 5)`, the last number
                the class.
            name: str. What errors call it.

        Raises:
            ValueError: if there are more than `num_boxes`.
        """
        count = len(boxes)
        if count > self.num_boxes:
            raise ValueError(
                f"`{name}` must have at most {self.num_boxes} boxes a picture. "
                f"Received: {count}"
            )
        found = np.zeros(self.shape, "float32")
        found[:count, :4], found[:count, 4] = boxes[:, :4], 1
        found[:count, 5:] = boxes[:, 4:]
        return found

    def check(self, value, name="x", count=None):
        if not is_ragged(value):
            value = as_given(value, name, f"boxes of shape {self.shape}")
        value = self.tidy(value)
        check_examples(value, self.shape, name, "boxes", count)
        check_marks(value, name, 4, 4)
        present, sides = value[..., 4] == 1, value[..., :4]
        turned = present & (sides[..., 2:] <= sides[..., :2]).any(axis=-1)
        if turned.any():
            example, box = np.argwhere(turned)[0]
            raise ValueError(
                f"`{name}` must have boxes of ymin < ymax and xmin < xmax. "
                f"Received: {sides[example, box].tolist()} in example {example}"
            )
        if self.num_classes is not None:
            classes = value[..., 5][present]
            wrong = (classes != classes.round()) | (classes < 0)
            wrong |= classes >= self.num_classes
            if wrong.any():
                raise ValueError(
                    f"`{name}` must have classes in [0, {self.num_classes - 1}]. "
                    f"Received: {name} with the class {classes[wrong][0]:g}"
                )
        return value

    def prepare(self, tensor):
        tensor = ops.cast(tensor, "float32")
        if self.num_classes is None:
            return tensor
        classes = ops.one_hot(ops.cast(tensor[..., 5], "int32"), self.num_classes)
        classes = ops.cast(classes, "float32") * tensor[..., 4:5]
        return ops.concatenate([tensor[..., :5], classes], axis=-1)

    def finish(self, tensor):
        """Returns boxes: there is one where the fifth number is at least a half."""
        tensor = ops.cast(tensor, "float32")
        present = ops.cast(tensor[..., 4:5] >= 0.5, "float32")
        parts = [ops.clip(tensor[..., :4], 0.0, 1.0) * present, present]
        if self.num_classes is not None:
            classes = ops.cast(ops.argmax(tensor[..., 5:], axis=-1), "float32")
            parts.append(classes[..., None] * present)
        return ops.concatenate(parts, axis=-1)

    def draw(self, count, generator):
        """Returns boxes of sides of 0.2 to 0.5, anywhere, one at least an example."""
        rows = np.zeros((count, *self.shape), "float32")
        sides = generator.uniform(0.2, 0.5, (count, self.num_boxes, 2))
        corner = generator.uniform(0, 1, sides.shape) * (1 - sides)
        rows[..., :2], rows[..., 2:4] = corner, corner + sides
        held = generator.integers(1, self.num_boxes + 1, (count, 1))
        rows[..., 4] = np.arange(self.num_boxes) < held
        if self.num_classes is not None:
            rows[..., 5] = generator.integers(0, self.num_classes, rows.shape[:2])
        return rows * rows[..., 4:5]

    def example(self, count, generator):
        return self.draw(count, generator)

    def picture(self, value, on=None):
        """Returns the boxes as coloured frames, one colour a class or a place.

        Args:
            value: boxes `(n, num_boxes, 5 or 6)`.
            on: images that they are drawn on, `(n, height, width, c)`, or None.
        """
        value = self.tidy(value)
        palette = colors(self.num_classes or self.num_boxes)
        canvas = Canvas(len(value), on)
        for i, boxes in enumerate(value):
            for k, box in enumerate(boxes):
                if box[4] >= 0.5 and np.isfinite(box).all():
                    number = k if self.num_classes is None else int(box[5])
                    canvas.frame(i, box[:4], palette[number % len(palette)])
        return canvas.images

    def get_config(self):
        return {
            "num_boxes": self.num_boxes,
            "num_classes": self.num_classes,
            "names": self.names,
        }
