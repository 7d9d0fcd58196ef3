"""Sources whose examples are drawn when they are read, and kept while there is room."""

import numpy as np

from kerasgen.arguments import check_choice, check_int

SPLITS = ("train", "validation", "test")
KEPT_BYTES = 1 << 28  # of examples that were drawn, for the next epochs
CHUNK = 32  # examples drawn at a time


class DrawnSource:
    """Base of sources of drawn examples: each a pure function of (seed, stream, index).

    A subclass gives `draw_facts`, what one example is drawn from, and `render`.

    Args:
        num_examples: int.
        image_size: tuple `(height, width)`.
        seed: int.
        stream: int. Number of the split.
    """

    def __init__(self, num_examples, image_size, seed=0, stream=0):
        self.num_examples = num_examples
        self.image_size = tuple(image_size)
        self.seed = seed
        self.stream = stream
        self._kept = self._is_kept = None

    def draw_facts(self, generator):
        """Returns all that one example is drawn from: a dict of numbers and arrays."""
        raise NotImplementedError

    def render(self, facts):
        """Returns the examples of facts, a dict of arrays `(n, ...)`."""
        raise NotImplementedError

    def __len__(self):
        return self.num_examples

    def __getitem__(self, indices):
        indices = np.arange(len(self))[indices]
        if self._is_kept is None:
            self._make_room(self._drawn(np.arange(1)))
        if self._kept is None:
            return self._drawn(indices)
        missing = np.unique(indices[~self._is_kept[indices]])
        if len(missing):
            self._kept[missing] = self._drawn(missing)
            self._is_kept[missing] = True
        return self._kept[indices]

    def facts(self, indices):
        """Returns what some examples are drawn from: a dict of arrays `(n, ...)`."""
        indices = np.arange(len(self))[np.atleast_1d(indices)]
        found = [
            self.draw_facts(np.random.default_rng([self.seed, self.stream, int(index)]))
            for index in indices
        ]
        facts = {key: np.stack([row[key] for row in found]) for key in found[0]}
        return {
            key: value.astype("float32") if value.dtype == "float64" else value
            for key, value in facts.items()
        }

    def _drawn(self, indices):
        parts = range(0, len(indices), CHUNK)
        parts = [self.render(self.facts(indices[i : i + CHUNK])) for i in parts]
        return np.concatenate(parts)

    def _make_room(self, first):
        self._is_kept = np.zeros(len(self), bool)
        if first.nbytes * len(self) <= KEPT_BYTES:
            self._kept = np.empty((len(self), *first.shape[1:]), first.dtype)


class FactSource:
    """Source of what a function says of the examples of a `DrawnSource`.

    Args:
        source: `DrawnSource`.
        function: function of facts, a dict of arrays `(n, ...)`, that returns an array
            or a dict of arrays.
    """

    def __init__(self, source, function):
        self.source = source
        self.function = function

    def __len__(self):
        return len(self.source)

    def __getitem__(self, indices):
        return self.function(self.source.facts(indices))


def check_drawn(split, num_examples, image_size, default, least):
    """Returns the number of the split and `(height, width)`, checked.

    Args:
        split: str, one of `SPLITS`.
        num_examples: int.
        image_size: `(height, width)`, or None for `default`.
        default: int. Pixels of a side.
        least: int. Pixels of a side, at least.
    """
    check_choice("split", split, SPLITS)
    check_int("num_examples", num_examples)
    image_size = image_size or (default, default)
    if min(image_size) < least:
        raise ValueError(
            f"`image_size` must be at least {least}. Received: image_size={image_size}"
        )
    return SPLITS.index(split), image_size


def check_labels(labels, kinds):
    """Returns the kinds of labels that are asked for, a list; empty for none.

    Args:
        labels: False, True for all of them, a str, or a list of str.
        kinds: sequence of str.
    """
    if labels is False:
        return []
    if labels is True:
        return list(kinds)
    names = [labels] if isinstance(labels, str) else labels
    if not isinstance(names, (list, tuple)) or len(set(names)) < len(names):
        raise ValueError(
            f"`labels` must be a bool, or of {list(kinds)}, each once. "
            f"Received: labels={labels!r}"
        )
    return [check_choice("labels", name, (False, True, *kinds)) for name in names]
