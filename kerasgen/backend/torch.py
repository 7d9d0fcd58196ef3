"""PyTorch: gradients by `torch.autograd.grad`, functions run as they are."""

import keras
import torch
from keras import ops

from kerasgen.backend import torch_kernels
from kerasgen.backend.signals import deferred_signals


def value_and_grad(loss_fn, variables):
    """Returns `((loss, aux), gradients)` of `loss_fn() -> (loss, aux)`."""
    if not variables:
        with torch.no_grad():
            return loss_fn(), []
    values = [variable.value for variable in variables]
    with torch.enable_grad(), torch_kernels.no_copies():
        loss, aux = loss_fn()
    gradients = torch.autograd.grad(loss, values, allow_unused=True)
    gradients = [
        torch.zeros_like(value) if gradient is None else gradient
        for gradient, value in zip(gradients, values, strict=True)
    ]
    aux = keras.tree.map_structure(lambda value: value.detach(), aux)
    return (loss.detach(), aux), gradients


def input_gradient(fn, x):
    """Returns the gradient of `sum(fn(x))` with respect to `x`."""
    with torch.enable_grad():
        x = ops.convert_to_tensor(x)
        x = x if x.requires_grad else x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(
            fn(x).sum(), x, create_graph=True, materialize_grads=True
        )
    return gradient


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
