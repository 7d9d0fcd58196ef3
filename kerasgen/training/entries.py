"""Where data enters a model: each entry takes the same kinds and checks them alike."""

import contextlib

import keras
import numpy as np

from kerasgen import features
from kerasgen.arguments import (
    check_batch_size,
    check_callbacks,
    check_verbose,
)
from kerasgen.backend.checked_data import CheckedData
from kerasgen.training.progress_bar import with_progress_bar

_ROWS = 1024  # of a data set, looked at together


class Entries:
    """Mixin of `Fitting`: one way from the user's data to the step, for all methods."""

    takes_codes = False  # whether data are codes, which have a range of their own
    takes_targets = False  # whether `y` may be what is to be reconstructed of `x`

    # === Checks ===

    def check_batch(self, x, labels=None, labeled=True):
        """Raises ValueError unless the data and, where `labeled`, conditions fit."""
        from kerasgen.data import check_fields

        if not labeled:
            check_fields(features.Fields(self.fields.x), x)
        else:
            labels = self.label_numbers(labels)
            check_fields(self.fields, x, labels, self.takes_targets)

    def check_parts(self, batch):
        """Raises unless a batch of any data, `(x,)` or `(x, y)`, fits the model."""
        from kerasgen.data import as_batch, refuse_weights

        x, y, weights = (*as_batch(batch), None, None)[:3]
        refuse_weights(sample_weight=weights)
        self.check_batch(x, y)

    def tidy(self, x, labels=None):
        """Returns arrays as `fit` takes them in the shapes that the step has.

        Args:
            x: array, tensor or list of images, with or without a channel, or of points;
                a dict of them for a model with named fields.
            labels: array, tensor or list of labels, `(n,)` or `(n, 1)`, an int, or
                None; images for a model that takes them in the place of labels.

        Returns:
            NumPy arrays `x` and `labels`, the latter None where none are given.
        """
        from kerasgen.data import tidy_arrays

        labels = self.label_numbers(labels)
        return tidy_arrays(self.fields, x, labels, self.takes_codes)

    def shaped(self, x, labels):
        """Returns the tensors of a batch with a channel, and labels as a row."""
        fields = self.fields
        x = features.over(fields.x, "shaped", x)
        if labels is None:
            return x, None
        if fields.y is not None:
            return x, features.over(fields.y, "shaped", labels)
        if len(labels.shape) == 2 and labels.shape[1] == 1:  # passed over
            integer = "int" in keras.backend.standardize_dtype(labels.dtype)
            return x, labels[:, 0] if integer else labels
        return x, fields.x.shaped(labels) if len(labels.shape) > 2 else labels

    def split_target(self, x, labels):
        """Returns what is to be reconstructed, in `data_range`, and the labels.

        Args:
            x: float tensor of data in `data_range`.
            labels: int tensor `(batch,)`, data like `x` as they come, or None.
        """
        if labels is None or len(labels.shape) == 1:
            return x, labels
        return self.preprocess(labels), None

    def check_inputs(self, x, labels=None):
        """Returns what `call` takes, checked: images, or images and their labels."""
        x, labels = self.tidy(x, labels)
        self.check_batch(x, labels, labeled=self.takes_labels or labels is not None)
        return x if labels is None else (x, labels)

    @property
    def takes_labels(self):
        """bool. Whether `call` takes labels, or images in their place, beside `x`."""
        named = self._fields is not None and self._fields.y is not None
        classes = self.decoder_classes is not None
        return named or classes or self.condition_shape is not None

    # === Kinds of data ===

    def checked_data(self, x):
        """Returns `x`, or a form of it whose every batch is checked when it is read.

        Arrays of a `Dataset` are looked through at once, and then not again.
        """
        from kerasgen.data import Dataset

        if not (isinstance(x, Dataset) and x.in_memory):
            return CheckedData(x, self.check_parts)
        seen = self._checked.get("source"), self._checked.get("labels")
        if x.source is not seen[0] or x.labels is not seen[1]:
            for start in range(0, x.num_examples, _ROWS):
                stop = min(start + _ROWS, x.num_examples)
                self.check_parts(x.rows(np.arange(start, stop)))
            self._checked["source"], self._checked["labels"] = x.source, x.labels
        return x

    def first_parts(self, x, source):
        """Returns the first batch, checked, which the first epoch still begins with.

        Args:
            x: data that `fit` takes.
            source: what `checked_data(x)` returned.
        """
        from kerasgen.data import as_batch, check_not_dark, first_batch, is_loader

        if is_loader(x):
            first = source.peek()
            batch = first_batch([] if first is None else [first])
            batch = as_batch(first, x)
        else:
            batch = first_batch(x)
        self.check_parts(batch)
        if not self.takes_codes:
            check_not_dark(batch[0])
        return batch

    def evaluation_data(self, x, y=None, sample_weight=None, name="x"):
        """Returns `(x, y)` for Keras: checked arrays, or data that are checked as read.

        A `Dataset` is read without moving its position.
        """
        from kerasgen.data import (
            Dataset,
            check_kind,
            is_array,
            is_arrays,
            is_loader,
            refuse_weights,
        )

        refuse_weights(sample_weight=sample_weight)
        if isinstance(x, tuple) and len(x) == 2 and y is None and is_array(x[0]):
            x, y = x
        if is_arrays(x):
            x, y = self.tidy(x, y)
            self.check_batch(x, y)
            return x, y
        x = check_kind(x, y, name)
        self.check_same_classes(x)
        if isinstance(x, Dataset):
            x = x.copy().with_batches_per_step(1).augmented(None)
        source = self.checked_data(x)
        if is_loader(x):
            self.first_parts(x, source)
        return source, None

    # === Keras's methods ===

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        **kwargs,
    ):
        """Returns the mean scalars over `x`, with the raw weights; as in Keras.

        Noise is drawn from fixed seeds and the number of examples that went before in
        the call, so that two calls agree and no two batches have the same noise. What
        `fit` takes is taken here.
        """
        self._assert_compile_called("evaluate")
        check_batch_size(batch_size)
        if not kwargs.get("_use_cached_eval_dataset"):
            check_verbose(verbose)
            x, y = self.evaluation_data(x, y, sample_weight)
        callbacks = kwargs.get("callbacks")
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = check_callbacks(callbacks)
        kwargs["callbacks"] = with_progress_bar(callbacks, verbose)
        with own_error(x):
            return super().evaluate(
                x, y, batch_size=batch_size, verbose=verbose, **kwargs
            )

    def predict(
        self,
        x,
        batch_size=None,
        verbose="auto",
        steps=None,
        callbacks=None,
        weights=None,
    ):
        """Returns what `call` gives, in batches; as in `keras.Model.predict`.

        Args:
            x: what `call` takes: images or latents, an array; a tuple with labels for a
                conditional model; or data that yield batches of them. A
                `kerasgen.data.Dataset` is read in storage order.
            batch_size, verbose, steps, callbacks: as in Keras.
            weights: `"average"`, `"raw"`, or None for the averages where kept. (Direct
                calls `model(x)` use the raw weights.)
        """
        from kerasgen.data import Dataset, check_kind, is_array

        check_batch_size(batch_size)
        check_verbose(verbose)
        if isinstance(x, Dataset):
            batch_size, x = x.batch_size, x.arrays()
            x = x if self.takes_labels else x[0]
        if is_array(x):
            x = self.check_inputs(x)
        elif isinstance(x, (tuple, list)) and len(x) == 2 and is_array(x[0]):
            x = self.check_inputs(*x)
        else:
            x = CheckedData(check_kind(x), self._check_prediction)
        self.choose_weights(weights)
        with own_error(x):
            return super().predict(x, batch_size, verbose, steps, callbacks)

    def _check_prediction(self, batch):
        inputs = batch[0] if isinstance(batch, (tuple, list)) else batch
        pair = isinstance(inputs, (tuple, list))
        self.check_inputs(*inputs) if pair else self.check_inputs(inputs)

    def predict_on_batch(self, x, weights=None):
        """Returns what `call` gives of one batch; arguments as in `predict`."""
        self.choose_weights(weights)
        pair = isinstance(x, (tuple, list))
        x = self.check_inputs(*x) if pair else self.check_inputs(x)
        return super().predict_on_batch(x)

    def train_on_batch(
        self, x, y=None, sample_weight=None, class_weight=None, return_dict=False
    ):
        """Makes one step on one batch, not cut up for players of several updates."""
        from kerasgen.data import refuse_weights

        self._assert_compile_called("train_on_batch")
        refuse_weights(sample_weight=sample_weight, class_weight=class_weight)
        x, y = self._batch(x, y)
        self._set_batches_per_step(1)
        logs = super().train_on_batch(x, y, return_dict=return_dict)
        self.advance_stage()
        return logs

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Returns the scalars of one batch; as in `keras.Model.test_on_batch`."""
        from kerasgen.data import refuse_weights

        self._assert_compile_called("test_on_batch")
        refuse_weights(sample_weight=sample_weight)
        x, y = self._batch(x, y)
        return super().test_on_batch(x, y, return_dict=return_dict)

    def _batch(self, x, y):
        x, y = self.tidy(x, y)
        self.check_batch(x, y)
        return x, y


@contextlib.contextmanager
def own_error(*sources):
    """Makes errors of data the user's own, see `raise_own`."""
    try:
        yield
    except Exception as error:
        raise_own(error, *sources)


def raise_own(error, *sources):
    """Raises `error`, or what data raised where TensorFlow made another error of it.

    Args:
        error: exception that ended a method of Keras.
        *sources: what it read, `CheckedData` or others.
    """
    for source in sources:
        known = getattr(source, "error", None)
        if known is not None and known is not error and isinstance(error, Exception):
            raise known from None
    raise error
