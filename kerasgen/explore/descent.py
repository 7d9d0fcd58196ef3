"""Descent on values that are no weights: Adam on rows, each by a loss of its own."""

import math

import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.training import averages

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # of Adam
ROWS = 64  # that descend together


def descend(model, losses, values, given, steps, learning_rate, bounds, batch_size):
    """Moves each row of `values` down its own loss, and keeps the best that it was.

    The rate falls from `learning_rate` to 0 by half a cosine. The model's weights stay
    as they are; where it keeps averages, those are used.

    Args:
        model: the model whose variables `losses` reads.
        losses: function of tensors, values and `given`, to one loss a row, `(rows,)`.
        values: float32 array `(n, size)`, the starts.
        given: list of arrays `(n, ...)`, constants of each row.
        steps: int.
        learning_rate: float.
        bounds: `(low, high)`, floats or float32 arrays `(size,)`, kept to after a step.
        batch_size: int or None. Rows that descend together; None for 64.

    Returns:
        the best values, float32 `(n, size)`, and losses before each step and after the
        last, float32 `(n, steps + 1)`.
    """

    def step(values, first, second, best, least, rate, *given):
        def fn(moved):
            with averages.scope(model):
                found = losses(moved[0], *given)
            return ops.sum(found), found

        found, (slope,) = backend.gradient_with_aux(fn, [values])
        better = found < least
        best = ops.where(better[:, None], values, best)
        first = BETA_1 * first + (1.0 - BETA_1) * slope
        second = BETA_2 * second + (1.0 - BETA_2) * ops.square(slope)
        move = first * rate[0] / (ops.sqrt(second * rate[1]) + EPSILON)
        values = ops.clip(values - move, *bounds)
        return values, first, second, best, ops.minimum(found, least), found

    model.sync()
    step = backend.compile_function(model, step)
    rates = _rates(learning_rate, steps)
    size = min(len(values), batch_size or ROWS)
    outputs, curves = [], []
    for start in range(0, len(values), size):
        rows = [array[start : start + size] for array in (values, *given)]
        short = size - len(rows[0])  # the same shape every time: compiled once
        rows = [np.concatenate([r, np.repeat(r[:1], short, 0)]) for r in rows]
        zeros, worst = np.zeros_like(rows[0]), np.full(size, np.inf, "float32")
        state, found = (rows[0], zeros, zeros, rows[0], worst), []
        for rate in rates:
            *state, loss = step(*state, rate, *rows[1:])
            found.append(loss)
        found = np.stack([ops.convert_to_numpy(loss) for loss in found], axis=1)
        outputs.append(ops.convert_to_numpy(state[3])[: size - short])
        curves.append(found[: size - short])
    return np.concatenate(outputs), np.concatenate(curves)


def _rates(learning_rate, steps):
    """Returns what the two moments of Adam are multiplied by, `(steps + 1, 2)`."""
    done = np.arange(steps + 1)
    rate = learning_rate * 0.5 * (1 + np.cos(math.pi * done / steps))
    corrections = rate / (1 - BETA_1 ** (done + 1)), 1 / (1 - BETA_2 ** (done + 1))
    return np.stack(corrections, axis=1).astype("float32")
