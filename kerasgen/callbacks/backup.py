"""Checkpoints of everything, and a training run that goes on where it stopped."""

import contextlib
import os
import time
import warnings

import keras

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.atomic_folder import check_folder
from kerasgen.backend import to_numpy
from kerasgen.callbacks.interruption import SignalNote
from kerasgen.callbacks.monitor import Monitor
from kerasgen.checkpoints import checkpoint, resumption, run_record
from kerasgen.checkpoints.checkpoint import CheckpointError, NonFiniteError


class Backup(keras.callbacks.Callback):
    """Saves all state of a training run, and resumes it in the next `fit`.

    The state is all that training changes: weights, optimizer slots, averages,
    counters, seed states, running metrics, the position in the data, and the states
    of the other callbacks. A run that was killed and started again gives the numbers
    of one that was not, bit for bit, on the same backend and versions, where the data
    is a `kerasgen.data.Dataset` or arrays. With other data the interrupted epoch
    starts again. `epochs` of `fit` is the total, over all starts.

    A checkpoint is written after every epoch, every so many steps or minutes if asked
    for, when an exception ends the training, and on SIGTERM, SIGINT (Ctrl-C) and
    SIGUSR1: the first signal saves and stops (one more step is computed, and neither
    saved nor missed), the second one ends the process at once. Nothing is saved once
    a loss or a weight is not finite.

    Args:
        directory: Path of the folder of the checkpoints. `fit` resumes from the newest
            that is whole.
        save_freq: `"epoch"`, or an integer, the steps between checkpoints within an
            epoch.
        minutes: Number or `None`. Also saves within an epoch when this much time has
            passed since the last checkpoint.
        keep: Integer, how many of the newest checkpoints to keep.
        monitor: String or `None`, a name in the epoch's logs. The checkpoint that is
            best by it is kept as well.
        mode: `"min"`, `"max"` or `"auto"`, which asks the model's metric.
        on_mismatch: `"refuse"` or `"warn"`, when the checkpoint comes from a run with
            another model, other `compile` arguments or other data.
        on_error: `"raise"` or `"warn"`, when a checkpoint cannot be written. Older
            ones stay as they are in any case.

    Attributes:
        interrupted: Name of the signal that stopped the training, or `None`.
        resumed_step: Number of steps done by the run that was resumed, or `None`.

    Example:

    ```python
    backup = kerasgen.callbacks.Backup("runs/dcgan/checkpoints", save_freq=500)
    model.fit(data, epochs=20, callbacks=[backup])
    ```
    """

    # There is no batch-end hook: it would make Keras wait for the device in every
    # step. A step is known to be done when the next one begins, in the main thread.

    comes_last = True  # `fit` calls it after all others, whose states it keeps

    def __init__(
        self,
        directory,
        save_freq="epoch",
        minutes=None,
        keep=2,
        monitor=None,
        mode="auto",
        on_mismatch="refuse",
        on_error="raise",
    ):
        super().__init__()
        if not isinstance(directory, (str, os.PathLike)):
            raise TypeError(
                f"`directory` must be a path. Received: directory={directory!r}"
            )
        check_folder("directory", directory, directory)
        if isinstance(save_freq, str):
            check_choice("save_freq", save_freq, ("epoch",))
        else:
            check_int("save_freq", save_freq)
        check_number("minutes", 0 if minutes is None else minutes, minimum=0)
        self.directory = os.fspath(directory)
        self.save_freq = save_freq
        self.minutes = minutes
        self.keep = check_int("keep", keep)
        self.monitor = monitor
        self.mode = check_choice("mode", mode, ("auto", "min", "max"))
        self.on_mismatch = check_choice("on_mismatch", on_mismatch, ("refuse", "warn"))
        self.on_error = check_choice("on_error", on_error, ("raise", "warn"))
        self.interrupted = None
        self.resumed_step = None
        self._callbacks = []
        self._signals = SignalNote()
        self._training = False

    def set_callbacks(self, callbacks):
        """Receives the callbacks of the `fit`, whose states are saved as well."""
        self._callbacks = [
            callback
            for callback in callbacks
            if not isinstance(callback, (Backup, keras.callbacks.History))
        ]

    # === Called by Keras and by `GenerativeModel.fit` ===

    def on_train_begin(self, logs=None):
        self._settings = run_record.settings(self.model)
        self.interrupted = self.resumed_step = self._resumed = None
        self._epoch, self._begun, self._offset = 0, 0, 0
        self._protected, self._broken, self._shortened = set(), False, False
        self._best = Monitor(self.monitor, self.mode, self.model)
        data, steps = self.model.training_data, self.params["steps"]
        self._epoch_length = steps if data is None else data.batches_per_epoch
        checkpoint.sweep(self.directory)
        if checkpoint.steps(self.directory):
            self._resume()
        self._steps_before_epoch = self._saved_step = self._steps()
        self._saved_time = time.monotonic()
        self._signals.install()
        self._training = True

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._begun, self._offset = epoch, 0, 0
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            self._offset = resumed.batch
            if resumed.batch:
                # Keras has reset the metrics, and other callbacks began the epoch anew.
                resumed.assign()
                resumed.restore(self._callbacks)
            resumed.restore([self.model.history])
            resumed.seek()
        if self._offset or self._shortened:
            # Keras asks for the length of an epoch once. A step too many would find
            # no data, which on TensorFlow does not keep it from moving seeds on.
            iterator = self.model._epoch_iterator
            iterator._num_batches = self._epoch_length - self._offset
            self._shortened = self._offset > 0
        # Epochs of the data go on from one `fit` to the next, those of Keras do not.
        data = self.model.training_data
        self._data_epoch = None if data is None else data.epoch

    def on_train_batch_begin(self, batch, logs=None):
        self._begun = batch
        if self._signals.received or self._is_due(self._steps_before_epoch + batch):
            self._save(self._epoch, self._offset + batch)
        self._stop_if_told()

    def on_epoch_end(self, epoch, logs=None):
        if self.interrupted:
            return  # saved already, before the last step
        batch = self._offset + self._begun + self.model.steps_per_execution
        if self._epoch_length is None or batch >= self._epoch_length:
            self._save(epoch + 1, 0, logs)
        else:
            self._save(epoch, batch)  # another callback has stopped the training
        self._steps_before_epoch = self._steps()
        self._stop_if_told()

    def on_train_end(self, logs=None):
        if self._resumed is not None:  # there was no epoch left to train
            self._resumed.restore([self.model.history])
        self._end()
        # One that came since the last epoch ended; all is saved.
        self.interrupted = self.interrupted or self._signals.received

    def on_exception(self, error):
        """Saves the last step that was done. Called by `fit`; raises nothing."""
        was_training = self._training
        self._end()
        asked_for = isinstance(error, (KeyboardInterrupt, SystemExit))
        if not was_training or asked_for or isinstance(error, CheckpointError):
            return
        try:
            self.model.sync()
            done = self._steps() - self._steps_before_epoch
            epoch, batch = self._epoch, self._offset + done
            if self._epoch_length is not None and batch >= self._epoch_length:
                epoch, batch = epoch + 1, 0
            whole = run_record.is_whole(error, in_step=done == self._begun)
            self._save(epoch, batch, whole=whole)
        except Exception as failure:  # the first error is the one to be seen
            with contextlib.suppress(Warning):
                warnings.warn(
                    f"No emergency checkpoint was written: {failure!r}", stacklevel=2
                )

    # === Parts ===

    def _resume(self):
        tolerant = self.on_mismatch == "warn"
        self._resumed = resumption.Resumption(
            self.model, self.directory, self._settings, tolerant
        )
        self._resumed.assign()
        self._resumed.restore(self._callbacks)
        self._protected = self._resumed.protected
        self.resumed_step = self._resumed.step
        self.model._initial_epoch = self._resumed.epoch

    def _is_due(self, step):
        unsaved = step - self._saved_step
        if unsaved > 0 and self.minutes is not None:
            if time.monotonic() - self._saved_time >= 60 * self.minutes:
                return True
        return self.save_freq != "epoch" and unsaved >= self.save_freq

    def _stop_if_told(self):
        if self._signals.received:
            self.interrupted = self._signals.received
            self.model.stop_training = True

    def _steps(self):
        return int(to_numpy(self.model.steps))

    def _save(self, epoch, batch, logs=None, whole=True):
        self.model.sync()
        step = self._steps()
        self._broken = self._broken or bool(self.model.first_bad_steps())
        if step == self._saved_step or self._broken:
            return
        # Keras's own record comes after this callback: it misses the epoch that ends.
        history = run_record.copy_history(self.model.history, self._epoch, logs)
        position = {"epoch": epoch, "batch": batch, "data": self._data_epoch}
        if self._data_epoch is not None:
            position["data"] += epoch - self._epoch
        tensors, extra = run_record.record(
            self.model, [*self._callbacks, history], self._settings, position, whole
        )
        try:
            metric = self._best.read(logs)
            checkpoint.write(
                self.directory, step, tensors, extra, self.keep, metric, self._protected
            )
        except NonFiniteError as error:
            self._broken = True
            warnings.warn(f"{error} Nothing will be saved from now on.", stacklevel=2)
        except CheckpointError as error:
            if self.on_error == "raise":
                raise
            warnings.warn(str(error), stacklevel=2)
        self._saved_step, self._saved_time = step, time.monotonic()

    def _end(self):
        self._training = False
        self._resumed = None
        self._signals.restore()
        if self.model is not None:  # data failed before `fit` gave its model
            self.model._initial_epoch = None
