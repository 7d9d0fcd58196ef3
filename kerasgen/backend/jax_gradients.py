"""JAX: gradients of functions that read and assign Keras variables."""

import jax
import jax.numpy as jnp
import keras
from keras.src.backend.common.stateless_scope import get_stateless_scope


class Scope(keras.StatelessScope):
    """A stateless scope that remembers which variables were assigned in it.

    Its `state_mapping` (`id(variable) -> value`) is not public in Keras 3.15;
    `tests/backend/test_backend.py` pins how it behaves.
    """

    def __init__(self, state_mapping=None, inherit=None):
        super().__init__(state_mapping, collect_losses=True)
        self.assigned = {}
        if inherit is not None:
            for key, value in inherit.state_mapping.items():
                self.state_mapping.setdefault(key, value)

    def add_update(self, update):
        self.assigned[id(update[0])] = update[0]
        super().add_update(update)


def _write_back(outer, assigned, values):
    """Carries assignments made in an inner scope to the scope around it."""
    for variable, value in zip(assigned, values, strict=True):
        if outer is None:
            variable.assign(value)
        else:
            outer.add_update((variable, value))


def _differentiate(fn, variables, arguments, differentiate):
    """Runs `fn` in an inner scope under `differentiate` and keeps its assignments."""
    outer, assigned = get_stateless_scope(), []

    def pure(arguments):
        values = arguments if variables else []
        mapping = list(zip(variables, values, strict=True))
        with Scope(mapping, inherit=outer) as scope:
            out = fn() if variables else fn(arguments)
        assigned[:] = scope.assigned.values()
        updates = [scope.get_current_value(variable) for variable in assigned]
        return out[0], (out[1], updates)

    result, (aux, updates), gradients = differentiate(pure, arguments)
    _write_back(outer, assigned, updates)
    return result, aux, gradients


def _value_and_grad(pure, arguments):
    (value, aux), gradients = jax.value_and_grad(pure, has_aux=True)(arguments)
    return value, aux, gradients


def value_and_grad(loss_fn, variables):
    """Returns `((loss, aux), gradients)` of `loss_fn() -> (loss, aux)`."""
    if not variables:
        return loss_fn(), []
    values = [variable.value for variable in variables]
    loss, aux, gradients = _differentiate(loss_fn, variables, values, _value_and_grad)
    return (loss, aux), gradients


def _joint(pure, arguments):
    losses, pull, aux = jax.vjp(pure, arguments, has_aux=True)
    ones = jnp.eye(len(losses))
    gradients = [
        pull([row[i].astype(loss.dtype) for i, loss in enumerate(losses)])[0]
        for row in ones
    ]
    return losses, aux, gradients


def joint_value_and_grad(loss_fn, groups):
    """Returns `((losses, aux), gradients)` of `loss_fn() -> (losses, aux)`."""
    variables = list({id(v): v for group in groups for v in group}.values())
    if not variables:
        return loss_fn(), [[] for _ in groups]
    values = [variable.value for variable in variables]
    losses, aux, gradients = _differentiate(loss_fn, variables, values, _joint)
    found = [
        {id(v): g for v, g in zip(variables, of_loss, strict=True)}
        for of_loss in gradients
    ]
    return (losses, aux), [
        [of_loss[id(v)] for v in group]
        for of_loss, group in zip(found, groups, strict=True)
    ]


def gradient(fn, values):
    """Returns the gradients of the scalar `fn(values)` with respect to `values`."""
    values = [keras.ops.convert_to_tensor(value) for value in values]
    return _differentiate(lambda v: (fn(v), None), [], values, _value_and_grad)[2]


def gradient_with_aux(fn, values):
    """Returns `(aux, gradients)` of `fn(values) -> (scalar, aux)`."""
    values = [keras.ops.convert_to_tensor(value) for value in values]
    return _differentiate(fn, [], values, _value_and_grad)[1:]
