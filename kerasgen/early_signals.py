"""Signals that come while a command starts: they end it with the code of a run.

It imports neither Keras nor the rest of the package, which take seconds.
"""

import signal
import sys

STOPPED = 75  # sysexits.h: a failure that passes, start it again
NAMES = ("SIGTERM", "SIGUSR1")


def exit_on_signals():
    """Makes signals that would end the process at once end it with code 75."""
    for name in NAMES:
        number = getattr(signal, name, None)  # Windows has no SIGUSR1
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _exit)


def is_default(handler):
    """Tells whether a handler is that of the system, or gives way to a later one."""
    return handler == signal.SIG_DFL or getattr(handler, "gives_way", False)


def _exit(number, frame):
    name = signal.Signals(number).name
    sys.stderr.write(f"\nstopped by {name} before the run has begun\n")
    sys.exit(STOPPED)


_exit.gives_way = True
