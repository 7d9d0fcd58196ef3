"""TensorBoard logs on every backend, without TensorFlow."""

import importlib
import os
import warnings
from pathlib import Path

import keras
import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.atomic_folder import check_folder
from kerasgen.callbacks.events import CSVWriter, EventWriter
from kerasgen.callbacks.learning_rate import current_rate, players
from kerasgen.callbacks.output import PictureCallback, train_steps
from kerasgen.callbacks.sample_grid import SampleGrid


class TensorBoard(keras.callbacks.Callback):
    """Writes scalars, sample grids and weights for TensorBoard.

    Like `keras.callbacks.TensorBoard`, on every backend and without TensorFlow. It
    needs the package `tensorboard`; without it, it warns once and writes the scalars
    to `log_dir/scalars.csv`. A disk that fails costs a warning and the points, never
    the training.

    The runs `train` and `validation` hold, by the number of training steps:

    - `epoch/...`: every named scalar of an epoch, such as `epoch/generator_loss`;
    - `batch/...`: the same within the epoch, when `update_freq` is a number;
    - `learning_rate/...`: the learning rate of every player;
    - images: the pictures of the `SampleGrid` and `ReconstructionGrid` callbacks that
      the model is fitted with, or samples of its own where there is none;
    - `weights/...`: histograms of the weights.

    A run that is resumed goes on in a new file; steps that a killed process did after
    its last backup are shown once.

    Args:
        log_dir: Path of a folder, made when it is missing.
        histogram_freq: Integer, epochs between histograms of the weights. 0 for none.
        images: Boolean, whether to write images.
        update_freq: `"epoch"`; or `"batch"` or an integer, to write scalars every so
            many batches as well. On JAX this waits for every batch.

    Example:

    ```python
    model.fit(data, epochs=20, callbacks=[kerasgen.callbacks.TensorBoard("logs")])
    ```

    then `tensorboard --logdir logs`.
    """

    def __init__(
        self, log_dir="logs", histogram_freq=0, images=True, update_freq="epoch"
    ):
        super().__init__()
        if not isinstance(log_dir, (str, os.PathLike)):
            raise TypeError(f"`log_dir` must be a path. Received: log_dir={log_dir!r}")
        check_folder("log_dir", log_dir, log_dir)
        self.log_dir = Path(log_dir)
        self.histogram_freq = check_int("histogram_freq", histogram_freq, minimum=0)
        self.images = images
        if isinstance(update_freq, str):
            check_choice("update_freq", update_freq, ("epoch", "batch"))
        else:
            check_int("update_freq", update_freq)
        self.update_freq = update_freq
        if update_freq != "epoch":
            # Keras waits for every batch where a class has this hook.
            self.on_train_batch_end = self._on_train_batch_end
        self._callbacks = []
        self._pictures = []
        self._own_grid = None
        self._writer_class = None
        self._warned = set()
        self._reset()

    def set_callbacks(self, callbacks):
        """Tells which callbacks the model is fitted with."""
        self._callbacks = list(callbacks)

    def get_state(self):
        """Returns what a backup keeps of this callback: nothing."""
        return {}

    def set_state(self, state):
        """Receives what `get_state` returned."""

    def on_train_begin(self, logs=None):
        self._reset()
        self._writer_class = self._writer_class or self._find_writer()
        self._pictures, self._own_grid = [], None
        if not self.images:
            return
        self._pictures = [c for c in self._callbacks if isinstance(c, PictureCallback)]
        if not self._pictures and hasattr(self.model, "sample"):
            self._own_grid = SampleGrid(None, animate=False)
            self._own_grid.set_model(self.model)
            self._pictures = [self._own_grid]

    def on_epoch_begin(self, epoch, logs=None):
        # Only now has a backup been restored.
        self._epoch_start = self._batch_step = train_steps(self.model)
        if self._first_step is None:
            self._first_step = self._epoch_start + 1 if self._epoch_start else 0
        for picture in self._pictures:
            picture.on_epoch_begin(epoch)
        self._write_images()

    def on_epoch_end(self, epoch, logs=None):
        step = train_steps(self.model)
        scalars = {"train": {}, "validation": {}}
        for name, value in numbers(logs):
            run = "validation" if name.startswith("val_") else "train"
            scalars[run][f"epoch/{name.removeprefix('val_')}"] = value
        for name, optimizer in players(self.model).items():
            scalars["train"][f"learning_rate/{name}"] = current_rate(optimizer)
        for run, values in scalars.items():
            if values:
                self._write(run, "scalars", step, values)
        if self.histogram_freq and (epoch + 1) % self.histogram_freq == 0:
            weights = {
                f"weights/{variable.path}": keras.ops.convert_to_numpy(variable)
                for variable in self.model.trainable_variables
            }
            self._write("train", "histograms", step, weights)
        for picture in self._pictures:
            picture.on_epoch_end(epoch)
        self._write_images()

    def on_train_end(self, logs=None):
        if self._first_step is None:  # no epoch was left; the points of all stay
            self._first_step = train_steps(self.model) + 1
        for picture in self._pictures:
            picture.draw_last()
        self._write_images()

    def _on_train_batch_end(self, batch, logs=None):
        step = self._epoch_start + batch + 1
        every = 1 if self.update_freq == "batch" else self.update_freq
        if step // every > self._batch_step // every:
            values = {f"batch/{name}": value for name, value in numbers(logs)}
            self._write("train", "scalars", step, values)
        self._batch_step = step

    def _reset(self):
        self._writers = {}
        self._first_step = None
        self._epoch_start = self._batch_step = 0
        self._written = {}

    def _write_images(self):
        for picture in self._pictures:
            step = picture.latest_step
            if step is not None and self._written.get(picture.name) != step:
                self._written[picture.name] = step
                self._write("train", "images", step, {picture.name: picture.latest})

    def _write(self, run, kind, step, values):
        try:
            if run not in self._writers:
                path = self.log_dir / run
                self._writers[run] = self._writer_class(path, self._first_step)
            getattr(self._writers[run], kind)(step, values)
        except OSError as error:
            self._warn_once(
                "disk",
                f"TensorBoard could not write to {str(self.log_dir / run)!r}: {error}. "
                "Training continues; later failures are not reported.",
            )

    def _find_writer(self):
        try:
            importlib.import_module("tensorboard.summary.writer.record_writer")
        except ImportError as error:
            self._warn_once(
                "package",
                "TensorBoard needs the package `tensorboard`; the scalars go to "
                f"{str(self.log_dir / 'scalars.csv')!r} instead. Received: {error}",
            )
            return CSVWriter
        return EventWriter

    def _warn_once(self, kind, message):
        if kind not in self._warned:
            self._warned.add(kind)
            warnings.warn(message, stacklevel=2)


def numbers(logs):
    """Yields the scalars of the logs; an array gives one for each of its entries."""
    for name, value in (logs or {}).items():
        if name.endswith("learning_rate"):
            continue
        array = np.asarray(keras.ops.convert_to_numpy(value), "float64").ravel()
        if array.size == 1:
            yield name, float(array[0])
        else:
            yield from ((f"{name}_{i}", float(x)) for i, x in enumerate(array))
