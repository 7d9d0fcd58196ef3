"""Keras's progress bar, kept within the terminal."""

import shutil
import sys
import time

import keras

_INTERVAL = 0.05  # seconds between two updates, as Keras's


class ProgressBar(keras.callbacks.ProgbarLogger):
    """Shows progress and scalars on one line, as wide as the terminal at most.

    Keras's own bar becomes a line a step where it is wider than the terminal. This one
    becomes shorter, then leaves scalars out, losses last, and says so by "…". What
    callbacks and `History` get is untouched. Elsewhere than in a terminal, in a
    notebook or a file, it is Keras's own.
    """

    async_safe = True  # as Keras's own, which it replaces

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self._narrow()

    def on_test_begin(self, logs=None):
        super().on_test_begin(logs)
        if not self._called_in_fit:
            self._narrow()

    def _narrow(self):
        interactive = keras.config.is_interactive_logging_enabled()
        if self.verbose == 1 and interactive and sys.stdout.isatty():
            self.progbar = _Line(self.target)


def with_progress_bar(callbacks, verbose):
    """Returns callbacks with a `ProgressBar` at the end, unless there is a logger.

    Args:
        callbacks: callback, list of callbacks, `keras.callbacks.CallbackList` or None.
        verbose: as in `keras.Model.fit`.
    """
    if not verbose or isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    if not isinstance(callbacks, (list, tuple)):
        callbacks = [] if callbacks is None else [callbacks]
    if any(isinstance(c, keras.callbacks.ProgbarLogger) for c in callbacks):
        return callbacks
    return [*callbacks, ProgressBar()]


class _Line:
    """One line of a terminal that is written again and again.

    Args:
        target: int, the number of steps, or None where it is not known.
    """

    def __init__(self, target):
        self.target = target
        self._start = self._first_step = time.time()
        self._last = 0.0
        self._width = 0

    def update(self, current, values=None, finalize=None):
        """Writes the line anew; arguments as in `keras.utils.Progbar.update`."""
        now = time.time()
        if current == 1:
            self._first_step = now
        if now - self._last < _INTERVAL and not finalize:
            return
        self._last = now
        if current > 1:  # the first step is mostly compiling
            seconds = (now - self._first_step) / (current - 1)
        else:
            seconds = (now - self._start) / max(current, 1)
        known = self.target and not finalize
        left = seconds * (self.target - current) if known else now - self._start
        times = f" {_clock(left)} {_short(seconds)}/step"
        # A line that fills the terminal would leave the cursor beyond its end.
        columns = shutil.get_terminal_size().columns - 1
        bar, colored, texts = self._fit(current, times, values or (), columns)
        line = bar + times + "".join(texts)
        width = min(len(line), columns)
        padding = " " * max(0, min(self._width, columns) - width)
        self._width = width
        shown = line[:columns] if len(line) > columns else colored + line[len(bar) :]
        sys.stdout.write("\r" + shown + padding + ("\n" if finalize else ""))
        sys.stdout.flush()

    def _fit(self, current, times, values, columns):
        """Returns the bar, the bar with its colours, and the scalars that fit.

        The bar is as wide as leaves room for all scalars, or else for the losses.
        """
        texts = [f" - {name}: {_number(value)}" for name, value in values]
        losses = [i for i, (name, _) in enumerate(values) if name.endswith("loss")]
        order = [*losses, *(i for i in range(len(texts)) if i not in losses)]
        everything = sum(map(len, texts))
        least = sum(len(texts[i]) for i in losses) + len(" …")
        for width, needed in ((20, everything), (10, everything), (5, least), (0, 0)):
            bar, colored = self._bar(current, width)
            room = columns - len(bar + times)
            if needed <= room:
                break
        if everything <= room:
            return bar, colored, texts
        room -= len(" …")
        kept = set()
        for i in order:
            if len(texts[i]) <= room:
                room -= len(texts[i])
                kept.add(i)
        return bar, colored, [*(texts[i] for i in sorted(kept)), " …"]

    def _bar(self, current, width):
        if not self.target:
            text = f"{current:7d}/Unknown"
            return text, text
        done = int(width * min(current / self.target, 1))
        count = f"{current:{len(str(self.target))}d}/{self.target}"
        if not width:
            return count, f"\x1b[1m{count}\x1b[0m"
        count += " "
        green, grey = "━" * done, "━" * (width - done)
        colored = f"\x1b[1m{count}\x1b[0m\x1b[32m{green}\x1b[0m\x1b[37m{grey}\x1b[0m"
        return count + green + grey, colored


def _clock(seconds):
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}" if minutes else f"{rest}s"


def _short(seconds):
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{1e3 * seconds:.0f}ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f}us"


def _number(value):
    value = float(value)
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"
