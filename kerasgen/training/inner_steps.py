"""Updates of optimizers on values that are not variables, with gradients through them.

For losses that look ahead, as that of Unrolled GAN (Metz et al., 2017,
https://arxiv.org/abs/1611.02163, section 2.2).
"""

import keras
from keras import ops

from kerasgen import backend

_TINY = 1e-30  # below any square that counts; the root of 0 has no slope


def values_after(optimizer, variables, loss_fn, steps):
    """Returns pairs of a variable and its value after steps down one loss.

    Clipping, weight decay and averages of the optimizer's are left out; its learning
    rate is the one of its next update in all steps.

    Args:
        optimizer: `keras.optimizers.Adam` or `SGD`, built; the steps go on from its
            slots. None for no steps.
        variables: list of variables.
        loss_fn: function of nothing to a scalar, which reads the variables. What it
            assigns is dropped.
        steps: int, at least 0.

    Returns:
        list of `(variable, tensor)`. The tensors are differentiable in whatever
        `loss_fn` reads.

    Raises:
        ValueError: for another optimizer, or one with `amsgrad`.
    """
    if steps == 0 or not variables:
        return []
    values = [variable.value for variable in variables]
    update = _rule(optimizer, variables)

    def loss(values):
        with backend.substitute(list(zip(variables, values, strict=True))):
            return loss_fn()

    for _ in range(steps):
        values = update(values, backend.gradient(loss, values))
    return list(zip(variables, values, strict=True))


def _rule(optimizer, variables):
    """Returns a function of values and gradients to values; it keeps slots itself."""
    if isinstance(optimizer, keras.optimizers.SGD):
        return _descent(optimizer, variables)
    if isinstance(optimizer, keras.optimizers.Adam) and not optimizer.amsgrad:
        return _adam(optimizer, variables)
    raise ValueError(
        "`optimizer` must be Adam without amsgrad, or SGD, for a phase whose steps a "
        f"loss looks ahead. Received: optimizer={optimizer!r}"
    )


def _slots(optimizer, variables, slots):
    places = [optimizer._get_variable_index(variable) for variable in variables]
    return [ops.convert_to_tensor(slots[place]) for place in places]


def _descent(optimizer, variables):
    rate, momentum = _float(optimizer.learning_rate), optimizer.momentum
    moments = _slots(optimizer, variables, optimizer.momentums) if momentum else None

    def update(values, gradients):
        moves = [-rate * gradient for gradient in gradients]
        if moments is None:
            return _moved(values, moves)
        moments[:] = [momentum * m + d for m, d in zip(moments, moves, strict=True)]
        if not optimizer.nesterov:
            return _moved(values, moments)
        return _moved(
            values, [momentum * m + d for m, d in zip(moments, moves, strict=True)]
        )

    return update


def _adam(optimizer, variables):
    rate, steps = _float(optimizer.learning_rate), [_float(optimizer.iterations)]
    first = _slots(optimizer, variables, optimizer._momentums)
    second = _slots(optimizer, variables, optimizer._velocities)
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2

    def update(values, gradients):
        steps[0] = steps[0] + 1.0
        scale = ops.sqrt(1.0 - beta_2 ** steps[0]) / (1.0 - beta_1 ** steps[0])
        first[:] = [
            m + (1.0 - beta_1) * (g - m) for m, g in zip(first, gradients, strict=True)
        ]
        second[:] = [
            v + (1.0 - beta_2) * (ops.square(g) - v)
            for v, g in zip(second, gradients, strict=True)
        ]
        moves = [
            -rate * scale * m / (ops.sqrt(v + _TINY) + optimizer.epsilon)
            for m, v in zip(first, second, strict=True)
        ]
        return _moved(values, moves)

    return update


def _moved(values, moves):
    return [
        value + ops.cast(move, value.dtype)
        for value, move in zip(values, moves, strict=True)
    ]


def _float(number):
    return ops.cast(ops.convert_to_tensor(number), "float32")
