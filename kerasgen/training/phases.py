"""A phase (player) of training."""

import dataclasses

import keras

from kerasgen.backend import made_trainable


@dataclasses.dataclass(frozen=True)
class Phase:
    """One player: its networks, its scalars, its updates in a step.

    Attributes:
        name: str.
        networks: tuple of layers whose weights it owns, given as one or several.
        scalars: tuple of names, the first is `"loss"`.
        updates: int.
        first_bad_step: int variable, the first step whose loss was not finite, or -1.
        shared: tuple of layers that other phases own and this one moves, too, given as
            one or several. What they add with `add_loss` is their owners'.
    """

    name: str
    networks: tuple
    scalars: tuple
    updates: int
    first_bad_step: keras.Variable
    shared: tuple = ()

    def __post_init__(self):
        for name in ("networks", "shared"):
            given = getattr(self, name)
            given = given if isinstance(given, (list, tuple)) else [given]
            object.__setattr__(self, name, tuple(given))
        for network in self.networks:
            refuse_quantized(network)

    @property
    def variables(self):
        """The weights that the phase moves, each once, whatever is frozen now."""
        return _weights((*self.networks, *self.shared))

    @property
    def own_variables(self):
        """Those of them that it alone owns, or other phases share with it."""
        return _weights(self.networks)

    def log_names(self, prefixed):
        """Returns the names logged: `generator_loss`, or `loss` for a lone phase."""
        return [f"{self.name}_{s}" if prefixed else s for s in self.scalars]


def _weights(networks):
    return list({id(v): v for n in networks for v in made_trainable(n)}.values())


def check_owners(phase, earlier):
    """Returns a phase; raises unless each of its weights has one owner.

    Args:
        phase: `Phase`.
        earlier: the phases declared before it.
    """
    owned = {id(v) for other in earlier for v in other.own_variables}
    twice = [v.path for v in phase.own_variables if id(v) in owned]
    if twice:
        raise ValueError(
            "`networks` must hold no weight that another phase owns; what both move is "
            f"`shared`. Received: weights of an earlier phase, {twice[:5]}"
        )
    lost = [v.path for v in _weights(phase.shared) if id(v) not in owned]
    if lost:
        raise ValueError(
            "`shared` must hold weights that phases declared before own. "
            f"Received: weights of no earlier phase, {lost[:5]}"
        )
    return phase


def refuse_losses(given):
    """Raises TypeError for arguments of Keras's `compile` that say how losses are made.

    Args:
        given: dict of the arguments that `GenerativeModel.compile` does not have.
    """
    for name, value in given.items():
        if name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
            raise TypeError(
                f"`{name}` must be left out of `compile`: a model has the losses of "
                "its paper, which its constructor's arguments choose and weigh, and "
                "logs their parts; a subclass gives others in `compute_losses`. "
                f"Received: {name}={value!r}"
            )
        raise TypeError(
            f"`{name}` must be left out of `compile`, which takes `optimizer`, "
            "`run_eagerly`, `jit_compile`, `steps_per_execution` and `average_decay`. "
            f"Received: {name}={value!r}"
        )


def refuse_quantized(layer):
    """Raises if a layer, or one inside it, holds quantised weights: none are trained.

    A file of it could not be read: a model is made from its arguments, with weights
    that are floats.
    """
    for inner in layer._flatten_layers():
        if getattr(inner, "quantization_mode", None) is not None:
            raise ValueError(
                "The networks of a model must hold float weights: quantise a copy of "
                "one, `network = keras.models.clone_model(model.generator)` with "
                "`network.set_weights(model.generator.get_weights())`. Received: "
                f"layer {inner.path!r} of mode {inner.quantization_mode!r}"
            )


LOWER_IS_BETTER = ("loss", "reconstruction", "kl", "nll", "bits_per_dim")
