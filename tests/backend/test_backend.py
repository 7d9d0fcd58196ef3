"""The primitives of the running backend against closed forms."""

import logging

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend


def test_value_and_grad_of_a_quadratic():
    w = keras.Variable([1.0, 2.0, 3.0])
    b = keras.Variable(0.5)

    def loss_fn():
        loss = ops.sum(ops.square(w.value)) * b.value
        return loss, {"twice": 2.0 * loss}

    (loss, aux), (dw, db) = backend.value_and_grad(loss_fn, [w, b])
    assert float(loss) == pytest.approx(7.0)
    assert float(aux["twice"]) == pytest.approx(14.0)
    np.testing.assert_allclose(ops.convert_to_numpy(dw), [1.0, 2.0, 3.0], rtol=1e-6)
    assert float(ops.convert_to_numpy(db)) == pytest.approx(14.0)


def test_a_variable_that_the_loss_does_not_use_has_a_zero_gradient():
    w, unused = keras.Variable([1.0]), keras.Variable([1.0, 1.0])
    _, (_, gradient) = backend.value_and_grad(
        lambda: (ops.sum(w.value), {}), [w, unused]
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(gradient), [0.0, 0.0])


def test_assignments_made_by_the_loss_are_kept():
    """Batch statistics, seeds and counters change while differentiating."""
    norm = layers.BatchNormalization(momentum=0.5)
    norm.build((None, 2))
    counter = keras.Variable(0, dtype="int32", trainable=False)
    x = np.array([[1.0, 2.0], [3.0, 6.0]], "float32")

    def loss_fn():
        counter.assign(counter.value + 1)
        return ops.sum(ops.square(norm(x, training=True))), {}

    backend.value_and_grad(loss_fn, norm.trainable_variables)
    moving = ops.convert_to_numpy(norm.moving_mean.value)
    np.testing.assert_allclose(moving, [1.0, 2.0])
    assert int(counter.value) == 1


def test_scope_keeps_the_state_mapping_that_the_jax_step_leans_on():
    """`StatelessScope.state_mapping` is not public: Keras may change it."""
    v = keras.Variable(1.0, trainable=False)
    with keras.StatelessScope([(v, 2.0 * v.value)]) as scope:
        assert float(v.value) == 2.0
        v.assign(3.0)
        assert float(v.value) == 3.0
    assert set(scope.state_mapping) == {id(v)}
    assert float(scope.get_current_value(v)) == 3.0
    assert float(v.value) == 1.0


def test_without_autocast_variables_keep_their_dtype():
    layer = keras.layers.Dense(1, dtype="mixed_bfloat16")
    layer.build((None, 2))
    seen = []

    def call(x):
        seen.append(layer.kernel.value)
        with backend.without_autocast():
            seen.append(layer.kernel.value)
        seen.append(layer.kernel.value)
        return x

    layer.call = call
    layer(np.ones((1, 2), "float32"))
    dtypes = [keras.backend.standardize_dtype(x.dtype) for x in seen]
    assert dtypes == ["bfloat16", "float32", "bfloat16"]


def test_substitute_inherits_the_scope_around_it():
    v = keras.Variable(1.0, trainable=False)
    w = keras.Variable(10.0, trainable=False)
    with keras.StatelessScope([(v, 2.0 * v.value)]):
        with backend.substitute([(w, 0.0 * w.value)]):
            assert (float(v.value), float(w.value)) == (2.0, 0.0)
    assert (float(v.value), float(w.value)) == (1.0, 10.0)


def test_joint_gradients_are_those_of_each_loss_alone():
    x, y, z = (keras.Variable(value) for value in (2.0, 3.0, 5.0))
    seen = keras.Variable(0.0, trainable=False)

    def loss_fn():
        product = x.value * y.value  # one pass for both
        seen.assign(product)
        return [product, product * y.value], {"product": product}

    (losses, aux), gradients = backend.joint_value_and_grad(loss_fn, [[x, z], [y, x]])
    assert [float(loss) for loss in losses] == [6.0, 18.0]
    assert float(aux["product"]) == float(seen.value) == 6.0
    found = [[float(g) for g in group] for group in gradients]
    assert found == [[3.0, 0.0], [12.0, 9.0]]
    nothing = backend.joint_value_and_grad(loss_fn, [[], []])[1]
    assert [list(group) for group in nothing] == [[], []]


def test_gradients_through_steps_on_values_that_are_no_variables():
    """Gradient descent on `(w - x)^2 / 2`: after k steps `dw / dx = 1 - (1 - h)^k`."""
    x, w = keras.Variable(3.0), keras.Variable(1.0)

    def loss_fn():
        values = [w.value]
        for _ in range(4):

            def inner(values):
                with backend.substitute([(w, values[0])]):
                    return ops.square(w.value - x.value) / 2

            (slope,) = backend.gradient(inner, values)
            values = [values[0] - 0.5 * slope]
        return values[0], {}

    (value, _), (dx, dw) = backend.value_and_grad(loss_fn, [x, w])
    assert float(value) == pytest.approx(3.0 - 2.0 * 0.5**4)
    assert float(dx) == pytest.approx(1 - 0.5**4)
    assert float(dw) == pytest.approx(0.5**4)
    assert float(backend.to_numpy(w)) == 1.0


def test_input_gradient_of_a_linear_function_is_its_weight():
    dense = layers.Dense(1)
    dense.build((None, 2))
    dense.kernel.assign([[3.0], [4.0]])
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    gradient = ops.convert_to_numpy(backend.input_gradient(dense, x))
    np.testing.assert_allclose(gradient, np.tile([3.0, 4.0], (5, 1)), rtol=1e-6)


def test_gradient_with_aux_inside_a_compiled_function():
    """Of `sum (a z)^2 / 2` it is `a^2 z`; the layer's own weight stays as it is."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[2.0], [0.0]], "float32")])

    def fn(values):
        losses = ops.square(model(values[0]))[:, 0] / 2
        return ops.sum(losses), losses

    def step(z):
        losses, (gradient,) = backend.gradient_with_aux(fn, [z])
        return losses, gradient

    z = np.array([[1.0, 5.0], [3.0, 5.0]], "float32")
    outputs = backend.compile_function(model, step)(z)
    losses, gradient = (ops.convert_to_numpy(x) for x in outputs)
    np.testing.assert_allclose(losses, [2.0, 18.0], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[4.0, 0.0], [12.0, 0.0]], rtol=1e-6)
    np.testing.assert_array_equal(model.get_weights()[0], [[2.0], [0.0]])


def test_second_order_gradient_of_the_penalty():
    """d/dw of (|w| - 1)^2 is 2 (|w| - 1) w / |w|."""
    dense = layers.Dense(1)
    dense.build((None, 2))
    dense.kernel.assign([[3.0], [4.0]])
    x = np.ones((3, 2), "float32")

    def loss_fn():
        gradient = backend.input_gradient(dense, x)
        norm = ops.sqrt(ops.sum(ops.square(gradient), axis=-1))
        return ops.mean(ops.square(norm - 1.0)), {}

    (loss, _), (dw, db) = backend.value_and_grad(loss_fn, dense.trainable_variables)
    assert float(loss) == pytest.approx(16.0)
    np.testing.assert_allclose(ops.convert_to_numpy(dw), [[4.8], [6.4]], rtol=1e-5)
    assert float(ops.convert_to_numpy(db)[0]) == 0.0


def test_input_gradient_keeps_assignments_of_the_function():
    norm = layers.BatchNormalization(momentum=0.5)
    norm.build((None, 1))
    x = np.array([[1.0], [3.0]], "float32")
    backend.input_gradient(lambda x: ops.square(norm(x, training=True)), x)
    np.testing.assert_allclose(ops.convert_to_numpy(norm.moving_mean.value), [1.0])


def test_compiled_function_reads_the_current_variables():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    call = backend.compile_function(model, lambda x: model(x))
    model.layers[0].kernel.assign([[2.0]])
    assert float(ops.convert_to_numpy(call(np.ones((1, 1), "float32")))[0, 0]) == 2.0
    model.layers[0].kernel.assign([[5.0]])
    assert float(ops.convert_to_numpy(call(np.ones((1, 1), "float32")))[0, 0]) == 5.0


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX alone runs ahead")
def test_training_runs_two_steps_ahead_of_what_is_computed_at_most():
    import jax

    step = jax.jit(lambda x: jax.lax.fori_loop(0, 100, lambda _, y: ops.cos(y @ x), x))
    dispatched = []

    def train_function(state, iterator):
        dispatched.append(step(state))
        return {"loss": dispatched[-1]}, dispatched[-1]

    from kerasgen.backend.jax import limit_queue

    limited = limit_queue(train_function)
    state = ops.ones((200, 200)) / 200
    for _ in range(8):
        _, state = limited(state, None)
        assert all(x.is_ready() for x in dispatched[:-2])
    free, waited = state, 0
    for _ in range(8):
        _, free = train_function(free, None)
        waited += not all(x.is_ready() for x in dispatched[:-2])
    assert waited  # else this machine cannot show the difference


def test_functions_that_are_traced_once_each_are_no_retracing(caplog):
    """TensorFlow would take all functions from one line of code for one function."""

    def scaled(factor):
        def function(x, y):
            return factor * x + y

        return backend.compile_function(keras.layers.Identity(), function, False)

    logger = logging.getLogger("tensorflow")
    caplog.set_level("WARNING", logger="tensorflow")
    logger.addHandler(caplog.handler)
    try:
        x = np.ones((2, 3), "float32")
        for factor in range(8):
            function = scaled(float(factor))
            for _ in range(2):
                found = ops.convert_to_numpy(function(x, 2 * x))
                np.testing.assert_array_equal(found, (factor + 2) * x)
            np.testing.assert_array_equal(
                ops.convert_to_numpy(function(x[:1], x[:1])), (factor + 1) * x[:1]
            )
    finally:
        logger.removeHandler(caplog.handler)
    assert "retracing" not in caplog.text
