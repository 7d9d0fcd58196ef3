"""What the callbacks that draw pictures share: when, where and how safely."""

import os
import warnings
from pathlib import Path

import keras
import numpy as np

from kerasgen import images
from kerasgen.arguments import check_int
from kerasgen.atomic_folder import check_folder

_FPS = 5
_COLORS = 32  # of an animation, which are most of its size


class PictureCallback(keras.callbacks.Callback):
    """Base of the callbacks that draw a picture every few epochs.

    A subclass draws in `draw()`. The pictures go to
    `directory/name/epoch-0001.png` and so on, `epoch-0000.png` being the untrained
    model, and at the end of training all of them become `directory/name.gif`. A disk
    that fails costs a warning and the picture, never the training.

    The hooks of one epoch may be called twice: the first call draws. So another
    callback, whichever comes first in the list, can ask for this epoch's picture.

    Args:
        directory: Path of a folder, or `None` to keep the picture in memory only.
        name: String, the name of the pictures.
        period: Integer, epochs between pictures. The last epoch is always drawn.
        animate: Boolean, whether to write the animation.

    Attributes:
        latest: The latest picture, a `uint8` image, or `None`.
        latest_step: Integer, the number of training steps behind it.
    """

    needs = None  # the method of a model that draws what is shown

    def __init__(self, directory, name, period=1, animate=False):
        super().__init__()
        if directory is not None and not isinstance(directory, (str, os.PathLike)):
            raise TypeError(
                f"`directory` must be a path or None. Received: directory={directory!r}"
            )
        if directory is not None:
            check_folder("directory", directory, directory)
        if not isinstance(name, str) or Path(name).name != name:
            raise ValueError(
                f"`name` must be a name for files, without folders. Received: {name=}"
            )
        self.directory = None if directory is None else Path(directory)
        self.name = name
        self.period = check_int("period", period)
        self.animate = animate
        self.latest = self.latest_step = None
        self._epoch = self._drawn = self._restored = None
        self._number = 0
        self._warned = set()

    def set_model(self, model):
        super().set_model(model)
        if self.needs and not callable(getattr(model, self.needs, None)):
            raise ValueError(
                f"`model` must have a method `{self.needs}`. "
                f"Received: model={type(model).__name__}"
            )

    def draw(self):
        """Returns the picture of the model as it is, a `uint8` image."""
        raise NotImplementedError

    def title(self, what):
        """Returns the title of the picture: the model, what is drawn, and when."""
        when = f"after epoch {self._number}" if self._number else "before training"
        return f"{type(self.model).__name__}: {what} {when}"

    def get_state(self):
        """Returns what a backup keeps of this callback: the epochs that are done."""
        return {"epoch": self._epoch}

    def set_state(self, state):
        """Receives what `get_state` returned."""
        self._restored = state.get("epoch")

    def on_train_begin(self, logs=None):
        self.latest = self.latest_step = None
        self._epoch = self._drawn = self._restored = None

    def on_epoch_begin(self, epoch, logs=None):
        first = self._epoch is None
        self._epoch = epoch
        if not first or epoch > 0:
            return
        # A run resumed within its first epoch keeps the picture of its start.
        if train_steps(self.model) == 0 or not self._exists(0):
            self._update(0)

    def on_epoch_end(self, epoch, logs=None):
        self._epoch = epoch + 1
        if self._epoch % self.period == 0:
            self._update(self._epoch)

    def on_train_end(self, logs=None):
        trained = self._epoch is not None
        self.draw_last()
        if self.animate and self.directory is not None and self._drawn is not None:
            path = self.directory / f"{self.name}.gif"
            if trained or not _is_newest(path, self._path(self._drawn)):
                self._guard(path, lambda: self._save_animation(path))

    def draw_last(self):
        """Draws the epoch at which training ended, unless that was done.

        Where a backup was restored and no epoch was left to train, this draws what the
        process that did the last epoch was killed before.
        """
        if self._epoch is not None:
            self._update(self._epoch)
        elif self._restored is not None and self._drawn is None:
            if self._exists(self._restored):
                self.latest = _read(self._path(self._restored))
                self._drawn = self._restored
            else:
                self._update(self._restored)

    def show(self, x):
        """Returns images that can be drawn: values that are not finite go black."""
        x = images.to_float(x)
        bad = ~np.isfinite(x)
        if bad.any():
            self._warn_once(
                "values",
                f"{type(self).__name__} drew {int(bad.sum())} of {bad.size} values of "
                f"the model's images black: they are NaN or infinite.",
            )
            x = np.where(bad, np.float32(0), x)
        return images.to_uint8(x)

    def _update(self, number):
        if number == self._drawn:
            return
        self._number = number
        self.latest = self.draw()
        self.latest_step = train_steps(self.model)
        self._drawn = number
        if self.directory is not None:
            path = self._path(number)
            self._guard(path, lambda: images.save_png(path, self.latest))

    def _path(self, number):
        return self.directory / self.name / f"epoch-{number:04d}.png"

    def _exists(self, number):
        return self.directory is not None and self._path(number).exists()

    def _save_animation(self, path):
        # All pictures of the run, those drawn before an interruption as well, but
        # none that an older and longer run left behind.
        paths = {
            int(found.stem.removeprefix("epoch-")): found
            for found in (self.directory / self.name).glob("epoch-*.png")
            if found.stem.removeprefix("epoch-").isdecimal()
        }
        numbers = sorted(number for number in paths if number <= self._drawn)
        frames = [_read(paths[number]) for number in numbers]
        frames = [frame for frame in frames if frame.shape == self.latest.shape]
        if frames:
            images.save_animation(path, frames, fps=_FPS, colors=_COLORS)

    def _guard(self, path, write):
        try:
            write()
        except OSError as error:
            self._warn_once(
                "disk",
                f"{type(self).__name__} could not write {str(path)!r}: {error}. "
                "Training continues; later failures are not reported.",
            )

    def _warn_once(self, kind, message):
        if kind not in self._warned:
            self._warned.add(kind)
            warnings.warn(message, stacklevel=2)


def train_steps(model):
    """Returns the number of training steps that a model has done."""
    steps = getattr(model, "steps", None)
    if steps is None:
        steps = model.optimizer.iterations
    return int(keras.ops.convert_to_numpy(steps))


def _is_newest(path, other):
    try:
        return path.stat().st_mtime_ns >= other.stat().st_mtime_ns
    except OSError:
        return False


def _read(path):
    from PIL import Image

    with Image.open(path, formats=("PNG",)) as image:
        return np.atleast_3d(np.asarray(image))
