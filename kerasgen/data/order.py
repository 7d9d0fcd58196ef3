"""The order of examples, and the position in it."""

import hashlib
import itertools

import keras
import numpy as np


class Position:
    """Where a pass over the data stands; shared by all views of one data set."""

    def __init__(self):
        self.epoch = 0
        self.batches = 0  # of `batch_size` examples, used in this epoch
        self.within_epoch = False
        self.sought = False  # by `seek`, and nothing was read since


class Order:
    """Permutations of `range(num_examples)`: pure functions of (seed, epoch)."""

    def __init__(self, num_examples, seed, shuffle):
        self.num_examples = num_examples
        self.seed = seed
        self.shuffle = shuffle
        self._cache = {}

    def __call__(self, epoch):
        order = self._cache.get(epoch)
        if order is None:
            order = self._make(epoch)
            # A new dict, as another thread may be reading the old one.
            self._cache = {**dict(list(self._cache.items())[-1:]), epoch: order}
        return order

    def _make(self, epoch):
        if not self.shuffle:
            return np.arange(self.num_examples)
        generator = np.random.default_rng([*np.atleast_1d(self.seed), epoch])
        return generator.permutation(self.num_examples)


class UnpairedOrder(Order):
    """Orders of several sources: an endless stream of permutations of each.

    The order of an epoch is `(n, sources)`, `n` examples of the longest source. That
    of a shorter one begins again, in another order, wherever it ends.
    """

    def __init__(self, counts, seed, shuffle):
        super().__init__(max(counts), seed, shuffle)
        self._orders = [
            Order(count, [i, *np.atleast_1d(seed)], shuffle)
            for i, count in enumerate(counts)
        ]

    def _make(self, epoch):
        return np.stack([self._column(order, epoch) for order in self._orders], axis=1)

    def _column(self, order, epoch):
        count, start = order.num_examples, epoch * self.num_examples
        passes = range(start // count, (start + self.num_examples - 1) // count + 1)
        stream = np.concatenate([order(number) for number in passes])
        skipped = start - passes[0] * count
        return stream[skipped : skipped + self.num_examples]


def make_order(source, seed, shuffle):
    """Returns the order of a source's examples: its own, where it makes one."""
    if hasattr(source, "make_order"):
        return source.make_order(seed, shuffle)
    return Order(len(source), seed, shuffle)


def spread_indices(count, total, labels=None, seed=0):
    """Returns `count` indices of `range(total)`, in order: one of each equal part.

    Parts are of the examples in the order of their classes, or in storage order. So
    every class has its share, and a folder sorted by class is seen from end to end.

    Args:
        count: int, at most `total`.
        total: int.
        labels: int array `(total,)`, or None.
        seed: int, of the choice within each part.
    """
    order = np.arange(total) if labels is None else np.argsort(labels, kind="stable")
    edges = np.arange(count + 1) * total // count
    within = np.random.default_rng(seed).random(count) * np.diff(edges)
    return np.sort(order[edges[:-1] + within.astype(int)])


def fingerprint(num_examples, read):
    """Returns a digest of the number of examples and the content of eight of them.

    Args:
        num_examples: int.
        read: function of indices that returns a tuple of arrays.
    """
    digest = hashlib.sha256(str(num_examples).encode())
    rows = np.unique(np.linspace(0, num_examples - 1, 8).astype(int))
    for array in keras.tree.flatten(read(rows)):
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def batches(data, steps):
    """Yields batches of a data set, pass after pass, for a number of updates.

    Args:
        data: iterable of batches, such as `kerasgen.data.Dataset`.
        steps: int.
    """
    passes = (batch for _ in itertools.count() for batch in data)
    return itertools.islice(passes, steps)
