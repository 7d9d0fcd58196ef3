"""Steps on values that are no variables: their gradients by hand and by differences."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.training.inner_steps import values_after

pytestmark = pytest.mark.every_backend

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.1, beta_1=0.5, epsilon=1e-3),
}


def number(x):
    return float(ops.convert_to_numpy(x))


def test_two_steps_on_a_quadratic_by_hand():
    """Down `a (w - x)^2 / 2`: `w_2 - x = (1 - h a)^2 (w - x)`, so are the slopes."""
    w, x = keras.Variable(5.0), keras.Variable(2.0)
    optimizer = keras.optimizers.SGD(0.25)
    optimizer.build([w])

    def loss_fn():
        def quadratic():
            return 2.0 * ops.square(w.value - x.value) / 2.0

        ((variable, value),) = values_after(optimizer, [w], quadratic, 2)
        with backend.substitute([(variable, value)]):
            return ops.square(w.value), {}

    (loss, _), (dw, dx) = backend.value_and_grad(loss_fn, [w, x])
    assert number(loss) == pytest.approx((2.0 + 0.25 * 3.0) ** 2)
    assert number(dw) == pytest.approx(2 * 2.75 * 0.25)
    assert number(dx) == pytest.approx(2 * 2.75 * 0.75)
    assert (number(w.value), int(number(optimizer.iterations))) == (5.0, 0)


def trained(name):
    """Returns an optimizer with slots, and its two weights."""
    weights = [keras.Variable([1.0, -2.0]), keras.Variable(0.5)]
    optimizer = OPTIMIZERS[name]()
    optimizer.build(weights)
    optimizer.apply([ops.ones(2), ops.convert_to_tensor(-2.0)], weights)
    return optimizer, weights


def objective(weights, x):
    first, second = (w.value for w in weights)
    return ops.sum(ops.square(first - x) * (1.0 + ops.square(second)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_values_are_those_of_the_optimizer(name):
    optimizer, weights = trained(name)
    pairs = values_after(optimizer, weights, lambda: objective(weights, 0.3), 3)
    for _ in range(3):
        _, gradients = backend.value_and_grad(
            lambda: (objective(weights, 0.3), {}), weights
        )
        optimizer.apply(gradients, weights)
    for variable, value in pairs:
        expected = ops.convert_to_numpy(variable.value)
        np.testing.assert_allclose(ops.convert_to_numpy(value), expected, rtol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_through_the_steps_are_those_of_differences(name):
    optimizer, weights = trained(name)
    x = keras.Variable(0.3)

    def loss_fn():
        pairs = values_after(optimizer, weights, lambda: objective(weights, x.value), 2)
        with backend.substitute(pairs):
            return objective(weights, 1.0), {}

    _, (slope,) = backend.value_and_grad(loss_fn, [x])

    def moved(by):
        x.assign(0.3 + by)
        (loss, _), _ = backend.value_and_grad(loss_fn, [x])
        return number(loss)

    differences = (moved(1e-2) - moved(-1e-2)) / 2e-2
    assert abs(differences) > 1e-3
    assert number(slope) == pytest.approx(differences, rel=5e-3)


def test_a_weight_without_slope_has_finite_gradients_through_adam():
    """The root of a second moment of 0 has an infinite slope, times one of 0."""
    optimizer = keras.optimizers.Adam(0.1)
    weights = [keras.Variable([1.0, 1.0])]
    optimizer.build(weights)
    x = keras.Variable(2.0)

    def loss_fn():
        def loss():
            return ops.sum(weights[0].value[:1] * x.value)

        with backend.substitute(values_after(optimizer, weights, loss, 2)):
            return ops.sum(weights[0].value) * x.value, {}

    _, gradients = backend.value_and_grad(loss_fn, [x, *weights])
    assert all(np.all(np.isfinite(ops.convert_to_numpy(g))) for g in gradients)


def test_no_steps_and_other_optimizers():
    assert values_after(None, [keras.Variable(1.0)], lambda: 0.0, 0) == []
    rmsprop = keras.optimizers.RMSprop()
    with pytest.raises(ValueError, match="`optimizer` must be Adam.*Received"):
        values_after(rmsprop, [keras.Variable(1.0)], lambda: 0.0, 1)
