"""PyTorch: faster forms of three things that Keras 3.15 does slowly while training.

Each computes what Keras computes; `tests/backend/test_torch_kernels.py` compares.
The names replaced are not public in Keras, so they are replaced during the loss of a
training step alone, and not at all under `torch.compile`.
"""

import contextlib

import keras
import torch
from keras import ops
from keras.src.backend.torch import nn as keras_nn

_LATE = 1e9  # a step at which torch's own bias correction of Adam is exactly 1


@contextlib.contextmanager
def _replaced(**functions):
    originals = {name: getattr(keras_nn, name) for name in functions}
    vars(keras_nn).update(functions)
    try:
        yield
    finally:
        vars(keras_nn).update(originals)


def fast_kernels():
    """Returns a context for the computation of a loss.

    Convolutions read channels-last images where they lie: Keras copies their input to
    channels-first, for `torch.export`, and straight back. Batch normalisation by its
    own batch is one kernel in place of ten.
    """
    if torch.compiler.is_compiling():
        return contextlib.nullcontext()
    plain_moments, plain_normalization = keras_nn.moments, keras_nn.batch_normalization
    latest = []

    def moments(x, axes, keepdims=False, synchronized=False):
        by_batch = x.ndim == 4 and list(axes) == [0, 1, 2] and not keepdims
        if not by_batch or synchronized or x.dtype != torch.float32:
            return plain_moments(x, axes, keepdims, synchronized)
        variance, mean = torch.var_mean(x, (0, 1, 2), correction=0)
        latest[:] = x, mean, variance
        return mean, variance

    def batch_normalization(
        x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3
    ):
        if [id(part) for part in latest] != [id(x), id(mean), id(variance)]:
            return plain_normalization(
                x, mean, variance, axis, offset, scale, epsilon
            )
        latest.clear()
        y = torch.nn.functional.batch_norm(
            _channels_first_view(x), None, None, scale, offset, True, 0.0, epsilon
        )
        return torch.movedim(y, 1, -1)

    return _replaced(
        _transpose_spatial_inputs=_channels_first_view,
        moments=moments,
        batch_normalization=batch_normalization,
    )


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
        if torch.compiler.is_compiling() or not _fusible([*values, *gradients]):
            return plain(gradients, variables, learning_rate)
        step = ops.cast(optimizer.iterations.value + 1, "float32")
        rate = ops.cast(learning_rate, "float32")
        rate = rate * torch.sqrt(1.0 - optimizer.beta_2**step)
        places = [optimizer._get_variable_index(variable) for variable in variables]
        late = torch.full((), _LATE, device=values[0].device)
        torch._fused_adam_(
            values,
            list(gradients),
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


def _fusible(tensors):
    device = tensors[0].device
    return device.type in ("cpu", "cuda") and all(
        x.dtype == torch.float32 and x.device == device for x in tensors
    )
