"""Anything that `fit` takes, brought to one form or left alone."""

import weakref

import keras
import numpy as np

from kerasgen import features
from kerasgen.data.dataset import Dataset
from kerasgen.features.checks import check_images, check_not_dark, to_numpy
from kerasgen.features.label_checks import check_labels, squeeze_labels

# The first batch of a generator that was looked at, until the generator is gone.
_FIRST_BATCHES = weakref.WeakKeyDictionary()


def as_dataset(
    x,
    y=None,
    batch_size=None,
    shuffle=True,
    seed=0,
    batches_per_step=1,
    allows_unlabeled=False,
    field=None,
):
    """Returns arrays as a training `Dataset`, and other data unchanged.

    Args:
        x: array, tuple `(images, labels)` of arrays, `Dataset`, or any data that
            `keras.Model.fit` takes.
        y: array of labels, where `x` is an array.
        batch_size: int or None. For arrays, defaults to 32, or fewer where there are
            fewer examples. A `Dataset` has its own.
        shuffle: bool. For arrays: those that are not shuffled keep their last, smaller
            batch.
        seed: int. Seed of the order, for arrays.
        batches_per_step: int. Batches that one training step reads at once.
        allows_unlabeled: bool. Whether a label may be -1, for arrays.
        field: as in `Dataset`, for arrays.

    Returns:
        `Dataset` for arrays and data sets. `tf.data.Dataset`, torch `DataLoader`,
        other `PyDataset` and grain come back as they are; an iterator comes back as a
        generator with the same batches.
    """
    if isinstance(x, tuple) and len(x) in (1, 2) and is_arrays(x[0]):
        if y is not None and len(x) == 2:
            raise ValueError(
                "`y` must be None where `x` is a tuple (images, labels). "
                f"Received: y of type {type(y).__name__}"
            )
        x, y = x[0], (x[1] if len(x) == 2 else y)
    if is_arrays(x):
        first = next(iter(x.values())) if isinstance(x, dict) else x
        count = first.shape[0] if len(first.shape) else 0
        if batch_size is None:
            batch_size = max(1, min(32, count // batches_per_step))
        dataset = Dataset(
            x,
            y,
            batch_size,
            seed=seed,
            shuffle=shuffle,
            allows_unlabeled=allows_unlabeled,
            field=field,
        )
        return dataset.with_batches_per_step(batches_per_step)
    x = check_kind(x, y)
    if isinstance(x, Dataset):
        if batch_size is not None and batch_size != x.batch_size:
            raise ValueError(
                f"`batch_size` must be None or the data set's own, {x.batch_size}. "
                f"Received: batch_size={batch_size!r}"
            )
        return x.with_batches_per_step(batches_per_step)
    return x


def is_array(x):
    """Returns whether `x` is an array or tensor of any framework."""
    return hasattr(x, "shape") and hasattr(x, "dtype")


def is_arrays(x):
    """Returns whether `x` is an array, or a dict of arrays by name."""
    named = isinstance(x, dict) and bool(x)
    return all(map(is_array, x.values())) if named else is_array(x)


def is_one_shot(x):
    """Returns whether `x` is an iterator, which can be read once only."""
    return hasattr(x, "__next__") and iter(x) is x


def is_loader(x):
    """Returns whether `x` is a `DataLoader`, of torch or grain, or a grain data set."""
    names = ("DataLoader", "MapDataset", "IterDataset")
    return any(kind.__name__ in names for kind in type(x).__mro__)


def is_tf_data(x):
    """Returns whether `x` is a data set of `tf.data`, or distributed ones."""
    names = ("DatasetV2", "DistributedDataset", "DistributedDatasetsFromFunction")
    return any(kind.__name__ in names for kind in type(x).__mro__)


def check_kind(x, y=None, name="x"):
    """Raises unless `x` yields batches; returns it, an iterator as a generator."""
    hint = f"; use kerasgen.data.load({x!r})" if isinstance(x, str) else ""
    known = isinstance(x, keras.utils.PyDataset) or is_loader(x) or is_tf_data(x)
    if not (known or is_one_shot(x)):
        raise TypeError(
            f"`{name}` must be an array, a tuple (images, labels), a Dataset, or data "
            "that yields batches: tf.data.Dataset, PyDataset, DataLoader or a "
            f"generator{hint}. Received: {name} of type {type(x).__name__}"
        )
    if y is not None:
        raise ValueError(
            f"`y` must be None where `{name}` yields batches itself. "
            f"Received: y of type {type(y).__name__}"
        )
    if isinstance(x, keras.utils.PyDataset) and x.num_batches == 0:
        raise ValueError(
            f"`{name}` must yield at least one batch. "
            f"Received: {name} of type {type(x).__name__} that has none"
        )
    return _peekable(x) if is_one_shot(x) else x


def check_reiterable(
    x, epochs, steps_per_epoch=None, name="x", steps_name="steps_per_epoch"
):
    """Raises ValueError if an iterator is to be read in more than one epoch."""
    if epochs > 1 and steps_per_epoch is None and is_one_shot(x):
        raise ValueError(
            f"`{name}` must be re-iterable to be read in more than one epoch; pass "
            f"`{steps_name}`, or a data set in place of an iterator. "
            f"Received: {name} of type {type(x).__name__}, epochs={epochs}"
        )


def tidy_arrays(fields, x, labels, codes=False):
    """Returns arrays as `fit` takes them in the shapes that a step has.

    Args:
        fields: `kerasgen.features.Fields` of a model.
        x: array, tensor or list of images, with or without a channel, or of points; a
            dict of them where the fields are named.
        labels: labels `(n,)` or `(n, 1)`, an int, images in their place, or None.
        codes: bool. Whether `x` are codes, not images.

    Returns:
        NumPy arrays `x` and `labels`; the latter None where none are given.
    """
    if not (is_arrays(x) or isinstance(x, (list, tuple))):
        hint = "; `x.arrays()` gives those of a Dataset"
        raise TypeError(
            f"`x` must be an array{hint if isinstance(x, Dataset) else ''}. "
            f"Received: x of type {type(x).__name__}"
        )
    if fields.is_named:
        features.check_names(fields.x, x)
    elif isinstance(x, dict):
        raise TypeError(
            f"`x` must be one array. Received: x of type dict with keys {list(x)}"
        )
    x = features.over(fields.x, "tidy", x)
    if not codes:
        check_not_dark(x)
    if labels is None:
        return x, None
    if fields.y is not None:
        named = isinstance(fields.y, dict) or fields.y.is_named
        fits = named == isinstance(labels, dict)  # else it is for the check to refuse
        return x, features.over(fields.y, "tidy", labels) if fits else labels
    if isinstance(labels, dict):
        return x, labels
    labels = squeeze_labels(to_numpy(labels))
    return x, labels[..., None] if labels.ndim == 3 else labels


def first_batch(x):
    """Returns one batch of `x` as a tuple of NumPy arrays, `(images, ...)`.

    An iterator must have gone through `as_dataset`, which keeps its first batch.
    """
    if isinstance(x, keras.utils.PyDataset):
        batch = x[0]
    elif is_one_shot(x):
        batch = _FIRST_BATCHES[x]
    else:
        batch = next(iter(x), None)
    if batch is None:
        raise ValueError(
            "`x` must yield at least one batch. "
            f"Received: x of type {type(x).__name__} that yields none"
        )
    return as_batch(batch, x)


def as_batch(batch, x=None):
    """Returns a batch of any data as a tuple of NumPy arrays, `(images, ...)`."""
    if is_arrays(batch):
        if is_loader(x) and not isinstance(batch, dict):
            raise ValueError(
                "`x` must yield tuples (images,) or (images, labels); wrap the tensors "
                "in torch.utils.data.TensorDataset. Received: a DataLoader that yields "
                "bare tensors"
            )
        batch = (batch,)
    if not isinstance(batch, (tuple, list)) or not 1 <= len(batch) <= 3:
        kind = type(batch).__name__
        if isinstance(batch, (tuple, list)):
            kind = f"{kind} of {len(batch)} parts"
        raise ValueError(
            "`x` must yield tuples (images,) or (images, labels). "
            f"Received: batches of type {kind}"
        )
    return tuple(None if part is None else _to_numpy(part) for part in batch)


def _to_numpy(part):
    if isinstance(part, dict):
        return {name: to_numpy(value) for name, value in part.items()}
    return to_numpy(part)


def split_arrays(x, y, validation_split, allows_unlabeled=False, field=None):
    """Returns `((x, y), validation_data)`: the last share of the arrays is held out.

    Args:
        x: array of images.
        y: array of labels or None.
        validation_split: float in `(0, 1)`.
        allows_unlabeled: bool. Whether a label may be -1.
        field: as in `Dataset`.
    """
    if isinstance(x, tuple) and y is None:
        x, y = (*x, None)[:2]
    if field is not None and is_arrays(x):
        whole = Dataset(x, y, 1, field=field, allows_unlabeled=allows_unlabeled)
        x, y = whole.arrays()
    elif not is_array(x):
        raise ValueError(
            "`validation_split` must be 0 unless `x` is an array; pass "
            f"`validation_data`. Received: x of type {type(x).__name__}"
        )
    else:
        x = check_images(x, "x")
        y = check_labels(y, len(x), allows_unlabeled=allows_unlabeled)
    count = len(keras.tree.flatten(x)[0])
    first = int(np.floor(count * (1 - validation_split)))
    if not 0 < first < count:
        raise ValueError(
            "`validation_split` must leave examples on both sides. Received: "
            f"validation_split={validation_split} of {count} examples"
        )
    parts = (x,) if y is None else (x, y)
    kept = keras.tree.map_structure(lambda part: part[:first], parts)
    held = keras.tree.map_structure(lambda part: part[first:], parts)
    return (*kept, None)[:2], held


def _peekable(iterator):
    """Returns a generator with the batches of `iterator`, as tuples."""
    first = next(iterator, None)

    def batches():
        if first is not None:
            yield _as_tuple(first)
            for batch in iterator:
                yield _as_tuple(batch)

    generator = batches()
    _FIRST_BATCHES[generator] = first
    return generator


def _as_tuple(batch):
    return (batch,) if is_arrays(batch) else batch
