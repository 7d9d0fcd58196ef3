"""Class labels."""

import numpy as np
from keras import ops

from kerasgen.features.feature import Feature
from kerasgen.features.label_checks import check_batch_labels, squeeze_labels


class ClassLabel(Feature):
    """Integers in `[0, num_classes - 1]`, one for each example.

    Args:
        num_classes: int.
        allows_unlabeled: bool. Whether -1 is taken, for no label.
    """

    def __init__(self, num_classes, allows_unlabeled=False):
        self.num_classes = int(num_classes)
        self.allows_unlabeled = bool(allows_unlabeled)

    def tidy(self, value):
        return squeeze_labels(super().tidy(value))

    def check(self, value, name="labels", count=None):
        if count is None and value is not None:
            count = len(value)
        return check_batch_labels(
            value, count, self.num_classes, self.allows_unlabeled, name
        )

    def shaped(self, tensor):
        return tensor[:, 0] if len(tensor.shape) == 2 else tensor

    def prepare(self, tensor):
        return ops.cast(tensor, "int32")

    def finish(self, tensor):
        return ops.cast(tensor, "int32")

    def draw(self, count, generator):
        return generator.integers(0, self.num_classes, count).astype("int32")

    def example(self, count, generator):
        return generator.integers(0, self.num_classes, count, np.int32)

    def get_config(self):
        return {
            "num_classes": self.num_classes,
            "allows_unlabeled": self.allows_unlabeled,
        }
