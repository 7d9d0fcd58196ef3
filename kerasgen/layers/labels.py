"""Labels as inputs: joined to vectors, or to images as constant maps."""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_int


def join_label_vector(x, labels, num_classes):
    """Joins one-hot labels to vectors: `(batch, d)` to `(batch, d + num_classes)`.

    Reference: [Mirza and Osindero, 2014](https://arxiv.org/abs/1411.1784), section 3.2.
    """
    if num_classes is None:
        return x
    return ops.concatenate([x, one_hot_like(labels, num_classes, x)], axis=-1)


def join_label_maps(x, labels, num_classes):
    """Joins one-hot labels to images, as one constant map a class.

    Reference: [Radford et al., 2016](https://arxiv.org/abs/1511.06434), released code.
    """
    if num_classes is None:
        return x
    maps = one_hot_like(labels, num_classes, x)[:, None, None, :]
    shape = ops.shape(x)
    maps = ops.broadcast_to(maps, (shape[0], shape[1], shape[2], num_classes))
    return ops.concatenate([x, maps], axis=-1)


def class_weights(classes, num_samples, num_classes):
    """Returns the weights of classes in each image's embedding, float32, checked.

    Args:
        classes: a tuple `(first, second, fraction)`, two labels and how far from the
            first to the second, a number or one for each image; or an array of
            weights, `(num_classes,)` or `(num_samples, num_classes)`.
        num_samples, num_classes: int.

    Returns:
        array `(num_samples, num_classes)`.
    """
    if isinstance(classes, tuple):
        if len(classes) != 3:
            raise ValueError(
                "`classes` must be (first, second, fraction) where it is a tuple. "
                f"Received: classes={classes}"
            )
        first, second = (
            np.eye(num_classes)[check_int("classes", n, 0, num_classes - 1)]
            for n in classes[:2]
        )
        fraction = np.reshape(np.asarray(classes[2], "float64"), (-1, 1))
        classes = (1.0 - fraction) * first + fraction * second
    weights = np.atleast_2d(np.asarray(classes, "float32"))
    shapes = ((1, num_classes), (num_samples, num_classes))
    if weights.shape not in shapes or not np.isfinite(weights).all():
        raise ValueError(
            "`classes` must be finite weights (num_classes,) or (num_samples, "
            f"num_classes), or (first, second, fraction). Received: {weights.shape} "
            f"for {num_samples} samples of {num_classes} classes"
        )
    return np.ascontiguousarray(np.broadcast_to(weights, shapes[1]))


def one_hot_like(labels, num_classes, x):
    """Returns one-hot labels `(batch, num_classes)` of the dtype of `x`."""
    dtype = keras.backend.standardize_dtype(x.dtype)
    return ops.cast(ops.one_hot(ops.cast(labels, "int32"), num_classes), dtype)
