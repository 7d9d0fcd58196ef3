"""PyTorch: gradients by `torch.autograd.grad`, functions run as they are."""

import keras
import torch
from keras import ops

from kerasgen.backend import torch_kernels
from kerasgen.backend.signals import deferred_signals

FUSES_SLICES = False


def value_and_grad(loss_fn, variables):
    """Returns `((loss, aux), gradients)` of `loss_fn() -> (loss, aux)`."""
    (losses, aux), gradients = joint_value_and_grad(
        lambda: _as_list(loss_fn()), [variables]
    )
    return (losses[0], aux), gradients[0]


def _as_list(pair):
    return [pair[0]], pair[1]


def joint_value_and_grad(loss_fn, groups):
    """Returns `((losses, aux), gradients)` of `loss_fn() -> (losses, aux)`."""
    if not any(groups):
        with torch.no_grad():
            return loss_fn(), [[] for _ in groups]
    with torch.enable_grad(), torch_kernels.no_copies():
        losses, aux = loss_fn()
    gradients = []
    for i, (loss, group) in enumerate(zip(losses, groups, strict=True)):
        values, last = [v.value for v in group], i == len(groups) - 1
        gradients.append(_gradient(loss, values, retain_graph=not last))
    aux = keras.tree.map_structure(lambda value: value.detach(), aux)
    return ([loss.detach() for loss in losses], aux), gradients


def _gradient(loss, values, **options):
    """Returns gradients, zeros where the loss does not depend on a value."""
    if not values:
        return []
    return list(torch.autograd.grad(loss, values, materialize_grads=True, **options))


def gradient(fn, values):
    """Returns the gradients of the scalar `fn(values)` with respect to `values`."""
    with torch.enable_grad():
        values = [ops.convert_to_tensor(value) for value in values]
        values = [x if x.requires_grad else x.detach().requires_grad_() for x in values]
        return _gradient(fn(values), values, create_graph=True)


def gradient_with_aux(fn, values):
    """Returns `(aux, gradients)` of `fn(values) -> (scalar, aux)`."""
    values = [ops.convert_to_tensor(x).detach().requires_grad_() for x in values]
    with torch.enable_grad(), torch_kernels.no_copies():
        value, aux = fn(values)
    aux = keras.tree.map_structure(lambda x: x.detach(), aux)
    return aux, _gradient(value, values)


def run_train_step(model, step, data):
    """Runs `step(data)`; variables are assigned in place.

    A signal waits for its end, so that Ctrl-C leaves no half of a step.
    """
    if torch.compiler.is_compiling():
        return step(data)
    with deferred_signals():
        return step(data)


def run_test_step(model, step, data):
    """Runs `step(data)`; variables are assigned in place."""
    return step(data)


class Trainer:
    """Mixin before `keras.Model`: training in one process; weights of `predict`."""

    def predict_step(self, data):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.predicted(x)

    def make_train_function(self, force=False):
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            if (size := distributed.get_world_size()) > 1:
                # Keras would average the gradients of its own steps alone.
                raise ValueError(
                    "The world size of `torch.distributed` must be 1: the processes' "
                    f"models would drift apart. Received: world size {size}"
                )
        return super().make_train_function(force)


def compile_function(model, fn, jit_compile=True):
    """Returns `fn`, run without gradients on converted inputs."""

    def call(*args):
        with torch.no_grad():
            return fn(*(ops.convert_to_tensor(arg) for arg in args))

    return call


def settle(epoch_iterator):
    """Does nothing: Keras reads ahead on TensorFlow alone."""


no_gradient = torch.no_grad
no_copies = torch_kernels.no_copies
speed_up = torch_kernels.speed_up


def replica_id():
    """Keras runs no replicas on PyTorch."""
    return None


def num_replicas():
    """Keras runs no replicas on PyTorch."""
    return 1


def export_options(format, inputs):
    """Returns the options of `keras.Model.export` for batches of any size.

    Args:
        format: str, as in `keras.Model.export`.
        inputs: int. How many inputs have a batch.
    """
    if format != "torch":
        return {}
    batch = torch.export.Dim("batch", min=1)
    return {"dynamic_shapes": [tuple({0: batch} for _ in range(inputs))]}
