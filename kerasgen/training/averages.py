"""Exponential moving averages of the weights used for sampling.

One rule: what gives results (`sample`, `encode`, `reconstruct`, `log_prob`, `predict`,
`predict_on_batch`, `export` and the like) uses the averages where the model keeps
them, or what its argument `weights` says: `"average"`, `"raw"`, or None for this rule.
What belongs to training (`fit`, its validation, `evaluate`, `test_on_batch`) and direct
calls `model(x)` use the raw weights.
"""

import contextlib

from keras import ops

from kerasgen import backend

_PREFIX = "average_"


class Untracked(dict):
    """A dict kept out of Keras's tracking of attributes."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


def enable(model, decay):
    """Adds averages of `model.averaged_networks()` to the model's state."""
    if enabled(model):
        model.average_decay.assign(decay)
        return
    model.average_decay = model._add_state("average_decay", decay, "float32")
    pairs = []
    variables, weights = _averaged_variables(model)
    for i, variable in enumerate(variables):
        average = model.add_weight(
            name=f"{_PREFIX}{i}",
            shape=variable.shape,
            dtype=variable.dtype,
            trainable=False,
            initializer="zeros",
        )
        average.assign(ops.copy(variable.value))
        pairs.append((variable, average))
    model._average_pairs = Pairs(pairs, weights)
    model.forget_functions()


class Pairs:
    """Weights beside their averages (an object that Keras does not track).

    `weights` are the ids of those that are averaged; the others, batch statistics, are
    copied.
    """

    def __init__(self, pairs, weights):
        self.pairs, self.weights = pairs, weights


def _averaged_variables(model):
    """Returns them in an order that freezing leaves alone, and the ids of weights."""
    found, weights = {}, set()
    for network in model.averaged_networks():
        made = backend.made_trainable(network)
        weights.update(id(variable) for variable in made)
        for variable in [*made, *backend.made_fixed(network)]:
            found.setdefault(id(variable), variable)
    return [v for v in found.values() if "seed" not in v.name], weights


def enabled(model):
    """Returns whether the model keeps averages."""
    return hasattr(model, "_average_pairs")


def stored(store):
    """Returns whether a saved model kept averages."""
    return "average_decay" in store.keys()


def restart(model):
    """Sets the averages to the weights as they are now."""
    for variable, average in model._average_pairs.pairs if enabled(model) else ():
        average.assign(ops.copy(variable.value))


def update(model):
    """Moves the averages one step: weights by decay, batch statistics copied."""
    if not enabled(model):
        return
    decay = model.average_decay.value
    for variable, average in model._average_pairs.pairs:
        if id(variable) in model._average_pairs.weights:
            average.assign(decay * average.value + (1.0 - decay) * variable.value)
        else:
            average.assign(ops.copy(variable.value))


def scope(model, weights=None):
    """Returns a context in which the averaged weights stand for the trained ones.

    Args:
        model: GenerativeModel.
        weights: `"average"`, `"raw"`, or None for the averages where there are any.
    """
    if weights not in (None, "average", "raw"):
        raise ValueError(
            "`weights` must be one of ['average', 'raw']. "
            f"Received: weights={weights!r}"
        )
    if weights == "average" and not enabled(model):
        raise ValueError(
            "`weights` must be 'raw' for a model without averages: use "
            "`compile(average_decay=...)` or the `ModelAverage` callback. "
            "Received: weights='average'"
        )
    if weights == "raw" or not enabled(model):
        return contextlib.nullcontext()
    return backend.substitute(
        [(v, average.value) for v, average in model._average_pairs.pairs]
    )
