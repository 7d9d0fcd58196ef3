"""Checks of images and labels, with one wording for every kind of data."""

import numpy as np

from kerasgen.training.arguments import check_int

CHUNK_BYTES = 1 << 26
TOLERANCE = 1e-6


def check_images(images, name="images"):
    """Raises unless `images` can be trained on; returns an array or a source.

    Arrays are looked through once, in chunks; grey images `(n, height, width)` get
    their channel. A source (anything else with `len()` and indexing) is checked by its
    first example only.
    """
    if not hasattr(images, "dtype"):
        if not (hasattr(images, "__len__") and hasattr(images, "__getitem__")):
            raise TypeError(
                f"`{name}` must be an array or have `len()` and take an array of "
                f"indices. Received: {name} of type {type(images).__name__}"
            )
        if isinstance(images, (list, tuple, str, dict)):
            raise TypeError(
                f"`{name}` must be one array. "
                f"Received: {name} of type {type(images).__name__}"
            )
        check_not_empty(images, name)
        check_rank(np.asarray(images[np.arange(1)]), name)
        return images
    images = to_numpy(images)
    if images.ndim:
        check_not_empty(images, name)
    check_dtype(images, name)
    check_rank(images, name, channel_optional=True)
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype.kind == "f":
        if images.dtype != np.float32:
            images = images.astype("float32")
        rows = max(1, CHUNK_BYTES // max(1, images[0].nbytes))
        for start in range(0, len(images), rows):
            check_range(images[start : start + rows], name)
    elif images.ndim == 4:
        check_not_binary(images, name)
    return images


def check_labels(labels, num_examples, num_classes=None, allows_unlabeled=False):
    """Raises unless `labels` fits; returns an int32 array, a source or None.

    Images are labels too, of a model that is conditional on an image. With
    `allows_unlabeled`, -1 stands for no label.
    """
    if labels is None:
        return None
    if isinstance(labels, (list, tuple)):
        labels = np.asarray(labels)
    if not hasattr(labels, "__len__"):
        raise TypeError(
            "`labels` must be an array of integers or None. "
            f"Received: labels of type {type(labels).__name__}"
        )
    if len(labels) != num_examples:
        raise ValueError(
            f"`labels` must have one entry for each of the {num_examples} examples. "
            f"Received: {len(labels)} labels"
        )
    if not hasattr(labels, "dtype"):
        return labels
    labels = to_numpy(labels)
    if labels.ndim == 4:
        return check_images(labels, "labels")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        raise ValueError(
            "`labels` must be integers of shape (n,); for one-hot rows pass "
            f"labels.argmax(-1). Received: labels of shape {labels.shape}"
        )
    _check_label_values(labels, num_classes, allows_unlabeled)
    return labels.astype("int32")


def check_class_names(class_names, num_classes=None):
    """Raises unless the names are distinct, one for each class; returns a list."""
    if class_names is None:
        return None
    if isinstance(class_names, str) or not all(isinstance(n, str) for n in class_names):
        raise TypeError(
            "`class_names` must be a sequence of str. "
            f"Received: class_names={class_names!r}"
        )
    names = [str(name) for name in class_names]
    if len(set(names)) < len(names) or num_classes not in (None, len(names)):
        count = "" if num_classes is None else f"{num_classes} "
        raise ValueError(
            f"`class_names` must be {count}distinct names. "
            f"Received: class_names={names}"
        )
    return names


def count_classes(labels, num_classes):
    """Returns the number of classes, or None without labels of classes."""
    if labels is None or getattr(labels, "ndim", 1) == 4:
        return None
    if num_classes is not None:
        return check_int("num_classes", num_classes)
    if not isinstance(labels, np.ndarray):
        raise ValueError(
            "`num_classes` must be given where `labels` is a source. "
            "Received: num_classes=None"
        )
    return int(labels.max()) + 1


def validate_batch(
    x,
    labels=None,
    image_shape=None,
    num_classes=None,
    data_shape=None,
    condition_shape=None,
    allows_unlabeled=False,
):
    """Raises unless one batch of any data set fits a model.

    Args:
        x: batch of images, or of points: array or tensor.
        labels: batch of labels, or None.
        image_shape: tuple `(height, width, channels)` of the model, or None.
        num_classes: int, or None for a model that ignores labels.
        data_shape: tuple, shape of an example, for models of other data than images.
        condition_shape: tuple `(height, width, channels)` of the images that stand in
            the place of labels, or None.
        allows_unlabeled: bool. Whether a label may be -1, for none.

    Raises:
        ValueError: if the shape, range or labels are wrong.
    """
    x = to_numpy(x)
    check_dtype(x, "x")
    check_rank(x, "x", images_only=image_shape is not None)
    shape = image_shape if image_shape is not None else data_shape
    what = "images" if image_shape is not None else "examples"
    if shape is not None and x.shape[1:] != tuple(shape):
        raise ValueError(
            f"`x` must have {what} of shape {tuple(shape)}. "
            f"Received: shape {x.shape[1:]}"
        )
    if len(x) == 0:
        raise ValueError("`x` must hold at least one example. Received: an empty batch")
    if x.dtype.kind == "f":
        check_range(x, "x")
    elif x.ndim == 4:
        check_not_binary(x, "x")
    if num_classes is not None:
        _check_batch_labels(labels, len(x), num_classes, allows_unlabeled)
    if condition_shape is not None:
        check_conditions(labels, len(x), condition_shape)


def check_conditions(labels, num_examples, condition_shape):
    """Raises unless `labels` are images of `condition_shape`; returns an array."""
    shape = (num_examples, *condition_shape)
    received = "None" if labels is None else f"labels of shape {tuple(labels.shape)}"
    if labels is None or tuple(labels.shape) != shape:
        raise ValueError(
            "`labels` must be images for a model that is conditional on images: of "
            f"shape {shape}. Received: {received}"
        )
    labels = to_numpy(labels)
    check_dtype(labels, "labels")
    if labels.dtype.kind == "f":
        check_range(labels, "labels")
    return labels


def to_numpy(x):
    """Returns an array or tensor of any framework as a NumPy array."""
    if hasattr(x, "detach"):  # a torch tensor, perhaps on a GPU
        x = x.detach().cpu()
        x = x.float() if str(x.dtype) == "torch.bfloat16" else x
    x = np.asarray(x)
    return x.astype("float32") if x.dtype.name == "bfloat16" else x


def check_not_empty(images, name):
    if len(images) == 0:
        raise ValueError(
            f"`{name}` must hold at least one example. Received: no examples"
        )


def check_dtype(images, name):
    if images.dtype == np.uint8 or images.dtype.kind == "f":
        return
    hint = ""
    if images.dtype == object:
        hint = "; all images must have one shape, np.stack them to one array"
    elif images.dtype.kind in "iu":
        hint = '; for values in 0..255 pass `x.astype("uint8")`'
    elif images.dtype.kind == "b":
        hint = '; pass `x.astype("float32")`'
    raise ValueError(
        f"`{name}` must be uint8, or floats in [0, 1]{hint}. "
        f"Received: {name} of dtype {images.dtype}"
    )


def check_rank(images, name, channel_optional=False, images_only=False):
    shape = images.shape
    if len(shape) == 4:
        if shape[1] in (1, 3) and shape[3] not in (1, 3, 4):
            raise ValueError(
                f"`{name}` must have its channels last: (n, height, width, channels); "
                f"transpose it with `np.transpose(x, (0, 2, 3, 1))`. "
                f"Received: {name} of shape {shape}"
            )
        return
    points = len(shape) == 2 and images.dtype.kind == "f" and not images_only
    if points or (len(shape) == 3 and channel_optional):
        return
    raise ValueError(
        f"`{name}` must be images of shape (n, height, width, channels). "
        f"Received: {name} of shape {shape}"
    )


def check_range(images, name):
    """Raises unless floats are finite and, for images, in `[0, 1]`."""
    low, high = float(images.min()), float(images.max())  # both NaN if one value is
    if not (np.isfinite(low) and np.isfinite(high)):
        rows = ~np.isfinite(images.reshape(len(images), -1)).all(axis=1)
        raise ValueError(
            f"`{name}` must be finite. Received: {name} with NaN or Inf in "
            f"{int(rows.sum())} of {len(images)} examples, "
            f"the first at index {int(rows.argmax())}"
        )
    if images.ndim != 4 or (low >= -TOLERANCE and high <= 1 + TOLERANCE):
        return
    if low < 0:
        hint = "rescale [-1, 1] by `(x + 1) / 2`" if low >= -1.01 else "rescale it"
    else:
        hint = 'pass `x.astype("uint8")` or divide by 255'
    raise ValueError(
        f"`{name}` must be uint8, or floats in [0, 1]; {hint}. "
        f"Received: {name} with values in [{low:g}, {high:g}]"
    )


def check_not_binary(images, name):
    """Raises if uint8 images hold 0 and 1 only, which would be all but black."""
    if images.max() == 1:
        raise ValueError(
            f"`{name}` must use the range 0..255 if it is uint8; for black and white "
            f'images pass `x.astype("float32")`. '
            f"Received: {name} of dtype uint8 with values in [0, 1]"
        )


def _check_batch_labels(labels, num_examples, num_classes, allows_unlabeled):
    if labels is None:
        raise ValueError(
            f"`labels` must be given to a model with num_classes={num_classes}: train "
            "on (images, labels). Received: images only"
        )
    labels = to_numpy(labels)
    if labels.shape[:1] != (num_examples,):
        raise ValueError(
            f"`labels` must have one entry for each of the {num_examples} images. "
            f"Received: labels of shape {labels.shape}"
        )
    if labels.ndim == 2:
        raise ValueError(
            "`labels` must be integers of shape (n,), not one-hot rows. "
            f"Received: labels of shape {labels.shape}"
        )
    _check_label_values(labels, num_classes, allows_unlabeled)


def _check_label_values(labels, num_classes, allows_unlabeled):
    if labels.dtype.kind not in "iu":
        raise ValueError(
            '`labels` must be integers, pass `labels.astype("int32")`. '
            f"Received: labels of dtype {labels.dtype}"
        )
    low, high = int(labels.min()), int(labels.max())
    lowest = -1 if allows_unlabeled else 0
    if low < lowest or (num_classes is not None and high >= num_classes):
        rule = "at least 0" if num_classes is None else f"in [0, {num_classes - 1}]"
        rule += ", or -1 for no label" if allows_unlabeled else ""
        raise ValueError(
            f"`labels` must be {rule}. Received: labels from {low} to {high}"
        )
