"""What a penalty on gradients does to weights, against finite differences."""

import types

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend


def draw(variables, scale=0.4):
    """Gives variables normal values, the same on every backend."""
    draws = np.random.default_rng(0)
    for variable in variables:
        variable.assign(draws.normal(scale=scale, size=variable.shape))


def check(fn, x, variable, step=2e-3, rel=0.02):
    """Asserts that the penalty's gradient is right along a direction of `variable`.

    The penalty is the sum of squares of the gradient of `sum(fn(x))` by `x`.

    Args:
        fn: function of a tensor, which reads the variable.
        x: array.
        variable: variable of Keras.
        step: float. Of the differences.
        rel: float. The relative error that is allowed.
    """
    start = backend.to_numpy(variable)
    direction = np.random.default_rng(1).normal(size=start.shape).astype("float32")

    def penalty(x):
        def loss_fn():
            return ops.sum(ops.square(backend.input_gradient(fn, x))), {}

        (loss, _), (gradient,) = backend.value_and_grad(loss_fn, [variable])
        return loss, gradient

    if keras.backend.backend() == "jax":  # which else compiles each operation
        holder = types.SimpleNamespace(variables=[variable])
        penalty = backend.compile_function(holder, penalty)
    x = ops.convert_to_tensor(x)

    def at(step):
        variable.assign(start + step * direction)
        return [ops.convert_to_numpy(value) for value in penalty(x)]

    expected = (float(at(step)[0]) - float(at(-step)[0])) / (2.0 * step)
    loss, gradient = at(0.0)
    rounding = 2e-7 * loss / step
    assert abs(expected) * rel > rounding, "the direction shows nothing"
    assert np.sum(gradient * direction) == pytest.approx(expected, rel=rel)
