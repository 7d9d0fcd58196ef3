"""What an experiment tracker is told of a training, and when."""

import importlib
import tempfile
import warnings
from pathlib import Path

import keras

from kerasgen.callbacks.learning_rate import current_rate, players
from kerasgen.callbacks.output import PictureCallback, train_steps
from kerasgen.callbacks.sample_grid import SampleGrid
from kerasgen.callbacks.tensorboard import numbers


class Tracker(keras.callbacks.Callback):
    """Base of the callbacks that tell a tracker of a training.

    After each epoch the tracker gets, by the number of training steps, every scalar of
    the logs, so also scores that callbacks before it in `callbacks` have added, the
    learning rates, and the pictures of the callbacks that draw any, or a grid of
    samples where there is none; at the end, the model's file. With
    `kerasgen.callbacks.Backup` a run that is resumed goes on in the tracker's same run.

    What a tracker refuses once training has begun costs a warning, never the training.
    A subclass gives `start`, `scalars`, `picture`, `file` and `finish`.

    Args:
        project: str. What the tracker calls the group of runs.
        name: str or None. The run's; None for what the tracker makes up.
        settings: dict or None. Kept beside the run.
        images: bool. Whether to log pictures. Defaults to `True`.
        save_model: bool. Whether to log the model's `.keras` file at the end of the
            training. Defaults to `True`.

    Attributes:
        run_id: str or None. The tracker's name of the run, once it has begun.

    Raises:
        ImportError: if the tracker's package is missing.
    """

    package = None  # to import
    distribution = None  # to install

    def __init__(
        self,
        project="kerasgen",
        name=None,
        settings=None,
        images=True,
        save_model=True,
    ):
        super().__init__()
        self.project, self.name = project, name
        self.settings = dict(settings or {})
        self.images, self.save_model = bool(images), bool(save_model)
        self.run_id = None
        self._callbacks, self._pictures, self._written = [], [], {}
        self._running = self._warned = False
        try:
            self.module = importlib.import_module(self.package)
        except ImportError as error:
            raise ImportError(
                f"{type(self).__name__} needs the package {self.distribution}: `pip "
                f"install {self.distribution}`. Received: {error}"
            ) from error

    # === What a subclass gives ===

    def start(self):
        """Begins the run, or goes on with `run_id`; sets `run_id`."""
        raise NotImplementedError

    def scalars(self, step, values):
        """Logs numbers, a dict of floats by name."""
        raise NotImplementedError

    def picture(self, step, name, image):
        """Logs a picture, `uint8` `(height, width, channels)`."""
        raise NotImplementedError

    def file(self, path):
        """Logs the file of the model."""
        raise NotImplementedError

    def finish(self, failed):
        """Ends the run."""
        raise NotImplementedError

    # === Called by Keras and by `GenerativeModel.fit` ===

    def set_callbacks(self, callbacks):
        """Tells which callbacks the model is fitted with."""
        self._callbacks = list(callbacks)

    def get_state(self):
        """Returns what a backup keeps of this callback."""
        return {"run_id": self.run_id}

    def set_state(self, state):
        """Receives what `get_state` returned."""
        self.run_id = state.get("run_id")

    def on_train_begin(self, logs=None):
        self._written = {}
        self._pictures = []
        if self.images:
            drawing = [c for c in self._callbacks if isinstance(c, PictureCallback)]
            if not drawing and hasattr(self.model, "sample"):
                drawing = [SampleGrid(None, animate=False)]
                drawing[0].set_model(self.model)
            self._pictures = drawing

    def on_epoch_begin(self, epoch, logs=None):
        if not self._running:  # only now has a backup been restored
            self.start()
            self._running = True
        for picture in self._pictures:
            picture.on_epoch_begin(epoch)
        self._log_pictures()

    def on_epoch_end(self, epoch, logs=None):
        values = dict(numbers(logs))
        for name, optimizer in players(self.model).items():
            values[f"learning_rate/{name}"] = current_rate(optimizer)
        values["epoch"] = epoch + 1
        self._guard(self.scalars, train_steps(self.model), values)
        for picture in self._pictures:
            picture.on_epoch_end(epoch)
        self._log_pictures()

    def on_train_end(self, logs=None):
        if not self._running:
            return  # no epoch was left
        for picture in self._pictures:
            picture.draw_last()
        self._log_pictures()
        if self.save_model:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.keras"
                self.model.save(path)
                self._guard(self.file, path)
        self._running = False
        self._guard(self.finish, False)

    def on_exception(self, error):
        """Ends the run. Called by `fit`; raises nothing."""
        if self._running:
            self._running = False
            self._guard(self.finish, True)

    def _log_pictures(self):
        for picture in self._pictures:
            step = picture.latest_step
            if step is not None and self._written.get(picture.name) != step:
                self._written[picture.name] = step
                self._guard(self.picture, step, picture.name, picture.latest)

    def _guard(self, call, *args):
        try:
            call(*args)
        except Exception as error:  # each package raises kinds of its own
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{type(self).__name__} could not log: {error!r}. Training "
                    "continues; later failures are not reported.",
                    stacklevel=2,
                )
