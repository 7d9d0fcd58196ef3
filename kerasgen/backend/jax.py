"""JAX: the same imperative step, run on values held by a stateless scope."""

import collections
import contextlib

import jax
import keras
from keras.src.backend.common.stateless_scope import get_stateless_scope


class _Scope(keras.StatelessScope):
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
        with _Scope(mapping, inherit=outer) as scope:
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
    values = [variable.value for variable in variables]
    loss, aux, gradients = _differentiate(loss_fn, variables, values, _value_and_grad)
    return (loss, aux), gradients


def input_gradient(fn, x):
    """Returns the gradient of `sum(fn(x))` with respect to `x`."""

    def total(x):
        return keras.ops.sum(fn(x)), None

    x = keras.ops.convert_to_tensor(x)
    return _differentiate(total, [], x, _value_and_grad)[2]


def _run(variables, state, step, data):
    mapping = zip(variables, jax.tree_util.tree_leaves(state), strict=True)
    with _Scope(list(mapping)) as scope:
        logs = step(data)
    values = iter([scope.get_current_value(variable) for variable in variables])
    return logs, tuple([next(values) for _ in group] for group in state)


def run_train_step(model, step, state, data):
    """Runs `step(data)` on the values in `state`: `(logs, new_state)`."""
    variables = [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.optimizer.variables,
        *model.metrics_variables,
    ]
    return _run(variables, state, step, data)


def run_test_step(model, step, state, data):
    """Runs `step(data)` on the values in `state`: `(logs, new_state)`."""
    variables = [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.metrics_variables,
    ]
    return _run(variables, state, step, data)


def compile_function(model, fn, jit_compile=True):
    """Returns `fn` under `jax.jit`, with the model's variables as arguments."""

    def pure(values, args):
        with _Scope(list(zip(model.variables, values, strict=True))):
            return fn(*args)

    compiled = jax.jit(pure) if jit_compile else pure

    def call(*args):
        args = tuple(keras.ops.convert_to_tensor(arg) for arg in args)
        return compiled([variable.value for variable in model.variables], args)

    return call


def settle(epoch_iterator):
    """Does nothing: Keras reads ahead on TensorFlow alone."""


def limit_queue(train_function, length=2):
    """Returns a train function that is never more than `length` steps ahead.

    JAX only notes down what a step computes, and a CPU falls behind by hundreds of
    steps: Ctrl-C, and all that reads the state, would wait for every one of them.
    """
    waiting = collections.deque()

    def limited(state, iterator):
        logs, state = train_function(state, iterator)
        waiting.append(logs)
        if len(waiting) > length:
            jax.block_until_ready(waiting.popleft())
        return logs, state

    return limited


def no_gradient():
    """JAX differentiates functions alone, so there is nothing to switch off."""
    return contextlib.nullcontext()


def speed_up(optimizer):
    """Does nothing: XLA and the graph already join an optimizer's passes."""


def replica_id():
    """JAX sees one global program: there are no replicas."""
    return None


def num_replicas():
    """JAX sees one global program: there are no replicas."""
    return 1


def export_options(format, inputs):
    """Returns no options of `keras.Model.export`: batches have any size."""
    return {}
