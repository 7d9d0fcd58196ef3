"""Termination signals, taken note of instead of obeyed at once."""

import os
import signal
import threading

from kerasgen.early_signals import is_default

_SIGNALS = ("SIGTERM", "SIGINT", "SIGUSR1")


class SignalNote:
    """Notes the first signal that asks the process to end.

    The second one gets what it would have got without the note: handlers are put
    back and it is delivered again, which ends the process or raises
    KeyboardInterrupt. Handlers can be installed in the main thread only; elsewhere
    nothing is noted.

    Attributes:
        received: Name of the signal, such as `"SIGTERM"`, or None.
    """

    def __init__(self):
        self.received = None
        self._previous = {}

    def install(self):
        """Installs the handlers and forgets an earlier signal."""
        self.restore()
        self.received = None
        if threading.current_thread() is not threading.main_thread():
            return
        for name in _SIGNALS:
            number = getattr(signal, name, None)  # Windows has no SIGUSR1
            if number is not None and self._wanted(name, signal.getsignal(number)):
                self._previous[number] = signal.signal(number, self._note)

    def _wanted(self, name, handler):
        if name == "SIGUSR1":  # an asked-for one has another purpose
            return is_default(handler)
        return handler != signal.SIG_IGN

    def restore(self):
        """Puts the previous handlers back."""
        while self._previous:
            number, handler = self._previous.popitem()
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _note(self, number, frame):
        if self.received is None:
            self.received = signal.Signals(number).name
        else:
            self.restore()
            os.kill(os.getpid(), number)
