"""A column of the metadata that holds boxes, as Hugging Face's image folders have them.

(https://huggingface.co/docs/datasets/image_dataset, "Object detection".) Each entry is
`{"bbox": [[x, y, width, height], ...], "categories": [...]}`: pixels of the file, from
its upper left corner, and a class of each box, numbers or names. In a csv file it is
that object as JSON.
"""

import json

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data.resizing import centre_shares
from kerasgen.features import Boxes

CLASS_KEYS = ("categories", "category")


def as_objects(value):
    """Returns the boxes that a value of the metadata holds, a dict, or None."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) and "bbox" in value else None


class BoxColumn:
    """A column of boxes.

    Args:
        name: str, of the column.
        values: dict from file to value: of all splits, which classes and the number of
            boxes are made from.
        field: `Boxes`, such as that of a model, or None for one of these values.

    Attributes:
        field: `Boxes`.
    """

    def __init__(self, name, values, field=None):
        self.name = name
        rows = [self._objects(file, value) for file, value in values.items()]
        self.field = self._make_field(rows) if field is None else field

    def _make_field(self, rows):
        most = max(1, *(len(boxes) for boxes, _ in rows))
        classes = [one for _, found in rows for one in found]
        if all(isinstance(one, int) for one in classes):
            count = max(classes, default=0) + 1
            return Boxes(most, count if count > 1 else None)
        names = sorted(set(map(str, classes)))
        return Boxes(most, len(names), names) if len(names) > 1 else Boxes(most)

    def _objects(self, file, value):
        """Returns boxes, float `(k, 4)`, and the list of their classes, perhaps empty.

        Raises:
            ValueError: if these are no boxes, or have no class each.
        """
        found = as_objects(value)
        try:
            boxes = np.array(found["bbox"], "float64").reshape(-1, 4)
            good = np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()
        except (TypeError, ValueError):
            good = False
        if not good:
            raise ValueError(
                f"`folder:` must hold metadata with boxes in {self.name!r}, "
                '{"bbox": [[x, y, width, height], ...]}, of some width and height. '
                f"Received: {value!r} of {file}"
            )
        classes = next((found[key] for key in CLASS_KEYS if key in found), [])
        if not isinstance(classes, list) or len(classes) not in (0, len(boxes)):
            raise ValueError(
                f"`folder:` must hold metadata with a class of each box in "
                f"{self.name!r}. Received: {len(boxes)} boxes, categories={classes!r} "
                f"of {file}"
            )
        return boxes, classes

    def labels(self, values, sizes, image_size):
        """Returns the boxes of some files, see `Boxes`: shares of what is loaded.

        What the cut to the proportions of `image_size` leaves of a box is its box;
        boxes of which it leaves nothing are left out.

        Args:
            values: dict from file to value.
            sizes: dict from file to `(height, width)` of the whole picture.
            image_size: `(height, width)` of what is loaded.
        """
        rows = []
        for file, value in values.items():
            boxes, classes = self._objects(file, value)
            low = boxes[:, 1::-1]
            sides = np.concatenate([low, low + boxes[:, :1:-1]], axis=1)
            sides = centre_shares(sides, sizes[file], image_size)
            if self.field.num_classes is not None:
                numbers = self._numbers(classes, len(boxes), file)
                sides = np.concatenate([sides, numbers[:, None]], axis=1)
            kept = sides[(sides[:, 2:4] > sides[:, :2]).all(axis=1)]
            rows.append(self.field.packed(kept, self.name))
        return np.reshape(rows, (len(rows), *self.field.shape))

    def _numbers(self, classes, count, file):
        if len(classes) != count:
            raise ValueError(
                f"`folder:` must hold metadata with a class of each box in "
                f"{self.name!r}. Received: {file} without"
            )
        names = self.field.names
        if names is None or all(isinstance(one, int) for one in classes):
            known = range(self.field.num_classes)
            return np.array([check_choice(self.name, one, known) for one in classes])
        return np.array(
            [names.index(check_choice(self.name, str(one), names)) for one in classes]
        )
