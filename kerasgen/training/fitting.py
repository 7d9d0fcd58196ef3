"""What surrounds the step: checked data, watched losses, compiled calls."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_callbacks, check_fit_arguments
from kerasgen.backend.seeds import EvaluationSeeds
from kerasgen.training import averages
from kerasgen.training.compiled_calls import CompiledCalls
from kerasgen.training.data_place import DataPlace, DataPlaceKeeper
from kerasgen.training.entries import Entries, raise_own
from kerasgen.training.phases import LOWER_IS_BETTER
from kerasgen.training.progress_bar import with_progress_bar
from kerasgen.training.stages import StageKeeper


class NonFiniteLossError(ArithmeticError):
    """A loss became NaN or infinite while training."""


class FiniteWatch(keras.callbacks.Callback):
    """Stops training as soon as a logged scalar is not finite.

    It looks only at the logs that Keras converts anyway, so it costs no
    synchronisation; it may therefore run in Keras's callback thread.
    """

    async_safe = True

    def __init__(self):
        super().__init__()
        self.bad = False

    def on_train_batch_end(self, batch, logs=None):
        values = [np.asarray(v) for v in (logs or {}).values()]
        if not all(np.all(np.isfinite(v)) for v in values):
            self.bad = True
            # On JAX, `self.model` would fetch the state, in the wrong thread.
            self._model.stop_training = True


class Fitting(Entries, CompiledCalls):
    """Mixin of `GenerativeModel`: `fit` on checked data, with watched losses."""

    def _init_fitting(self):
        self.batches_per_step = 1
        self.training_data = None
        self.data_place = DataPlace()
        self._checked = averages.Untracked()  # the arrays that were looked through
        self._epoch_iterator = None
        self._evaluation_seeds = EvaluationSeeds()
        self._functions = averages.Untracked()
        self._predicts_raw = False

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Trains the model; arguments as in `keras.Model.fit`.

        Every batch is checked before a step is made with it: shape, range (`uint8`, or
        floats in `[0, 1]`), labels. A bad one ends the training, and the model is as
        the step before has left it. Arrays and `kerasgen.data.Dataset` are shuffled by
        a pure function of (seed, epoch), so that a resumed run sees the same batches.
        The epochs of the data are counted by the model, and saved with it: a second
        `fit` goes on with the next one, in the same process or after `save` and load,
        unless `initial_epoch` or `Dataset.seek` say where to start.

        Args:
            x: `kerasgen.data.Dataset`, arrays, `tf.data.Dataset`, `PyDataset`, torch
                `DataLoader` or generator of `(images,)` or `(images, labels)`. Grey
                images may lack their channel.
            y: labels, where `x` is an array: integers `(n,)` or `(n, 1)`, which a model
                that needs none ignores. What a model `takes_targets` for may be images
                like `x` that it is to make of them.
            class_weight, sample_weight: None. Weights are refused.

        Raises:
            NonFiniteLossError: if a loss becomes NaN or infinite (with
                `keras.callbacks.TerminateOnNaN` training just stops).
        """
        self._assert_compile_called("fit")
        from kerasgen.data import (
            Dataset,
            as_dataset,
            check_reiterable,
            refuse_weights,
            split_arrays,
        )

        refuse_weights(class_weight=class_weight, sample_weight=sample_weight)
        check_fit_arguments(
            epochs,
            verbose,
            initial_epoch,
            validation_freq,
            batch_size=batch_size,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
        )
        unlabeled = self.allows_unlabeled or not self.conditional
        if validation_split and validation_data is None:
            (x, y), validation_data = split_arrays(
                x, y, validation_split, unlabeled, self._fields
            )
        x = as_dataset(
            x,
            y,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=self.seed or 0,
            batches_per_step=max(phase.updates for phase in self._phases.values()),
            allows_unlabeled=unlabeled,
            field=self._fields,
        )
        if validation_data is not None:
            validation_data = self._validation_data(
                validation_data, epochs - initial_epoch, validation_steps
            )
        own = isinstance(x, Dataset)
        if own and x.allows_unlabeled and not unlabeled:
            raise ValueError(
                "`x` must have a label for every image. "
                "Received: a Dataset with allows_unlabeled=True"
            )
        if own:
            x, steps_per_epoch = x.with_steps_per_epoch(steps_per_epoch), None
        check_reiterable(x, epochs - initial_epoch, steps_per_epoch)
        self.take_class_names(x)
        source = self.checked_data(x)
        self._initialize_once(*self.first_parts(x, source))
        if own:
            self.data_place.find(x, initial_epoch)
        self.training_data = x if own else None
        self._set_batches_per_step(x.batches_per_step if own else 1)
        callbacks, watch = self._prepare_callbacks(callbacks)
        self._epoch_iterator = None
        try:
            history = super().fit(
                source,
                epochs=epochs,
                verbose=verbose,
                callbacks=with_progress_bar(callbacks, verbose),
                validation_data=validation_data,
                shuffle=False,
                initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
                validation_batch_size=validation_batch_size,
                validation_freq=validation_freq,
            )
        except BaseException as error:
            for callback in callbacks:
                if hasattr(callback, "on_exception"):
                    callback.on_exception(error)
            raise_own(error, source, *(validation_data or ()))
        finally:
            self._initial_epoch = None
        if watch is not None and watch.bad:
            raise NonFiniteLossError(self._describe_bad_loss())
        return history

    def _validation_data(self, data, epochs, steps):
        """Returns `(x, y)` as `evaluation_data` does, of data or a tuple of arrays."""
        from kerasgen.data import check_reiterable

        parts = data if isinstance(data, (tuple, list)) else (data,)
        if not 1 <= len(parts) <= 3:
            raise ValueError(
                "`validation_data` must be (images,), (images, labels), or data that "
                f"yields batches. Received: a {type(data).__name__} of {len(parts)}"
            )
        check_reiterable(parts[0], epochs, steps, "validation_data", "validation_steps")
        return self.evaluation_data(*parts, name="validation_data")

    def initialize_from(self, x, labels):
        """Sets weights by the first batch of the first `fit`; by default does nothing.

        It is called before any step is compiled, and must draw nothing from the model's
        own seeds, so that a run that is resumed goes on the same.

        Args:
            x: float tensor of images in `data_range`, `(batch, h, w, c)`.
            labels: as in `compute_losses`.
        """

    def _initialize_once(self, x, labels=None, *rest):
        """Calls `initialize_from` unless the model has made a step."""
        if int(backend.to_numpy(self.steps)):
            return
        with backend.no_gradient():
            x, labels = keras.tree.map_structure(
                lambda part: None if part is None else ops.convert_to_tensor(part),
                (x, labels),
            )
            x, labels = self.shaped(x, labels)
            x = self.preprocess(x)
            self.initialize_from(x, self._prepare_labels(labels))
            averages.restart(self)

    def _set_batches_per_step(self, count):
        if count != self.batches_per_step:
            self.batches_per_step = count
            self.train_function = None  # the step is traced anew

    def _prepare_callbacks(self, callbacks):
        callbacks = check_callbacks(callbacks)
        for phase in self._phases.values():
            phase.first_bad_step.assign(-1)
        quiet = any(isinstance(c, keras.callbacks.TerminateOnNaN) for c in callbacks)
        watch = FiniteWatch()
        keepers = [DataPlaceKeeper(), *([StageKeeper()] if self._stage_ends else [])]
        callbacks = [*keepers, *callbacks, watch]
        callbacks.sort(key=lambda callback: getattr(callback, "comes_last", False))
        for callback in callbacks:
            monitor = str(getattr(callback, "monitor", ""))
            if getattr(callback, "mode", "") == "auto" and (
                monitor.endswith(LOWER_IS_BETTER)
            ):
                callback.mode = "min"  # Keras knows the direction of "loss" alone
            if hasattr(callback, "set_callbacks"):
                callback.set_callbacks(callbacks)
        return callbacks, None if quiet else watch

    def first_bad_steps(self):
        """Returns the phases whose loss was not finite: dict from phase to step."""
        self.sync()
        steps = {
            phase.name: int(backend.to_numpy(phase.first_bad_step))
            for phase in self._phases.values()
        }
        return {name: step for name, step in steps.items() if step >= 0}

    def _describe_bad_loss(self):
        bad = self.first_bad_steps()
        where = ", ".join(f"{name} at step {step}" for name, step in bad.items())
        return (
            "Losses must be finite; training was stopped and nothing was saved since. "
            f"Received: a loss that is not finite in {where or 'validation'}"
        )

    # === What Keras does to a JAX model ===

    def sync(self):
        """Brings the values of a running JAX `fit` back into the variables."""
        if keras.backend.backend() == "jax":
            self.jax_state_sync()

    def _symbolic_build(self, iterator=None, data_batch=None):
        """Builds nothing: every variable exists after the constructor.

        Keras passes the iterator of a `fit` here, whose length `Backup` sets for an
        epoch that begins in its middle.
        """
        if iterator is not None:
            backend.settle(iterator)
        if self._epoch_iterator is None:
            self._epoch_iterator = iterator

    # On TensorFlow Keras calls this one, which under `tf.distribute` would read a
    # batch before the first.
    _maybe_symbolic_build = _symbolic_build
