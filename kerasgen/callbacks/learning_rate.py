"""Learning rates of the players of a model."""

import inspect
import math
import sys

import keras

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.training.learning_rates import current_rate


class LearningRateScheduler(keras.callbacks.Callback):
    """Sets the learning rate of one player, or of all, before every epoch.

    Like `keras.callbacks.LearningRateScheduler`, for models of several optimizers. The
    rates in use are added to the epoch's logs, as `learning_rate` where there is one
    optimizer, as `generator_learning_rate` and so on where there are several.

    Args:
        schedule: Function of the epoch (an integer from 0) and the learning rate in
            use, or of the epoch alone, that returns the new learning rate, a float.
        phase: String, the player to set, one of `model.phases`. Defaults to all, each
            by its own rate.
        verbose: Integer, 0 to be quiet, 1 to print every rate that is set.

    Example:

    ```python
    halve = lambda epoch, rate: rate * 0.5 if epoch in (50, 75) else rate
    callback = kerasgen.callbacks.LearningRateScheduler(halve, phase="discriminator")
    ```
    """

    def __init__(self, schedule, phase=None, verbose=0):
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                f"`schedule` must be a function. Received: schedule={schedule!r}"
            )
        self.schedule = schedule
        self.phase = phase
        self.verbose = verbose
        self._takes_rate = _takes_two(schedule)

    def get_state(self):
        """Returns what a backup keeps of this callback: nothing."""
        return {}

    def set_state(self, state):
        """Receives what `get_state` returned."""

    def on_train_begin(self, logs=None):
        optimizers = players(self.model)
        if self.phase is not None:
            check_choice("phase", self.phase, tuple(optimizers))

    def on_epoch_begin(self, epoch, logs=None):
        for name, optimizer in players(self.model).items():
            if self.phase not in (None, name):
                continue
            rate = self._next_rate(epoch, optimizer)
            optimizer.learning_rate = rate
            if self.verbose:
                sys.stdout.write(f"\nEpoch {epoch + 1}: {name} learning rate {rate}.\n")

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        optimizers = players(self.model)
        for name, optimizer in optimizers.items():
            several = len(optimizers) > 1
            key = f"{name}_learning_rate" if several else "learning_rate"
            logs[key] = current_rate(optimizer)

    def _next_rate(self, epoch, optimizer):
        if self._takes_rate:
            rate = self.schedule(epoch, current_rate(optimizer))
        else:
            rate = self.schedule(epoch)
        try:
            value = float(rate)
        except (TypeError, ValueError):
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(
                "`schedule` must return a learning rate, a finite float >= 0. "
                f"Received: schedule({epoch}) returned {rate!r}"
            )
        return value


def exponential_decay(initial_rate, final_rate, epochs):
    """Returns a schedule that falls, or rises, by the same factor every epoch.

    Args:
        initial_rate: Float > 0, the learning rate of the first epoch.
        final_rate: Float > 0, that of the last one, and of any after it.
        epochs: Integer >= 1.

    Returns:
        Function of the epoch, an integer from 0, for `LearningRateScheduler`.

    Example:

    ```python
    schedule = kerasgen.callbacks.exponential_decay(1e-3, 1e-5, epochs=50)
    model.fit(
        data, epochs=50, callbacks=[kerasgen.callbacks.LearningRateScheduler(schedule)]
    )
    ```
    """
    for name, rate in {"initial_rate": initial_rate, "final_rate": final_rate}.items():
        if check_number(name, rate) <= 0:
            raise ValueError(f"`{name}` must be above 0. Received: {name}={rate}")
    last = max(1, check_int("epochs", epochs, 1) - 1)

    def schedule(epoch):
        return initial_rate * (final_rate / initial_rate) ** min(1.0, epoch / last)

    return schedule


def players(model):
    """Returns the optimizers of a model by the names of its players.

    An ordinary Keras optimizer is the one player "optimizer".
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return {}
    return dict(getattr(optimizer, "players", {"optimizer": optimizer}))


def _takes_two(schedule):
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # A builtin without a signature.
        return True
    return True
