"""Few labels of many: the others hidden, as learning from few labels is measured."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.data.content import Subset
from kerasgen.data.dataset import Dataset

_KEPT = ("batch_size", "seed", "shuffle", "drop_remainder", "num_classes")
_KEPT += ("class_names", "name", "split", "field")


def hide_labels(labels, num_labeled, seed=0):
    """Returns labels of which `num_labeled` are left and all others are -1.

    Those left are drawn evenly from the classes; where the classes do not divide
    `num_labeled`, some have one more.

    Args:
        labels: int array `(n,)`.
        num_labeled: int, at least one for each class.
        seed: int. Of the choice.

    Returns:
        int32 array `(n,)`.
    """
    labels = np.asarray(labels)
    check_int("num_labeled", num_labeled)
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.unique(labels[labels >= 0]))
    quotas = num_labeled // len(classes) + (
        np.arange(len(classes)) < num_labeled % len(classes)
    )
    hidden = np.full(len(labels), -1, "int32")
    for label, quota in zip(classes, quotas, strict=True):
        places = np.flatnonzero(labels == label)
        if not 0 < quota <= len(places):
            raise ValueError(
                "`num_labeled` must leave a label to every class, and not more than it "
                f"has. Received: num_labeled={num_labeled}, {len(places)} images of "
                f"class {label}"
            )
        hidden[generator.choice(places, quota, replace=False)] = label
    return hidden


def few_labels(dataset, num_labeled, seed=0, repeats=1):
    """Returns a `Dataset` with all labels but `num_labeled` hidden.

    Where 100 of 60,000 images have a label, most batches have none. With `repeats` an
    epoch holds each of them that many times: 100 times makes a seventh of a batch.

    Args:
        dataset: `kerasgen.data.Dataset` with an array of labels.
        num_labeled, seed: as in `hide_labels`.
        repeats: int. How often an epoch holds an image with a label. Defaults to `1`,
            for a view of `dataset`.
    """
    if not isinstance(dataset.labels, np.ndarray) or dataset.labels.ndim != 1:
        raise ValueError(
            "`dataset` must have an array of labels. "
            f"Received: labels of type {type(dataset.labels).__name__}"
        )
    labels = hide_labels(dataset.labels, num_labeled, seed)
    if check_int("repeats", repeats) == 1:
        view = dataset.copy()
        view.labels, view.allows_unlabeled = labels, True
        return view
    again = np.repeat(np.flatnonzero(labels >= 0), repeats - 1)
    rows = np.concatenate([np.arange(len(labels)), again])
    repeated = Dataset(
        Subset(dataset.source, rows),
        labels[rows],
        allows_unlabeled=True,
        **{name: getattr(dataset, name) for name in _KEPT},
    )
    repeated.notes = dataset.notes
    return repeated
