"""Which variables a step trains: those that a phase owns and that are not frozen."""

import warnings

from kerasgen.training import state


class Freezing:
    """Mixin of `GenerativeModel`: any layer may be frozen and thawed at any time.

    What is trained is settled by `compile`, and again whenever `fit` or
    `train_on_batch` begins: set `layer.trainable` before it. A frozen weight keeps its
    optimizer slots, its place in every file, and its value.
    """

    def phase_variables(self, phase):
        """Returns the weights that one phase owns, whatever is frozen now."""
        return self._phases[phase].variables

    def trained_variables(self, phase):
        """Returns the weights of a phase that the steps of this `fit` move."""
        return self._trained.variables[phase]

    def settle_trained(self):
        """Settles what is trained from now on, after a check that all of it is owned.

        Returns:
            bool. Whether a step that was traced before is still right.
        """
        owned = {p: self.phase_variables(p) for p in self._phases}
        _check_whole(self, owned)
        trainable = {id(variable) for variable in self.trainable_variables}
        variables = {
            p: [v for v in own if id(v) in trainable] for p, own in owned.items()
        }
        before, self._trained = self._trained, _Trained(variables, self._trace_key())
        return before is not None and before.key == self._trained.key

    def _trace_key(self):
        """Returns what a traced step took for granted (batch statistics, too)."""
        optimizer = getattr(self, "optimizer", None)
        layers = self._flatten_layers()
        return (
            [layer.trainable for layer in layers],
            [v.trainable for layer in layers for v in layer._trainable_variables],
            [id(v) for v in (() if optimizer is None else optimizer.variables)],
        )

    def make_train_function(self, force=False):
        settled = self.settle_trained()
        if not any(self._trained.variables.values()):
            warnings.warn(
                f"All weights of {self.name!r} are frozen: nothing will be trained.",
                stacklevel=3,
            )
        self.optimizer.check_built(self.phase_variables)
        return super().make_train_function(force or not settled)

    def frozen(self):
        """Returns the attribute paths of all layers and weights that are frozen."""
        return [path for path, part in _parts(self) if not part.trainable]

    def freeze_only(self, paths):
        """Freezes the layers and weights of `paths`, given as by `frozen`, alone."""
        parts, paths = _parts(self), set(paths)
        if unknown := sorted(paths - {path for path, _ in parts}):
            raise ValueError(
                "`frozen` must name layers and weights of the model. "
                f"Received: {unknown[:5]}"
            )
        for path, part in parts:  # a layer comes before its parts, which follow it
            if part.trainable != (path not in paths):
                part.trainable = path not in paths


class _Trained:
    """What the steps of a `fit` train (an object that Keras does not track)."""

    def __init__(self, variables, key):
        self.variables, self.key = variables, key


def _parts(model):
    """Returns pairs of attribute path and layer or weight, a layer before its parts."""
    found = {}
    for path, layer in state.walk(model):
        state.add(found, path.removesuffix("/"), layer)
        for variable in layer._trainable_variables:
            state.add(found, f"{path}{variable.name}", variable)
    return list(found.items())


def _check_whole(model, owned):
    """Raises unless every trainable weight has a phase, and none was added by LoRA."""
    known = {id(variable) for own in owned.values() for variable in own}
    lost = [v.path for v in model.trainable_variables if id(v) not in known]
    if lost:
        raise ValueError(
            "`networks` of `add_phase` must hold every trainable weight of the model; "
            "one that is not to be trained needs `trainable=False`. "
            f"Received: weights of no phase, {lost[:5]}"
            + f" and {len(lost) - 5} more"
            * (len(lost) > 5)
        )
    layers = model._flatten_layers()
    adapted = [part.path for part in layers if getattr(part, "lora_enabled", False)]
    if adapted:
        raise ValueError(
            "`model` must have the weights that its constructor makes, which LoRA adds "
            f"to. Received: LoRA enabled in {adapted[:5]}"
        )
