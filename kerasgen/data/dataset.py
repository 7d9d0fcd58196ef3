"""A data set whose order is a pure function of (seed, epoch)."""

import copy

import keras
import numpy as np

from kerasgen.arguments import check_int
from kerasgen.data.augmenting import Augmented
from kerasgen.data.display import DatasetDisplay
from kerasgen.data.joined import Joined, as_declared, as_fields, as_source
from kerasgen.data.order import Position, fingerprint, make_order, spread_indices
from kerasgen.data.positioned import Positioned
from kerasgen.data.rows import as_int32, as_lists, check_rows, example_shape
from kerasgen.features import ClassLabel, Image, label_checks


class Dataset(Positioned, Augmented, DatasetDisplay, keras.utils.PyDataset):
    """Batches of `(images,)` or `(images, labels)` in a reproducible order.

    The order of an epoch depends on `seed` and the epoch only, so that a run that
    was resumed at `seek(epoch, batch)` sees exactly the batches that would have
    followed. Reading a batch changes nothing; Keras moves the epoch on. (The `fit` of
    a plain `keras.Model` needs `shuffle=False`, or it mixes the batches once more.)

    Args:
        images: Images, a `uint8` array, or floats in `[0, 1]`, of shape
            `(n, height, width, channels)` or `(n, height, width)`; or points, floats
            of shape `(n, features)`; or any object with `len()` that returns such an
            array for an array of indices (a source); or a dict of these by name, for a
            model with named fields.
        labels: Integers of shape `(n,)`, or a source of integers, or None; for a model
            that is conditional on images, those images; or a dict of arrays by name.
        batch_size: int. Examples a batch. Defaults to `128`.
        seed: int. Seed of the order. Defaults to `0`.
        shuffle: bool. Whether every epoch has its own order. Defaults to `True`.
        drop_remainder: bool. Whether the last, smaller batch is left out. Defaults to
            `shuffle`, that is, training drops it and evaluation keeps it.
        num_classes: int or None. Defaults to the number of `class_names`, or the
            largest label plus one.
        class_names: sequence of distinct str, one for each class, or None.
        name: str. Name of the data set, for messages and checkpoints.
        split: str. Name of the split.
        allows_unlabeled: bool. Whether a label may be -1, for none, as models take it
            that learn from few labels.
        field: `kerasgen.features.Feature` that the examples are, such as `Volume(16)`,
            or dict of them, where they are of other kinds than above; or the
            `kerasgen.features.Fields` of examples and labels; or None. Arrays are then
            checked by their features. Kept as the attribute `fields`, or None.
    """

    def __init__(
        self,
        images,
        labels=None,
        batch_size=128,
        seed=0,
        shuffle=True,
        drop_remainder=None,
        num_classes=None,
        class_names=None,
        name="arrays",
        split="all",
        allows_unlabeled=False,
        field=None,
    ):
        super().__init__()
        fields = self.fields = as_declared(field)
        self.source = as_fields(fields.x, images) if fields else as_source(images)
        self.num_examples = len(self.source)
        self.allows_unlabeled = bool(allows_unlabeled)
        self.class_names = label_checks.check_class_names(class_names, num_classes)
        if num_classes is None and class_names is not None:
            num_classes = len(self.class_names)
        own = None if fields is None or labels is None else fields.y
        if own is not None:
            self.labels = as_fields(own, labels, "labels")
            num_classes = own.num_classes if isinstance(own, ClassLabel) else None
        elif isinstance(labels, dict):
            self.labels, num_classes = Joined(labels, "labels"), None
        else:
            self.labels = label_checks.check_labels(
                labels, self.num_examples, num_classes, self.allows_unlabeled
            )
            num_classes = label_checks.count_classes(self.labels, num_classes)
        self.num_classes = num_classes
        self._check_labels_count()
        self.label_shape = None if self.labels is None else example_shape(self.labels)
        self.batch_size = check_int("batch_size", batch_size)
        self.seed = check_int("seed", seed, minimum=0)
        self.shuffle = bool(shuffle)
        self.drop_remainder = self.shuffle if drop_remainder is None else drop_remainder
        self.name = name
        self.split = split
        self.notes = []
        self.data_shape = example_shape(self.source)
        named = isinstance(self.data_shape, dict)
        images = not named and len(self.data_shape) == 3
        if fields is not None:
            images = isinstance(fields.x, Image)
        self.image_shape = self.data_shape if images else None
        self.batches_per_step = 1
        self._steps_per_epoch = None
        self._position = Position()
        self._order = make_order(self.source, self.seed, self.shuffle)
        self._check_enough()

    @property
    def field(self):
        """`kerasgen.features.Feature` of the examples, or dict of them by name.

        None where they are images or points, or were not said to be of a kind.
        """
        x = self.fields and self.fields.x
        return None if getattr(x, "is_evident", False) else x

    # === Batches ===

    @property
    def batches_per_epoch(self):
        """int. Batches of a whole epoch."""
        return self._steps_per_epoch or self._batches_per_pass

    @property
    def _batches_per_pass(self):
        rows = self.batch_size * self.batches_per_step
        if self.drop_remainder:
            return self.num_examples // rows
        return -(-self.num_examples // rows)

    @property
    def num_batches(self):
        """int. What Keras asks: batches left once an epoch is begun, else all.

        Keras keeps the first answer as the length of every later epoch too.
        """
        return len(self) if self._position.within_epoch else self.batches_per_epoch

    def __len__(self):
        """Returns the batches left in the current epoch."""
        return self.batches_per_epoch - self.offset

    def _place(self, index):
        """Returns of which pass over the data `self[index]` is, and which batch."""
        number = self.epoch * self.batches_per_epoch + self.offset + index
        return divmod(number, self._batches_per_pass)

    def batch_indices(self, index):
        """Returns the storage indices of `self[index]`: int array `(rows,)`."""
        epoch, batch = self._place(index)
        rows = self.batch_size * self.batches_per_step
        indices = self.order(epoch)[batch * rows : (batch + 1) * rows]
        missing = max(0, self.batches_per_step - len(indices))
        if missing:  # every part of a step has an example, if need be a second time
            again = self.order(epoch)[np.arange(missing) % self.num_examples]
            indices = np.concatenate([indices, again])
        return indices

    def __getitem__(self, index):
        if not 0 <= index < self.batches_per_epoch:
            raise IndexError(
                f"`index` must be in [0, {self.batches_per_epoch - 1}]. "
                f"Received: index={index}"
            )
        epoch, batch = self._place(index)
        start = batch * self.batch_size * self.batches_per_step
        return self._changed(self.rows(self.batch_indices(index)), epoch, start)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    @property
    def in_memory(self):
        """bool. Whether images and labels are arrays, not sources."""
        return all(
            part is None
            or isinstance(part, np.ndarray)
            or getattr(part, "in_memory", False)
            for part in (self.source, self.labels)
        )

    def rows(self, indices):
        """Returns `(images,)` or `(images, labels)` of some storage indices."""
        images = self.source[indices]
        check_rows("images", images, len(indices), self.data_shape)
        if self.labels is None:
            return (images,)
        labels = self.labels[indices]
        if isinstance(labels, dict):
            return images, labels
        labels = np.asarray(labels)
        check_rows("labels", labels, len(indices), labels.shape[1:])
        return images, as_int32(labels) if labels.ndim == 1 else labels

    def take(self, count):
        """Returns `(images, labels)`, the first `count` in storage order.

        Labels are None where the data set has none. Fewer are returned where it holds
        fewer.
        """
        count = min(check_int("count", count), self.num_examples)
        return (*self.rows(np.arange(count)), None)[:2]

    def spread(self, count, seed=0):
        """Returns `(images, labels)`, `count` examples from all over the data set.

        For a picture or an estimate, as stored examples may be sorted by class: one
        is drawn from each of `count` equal parts of the examples in the order of their
        labels, or of their storage. They are returned in storage order.

        Args:
            count: int. Fewer are returned where the data set holds fewer.
            seed: int. The same seed gives the same examples. Defaults to `0`.
        """
        count = min(check_int("count", count), self.num_examples)
        classes = self.labels if getattr(self.labels, "ndim", 0) == 1 else None
        check_int("seed", seed, minimum=0)
        indices = spread_indices(count, self.num_examples, classes, seed)
        return (*self.rows(indices), None)[:2]

    def arrays(self):
        """Returns `(images, labels)` with all examples, in storage order."""
        return self.take(self.num_examples)

    # === Views and description ===

    def with_batches_per_step(self, count):
        """Returns a view whose batches hold `count * batch_size` examples.

        The view reads the same data and shares the position. For players that take
        several fresh batches in one step.
        """
        view = copy.copy(self)
        view.batches_per_step = check_int("batches_per_step", count)
        view._check_enough()
        return view

    def with_steps_per_epoch(self, count):
        """Returns a view whose epochs have `count` batches, or whole passes for None.

        Epochs then cut one endless stream of passes; the view shares the position.
        """
        if count is not None:
            count = check_int("steps_per_epoch", count)
        view = copy.copy(self)
        view._steps_per_epoch = count
        return view

    def copy(self):
        """Returns a view with a position of its own, at the start of epoch 0."""
        view = copy.copy(self)
        view._position = Position()
        return view

    def describe(self):
        """Returns a JSON-able dict that tells two data sets apart."""
        augmentation = self.augmentation
        return {
            "name": self.name,
            "split": self.split,
            "num_examples": self.num_examples,
            "batch_size": self.batch_size,
            "batches_per_step": self.batches_per_step,
            "steps_per_epoch": self._steps_per_epoch,
            "seed": self.seed,
            "shuffle": self.shuffle,
            "drop_remainder": self.drop_remainder,
            "data_shape": as_lists(self.data_shape),
            "image_shape": self.image_shape and list(self.image_shape),
            "num_classes": self.num_classes,
            **({"augmentation": augmentation.get_config()} if augmentation else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
            "fingerprint": fingerprint(self.num_examples, self.rows),
        }

    def _check_labels_count(self):
        if self.labels is not None and len(self.labels) != self.num_examples:
            raise ValueError(
                "`labels` must have one entry for each of the "
                f"{self.num_examples} examples. Received: {len(self.labels)} labels"
            )

    def _check_enough(self):
        rows = self.batch_size * self.batches_per_step
        if self.drop_remainder and self.num_examples < rows:
            steps = self.batches_per_step
            batches = (
                f"{steps} batches of {self.batch_size}" if steps > 1 else "a batch"
            )
            raise ValueError(
                f"`batch_size` must leave enough examples for {batches}: {self.name!r} "
                f"has {self.num_examples}. Received: batch_size={self.batch_size}"
            )
