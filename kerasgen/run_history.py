"""The epochs of a run, one line of JSON each."""

import contextlib
import json
import statistics
import time
from pathlib import Path

import keras

from kerasgen.record import plain

HISTORY = "history.jsonl"


class HistoryFile(keras.callbacks.Callback):
    """Writes one line of JSON an epoch: its number, seconds and scalars."""

    def __init__(self, run):
        super().__init__()
        self.run = run
        self._warm = False

    def get_state(self):
        return {}  # for `Backup`: the file is the state

    def set_state(self, state):
        pass

    def on_epoch_begin(self, epoch, logs=None):
        self.run.training = True
        # An epoch that is resumed in its middle tells nothing about its time, nor
        # does the first one of a process, which compiles.
        data = self.model.training_data
        _, offset = data.position if data is not None else (epoch, 0)
        self._timed = self._warm and offset == 0
        self._start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        seconds = round(time.monotonic() - self._start, 4)
        row = {"epoch": epoch + 1, "seconds": seconds, "timed": self._timed}
        with (self.run.folder / HISTORY).open("a") as file:
            file.write(json.dumps(plain({**row, **(logs or {})})) + "\n")
        self._warm = True


def read_history(folder):
    """Returns the rows of `history.jsonl`, the last one of each epoch, in order."""
    path, rows = Path(folder) / HISTORY, {}
    for line in path.read_text().splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):  # a line that a kill cut short
            row = json.loads(line)
            rows[row["epoch"]] = row
    return [rows[epoch] for epoch in sorted(rows)]


def epoch_figures(row):
    """Returns the scalars of one epoch."""
    return {k: v for k, v in row.items() if k not in ("epoch", "seconds", "timed")}


def median_seconds(epochs):
    """Returns the median seconds of an epoch, or None: without those that compiled."""
    timed = [row["seconds"] for row in epochs if row["timed"]]
    timed = timed or [row["seconds"] for row in epochs]
    return statistics.median(timed) if timed else None
