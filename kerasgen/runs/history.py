"""The epochs of a run, one line of JSON each."""

import json
import math
import os
import time
import warnings

import keras

from kerasgen.atomic_folder import replacing
from kerasgen.run_epochs import history_path, read_rows
from kerasgen.runs.record import plain


class RunNote(keras.callbacks.Callback):
    """Tells the user and the run that training has begun, and where.

    Args:
        run: `Run`.
        backup: the `Backup` of the same `fit`.
    """

    def __init__(self, run, backup):
        super().__init__()
        self.run, self.backup = run, backup

    def get_state(self):
        return {}

    def set_state(self, state):
        pass

    def on_train_begin(self, logs=None):
        self._told = False

    def on_epoch_begin(self, epoch, logs=None):
        self.run.started_training()
        self._tell(f"resumed at step {{step:,}}, in epoch {epoch + 1}")

    def on_train_end(self, logs=None):
        self._tell("trained already, to step {step:,}")

    def _tell(self, text):
        if self.backup.resumed_step is not None and not self._told:
            self.run.say(text.format(step=self.backup.resumed_step))
        self._told = True


class HistoryFile(keras.callbacks.Callback):
    """Writes one line of JSON for every epoch that is done: number, seconds, scalars.

    The line of an epoch that was stopped and resumed has the time of all its parts, and
    `"resumed"`, how often. A disk that fails costs a warning; the lines are written as
    soon as it does not.

    Args:
        folder: path of the run folder.
        backup: the `Backup` of the same `fit`.
        part: str or None. Name of the part of the run that is trained.
    """

    def __init__(self, folder, backup, part=None):
        super().__init__()
        self.path = history_path(folder, part)
        self.backup = backup
        self._warm = self._warned = False
        self._unwritten = []

    def get_state(self):
        return {
            "seconds": self._seconds(),
            "resumed": self._resumed,
            "unwritten": self._unwritten,
        }

    def set_state(self, state):
        # Called before the first epoch, and again where it begins in its middle.
        self._before = state.get("seconds", 0.0)
        self._resumed = state.get("resumed", 0) + 1
        if not self._repaired:
            self._unwritten = state.get("unwritten", [])

    def on_train_begin(self, logs=None):
        self._start, self._before, self._resumed = None, 0.0, 0
        self._repaired = False

    def on_epoch_begin(self, epoch, logs=None):
        self._repair(epoch)
        self._start, self._before, self._resumed = time.monotonic(), 0.0, 0

    def on_epoch_end(self, epoch, logs=None):
        if self.backup.interrupted:
            return  # within the epoch: its line comes when it is done
        # An epoch that was resumed in its middle compiles, as the first one does.
        row = {
            "epoch": epoch + 1,
            "seconds": round(self._seconds(), 4),
            "timed": self._warm and not self._resumed,
        }
        if self._resumed:
            row["resumed"] = self._resumed
        self._start, self._before, self._resumed = None, 0.0, 0
        self._unwritten.append(plain({**row, **(logs or {})}))
        self._warm = True
        self._guard(self._append)

    def on_train_end(self, logs=None):
        self._repair(math.inf)  # where no epoch was left
        if self._unwritten:
            self._guard(self._append)

    def _seconds(self):
        since = 0.0 if self._start is None else time.monotonic() - self._start
        return self._before + since

    def _append(self):
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            with self.path.open("a") as file:
                file.write("".join(json.dumps(row) + "\n" for row in self._unwritten))
                file.flush()
                os.fsync(file.fileno())  # before the checkpoint that counts on it
        except OSError:
            if self.path.exists():
                os.truncate(self.path, size)
            raise
        self._unwritten = []

    def _repair(self, epochs):
        """Leaves the lines of the epochs that are done, whole and once."""
        if self._repaired:
            return
        self._repaired = True
        rows = {row["epoch"]: row for row in self._unwritten}
        rows |= {row["epoch"]: row for row in read_rows(self.path)}
        rows = [rows[epoch] for epoch in sorted(rows) if epoch <= epochs]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        # A hard link is replaced, as the other file must not get our lines.
        linked = self.path.exists() and self.path.stat().st_nlink > 1
        before = self.path.read_text() if self.path.exists() else ""
        if text == before and not linked:
            return

        def write():
            with replacing(self.path) as temporary:
                temporary.write_text(text)
            self._unwritten = []

        self._guard(write)

    def _guard(self, write):
        try:
            write()
        except OSError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{self.path} could not be written: {error}. Training continues; "
                    "its lines are written when the disk takes them.",
                    stacklevel=2,
                )
