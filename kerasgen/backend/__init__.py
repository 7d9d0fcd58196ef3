"""The running backend's few primitives: gradients, state, compiled functions.

This is the only folder that imports TensorFlow, JAX or PyTorch. Everything above it
is written once, in `keras.ops`. Each backend module offers the same names:

- `value_and_grad(loss_fn, variables)`: `((loss, aux), gradients)`;
- `joint_value_and_grad(loss_fn, groups)`: the same of several losses that one call
  makes, each with respect to variables of its own: `((losses, aux), gradients)`;
- `gradient(fn, values)`: the gradients of the scalar `fn(values)` with respect to a
  list of tensors, themselves differentiable;
- `gradient_with_aux(fn, values)`: `(aux, gradients)` of `fn(values) -> (scalar, aux)`,
  of the first order alone;
- `input_gradient(fn, x)`: that of `sum(fn(x))` with respect to one tensor `x`;
- `run_train_step(model, step, *args)` and `run_test_step(...)`: call a step written
  with ordinary variable assignments from Keras's trainer;
- `compile_function(model, fn)`: a fast version of `fn`, which reads the variables of
  `model` and takes tensors;
- `Trainer`: a mixin of models, what Keras's loops need beside it;
- `settle(epoch_iterator)`: keeps the end of an epoch over data of this library from
  waiting for what reads ahead;
- `no_gradient()`: a context in which nothing is recorded for differentiation;
- `no_copies()`: a context in which convolutions read channels-last images where they
  lie, where Keras would copy them;
- `FUSES_SLICES`: whether a sum of slices is one pass over memory, as XLA makes of it,
  and a depthwise convolution slower; elsewhere each slice and its gradient is a copy;
- `speed_up(optimizer)`: gives an optimizer a faster update, where there is one;
- `substitute(pairs)`: a context in which variables have other values;
- `without_autocast()`: a context in which variables are read in the dtype that they
  have, also in mixed precision;
- `to_numpy(variable)`: the value of a variable, also of a mirrored one;
- `export_options(format, inputs)`: what `keras.Model.export` needs for batches of any
  size;
- `made_trainable(layer)`, `made_fixed(layer)`: its variables, whatever is frozen;
- `replica_id()`, `num_replicas()`: the place of this call in `tf.distribute`.
"""

import keras
import numpy as np
from keras.src.backend import AutocastScope
from keras.src.backend.common.stateless_scope import get_stateless_scope

from kerasgen.backend.variables import made_fixed as made_fixed
from kerasgen.backend.variables import made_trainable as made_trainable

if keras.backend.backend() == "jax":
    from kerasgen.backend import jax as _running
elif keras.backend.backend() == "torch":
    from kerasgen.backend import torch as _running
elif keras.backend.backend() == "tensorflow":
    from kerasgen.backend import tensorflow as _running
else:
    raise ValueError(
        "`KERAS_BACKEND` must be one of ['tensorflow', 'jax', 'torch']. "
        f"Received: KERAS_BACKEND={keras.backend.backend()!r}"
    )

value_and_grad = _running.value_and_grad
joint_value_and_grad = _running.joint_value_and_grad
gradient = _running.gradient
gradient_with_aux = _running.gradient_with_aux
run_train_step = _running.run_train_step
run_test_step = _running.run_test_step
compile_function = _running.compile_function
Trainer = _running.Trainer
settle = _running.settle
no_gradient = _running.no_gradient
no_copies = _running.no_copies
FUSES_SLICES = _running.FUSES_SLICES
speed_up = _running.speed_up
export_options = _running.export_options
replica_id = _running.replica_id
num_replicas = _running.num_replicas


def input_gradient(fn, x):
    """Returns the gradient of `sum(fn(x))` with respect to the tensor `x`."""
    return gradient(lambda values: keras.ops.sum(fn(values[0])), [x])[0]


def substitute(pairs):
    """Returns a context in which each variable of `pairs` has the value beside it.

    Args:
        pairs: list of `(variable, value)`.
    """
    scope, outer = keras.StatelessScope(pairs), get_stateless_scope()
    for key, value in (outer.state_mapping if outer is not None else {}).items():
        scope.state_mapping.setdefault(key, value)
    return scope


def without_autocast():
    """Returns a context in which variables are read in the dtype that they have."""
    return AutocastScope(None)


def to_numpy(variable):
    """Returns a copy of a variable's value as a NumPy array."""
    value = keras.ops.convert_to_tensor(variable, dtype=variable.dtype)
    return np.array(keras.ops.convert_to_numpy(value))
