"""The check that every batch of any kind of data goes through on its way to a model."""

from kerasgen import features
from kerasgen.features import ClassLabel, Fields, Image, Tensor
from kerasgen.features.checks import check_dtype, check_range, to_numpy
from kerasgen.features.label_checks import check_ignored_labels


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
    x_field = Tensor(data_shape) if image_shape is None else Image(image_shape)
    y_field = None
    if condition_shape is not None:
        y_field = Image(condition_shape)
    elif num_classes is not None:
        y_field = ClassLabel(num_classes, allows_unlabeled)
    check_fields(Fields(x_field, y_field), x, labels, takes_targets)


def check_fields(fields, x, y=None, takes_targets=False):
    """Raises unless a batch fits the fields of a model.

    Args:
        fields: `kerasgen.features.Fields`.
        x: array or tensor of any framework, or a dict of them.
        y: as `x`, or None. Where there is no field `y`, labels that are passed over.
        takes_targets: bool. Whether `y` may be what is to be reconstructed.
    """
    x = features.check(fields.x, x)
    first = next(iter(x.values())) if isinstance(x, dict) else x
    if fields.y is not None:
        features.check(fields.y, y, "labels", len(first))
    elif takes_targets and is_target(y):
        check_targets(y, x.shape)
    else:
        check_ignored_labels(y, len(first), takes_targets)


def check_conditions(labels, num_examples, condition_shape):
    """Raises unless `labels` are images of `condition_shape`; returns an array."""
    return Image(condition_shape).check(labels, "labels", num_examples)


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
