"""One optimizer per phase, seen by Keras as one."""

import contextlib
import difflib
from types import MappingProxyType

import keras
from keras import ops

from kerasgen import backend
from kerasgen.registry import PACKAGE
from kerasgen.training.learning_rates import current_rate, rate_ratios, set_rates

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
        ratios: dict from phase name to its learning rate as a share of the first
            one's, for a rate that is set while all are 0. Defaults to 1.
    """

    def __init__(
        self, players, loss_scaling=False, name="phase_optimizer", ratios=None
    ):
        super().__init__(learning_rate=0.0, name=name)
        # A mapping proxy, because Keras would save the entries of a dict twice.
        self.players = MappingProxyType(dict(players))
        self.loss_scaling = loss_scaling
        self._phase_variables = {}
        self._ratios = MappingProxyType(dict(ratios or dict.fromkeys(players, 1.0)))
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
            phase_variables: dict from phase name to all the variables it owns: one
                that is frozen has slots too, so that it can be thawed at any time.
        """
        for phase, variables in phase_variables.items():
            self.players[phase].build(variables)
            backend.speed_up(self.players[phase])
        self._phase_variables = MappingProxyType(
            {phase: tuple(values) for phase, values in phase_variables.items()}
        )
        self.built = True

    def check_built(self, phase_variables):
        """Raises unless every variable of every phase has its slots.

        Args:
            phase_variables: function from phase name to the variables it owns now.
        """
        for phase, built in self._phase_variables.items():
            known = {id(variable) for variable in built}
            new = [v.path for v in phase_variables(phase) if id(v) not in known]
            if new:
                raise ValueError(
                    f"The {phase!r} phase must have the weights that it had when the "
                    "model was compiled: call `compile` again. "
                    f"Received: new weights {new[:5]}"
                )

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
        """The learning rate of the first player; setting it scales all by one ratio.

        So Keras's `LearningRateScheduler` and `ReduceLROnPlateau` keep the proportions
        of the players' rates, and players with one rate go on having one. A schedule
        is given to the first player as it is, to the others times their ratio. A
        player's own rate is `players[phase].learning_rate`.
        """
        return next(iter(self.players.values())).learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self._ratios = MappingProxyType(rate_ratios(self.players, self._ratios))
        set_rates(self.players, learning_rate, self._ratios)

    def scale_phase_loss(self, phase, loss):
        """Returns the loss times the phase's scale (1 without loss scaling)."""
        return loss * self._scales[phase][0].value if self.loss_scaling else loss

    def apply_phase(self, phase, gradients, variables=None, when=None):
        """Applies `gradients` to variables of one phase; the others stay.

        Args:
            phase: str.
            gradients: list of tensors, one for each of `variables`.
            variables: list of variables that the phase owns. Defaults to all.
            when: bool tensor or None. Where it is false, weights and slots stay, too:
                Adam would move on gradients of zero.
        """
        owned = self._phase_variables[phase]
        variables = list(owned if variables is None else variables)
        if not variables:
            return
        kept = [] if when is None else [*owned, *self.players[phase].variables]
        with self._unmoved(phase, variables), _gated(kept, when):
            if self.loss_scaling:
                self._apply_scaled(phase, gradients, variables)
            else:
                self.players[phase].apply(gradients, variables)

    def reset(self, phase=None):
        """Puts slots and counts of updates back to those of before any training.

        A learning rate stays as it is; a schedule begins anew.

        Args:
            phase: str or None, for all phases.
        """
        for name in self.players if phase is None else (phase,):
            player = self.players[name]
            fresh = _copy(player)
            fresh.build(self._phase_variables[name])
            for variable, start in zip(player.variables, fresh.variables, strict=True):
                if variable.name != "learning_rate":
                    variable.assign(start.value)

    @contextlib.contextmanager
    def _unmoved(self, phase, variables):
        """Keeps all but `variables`, over which `use_ema` writes averages, too."""
        moved = {id(variable) for variable in variables}
        kept = [
            (variable, ops.copy(variable.value))
            for variable in self._phase_variables[phase]
            if self.players[phase].use_ema and id(variable) not in moved
        ]
        yield
        for variable, value in kept:
            variable.assign(value)

    def _apply_scaled(self, phase, gradients, variables):
        player = self.players[phase]
        scale, steps = self._scales[phase]
        gradients = [
            gradient / ops.cast(scale.value, gradient.dtype) for gradient in gradients
        ]
        finite = ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in gradients]))
        with _gated(variables + player.variables, finite):
            player.apply([ops.where(finite, g, 0.0) for g in gradients], variables)
        steps_now = steps.value + 1
        grown = steps_now >= _GROWTH_STEPS
        factor = ops.where(finite, ops.where(grown, 2.0, 1.0), 0.5)
        scale.assign(ops.clip(scale.value * factor, 1.0, 2.0**24))
        reset = ops.logical_or(ops.logical_not(finite), grown)
        steps.assign(ops.where(reset, 0, steps_now))

    def finalize_variable_values(self, var_list):
        """Writes the averages of players with `use_ema` over the variables given."""
        for phase, player in self.players.items():
            variables = self._phase_variables[phase]
            with self._unmoved(phase, var_list):
                player.finalize_variable_values(list(variables))
            for variable in variables if player.use_ema else ():
                # JAX takes no state in which two variables share an array.
                variable.assign(ops.copy(variable.value))

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
        config = {
            "players": players,
            "loss_scaling": self.loss_scaling,
            "name": self.name,
        }
        if not any(current_rate(player) for player in self.players.values()):
            config["ratios"] = dict(self._ratios)  # the rates do not tell
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        players = {
            phase: keras.optimizers.deserialize(player)
            if isinstance(player, dict)
            else player
            for phase, player in config["players"].items()
        }
        return cls(**{**config, "players": players})


@contextlib.contextmanager
def _gated(variables, when):
    """A context whose changes of `variables` last only where `when` is true."""
    before = [ops.copy(variable.value) for variable in variables]
    yield
    for variable, value in zip(variables, before, strict=True):
        variable.assign(ops.where(when, variable.value, value))


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
