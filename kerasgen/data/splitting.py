"""Training data in two: what a model learns from, and what it is measured on."""

import copy

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.data.content import choose
from kerasgen.data.loading import load
from kerasgen.data.order import Order, Position


def load_splits(name, validation=0, seed=0, loader=None, **options):
    """Loads training data, and the data that the model is measured on.

    The latter is the test split. With `validation` it is a part of the training split,
    which the model then does not learn from: settings that are chosen by the figures
    of that part have not seen the test split, whose figure is measured once, at last.

    Args:
        name: str or array, as in `load`.
        validation: int. Examples held out, as in `hold_out`; 0 for the test split.
        seed: int. Of the order, of data that is drawn, and of the part held out.
        loader: function as `load`, such as `load_pairs`; None for `load`.
        **options: the other arguments of `load`.

    Returns:
        two `kerasgen.data.Dataset`. The `split` of the second is `"validation"` or
        `"test"`.
    """
    check_int("validation", validation, minimum=0)
    loader = load if loader is None else loader
    training = loader(name, seed=seed, **options)
    if validation:
        return hold_out(training, validation, seed)
    return training, loader(name, split="test", **options)


def hold_out(dataset, count, seed=0):
    """Returns two views of a data set, without and with `count` examples drawn by seed.

    Both keep the classes, the size of batches and the storage order. The second is
    not shuffled, keeps its last batch, and its `split` is `"validation"`.

    Args:
        dataset: `kerasgen.data.Dataset`.
        count: int. Examples held out, fewer than the data set has.
        seed: int. Of the choice.
    """
    total = dataset.num_examples
    if not 0 < check_int("count", count) < total:
        raise ValueError(
            f"`count` must be less than {total}, the examples of {dataset.name!r}. "
            f"Received: count={count}"
        )
    chosen = np.zeros(total, bool)
    chosen[np.random.default_rng(seed).permutation(total)[:count]] = True
    rest = _view(dataset, np.flatnonzero(~chosen), dataset.split, dataset.shuffle)
    held = _view(dataset, np.flatnonzero(chosen), "validation", shuffle=False)
    return rest, held.augmented(None)


def select(dataset, indices):
    """Returns a view of some examples of a data set, in the order of `indices`.

    Args:
        dataset: `kerasgen.data.Dataset`.
        indices: ints `(n,)`, in storage order, each at most once.
    """
    indices, total = np.asarray(indices), dataset.num_examples
    whole = indices.ndim == 1 and len(indices) and indices.dtype.kind in "iu"
    if not whole or indices.min() < 0 or indices.max() >= total:
        raise ValueError(
            f"`indices` must be one or more ints in [0, {total - 1}]. "
            f"Received: indices of shape {indices.shape}, dtype {indices.dtype}"
        )
    return _view(dataset, indices, dataset.split, dataset.shuffle)


def _view(dataset, indices, split, shuffle):
    view = copy.copy(dataset)
    view.source = choose(dataset.source, indices)
    if dataset.labels is not None:
        view.labels = choose(dataset.labels, indices)
    view.num_examples = len(indices)
    view.split, view.shuffle = split, shuffle
    view.drop_remainder = dataset.drop_remainder and shuffle
    view._position = Position()
    view._order = Order(len(indices), dataset.seed, shuffle)
    view._check_enough()
    return view
