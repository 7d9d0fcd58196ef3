"""All changing state of a model by attribute path, and what `.keras` stores of it."""

import numpy as np

from kerasgen import backend
from kerasgen.training.data_place import DataPlace

# Variables that files of earlier forms lack, with their values before any training.
_ADDED = {DataPlace.name: np.zeros((), "int32")}


def state_variables(model):
    """Returns every variable that training changes, by attribute path.

    Weights, batch statistics, seed states, counters, averages, optimizer slots and
    metrics. Paths follow attributes and positions, not Keras's automatic names, so
    they are the same in every process.

    Returns:
        dict from path, such as `"generator/2/kernel"`, to `keras.Variable`.
    """
    found = {}
    for path, layer in walk(model):
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            add(found, f"{path}{variable.name}", variable)
        for i, generator in enumerate(layer._seed_generators):
            add(found, f"{path}seed_generator_{i}", generator.state)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        for name, variable in optimizer.named_variables().items():
            found[f"optimizer/{name.replace('.', '/')}"] = variable
    for metric in model.metrics:
        for i, variable in enumerate(metric.variables):
            found[f"metrics/{metric.name}/{i}"] = variable
    found[model.data_place.name] = model.data_place.variable
    return found


def walk(layer, path="", seen=None):
    """Yields `(path, layer)` of a layer and all in it, the outer ones first.

    A path ends in `/`; that of `layer` itself is empty.
    """
    seen = set() if seen is None else seen
    if id(layer) in seen:
        return
    seen.add(id(layer))
    yield path, layer
    for i, child in enumerate(layer._layers):
        yield from walk(child, f"{path}{_attribute_name(layer, child, i)}/", seen)


def add(found, path, value):
    """Adds `value` to a dict by its path, numbered where that is taken."""
    name, count = path, 1
    while name in found:
        name, count = f"{path}_{count}", count + 1
    found[name] = value


def _attribute_name(layer, child, position):
    attributes = {**vars(layer), **getattr(layer, "_modules", {})}  # PyTorch's place
    names = (name for name, value in attributes.items() if value is child)
    return next(names, str(position))


def seed_states(model):
    """Returns the states of all seed generators, in the order of the layers."""
    return [
        generator.state
        for layer in model._flatten_layers()
        for generator in layer._seed_generators
    ]


def save_own_variables(model, store):
    """Writes the model's own variables and all seed states into `store`."""
    for variable in model._trainable_variables + model._non_trainable_variables:
        store[variable.name] = backend.to_numpy(variable)
    for i, state in enumerate(seed_states(model)):
        store[f"seed_generator_{i}"] = backend.to_numpy(state)
    place = model.data_place
    store[place.name] = backend.to_numpy(place.variable)


def load_own_variables(model, store):
    """Assigns what `save_own_variables` wrote, after checking that all is there.

    What a file of an earlier form cannot hold takes its value at the start.
    """
    named = {v.name: v for v in model._non_trainable_variables}
    named.update({v.name: v for v in model._trainable_variables})
    for i, state in enumerate(seed_states(model)):
        named[f"seed_generator_{i}"] = state
    named[model.data_place.name] = model.data_place.variable
    held = set(store.keys())
    added = added_since(held, named)
    if set(named) != held | set(added):
        raise ValueError(
            f"`filepath` must hold the state of a {type(model).__name__}. Received: "
            f"missing={sorted(set(named) - held - set(added))}, "
            f"extra={sorted(held - set(named))}"
        )
    for name, variable in named.items():
        variable.assign(store[name] if name in held else added[name])


def added_since(held, wanted):
    """Returns what a file of an earlier form could not hold: starting values by path.

    Args:
        held: paths of the variables that the file holds.
        wanted: paths of the variables of the model.
    """
    lacking = [path for path in wanted if path not in held]
    values = {path: _ADDED.get(path.rpartition("/")[2]) for path in lacking}
    return {path: value for path, value in values.items() if value is not None}
