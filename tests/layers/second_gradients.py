"""What a penalty on gradients does to weights, against finite differences."""

import numpy as np
import pytest
from keras import ops

from kerasgen import backend


def check(fn, x, variable, step=1e-2, rel=0.02):
    """Asserts that the penalty's gradient is right along a direction of `variable`.

    The penalty is the sum of squares of the gradient of `sum(fn(x))` by `x`.

    Args:
        fn: function of a tensor, which reads the variable.
        x: array.
        variable: variable of Keras.
        step: float. Of the differences.
        rel: float. The relative error that is allowed.
    """
    x = ops.convert_to_tensor(x)
    start = backend.to_numpy(variable)
    draws = np.random.default_rng(1)
    direction = draws.normal(size=start.shape).astype("float32")

    def loss_fn():
        return ops.sum(ops.square(backend.input_gradient(fn, x))), {}

    def loss(step):
        variable.assign(start + step * direction)
        return float(ops.convert_to_numpy(loss_fn()[0]))

    expected = (loss(step) - loss(-step)) / (2.0 * step)
    variable.assign(start)
    _, (gradient,) = backend.value_and_grad(loss_fn, [variable])
    found = np.sum(ops.convert_to_numpy(gradient) * direction)
    assert abs(expected) > 0.01 * loss(0.0), "the direction shows nothing"
    assert found == pytest.approx(expected, rel=rel)
