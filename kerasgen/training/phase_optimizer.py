"""One optimizer per phase, seen by Keras as one."""

import difflib
from types import MappingProxyType

import keras
from keras import ops

from kerasgen import backend
from kerasgen.registry import PACKAGE

_INITIAL_SCALE = 2.0**15
_GROWTH_STEPS = 2000


@keras.saving.register_keras_serializable(PACKAGE)
class PhaseOptimizer(keras.optimizers.Optimizer):
    """Holds the optimizers of all phases (players) of a model.

    Keras carries, shards and saves what `model.optimizer.variables` lists. A model
    with two optimizers as attributes therefore trains on JAX without its moments and
    loses them in its file; this class lists the variables of all.

    Under `mixed_float16` each phase also has a dynamic loss scale: gradients that are
    not finite skip that phase's update and halve its scale.

    Args:
        players: dict from phase name to `keras.optimizers.Optimizer`.
        loss_scaling: bool. Whether to scale losses for float16.
    """

    def __init__(self, players, loss_scaling=False, name="phase_optimizer"):
        super().__init__(learning_rate=0.0, name=name)
        # A mapping proxy, because Keras would save the entries of a dict twice.
        self.players = MappingProxyType(dict(players))
        self.loss_scaling = loss_scaling
        self._phase_variables = {}
        self._scales = MappingProxyType(
            {phase: self._add_scale(phase) for phase in players} if loss_scaling else {}
        )

    def _add_scale(self, phase):
        scale = keras.Variable(
            _INITIAL_SCALE, dtype="float32", trainable=False, name=f"{phase}_scale"
        )
        steps = keras.Variable(
            0, dtype="int32", trainable=False, name=f"{phase}_finite_steps"
        )
        return scale, steps

    def build(self, phase_variables):
        """Creates every player's slots.

        Args:
            phase_variables: dict from phase name to its list of variables.
        """
        for phase, variables in phase_variables.items():
            self.players[phase].build(variables)
            backend.speed_up(self.players[phase])
        self._phase_variables = MappingProxyType(
            {phase: tuple(values) for phase, values in phase_variables.items()}
        )
        self.built = True

    @property
    def variables(self):
        variables = []
        for phase, player in self.players.items():
            variables += player.variables
            variables += self._scales.get(phase, ())
        return variables

    @property
    def iterations(self):
        return next(iter(self.players.values())).iterations

    @property
    def learning_rate(self):
        return next(iter(self.players.values())).learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        for player in self.players.values():
            player.learning_rate = learning_rate

    def scale_phase_loss(self, phase, loss):
        """Returns the loss times the phase's scale (1 without loss scaling)."""
        return loss * self._scales[phase][0].value if self.loss_scaling else loss

    def apply_phase(self, phase, gradients):
        """Applies `gradients` to the variables of one phase."""
        if self.loss_scaling:
            self._apply_scaled(phase, gradients)
        else:
            self.players[phase].apply(gradients, list(self._phase_variables[phase]))

    def _apply_scaled(self, phase, gradients):
        player, variables = self.players[phase], list(self._phase_variables[phase])
        scale, steps = self._scales[phase]
        gradients = [
            gradient / ops.cast(scale.value, gradient.dtype) for gradient in gradients
        ]
        finite = ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in gradients]))
        kept = variables + player.variables
        before = [ops.copy(variable.value) for variable in kept]
        player.apply([ops.where(finite, g, 0.0) for g in gradients], variables)
        for variable, value in zip(kept, before, strict=True):
            variable.assign(ops.where(finite, variable.value, value))
        steps_now = steps.value + 1
        grown = steps_now >= _GROWTH_STEPS
        factor = ops.where(finite, ops.where(grown, 2.0, 1.0), 0.5)
        scale.assign(ops.clip(scale.value * factor, 1.0, 2.0**24))
        reset = ops.logical_or(ops.logical_not(finite), grown)
        steps.assign(ops.where(reset, 0, steps_now))

    def finalize_variable_values(self, var_list):
        """Writes the averages of players with `use_ema` over their variables."""
        for phase, player in self.players.items():
            player.finalize_variable_values(list(self._phase_variables[phase]))

    def save_own_variables(self, store):
        for name, variable in self.named_variables().items():
            store[name] = backend.to_numpy(variable)

    def load_own_variables(self, store):
        named = self.named_variables()
        if set(named) != set(store.keys()):
            raise ValueError(
                "`optimizer` must have the slots that were saved: was the file saved "
                "with other optimizers? Received: missing="
                f"{sorted(set(named) - set(store.keys()))[:5]}, "
                f"extra={sorted(set(store.keys()) - set(named))[:5]}"
            )
        for name, variable in named.items():
            variable.assign(store[name])

    def named_variables(self):
        """Returns every slot by `"phase.index"`."""
        named = {}
        for phase, player in self.players.items():
            for i, variable in enumerate(player.variables):
                named[f"{phase}.{i}"] = variable
            for variable in self._scales.get(phase, ()):
                named[f"{phase}.{variable.name}"] = variable
        return named

    def get_config(self):
        players = {
            phase: keras.optimizers.serialize(player)
            for phase, player in self.players.items()
        }
        return {
            "players": players,
            "loss_scaling": self.loss_scaling,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        players = {
            phase: keras.optimizers.deserialize(player)
            if isinstance(player, dict)
            else player
            for phase, player in config["players"].items()
        }
        return cls(**{**config, "players": players})


def resolve_players(optimizer, phases, defaults):
    """Returns one optimizer per phase from what the user gave to `compile`.

    Args:
        optimizer: None (the paper's), an optimizer or its name (a copy for each
            phase), a dict from phase name to either, or a `PhaseOptimizer`.
        phases: tuple of phase names.
        defaults: dict from phase name to the paper's optimizer.
    """
    if isinstance(optimizer, PhaseOptimizer):
        optimizer = dict(optimizer.players)
    if optimizer is None:
        optimizer = {}
    elif not isinstance(optimizer, dict):
        first = keras.optimizers.get(optimizer)
        optimizer = {phases[0]: first}
        optimizer.update({phase: _copy(first) for phase in phases[1:]})
    for name in optimizer:
        if name not in phases:
            near = difflib.get_close_matches(str(name), phases, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"`optimizer` must have keys among {list(phases)}.{hint} "
                f"Received: optimizer keys={list(optimizer)}"
            )
    return {
        phase: keras.optimizers.get(optimizer.get(phase, defaults[phase]))
        for phase in phases
    }


def _copy(optimizer):
    return type(optimizer).from_config(optimizer.get_config())
