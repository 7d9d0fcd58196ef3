"""A phase (player) of training."""

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


LOWER_IS_BETTER = ("loss", "reconstruction", "kl", "nll", "bits_per_dim")
