"""A bias, to which each class adds its own."""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE


def sum_dtype(compute_dtype):
    """Returns the dtype of long sums: float32, or float64 for that."""
    return keras.backend.result_type(compute_dtype, "float32")


def label_rows(matrix, labels, dtype):
    """Returns each label's row of a matrix, `(batch, units)`.

    Args:
        matrix: variable `(num_classes, units)`.
        labels: int tensor `(batch,)`.
        dtype: str, of the result.
    """
    one_hot = ops.one_hot(labels, matrix.shape[0], dtype=dtype)
    return ops.matmul(one_hot, ops.cast(matrix, dtype))


@keras.saving.register_keras_serializable(PACKAGE)
class ClassBias(keras.layers.Layer):
    """A trained bias, and with `num_classes` one more for each class; zeros at first.

    Args:
        units: int. Size of the bias.
        num_classes: int or None.
        **kwargs: as in `keras.layers.Layer`.

    Input:  int labels `(batch,)`, or None without classes.
    Output: `(batch, units)`, or `(1, units)` without classes.
    """

    def __init__(self, units, num_classes=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.units = check_int("units", units)
        self.num_classes = num_classes
        shapes = {"bias": (units,)}
        if num_classes is not None:
            shapes["class_bias"] = (check_int("num_classes", num_classes), units)
        for name, shape in shapes.items():
            weight = self.add_weight(name=name, shape=shape, initializer="zeros")
            setattr(self, name, weight)
        self.built = True

    def call(self, labels=None):
        dtype = sum_dtype(self.compute_dtype)
        bias = ops.cast(self.bias, dtype)[None]
        if self.num_classes is None:
            return bias
        return bias + label_rows(self.class_bias, labels, dtype)

    def get_config(self):
        config = {"units": self.units, "num_classes": self.num_classes}
        return {**super().get_config(), **config}
