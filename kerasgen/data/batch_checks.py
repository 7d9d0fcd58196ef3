"""The check that every batch of any kind of data goes through on its way to a model."""

from kerasgen.data.checks import (
    check_dtype,
    check_not_binary,
    check_range,
    check_rank,
    to_numpy,
)
from kerasgen.data.label_checks import check_batch_labels, check_ignored_labels


def validate_batch(
    x,
    labels=None,
    image_shape=None,
    num_classes=None,
    data_shape=None,
    condition_shape=None,
    allows_unlabeled=False,
    takes_targets=False,
):
    """Raises unless one batch of any data set fits a model.

    Args:
        x: batch of images, or of points: array or tensor.
        labels: batch of labels, or None.
        image_shape: tuple `(height, width, channels)` of the model, or None.
        num_classes: int, or None for a model that ignores labels, which must be
            labels all the same: integers, one an example.
        data_shape: tuple, shape of an example, for models of other data than images.
        condition_shape: tuple `(height, width, channels)` of the images that stand in
            the place of labels, or None.
        allows_unlabeled: bool. Whether a label may be -1, for none.
        takes_targets: bool. Whether the labels may be what is to be reconstructed.

    Raises:
        ValueError: if the shape, range or labels are wrong.
    """
    x = to_numpy(x)
    if x.ndim == 3 and image_shape is not None:
        x = x[..., None]  # grey images without a channel
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
    if condition_shape is not None:
        check_conditions(labels, len(x), condition_shape)
    elif num_classes is not None:
        check_batch_labels(labels, len(x), num_classes, allows_unlabeled)
    elif takes_targets and is_target(labels):
        check_targets(labels, x.shape)
    else:
        check_ignored_labels(labels, len(x), takes_targets)


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


def is_target(labels):
    """Returns whether what stands beside `x` is data like it, not labels."""
    return labels is not None and (
        labels.ndim > 2 or (labels.ndim == 2 and "float" in str(labels.dtype))
    )


def check_targets(targets, shape):
    """Raises unless `targets` are data of `shape`, to be reconstructed."""
    targets = to_numpy(targets)
    if targets.ndim == 3 and len(shape) == 4:
        targets = targets[..., None]
    if targets.shape != tuple(shape):
        raise ValueError(
            f"`y` must be labels, or targets like `x`, of shape {tuple(shape)}. "
            f"Received: y of shape {targets.shape}"
        )
    check_dtype(targets, "y")
    if targets.dtype.kind == "f":
        check_range(targets, "y")
