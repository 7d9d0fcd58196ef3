"""A phase (player) of training, and the metric that averages one of its scalars."""

import dataclasses

import keras


@dataclasses.dataclass(frozen=True)
class Phase:
    """One player: its networks, its scalars, its updates in a step.

    Attributes:
        name: str.
        networks: tuple of layers whose trainable variables it owns.
        scalars: tuple of names, the first is `"loss"`.
        updates: int.
        first_bad_step: int variable, the first step whose loss was not finite, or -1.
    """

    name: str
    networks: tuple
    scalars: tuple
    updates: int
    first_bad_step: keras.Variable

    @property
    def variables(self):
        """The trainable variables of the phase, each once."""
        found = {id(v): v for n in self.networks for v in n.trainable_variables}
        return list(found.values())

    def log_names(self, prefixed):
        """Returns the names logged: `generator_loss`, or `loss` for a lone phase."""
        return [f"{self.name}_{s}" if prefixed else s for s in self.scalars]


class Scalar(keras.metrics.Mean):
    """The mean of a logged scalar over the examples of an epoch.

    Losses know that less is better, so that Keras's callbacks can find their
    direction in `mode="auto"`.
    """

    _lower_is_better = ("loss", "reconstruction", "kl", "nll", "bits_per_dim")

    def __init__(self, name, dtype="float32"):
        super().__init__(name=name, dtype=dtype)
        if name.endswith(self._lower_is_better):
            self._direction = "down"
