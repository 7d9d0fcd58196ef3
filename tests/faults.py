"""Faults on purpose: kills, full disks, damaged files, bad data, signals."""

import contextlib
import errno
import os
import signal
from pathlib import Path
from unittest import mock

import keras
import numpy as np

ROOT = Path(__file__).parent.parent

# Makes kerasgen.checkpoints importable without Keras, in a fifth of a second.
WITHOUT_KERAS = f"""
import sys, types
for name in ("kerasgen", "kerasgen/checkpoints", "kerasgen/runs"):
    module = types.ModuleType(name.replace("/", "."))
    module.__path__ = [{str(ROOT)!r} + "/" + name]
    sys.modules[module.__name__] = module
"""


class AtStep(keras.callbacks.Callback):
    """Calls `fault()` once, before a step or after it.

    Args:
        step: int. Steps of this fit that are done by then.
        fault: function without arguments.
        hook: `"on_train_batch_begin"` or `"on_train_batch_end"`.
    """

    def __init__(self, step, fault, hook="on_train_batch_begin"):
        super().__init__()
        self._fault, self._at, self._done = fault, step, 0
        setattr(self, hook, self._count)
        if hook == "on_train_batch_end":
            self._done = 1

    def _count(self, batch, logs=None):
        if self._done == self._at:
            self._fault()
        self._done += 1


def kill_at(step):
    """Ends the process at a step as a power cut would: nothing is cleaned up."""
    return AtStep(step, lambda: os._exit(9))


def raise_at(step, error, hook="on_train_batch_begin"):
    """Raises `error` at a step."""
    return AtStep(step, lambda: raise_error(error), hook)


def signal_at(step, name="SIGTERM"):
    """Sends a signal to this process at a step."""
    return AtStep(step, lambda: os.kill(os.getpid(), getattr(signal, name)))


def raise_error(error):
    raise error


@contextlib.contextmanager
def nth_call(name, n, fault):
    """Calls `fault()` in place of the n-th call of a function of `os`, from 1.

    Yields:
        A list with an entry for each call made.
    """
    real, calls = getattr(os, name), []

    def counted(*args, **kwargs):
        calls.append(args)
        return fault() if len(calls) == n else real(*args, **kwargs)

    with mock.patch.object(os, name, counted):
        yield calls


def kill_now():
    os.kill(os.getpid(), signal.SIGKILL)


def no_space():
    raise OSError(errno.ENOSPC, "No space left on device")


def flip_byte(path, position):
    """Inverts one byte; a negative position counts from the end."""
    content = bytearray(Path(path).read_bytes())
    content[position] ^= 0xFF
    Path(path).write_bytes(content)


def truncate(path, share):
    """Cuts a file to a share of its length."""
    os.truncate(path, int(os.path.getsize(path) * share))


class FaultySource:
    """Images; a read of one example calls `fault(rows)` for what is returned.

    Args:
        images: array.
        example: int. The storage index that is faulty.
        fault: function of the rows that were asked for, `nan_rows` or `unreadable`.
    """

    def __init__(self, images, example, fault):
        self._images, self._example, self._fault = images, example, fault

    def __len__(self):
        return len(self._images)

    def __getitem__(self, indices):
        rows = self._images[indices]
        return self._fault(rows) if self._example in indices else rows


def nan_rows(rows):
    return np.full_like(rows, np.nan)


def unreadable(rows):
    raise OSError(errno.EIO, "the disk is gone")
