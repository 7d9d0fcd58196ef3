"""Learning rates of several players, set together in their proportions."""

import keras
from keras import ops

from kerasgen.registry import PACKAGE

_Schedule = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(PACKAGE)
class ScaledSchedule(_Schedule):
    """Another schedule's rate times a constant.

    Args:
        schedule: `keras.optimizers.schedules.LearningRateSchedule`.
        factor: float.
    """

    def __init__(self, schedule, factor):
        if isinstance(schedule, dict):
            schedule = keras.optimizers.schedules.deserialize(schedule)
        self.schedule, self.factor = schedule, factor

    def __call__(self, step):
        return self.schedule(step) * self.factor

    def get_config(self):
        schedule = keras.optimizers.schedules.serialize(self.schedule)
        return {"schedule": schedule, "factor": self.factor}


def current_rate(optimizer):
    """Returns the learning rate in use, as a float."""
    return float(ops.convert_to_numpy(optimizer.learning_rate))


def rate_ratios(players, last):
    """Returns every player's learning rate as a share of the first one's, a dict.

    Args:
        players: dict from phase name to `keras.optimizers.Optimizer`.
        last: what was returned before; it holds while all the rates are 0, or where
            the rates are schedules, which were given by it.
    """
    rates = {phase: current_rate(player) for phase, player in players.items()}
    scheduled = [p for p, player in players.items() if callable(_given(player))]
    first = next(iter(rates.values()))
    if scheduled or not any(rates.values()):
        return last
    if first == 0:
        raise ValueError(
            "`learning_rate` must be set for each player where the first one's is 0: "
            f"`optimizer.players[phase].learning_rate`. Received: rates {rates}"
        )
    return {phase: rate / first for phase, rate in rates.items()}


def set_rates(players, learning_rate, ratios):
    """Gives every player `learning_rate` times its ratio, or raises and gives none.

    Args:
        players: dict from phase name to `keras.optimizers.Optimizer`.
        learning_rate: float, or a `LearningRateSchedule`.
        ratios: dict from phase name to float.
    """
    if callable(learning_rate):
        plain = all(ratio == 1.0 for ratio in ratios.values())
        if not plain and not isinstance(learning_rate, _Schedule):
            raise TypeError(
                "`learning_rate` must be a number or a LearningRateSchedule where the "
                f"players' rates differ. Received: learning_rate={learning_rate!r}"
            )
    else:
        for phase, player in players.items():
            if callable(_given(player)):
                raise TypeError(
                    "`learning_rate` must not be set to a number where the optimizer "
                    "was made with a schedule, as in Keras. Received: "
                    f"{learning_rate!r} for {phase!r}, made with {_given(player)!r}"
                )
        learning_rate = float(ops.convert_to_numpy(learning_rate))
    for phase, player in players.items():
        ratio = ratios[phase]
        if callable(learning_rate) and ratio != 1.0:
            player.learning_rate = ScaledSchedule(learning_rate, ratio)
        else:
            rate = learning_rate if ratio == 1.0 else learning_rate * ratio
            player.learning_rate = rate


def _given(player):
    """Returns the schedule of an optimizer, or the variable that holds its rate."""
    return player._learning_rate
