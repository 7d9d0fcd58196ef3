"""Labels as inputs: joined to vectors, or to images as constant maps."""

import keras
from keras import ops


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


def one_hot_like(labels, num_classes, x):
    """Returns one-hot labels `(batch, num_classes)` of the dtype of `x`."""
    dtype = keras.backend.standardize_dtype(x.dtype)
    return ops.cast(ops.one_hot(ops.cast(labels, "int32"), num_classes), dtype)
