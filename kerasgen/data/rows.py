"""Shapes of the examples that a source gives, and of what it gave."""

import numpy as np


def example_shape(source):
    """Returns the shape of an example, or a dict of them by field."""
    first = source[np.arange(1)]
    if isinstance(first, dict):
        return {name: tuple(np.shape(value)[1:]) for name, value in first.items()}
    return tuple(np.shape(first)[1:])


def as_lists(shape):
    """Returns a shape, or a dict of them, as JSON has it."""
    if isinstance(shape, dict):
        return {name: list(value) for name, value in shape.items()}
    return list(shape)


def check_rows(name, array, count, shape):
    """Raises unless a source gave `count` examples of `shape`."""
    if isinstance(shape, dict):
        for key, own in shape.items():
            check_rows(f"{name}[{key!r}]", array[key], count, own)
    elif np.shape(array) != (count, *shape):
        raise ValueError(
            f"`{name}` must return an array of shape {(count, *shape)} for {count} "
            f"indices. Received: shape {np.shape(array)}"
        )


def as_int32(labels):
    """Keeps labels that would not fit, for the check of batches to find."""
    if labels.dtype.kind in "iu" and labels.size and labels.dtype.itemsize > 4:
        limits = np.iinfo("int32")
        if labels.min() < limits.min or labels.max() > limits.max:
            return labels
    return labels.astype("int32")
