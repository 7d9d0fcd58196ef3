"""Spectral normalisation: its estimate, its gradient, its state."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.layers import channels_last
from kerasgen.layers.spectral_norm import SpectralNorm

pytestmark = pytest.mark.every_backend

DRAWS = np.random.default_rng(0)
IMAGES = DRAWS.normal(size=(2, 6, 6, 3)).astype("float32")
KINDS = {
    "dense": (lambda: layers.Dense(4), DRAWS.normal(size=(5, 3))),
    "conv": (lambda: channels_last.Conv2D(4, 3, 2, "same"), IMAGES),
    "transposed": (lambda: channels_last.Conv2DTranspose(4, 3, 2, "same"), IMAGES),
    "embedding": (lambda: layers.Embedding(5, 3), np.int32([0, 4, 2, 2])),
}


def array(x):
    return ops.convert_to_numpy(x)


def make(kind, **kwargs):
    """Returns a layer of a kind, built, and inputs of it."""
    inner, x = KINDS[kind]
    x = x if kind == "embedding" else x.astype("float32")
    layer = SpectralNorm(inner(), **kwargs)
    layer.build(x.shape)
    return layer, x


def weight(layer):
    name = "kernel" if hasattr(layer.layer, "kernel") else "embeddings"
    return getattr(layer.layer, name)


def matrix(kernel, kind):
    """Returns a kernel as a matrix of outputs times all else."""
    kernel = np.moveaxis(array(kernel), -2 if kind == "transposed" else -1, 0)
    return kernel.reshape(len(kernel), -1)


def dense(values, u=None):
    """Returns a layer of the matrix `values`, of outputs times inputs, and `u`."""
    values = np.float32(values)
    layer = SpectralNorm(layers.Dense(len(values), use_bias=False))
    layer.build((None, values.shape[1]))
    layer.layer.kernel.assign(values.T)
    if u is not None:
        layer.u.assign(np.float32(u))
    return layer


def sigma(layer):
    """Returns what the weights of a dense layer are divided by."""
    norms = [
        np.linalg.norm(array(x))
        for x in (layer.layer.kernel, layer.normalized_kernel())
    ]
    return norms[0] / norms[1]


@pytest.mark.parametrize("kind", KINDS)
def test_sigma_is_that_of_the_svd_after_many_passes(kind):
    layer, x = make(kind)
    before = array(weight(layer))
    for _ in range(150):
        layer(x, training=True)
    found = np.linalg.svd(matrix(layer.normalized_kernel(), kind))[1]
    assert found[0] == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(array(weight(layer)), before)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_the_layers_with_the_normalised_weights(kind):
    layer, x = make(kind)
    if hasattr(layer.layer, "bias"):
        layer.layer.bias.assign(np.arange(4.0))
    plain = KINDS[kind][0]()
    plain.build(x.shape)
    values = [layer.normalized_kernel(), *layer.layer.weights[1:]]
    for variable, value in zip(plain.weights, values, strict=True):
        variable.assign(value)
    for training in (False, True):
        found = array(layer(x, training=training))
        np.testing.assert_allclose(found, array(plain(x)), rtol=1e-5, atol=1e-6)


def test_golden_sequence():
    """sqrt(45) from u = (1, 0), from below."""
    layer, found = dense([[3.0, 0.0], [4.0, 5.0]], [1.0, 0.0]), []
    for _ in range(5):
        found.append(sigma(layer))
        layer(np.ones((1, 2), "float32"), training=True)
    golden = [5.0, 6.671746, 6.707750, 6.708198, 6.708204]
    np.testing.assert_allclose(found, golden, atol=2e-6)
    twice = SpectralNorm(layers.Dense(2, use_bias=False), iterations=2)
    twice.build((None, 2))
    twice.layer.kernel.assign([[3.0, 4.0], [0.0, 5.0]])
    twice.u.assign([1.0, 0.0])
    assert sigma(twice) == pytest.approx(golden[1], abs=2e-6)


def test_estimates_are_never_above_the_norm_and_rise():
    values = DRAWS.normal(size=(6, 9))
    layer, found = dense(values), []
    for _ in range(20):
        found.append(sigma(layer))
        layer(np.ones((1, 9), "float32"), training=True)
    assert np.all(np.diff(found) > -1e-5)
    assert found[-1] <= np.linalg.norm(values, 2) + 1e-5 < np.linalg.norm(values)


@pytest.mark.parametrize("factor", [1e-6, 1e4])
def test_rescaled_weights_are_normalised_alike(factor):
    values, u = DRAWS.normal(size=(4, 3)), [1.0, 2.0, 3.0, 4.0]
    first = array(dense(values, u).normalized_kernel())
    second = array(dense(factor * values, u).normalized_kernel())
    np.testing.assert_allclose(second, first, rtol=1e-5)


def test_weights_of_rank_one_are_exact_at_once():
    layer = dense(np.outer([1.0, -2.0, 2.0], [3.0, 4.0]), [1.0, 1.0, 1.0])
    assert sigma(layer) == pytest.approx(15.0, rel=1e-6)


def test_orthogonal_weights_stay():
    values = np.linalg.qr(DRAWS.normal(size=(4, 4)))[0]
    found = array(dense(values).normalized_kernel())
    np.testing.assert_allclose(found, values.T, atol=1e-6)


def test_zero_weights_stay_zero():
    layer = dense(np.zeros((3, 2)))
    x = np.ones((1, 2), "float32")
    for _ in range(2):
        np.testing.assert_array_equal(array(layer(x, training=True)), np.zeros((1, 3)))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_have_no_part_along_the_weights(kind):
    """`<dL/dW, W> = 0`, as the loss does not change with the scale of `W`."""
    layer, x = make(kind)

    def loss_fn():
        return ops.sum(ops.square(layer(x, training=True) - 0.3)), {}

    _, (gradient,) = backend.value_and_grad(loss_fn, [weight(layer)])
    gradient, values = array(gradient), array(weight(layer))
    norms = np.linalg.norm(gradient) * np.linalg.norm(values)
    assert norms > 1e-2
    assert abs(np.sum(gradient * values)) < 1e-5 * norms


def test_gradient_is_that_of_the_paper():
    """`(g - <g, W / sigma> u v^T) / sigma` for a gradient `g` of `W / sigma`."""
    values, x = DRAWS.normal(size=(3, 4)), DRAWS.normal(size=(1, 4)).astype("float32")
    layer = dense(values, [1.0, 0.0, 0.0])
    _, (found,) = backend.value_and_grad(
        lambda: (ops.sum(layer(x, training=True)), {}), [layer.layer.kernel]
    )
    v = values[0] / np.linalg.norm(values[0])
    s = np.linalg.norm(values @ v)
    u = values @ v / s
    g = np.repeat(x, 3, axis=0)
    expected = (g - np.sum(g * values / s) * np.outer(u, v)) / s
    np.testing.assert_allclose(array(found), expected.T, atol=1e-5)


def test_a_network_of_it_stretches_no_distance():
    net = keras.Sequential([keras.Input((5,))])
    for units in (8, 8, 1):
        net.add(SpectralNorm(layers.Dense(units)))
        net.add(layers.LeakyReLU(negative_slope=0.1))
    a, b = (DRAWS.normal(size=(200, 5)).astype("float32") for _ in range(2))
    for layer in net.layers:
        for variable in layer.trainable_variables:
            variable.assign(DRAWS.normal(size=variable.shape))
    for _ in range(100):
        net(a[:1], training=True)
    moved = np.abs(array(net(a)) - array(net(b)))[:, 0]
    assert np.all(moved <= 1.0001 * np.linalg.norm(a - b, axis=1))


@pytest.mark.parametrize("kind", KINDS)
def test_u_moves_in_training_alone(kind):
    layer, x = make(kind)
    before = array(layer.u)
    first = array(layer(x, training=False))
    np.testing.assert_array_equal(array(layer.u), before)
    np.testing.assert_array_equal(array(layer(x)), first)
    layer(x, training=True)
    moved = array(layer.u)
    assert not np.array_equal(moved, before)
    assert np.linalg.norm(moved) == pytest.approx(1.0, rel=1e-5)
    layer.trainable = False
    layer(x, training=True)
    np.testing.assert_array_equal(array(layer.u), moved)


@pytest.mark.parametrize("kind", ["dense", "conv", "embedding"])
def test_a_file_holds_u(kind, tmp_path):
    layer, x = make(kind)
    net = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype), layer])
    net(x, training=True)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(array(loaded(x)), array(net(x)))
    np.testing.assert_array_equal(array(loaded.layers[-1].u), array(layer.u))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_sigma_has_32_bits_in_mixed_precision(policy):
    keras.utils.set_random_seed(1)
    layers_ = [
        SpectralNorm(layers.Dense(16, dtype=dtype)) for dtype in (policy, "float32")
    ]
    x = DRAWS.normal(size=(2, 32)).astype("float32")
    nets = [keras.Sequential([keras.Input((32,)), layer]) for layer in layers_]
    nets[0].set_weights(nets[1].get_weights())
    outputs = [net(x, training=True) for net in nets]
    assert keras.backend.standardize_dtype(outputs[0].dtype) == policy[6:]
    for variable in layers_[0].variables:
        assert variable.dtype == "float32"
    np.testing.assert_array_equal(array(layers_[0].u), array(layers_[1].u))
    found = array(ops.cast(outputs[0], "float32"))
    np.testing.assert_allclose(found, array(outputs[1]), atol=0.05)


def test_trains_in_an_ordinary_model_of_keras():
    net = keras.Sequential([keras.Input((3,)), SpectralNorm(layers.Dense(1))])
    net.compile("sgd", "mse")
    x = DRAWS.normal(size=(8, 3)).astype("float32")
    before = array(net.layers[-1].u), array(net.layers[-1].layer.kernel)
    net.fit(x, x[:, :1], batch_size=4, verbose=0)
    after = array(net.layers[-1].u), array(net.layers[-1].layer.kernel)
    for first, second in zip(before, after, strict=True):
        # A vector of one number is 1 after the first iteration.
        assert not np.array_equal(first, second)


@pytest.mark.parametrize("layer", [layers.ReLU(), layers.DepthwiseConv2D(3)])
def test_other_layers_are_refused(layer):
    with pytest.raises(TypeError, match="`layer` must be.*Received"):
        SpectralNorm(layer)


def test_no_iterations_are_refused():
    with pytest.raises(ValueError, match="`iterations` must be.*Received"):
        SpectralNorm(layers.Dense(1), iterations=0)
