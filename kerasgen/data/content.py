"""What a loader hands to `load`, and views on sources."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Content:
    """Examples, before they are batched.

    Args:
        images: array, or source (`len()`, and indexing by an array of indices).
        labels: the same, of integers, or None.
        class_names: sequence of str or None.
        num_classes: int or None. Classes of the whole data set, where neither names
            nor a part's labels tell.
        field: as in `Dataset`: what examples, or examples and labels, are, where these
            are of other kinds than images or points and classes.
        attributes: dict of what the `Dataset` shows as attributes of its own.
    """

    images: object
    labels: object = None
    class_names: tuple | None = None
    num_classes: int | None = None
    field: object = None
    attributes: dict = dataclasses.field(default_factory=dict)

    def subset(self, count):
        """Returns a fixed random choice of `count` examples, in storage order."""
        indices = part_of(len(self.images), count)
        labels = self.labels
        if isinstance(labels, dict):
            labels = {key: choose(part, indices) for key, part in labels.items()}
        elif labels is not None:
            labels = choose(labels, indices)
        return dataclasses.replace(
            self, images=choose(self.images, indices), labels=labels
        )


def part_of(total, count):
    """Returns the places of a fixed random choice of `count` of `total`, in order."""
    if count > total:
        raise ValueError(
            f"`num_examples` must be at most {total}. Received: num_examples={count}"
        )
    return np.sort(np.random.default_rng(0).permutation(total)[:count])


def choose(source, indices):
    """Returns some rows of an array, or the source of some examples."""
    if isinstance(source, np.ndarray):
        return source[indices]
    if hasattr(source, "choose"):
        return source.choose(indices)
    return Subset(source, indices)


class Subset:
    """Source of some examples of another one."""

    def __init__(self, source, indices):
        self.source = source
        self.indices = indices

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, indices):
        return self.source[self.indices[indices]]
