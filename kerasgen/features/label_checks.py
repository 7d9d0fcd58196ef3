"""Checks of labels, with one wording for every kind of data."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.features.checks import check_images, to_numpy


def check_labels(labels, num_examples, num_classes=None, allows_unlabeled=False):
    """Raises unless `labels` fits; returns an int32 array, a source or None.

    Images are labels too, of a model that is conditional on an image, and tokens of
    one that is on a text, and so is what an autoencoder is to reconstruct. With
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
    pixels = labels.dtype == np.uint8 or labels.dtype.kind == "f"
    if labels.ndim == 4 or (labels.ndim == 3 and pixels):
        return check_images(labels, "labels")
    labels = squeeze_labels(labels)
    if labels.ndim == 2 and labels.dtype.kind == "f" and not _is_one_hot(labels):
        return labels.astype("float32")  # points to be reconstructed
    if labels.ndim == 2 and labels.dtype.kind in "iu" and not _is_one_hot(labels):
        return labels.astype("int32")  # tokens
    if labels.ndim != 1:
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
    if labels is None or getattr(labels, "ndim", 1) != 1:
        return None
    if num_classes is not None:
        return check_int("num_classes", num_classes)
    if not isinstance(labels, np.ndarray):
        if np.ndim(labels[np.arange(1)]) > 2:
            return None  # images
        raise ValueError(
            "`num_classes` must be given where `labels` is a source. "
            "Received: num_classes=None"
        )
    return int(labels.max()) + 1


def check_batch_labels(
    labels, num_examples, num_classes, allows_unlabeled, name="labels"
):
    """Raises unless `labels` are classes of a model, one for each example.

    Args:
        labels: array, tensor or None.
        num_examples: int.
        num_classes: int.
        allows_unlabeled: bool. Whether a label may be -1.
        name: str. What errors call them.

    Returns:
        NumPy array `(num_examples,)`.
    """
    if labels is None:
        raise ValueError(
            f"`{name}` must be given to a model with num_classes={num_classes}: train "
            "on (images, labels). Received: images only"
        )
    labels = _label_row(labels, num_examples, name)
    _check_label_values(labels, num_classes, allows_unlabeled, name)
    return labels


def check_ignored_labels(labels, num_examples, takes_targets=False):
    """Raises unless `labels` are labels: a model that needs none passes over them.

    What is not a label, such as clean images beside noisy ones, is meant to matter.
    """
    if labels is None:
        return
    if not hasattr(labels, "shape") or to_numpy(labels).dtype.kind not in "iu":
        what = "labels or targets like `x`" if takes_targets else "class labels"
        kind = getattr(labels, "dtype", type(labels).__name__)
        raise _not_used(what, f"y of dtype {kind}")
    labels = to_numpy(labels)
    if labels.ndim > 2:
        raise _not_used("class labels", f"y of shape {labels.shape}")
    _label_row(labels, num_examples)


def refuse_weights(**weights):
    """Raises if weights of examples or classes are given."""
    for name, value in weights.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None: the losses of generative models are means "
                "over a batch in which every example counts the same; repeat examples "
                "in the data to give them weight. "
                f"Received: {name} of type {type(value).__name__}"
            )


def squeeze_labels(labels):
    """Returns labels `(n, 1)` as `(n,)`, and others as they are."""
    if labels.ndim == 2 and labels.shape[1] == 1 and labels.dtype.kind in "iu":
        return labels[:, 0]
    return labels


def _not_used(what, received):
    return ValueError(
        f"`y` must be None or {what}: this model cannot use anything else; pairs of "
        "noisy and clean images train `kerasgen.autoencoders.Autoencoder` alone. "
        f"Received: {received}"
    )


def _is_one_hot(labels):
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _label_row(labels, num_examples, name="labels"):
    labels = squeeze_labels(to_numpy(labels))
    if labels.shape[:1] != (num_examples,):
        raise ValueError(
            f"`{name}` must have one entry for each of the {num_examples} images. "
            f"Received: {name} of shape {labels.shape}"
        )
    if labels.ndim != 1:
        raise ValueError(
            f"`{name}` must be integers of shape (n,), not one-hot rows. "
            f"Received: {name} of shape {labels.shape}"
        )
    return labels


def _check_label_values(labels, num_classes, allows_unlabeled, name="labels"):
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f'`{name}` must be integers, pass `labels.astype("int32")`. '
            f"Received: {name} of dtype {labels.dtype}"
        )
    low, high = int(labels.min()), int(labels.max())
    lowest = -1 if allows_unlabeled else 0
    highest = np.iinfo("int32").max if num_classes is None else num_classes - 1
    if low < lowest or high > highest:
        free = num_classes is None and low < lowest
        rule = "at least 0" if free else f"in [0, {highest}]"
        rule += ", or -1 for no label" if allows_unlabeled else ""
        raise ValueError(
            f"`{name}` must be {rule}. Received: {name} from {low} to {high}"
        )
