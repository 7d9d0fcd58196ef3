"""Penalties on gradients against their closed forms."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.losses.penalties import (
    gradient_norm,
    gradient_penalty,
    norm_penalty,
    normally_perturbed,
    one_sided_penalty,
    perturbed,
    require_twice_differentiable,
    squared_gradient,
    zero_centred_penalty,
)

pytestmark = pytest.mark.every_backend

GENERATOR = np.random.default_rng(0)
REAL = GENERATOR.normal(size=(5, 2)).astype("float32")
FAKE = GENERATOR.normal(size=(5, 2)).astype("float32")
EPSILON = GENERATOR.uniform(size=5).astype("float32")


def linear(w):
    w = ops.convert_to_tensor(np.float32(w)[:, None])
    return lambda x: ops.matmul(x, w)


def value(x):
    return float(ops.convert_to_numpy(x))


def test_linear_critic_pays_its_slope_wherever_it_is_measured():
    """10 (||w|| - 1)^2 = 160 for w = (3, 4), for any data and any e."""
    for epsilon in (EPSILON, np.zeros(5, "float32"), np.ones(5, "float32")):
        penalty = gradient_penalty(linear((3, 4)), REAL, FAKE, epsilon)
        assert value(10.0 * penalty) == pytest.approx(160.0, rel=1e-5)


def test_penalty_is_two_sided():
    unit = gradient_penalty(linear((0.6, 0.8)), REAL, FAKE, EPSILON)
    flat = gradient_penalty(linear((0.3, 0.4)), REAL, FAKE, EPSILON)
    assert value(unit) == pytest.approx(0.0, abs=1e-6)
    assert value(flat) == pytest.approx(0.25, rel=1e-5)


def test_epsilon_1_is_real_and_0_is_fake():
    """C(x) = ||x||^2 / 2 has the gradient x, so the norm shows where it was taken."""

    def critic(x):
        return 0.5 * ops.sum(ops.square(x), axis=-1, keepdims=True)

    for epsilon, x in ((1.0, REAL), (0.0, FAKE), (0.25, 0.25 * REAL + 0.75 * FAKE)):
        epsilon = np.full(5, epsilon, "float32")
        expected = np.mean((np.linalg.norm(x, axis=1) - 1) ** 2)
        penalty = gradient_penalty(critic, REAL, FAKE, epsilon)
        assert value(penalty) == pytest.approx(expected, rel=1e-5)


def test_each_example_has_its_own_epsilon():
    def critic(x):
        return 0.5 * ops.sum(ops.square(x), axis=-1, keepdims=True)

    middle = EPSILON[:, None] * REAL + (1 - EPSILON[:, None]) * FAKE
    expected = np.mean((np.linalg.norm(middle, axis=1) - 1) ** 2)
    penalty = gradient_penalty(critic, REAL, FAKE, EPSILON)
    assert value(penalty) == pytest.approx(expected, rel=1e-5)


def test_norm_is_over_all_axes_but_the_first():
    """C(x) = 2 sum x over an image of 12 values has the norm 2 sqrt(12)."""
    x = GENERATOR.normal(size=(3, 2, 3, 2)).astype("float32")
    norm = gradient_norm(lambda x: 2.0 * ops.sum(x, axis=(1, 2, 3)), x)
    np.testing.assert_allclose(ops.convert_to_numpy(norm), 2 * np.sqrt([12] * 3), 1e-5)


def test_a_constant_added_to_the_critic_changes_nothing():
    critic = linear((3, 4))
    moved = gradient_penalty(lambda x: critic(x) + 7.0, REAL, FAKE, EPSILON)
    assert value(moved) == value(gradient_penalty(critic, REAL, FAKE, EPSILON))


@pytest.mark.parametrize("w", [(3.0, 4.0), (0.3, -0.4)])
def test_gradient_of_the_penalty_is_2_of_norm_less_1_along_w(w):
    """d/dw (||w|| - 1)^2 = 2 (||w|| - 1) w / ||w||."""
    weights = keras.Variable(np.float32(w)[:, None])

    def loss_fn():
        def critic(x):
            return ops.matmul(x, weights.value)

        return gradient_penalty(critic, REAL, FAKE, EPSILON), {}

    _, (gradient,) = backend.value_and_grad(loss_fn, [weights])
    norm = np.linalg.norm(w)
    expected = 2 * (norm - 1) * np.array(w) / norm
    np.testing.assert_allclose(ops.convert_to_numpy(gradient)[:, 0], expected, 1e-4)


def test_flat_critic_has_a_finite_gradient():
    weights = keras.Variable(np.zeros((2, 1), "float32"))

    def loss_fn():
        def critic(x):
            return ops.matmul(x, weights.value)

        return gradient_penalty(critic, REAL, FAKE, EPSILON), {}

    (loss, _), (gradient,) = backend.value_and_grad(loss_fn, [weights])
    assert value(loss) == pytest.approx(1.0, abs=1e-4)
    assert np.all(np.isfinite(ops.convert_to_numpy(gradient)))


def test_penalty_is_float32_for_a_half_precision_critic():
    def critic(x):
        return ops.cast(linear((3, 4))(x), "bfloat16")

    penalty = gradient_penalty(critic, REAL, FAKE, EPSILON)
    assert keras.backend.standardize_dtype(penalty.dtype) == "float32"


def quadratic(x):
    """C(x) = x' A x / 2, of the gradient A x."""
    x = ops.cast(x, "float32")
    return 0.5 * ops.sum(x * ops.matmul(x, ops.convert_to_tensor(A)), axis=-1)


A = np.float32([[2.0, 0.5], [0.5, -1.0]])
NEAR = EPSILON[:, None] * REAL + (1 - EPSILON[:, None]) * FAKE


def norms(x):
    return np.linalg.norm(x @ A, axis=1)


def test_one_sided_penalty_lets_small_slopes_be():
    found = value(one_sided_penalty(quadratic, REAL, FAKE, EPSILON))
    assert (norms(NEAR) < 1).any() and (norms(NEAR) > 1).any()
    assert found == pytest.approx(
        np.mean(np.maximum(norms(NEAR) - 1, 0) ** 2), rel=1e-4
    )
    flat = one_sided_penalty(linear((0.3, 0.4)), REAL, FAKE, EPSILON)
    assert value(flat) == 0.0
    steep = one_sided_penalty(linear((3, 4)), REAL, FAKE, EPSILON)
    assert value(steep) == pytest.approx(16.0, rel=1e-5)


def test_zero_centred_penalty():
    found = value(zero_centred_penalty(quadratic, REAL, FAKE, EPSILON))
    assert found == pytest.approx(np.mean(norms(NEAR) ** 2), rel=1e-5)
    steep = zero_centred_penalty(linear((3, 4)), REAL, FAKE, EPSILON)
    assert value(steep) == pytest.approx(25.0, rel=1e-5)


def test_squared_gradient_is_halved():
    found = value(squared_gradient(quadratic, REAL))
    assert found == pytest.approx(np.mean(norms(REAL) ** 2) / 2, rel=1e-5)
    assert value(10.0 * squared_gradient(linear((3, 4)), REAL)) == pytest.approx(125.0)
    assert value(squared_gradient(lambda x: 0.0 * x + 4.0, REAL)) == 0.0


def test_norm_penalty_has_a_target():
    found = value(norm_penalty(quadratic, REAL, target=0.5))
    assert found == pytest.approx(np.mean((norms(REAL) - 0.5) ** 2), rel=1e-5)


def test_perturbed_examples():
    noise = GENERATOR.uniform(size=(5, 2)).astype("float32")
    found = ops.convert_to_numpy(perturbed(REAL, noise, EPSILON))
    expected = REAL + EPSILON[:, None] * 0.5 * REAL.std() * noise
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    equal = np.full((5, 2), 3.0, "float32")
    found = ops.convert_to_numpy(perturbed(equal, noise, EPSILON))
    np.testing.assert_allclose(found, equal)
    found = ops.convert_to_numpy(normally_perturbed(REAL, noise, 4.0))
    np.testing.assert_allclose(found, REAL + 2.0 * noise, rtol=1e-5)


KINDS = {
    "convolution": lambda: layers.Conv2D(2, 3, padding="same", activation="tanh"),
    "strided": lambda: layers.Conv2D(2, 3, 2, "same", activation="tanh"),
    "transposed": lambda: layers.Conv2DTranspose(2, 3, 2, "same", activation="tanh"),
    "average pooling": lambda: layers.AveragePooling2D(2),
    "nearest": lambda: layers.UpSampling2D(2),
}


@pytest.mark.parametrize("kind", KINDS)
def test_second_gradients_agree_with_finite_differences(kind):
    """The penalty's derivative along a direction of the weights, in each kernel."""
    net = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(2, 3, padding="same", activation="tanh"),
            KINDS[kind](),
            layers.Conv2D(2, 3, padding="same", activation="tanh"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    require_twice_differentiable(net)
    draws = np.random.default_rng(1)
    for variable in net.trainable_variables:
        variable.assign(draws.normal(scale=0.4, size=variable.shape))
    real, fake = draws.normal(size=(2, 3, 4, 4, 1)).astype("float32")
    epsilon = draws.uniform(size=3).astype("float32")
    kernel = net.layers[0].kernel
    direction = draws.normal(size=kernel.shape).astype("float32")

    def loss_fn():
        return gradient_penalty(net, real, fake, epsilon), {}

    _, (gradient,) = backend.value_and_grad(loss_fn, [kernel])
    start, step = ops.convert_to_numpy(kernel.value).copy(), 1e-2
    losses = []
    for sign in (1, -1):
        kernel.assign(start + sign * step * direction)
        losses.append(value(loss_fn()[0]))
    expected = (losses[0] - losses[1]) / (2 * step)
    found = np.sum(ops.convert_to_numpy(gradient) * direction)
    assert abs(expected) > 1e-3
    assert found == pytest.approx(expected, rel=0.02, abs=1e-4)


def network(*inner, shape=(4, 4, 1)):
    return keras.Sequential([keras.Input(shape), *inner])


@pytest.mark.parametrize(
    "layer",
    [
        layers.UpSampling2D(2, interpolation="bilinear", name="bad"),
        layers.UpSampling2D(2, interpolation="bicubic", name="bad"),
        layers.Resizing(2, 2, name="bad"),
        layers.LayerNormalization(name="bad"),
        layers.GroupNormalization(1, name="bad"),
        layers.BatchNormalization(name="bad"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_that_fail_somewhere_are_refused_on_every_backend(layer):
    net = keras.Sequential([keras.Input((4, 4, 1)), network(layer)])
    with pytest.raises(ValueError, match="Received: a .* layer named 'bad'"):
        require_twice_differentiable(net)


def test_fused_attention_is_refused_on_every_backend():
    x = keras.Input((4, 2))
    y = layers.MultiHeadAttention(1, 2, name="bad")(x, x)
    with pytest.raises(ValueError, match="MultiHeadAttention layer named 'bad'"):
        require_twice_differentiable(keras.Model(x, y))


def test_other_layers_are_accepted():
    require_twice_differentiable(network(layers.UpSampling2D(2), layers.Flatten()))
