"""What a run's history says of its epochs, read without Keras."""

import contextlib
import json
import statistics
from pathlib import Path

HISTORY = "history.jsonl"
_OWN = ("epoch", "seconds", "timed", "resumed")


def read_history(folder, part=None):
    """Returns the rows of a run's or a part's history, one for each epoch, in order."""
    return read_rows(history_path(folder, part))


def history_path(folder, part=None):
    """Returns the path of a run's or a part's history."""
    name = HISTORY if part is None else HISTORY.replace(".", f"-{part}.")
    return Path(folder) / name


def read_rows(path):
    """Returns the rows of a history, the last one of each epoch, in order."""
    rows = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # cut by a kill
            row = json.loads(line)
            rows[int(row["epoch"])] = row
    return [rows[epoch] for epoch in sorted(rows)]


def epoch_figures(row):
    """Returns the scalars of one epoch."""
    return {k: v for k, v in row.items() if k not in _OWN}


def median_seconds(epochs):
    """Returns the median seconds of an epoch, or None.

    Without those that compiled, where there are others, and those that were resumed.
    """
    whole = [row for row in epochs if not row.get("resumed")] or epochs
    timed = [row for row in whole if row["timed"]] or whole
    return statistics.median(row["seconds"] for row in timed) if timed else None
