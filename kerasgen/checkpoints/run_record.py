"""What a checkpoint records of a run besides its numbers: settings and callbacks."""

import inspect
import json
import sys

import keras
import numpy as np

from kerasgen import registry
from kerasgen.backend import num_replicas, to_numpy

KEYS = ("versions", "settings", "compile_at_save", "position", "whole", "callbacks")
# These change how a step is compiled, and so perhaps its last bits, but not its task.
_SOFT = ("run_eagerly", "jit_compile", "steps_per_execution")
# Automatic names count the objects made in a process; Keras registers its optimizers
# by another name on each backend.
_UNSTABLE = ("name", "shared_object_id", "registered_name", "module")
_TRANSIENT = ("time", "start", "param", "model")


def versions():
    """Returns the versions that bit-equality depends on, as a dict."""
    backend = keras.backend.backend()
    return {
        "kerasgen": _version("kerasgen"),
        "keras": keras.__version__,
        "backend": backend,
        "backend_version": _version(backend),
        "devices": _devices(),
    }


def _devices():
    distribution = keras.distribution.distribution()
    if distribution is not None:
        return int(distribution.device_mesh.devices.size)
    return int(num_replicas())


def _version(module):
    return getattr(sys.modules.get(module), "__version__", None)


def settings(model):
    """Returns what defines the run: the model, how it was compiled, and its data."""
    if not hasattr(model, "state_variables"):
        raise TypeError(
            "`model` must be a kerasgen.training.GenerativeModel. "
            f"Received: model of class {type(model).__name__}"
        )
    data, config = model.training_data, model.get_config()
    config.pop("class_names", None)  # of the data, and newer than some checkpoints
    return {
        "model": _plain({"class": type(model).__name__, **config}),
        "dtype": model.dtype_policy.name,
        "compile": _plain(model.get_compile_config() or {}),
        "data": None if data is None else _plain(data.describe()),
    }


def _plain(value):
    return json.loads(json.dumps(value, default=lambda other: type(other).__name__))


def record(model, callbacks, settings, position, whole):
    """Returns all that is saved of a run.

    Args:
        model: `GenerativeModel`, synchronised.
        callbacks: Callbacks whose states are saved.
        settings: What `settings(model)` returned when the run began.
        position: Dict of `epoch`, `batch` and `data` (the epoch of the data).
        whole: Whether no step was interrupted half-way.

    Returns:
        `(tensors, manifest_extra)`, as `checkpoint.write` takes them.
    """
    tensors = {
        name: to_numpy(variable) for name, variable in model.state_variables().items()
    }
    found = (
        versions(),
        settings,
        _plain(model.get_compile_config() or {}),
        position,
        whole,
        callback_states(callbacks, tensors),
    )
    return tensors, dict(zip(KEYS, found, strict=True))


def is_whole(error, in_step):
    """Returns whether the state is that of a boundary between two steps.

    Args:
        error: The exception that ended the training.
        in_step: Whether, by the counters, a step was begun and not ended.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow" and type(error).__module__.startswith("tensorflow"):
        # The parts of a graph run in any order, the counter of steps too; but none
        # runs without its data.
        return "IteratorGetNext" in str(error)
    return not in_step or backend == "jax"  # which has the new state in the end only


def completed(saved, current, model):
    """Returns settings of an earlier version with what has come since.

    An argument that a model did not have then counts as its default now. What was
    compiled for the priors of a model, a list, is now that of its parts, by name. The
    class of which the model was a form then is its own now.

    Args:
        saved: dict of settings, of a checkpoint.
        current: what `settings(model)` returns.
        model: `GenerativeModel`.
    """
    arguments = registry.signature(type(model)).parameters
    defaults = {
        name: _plain(arguments[name].default)
        for name in current["model"]
        if name in arguments and arguments[name].default is not inspect.Parameter.empty
    }
    compiled = dict(saved["compile"])
    if "priors" in compiled:
        parts = current["compile"].get("parts", {})
        compiled["parts"] = dict(zip(parts, compiled.pop("priors"), strict=False))
    model_settings = {**defaults, **saved["model"]}
    if model_settings["class"] == model.earlier_class:
        model_settings["class"] = type(model).__name__
    return {**saved, "model": model_settings, "compile": compiled}


def differences(saved, current):
    """Compares two dicts of settings.

    Returns:
        `(hard, soft)`: dicts from dotted key to `(saved, current)`; soft ones change
        at most the last bits.
    """
    saved, current = dict(_flatten(saved)), dict(_flatten(current))
    hard, soft = {}, {}
    for key in sorted(saved.keys() | current.keys()):
        pair = (saved.get(key), current.get(key))
        if pair[0] != pair[1]:
            (soft if key.rpartition(".")[2] in _SOFT else hard)[key] = pair
    return hard, soft


def _flatten(value, key=""):
    if isinstance(value, dict) and value:
        for name, part in value.items():
            if name not in _UNSTABLE:
                yield from _flatten(part, f"{key}.{name}" if key else name)
    else:
        yield key, value


def describe(pairs):
    """Returns one line for each difference."""
    lines = [
        f"  {key}: saved {old!r}, now {new!r}" for key, (old, new) in pairs.items()
    ]
    return "\n".join(lines[:20] + [f"  and {len(lines) - 20} more"] * (len(lines) > 20))


def callback_states(callbacks, tensors):
    """Returns the states of callbacks, JSON-able; arrays are added to `tensors`.

    A callback's state is what its `get_state()` returns, if it has one. Else it is its
    attributes that are numbers, booleans, None, or lists and dicts of them, and the
    `best_weights` of `EarlyStopping`; what its constructor was given is not state.
    """
    states = {}
    for name, callback in _named(callbacks):
        if hasattr(callback, "get_state"):
            state = callback.get_state()
        else:
            state = {k: v for k, v in vars(callback).items() if _is_state(callback, k)}
            if state.get("best_weights") is not None:
                state["best_weights"] = [np.asarray(w) for w in state["best_weights"]]
        states[name] = _pack(state, f"callbacks/{name}", tensors)
    return states


def restore_callbacks(callbacks, states, tensors):
    """Gives callbacks the states that `callback_states` returned."""
    for name, callback in _named(callbacks):
        if name not in states:
            continue
        state = _unpack(states[name], tensors)
        if hasattr(callback, "set_state"):
            callback.set_state(state)
            continue
        for key, value in state.items():
            if key in vars(callback) and _is_state(callback, key):
                old = getattr(callback, key)
                value = tuple(value) if isinstance(old, tuple) else value
                setattr(callback, key, value)


def copy_history(history, epoch, logs):
    """Returns a `keras.callbacks.History` with the same record, and this epoch's."""
    copy = keras.callbacks.History()
    copy.epoch = list(history.epoch)
    copy.history = {name: list(values) for name, values in history.history.items()}
    if logs is not None and epoch not in copy.epoch:
        copy.epoch.append(epoch)
        for name, value in logs.items():
            copy.history.setdefault(name, []).append(value)
    return copy


def _named(callbacks):
    seen = {}
    for callback in callbacks:
        kind = type(callback).__name__
        seen[kind] = seen.get(kind, -1) + 1
        yield f"{kind}_{seen[kind]}", callback


def _is_state(callback, key):
    given = inspect.signature(type(callback).__init__).parameters
    plain = key.strip("_")
    if plain in given or any(word in plain for word in _TRANSIENT):
        return False
    return key == "best_weights" or _is_numeric(getattr(callback, key))


def _is_numeric(value):
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_numeric(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_numeric(v) for v in value)
    return value is None or isinstance(value, (bool, int, float, np.number))


def _pack(value, path, tensors):
    if isinstance(value, dict):
        return {str(k): _pack(v, f"{path}/{k}", tensors) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_pack(v, f"{path}/{i}", tensors) for i, v in enumerate(value)]
    if isinstance(value, np.ndarray):
        tensors[path] = value
        return {"__tensor__": path}
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value, tensors):
    if isinstance(value, dict):
        if set(value) == {"__tensor__"}:
            return tensors[value["__tensor__"]].copy()
        return {k: _unpack(v, tensors) for k, v in value.items()}
    if isinstance(value, list):
        return [_unpack(v, tensors) for v in value]
    return value
