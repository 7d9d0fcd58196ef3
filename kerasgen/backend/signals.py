"""Signals that wait for the end of a step."""

import contextlib
import signal
import threading

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2")
_NUMBERS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


@contextlib.contextmanager
def deferred_signals():
    """A context that no signal's handler interrupts: each runs when the context ends.

    What a handler raises, such as KeyboardInterrupt, could else come after a step has
    taken the old state's memory and before the new state is kept. Python runs handlers
    in the main thread alone: elsewhere there is nothing to wait for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    note = _Note()
    try:
        for number in _NUMBERS:
            handler = signal.getsignal(number)
            if callable(handler):
                note.handlers[number] = handler
                signal.signal(number, note)
        yield
    finally:
        note.end()


class _Note:
    """A handler that notes signals, and once ended passes them on."""

    def __init__(self):
        self.handlers, self.received, self.ended = {}, [], False

    def __call__(self, number, frame):
        if self.ended:  # a signal has interrupted `end`
            self.handlers[number](number, frame)
        else:
            self.received.append(number)

    def end(self):
        self.ended = True
        for number, handler in self.handlers.items():
            if signal.getsignal(number) is self:
                signal.signal(number, handler)
        for number in self.received:
            signal.raise_signal(number)
