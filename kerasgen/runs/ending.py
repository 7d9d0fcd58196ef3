"""How a run ends early: told to, without finite numbers, or on a full disk."""

import contextlib
import errno
import math
import os
import shutil
import signal
import threading
import warnings
from pathlib import Path

from kerasgen.backend import to_numpy
from kerasgen.checkpoints import state_file
from kerasgen.checkpoints.state_file import NonFiniteError
from kerasgen.early_signals import NAMES, STOPPED, is_default
from kerasgen.errors import CheckpointError, RunError, describe, is_user_error
from kerasgen.training import NonFiniteLossError

INTERRUPTED = 130  # as a shell has it after Ctrl-C
DIVERGED = 70  # sysexits.h: an internal error

_FULL = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG")
    if hasattr(errno, name)
}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR}
_REFUSED |= {errno.ENAMETOOLONG, errno.ELOOP}


class DivergedError(RunError):
    """Weights or figures are not finite; nothing was written over the good files."""

    exit_code = DIVERGED


class Stopped(SystemExit):
    """The end of a run that a signal asked to end.

    Args:
        signal: str, its name, such as `"SIGTERM"`.
    """

    def __init__(self, signal):
        super().__init__(INTERRUPTED if signal == "SIGINT" else STOPPED)
        self.signal = signal


class SignalExit:
    """While it is entered, SIGTERM and SIGUSR1 raise `Stopped` in the main thread.

    In place of ending the process at once, with temporary files left and a code that
    says nothing. Ctrl-C raises KeyboardInterrupt by itself. A signal that was ignored
    or has another purpose stays as it is.
    """

    def __enter__(self):
        self._taken = {}
        if threading.current_thread() is not threading.main_thread():
            return self
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGUSR1
            if number is not None and is_default(signal.getsignal(number)):
                self._taken[number] = signal.signal(number, self._raise)
        return self

    def __exit__(self, *error):
        for number, handler in self._taken.items():
            signal.signal(number, handler)

    def _raise(self, number, frame):
        raise Stopped(signal.Signals(number).name)

    _raise.gives_way = True  # to `SignalNote`, which saves first


@contextlib.contextmanager
def short_warnings():
    """While it is entered, a warning of ours is one line, without a place in code."""
    before = warnings.formatwarning

    def in_a_line(message, category, *place, **line):
        if category is UserWarning:
            return f"warning: {message}\n"
        return before(message, category, *place, **line)

    warnings.formatwarning = in_a_line
    try:
        yield
    finally:
        warnings.formatwarning = before


def steps(model):
    """Returns the number of training steps that a model has done."""
    model.sync()
    return int(to_numpy(model.steps))


def refuse_nonfinite(model):
    """Raises NonFiniteError if any of a model's state is NaN or infinite."""
    model.sync()
    state = {name: to_numpy(v) for name, v in model.state_variables().items()}
    state_file.refuse_nonfinite(state)


def refuse_nonfinite_figures(figures):
    """Raises NonFiniteError if a figure of a dict is NaN or infinite."""
    bad = {
        name: value
        for name, value in figures.items()
        if isinstance(value, float) and not math.isfinite(value)
    }
    if bad:
        raise NonFiniteError(
            f"The figures of a run must be finite to be written. Received: {bad}"
        )


def as_run_error(error, run):
    """Returns the `RunError` that tells the user of an error, or None.

    None is for errors of the code, whose traceback is wanted.

    Args:
        error: the exception that ended the run.
        run: the `Run`.
    """
    if isinstance(error, RunError):
        return error
    if isinstance(error, (NonFiniteLossError, NonFiniteError)):
        return DivergedError(f"{error}. {run.hint()}")
    refused = _disk_error(error, run.folder)
    if refused is not None:
        refused = error if isinstance(error, CheckpointError) else refused
        reason = " ".join(str(refused).split()).rstrip(".")
        return RunError(f"cannot write {_space(run.folder)}: {reason}. {run.hint()}")
    if isinstance(error, CheckpointError):
        return RunError(str(error))
    if is_user_error(error):
        return RunError(describe(error))
    return None


def _disk_error(error, folder):
    """Returns the refusal of a disk that is behind an error, or None.

    A full disk anywhere counts, other refusals in the run folder alone.
    """
    while error is not None:
        number = getattr(error, "errno", None)
        if number in _FULL or "No space left on device" in str(error):
            return error
        if number in _REFUSED and error.filename is not None:
            path = Path(os.fsdecode(error.filename)).absolute()
            folder = Path(folder).absolute()
            if path.is_relative_to(folder) or folder.is_relative_to(path):
                return error
        error = error.__cause__ or error.__context__
    return None


def _space(folder):
    try:
        free = f"{shutil.disk_usage(folder).free:,} bytes free"
    except OSError:
        free = "not there"
    return f"all of the run folder '{folder}' ({free})"
