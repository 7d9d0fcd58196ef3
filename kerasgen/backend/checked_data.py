"""Data of any kind, each batch of which is looked at on its way into the step."""

import itertools

from keras.src.trainers.data_adapters import data_adapter_utils, get_data_adapter
from keras.src.trainers.data_adapters.data_adapter import DataAdapter
from keras.src.trainers.data_adapters.generator_data_adapter import (
    GeneratorDataAdapter,
)
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter
from keras.src.trainers.data_adapters.tf_dataset_adapter import TFDatasetAdapter


class CheckedData(DataAdapter):
    """What Keras makes of `x`, with `check(batch)` called before a batch is used.

    The check sees the batch as it comes, before any backend has converted it: JAX would
    make 0 of a label of 2**32. `fit`, `evaluate` and `predict` take it in place of `x`.

    Args:
        x: data that `keras.Model.fit` takes.
        check: function of a batch, which raises for a bad one.

    Attributes:
        error: what the data or the check raised, or None. TensorFlow passes on an error
            of its own in its place.
    """

    def __init__(self, x, check):
        self.inner = get_data_adapter(x)
        self.error = None
        self._check = check
        self._begun = (
            None  # an iterator whose first batch was looked at, and that batch
        )

    def peek(self):
        """Returns the first batch, or None; the next epoch still begins with it."""
        iterator = iter(self._loader())
        first = next(iterator, None)
        if first is not None:
            self._begun = itertools.chain([first], iterator)
        return first

    def _loader(self):
        """Returns a torch `DataLoader` itself: Keras would cut up its bare tensors."""
        loader = getattr(self.inner, "_dataloader", None)
        return self.inner.get_numpy_iterator() if loader is None else loader

    def _resume(self, otherwise, convert=None):
        """Returns the batches that `peek` has begun with, or those of `otherwise()`."""
        begun, self._begun = self._begun, None
        if begun is None:
            return otherwise()
        return begun if convert is None else map(convert, begun)

    def _checked(self, batches):
        try:
            for batch in batches:
                self._check(batch)
                yield batch
        except Exception as error:
            self.error = error
            raise

    # === As Keras asks for it ===

    def get_numpy_iterator(self):
        inner = self.inner.get_numpy_iterator
        return self._checked(self._resume(inner, _as_numpy))

    def get_jax_iterator(self):
        inner = self.inner.get_jax_iterator
        return self._checked(self._resume(inner, _as_numpy))

    def get_torch_dataloader(self):
        return self._checked(self._resume(self.inner.get_torch_dataloader))

    def get_tf_dataset(self):
        if isinstance(self.inner, TFDatasetAdapter):
            return self._mapped(self.inner.get_tf_dataset())
        names = {PyDatasetAdapter: "_get_iterator", GeneratorDataAdapter: "generator"}
        for kind, name in names.items():
            if isinstance(self.inner, kind):  # checked before it must fit a signature
                source = getattr(self.inner, name)
                setattr(self.inner, name, lambda read=source: self._checked(read()))
                return self.inner.get_tf_dataset()
        return self._from_loader()

    def _from_loader(self):
        """Returns the batches of a loader that may be read once only."""
        import tensorflow as tf

        if self._begun is None:
            self.peek()
        first = next(self._begun)
        self._begun = itertools.chain([first], self._begun)
        signature = data_adapter_utils.get_tensor_spec([_as_numpy(first)])

        def batches():
            return self._checked(map(_as_numpy, self._resume(self._loader)))

        return tf.data.Dataset.from_generator(batches, output_signature=signature)

    def _mapped(self, dataset):
        """Returns a `tf.data.Dataset` with the check as a step of its pipeline."""
        import tensorflow as tf

        if not isinstance(dataset, tf.data.Dataset):  # distributed by the user
            return dataset

        def look(*parts):
            def run(*arrays):
                try:
                    self._check(tf.nest.pack_sequence_as(parts, arrays))
                except Exception as error:
                    self.error = error
                    raise
                return True

            done = tf.numpy_function(run, tf.nest.flatten(parts), tf.bool)
            with tf.control_dependencies([done]):
                parts = tf.nest.map_structure(tf.identity, parts)
            return parts if isinstance(dataset.element_spec, tuple) else parts[0]

        return dataset.map(look).prefetch(1)

    def on_epoch_begin(self):
        self.inner.on_epoch_begin()

    def on_epoch_end(self):
        self.inner.on_epoch_end()

    @property
    def num_batches(self):
        return self.inner.num_batches

    @property
    def batch_size(self):
        return self.inner.batch_size

    @property
    def has_partial_batch(self):
        return self.inner.has_partial_batch

    @property
    def partial_batch_size(self):
        return self.inner.partial_batch_size


def _as_numpy(batch):
    batch = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    return next(data_adapter_utils.get_numpy_iterator([batch]))
