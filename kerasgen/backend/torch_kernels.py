"""PyTorch: faster forms of two things that Keras 3.15 does slowly while training.

Both compute what Keras computes (`tests/backend/test_torch_kernels.py`) and stand
aside under `torch.compile`.
"""

import contextlib

import keras
import torch
from keras import ops
from keras.src.backend.torch import nn as keras_nn

_LATE = 1e9  # a step at which torch's own bias correction of Adam is exactly 1


@contextlib.contextmanager
def no_copies():
    """Lets Keras's convolutions read channels-last images where they lie.

    Keras copies every input of a convolution to channels-first, for `torch.export`,
    and straight back. The function is not public, so it is replaced in here alone.
    """
    if torch.compiler.is_compiling():
        yield
        return
    original = keras_nn._transpose_spatial_inputs
    keras_nn._transpose_spatial_inputs = _channels_first_view
    try:
        yield
    finally:
        keras_nn._transpose_spatial_inputs = original


def _channels_first_view(inputs):
    return torch.movedim(inputs, -1, 1)


def speed_up(optimizer):
    """Gives an Adam torch's fused kernel, in place of Keras's ten passes.

    The same formula, with Keras's epsilon: torch's bias correction is switched off and
    Keras's goes into the learning rate. Nothing waits for the device.
    """
    if not isinstance(optimizer, keras.optimizers.Adam) or optimizer.amsgrad:
        return
    plain = optimizer._parallel_update_step

    def update(gradients, variables, learning_rate):
        values = [variable.value for variable in variables]
        if torch.compiler.is_compiling() or not _fusible(values, gradients):
            return plain(gradients, variables, learning_rate)
        # The kernel reads flat memory, whatever the strides; a convolution's kernel has
        # a gradient with strides of its own.
        gradients = [gradient.contiguous() for gradient in gradients]
        step = ops.cast(optimizer.iterations + 1, "float32")
        rate = ops.cast(learning_rate, "float32")
        rate = rate * torch.sqrt(1.0 - optimizer.beta_2**step)
        places = [optimizer._get_variable_index(variable) for variable in variables]
        late = torch.full((), _LATE, device=values[0].device)
        torch._fused_adam_(
            values,
            gradients,
            [optimizer._momentums[i].value for i in places],
            [optimizer._velocities[i].value for i in places],
            [],
            [late] * len(values),
            lr=rate / (1.0 - optimizer.beta_1**step),
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            weight_decay=0.0,
            eps=optimizer.epsilon,
            amsgrad=False,
            maximize=False,
        )

    optimizer._parallel_update_step = update


def _fusible(values, gradients):
    device = values[0].device
    return (
        device.type in ("cpu", "cuda")
        and all(x.is_contiguous() for x in values)
        and all(
            x.dtype == torch.float32 and x.device == device
            for x in (*values, *gradients)
        )
    )
