"""Self-attention against sums in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.self_attention import SelfAttention2D
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(2, 4, 5, 16)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def made(variant="code", gamma=0.7, **kwargs):
    layer = SelfAttention2D(variant, **kwargs)
    layer.build((None, *X.shape[1:]))
    layer.gamma.assign(gamma)
    return layer


def kernel(layer):
    layer = layer.normalized_kernel() if isinstance(layer, SpectralNorm) else layer
    return array(getattr(layer, "kernel", layer))[0, 0]


def pooled(x):
    """Returns the maxima over 2x2 places, a last odd row or column left out."""
    blocks = [
        [x[i : i + 2, j : j + 2].max((0, 1)) for j in range(0, x.shape[1] - 1, 2)]
        for i in range(0, x.shape[0] - 1, 2)
    ]
    return np.array(blocks)


def by_loops(layer, x):
    """Returns the layer's outputs for one image, place by place."""
    query, key, value = (x @ kernel(c) for c in (layer.query, layer.key, layer.value))
    if layer.variant == "code":
        key, value = pooled(key), pooled(value)
    y = np.empty_like(x)
    for place in np.ndindex(x.shape[:2]):
        weights = {i: np.exp(query[place] @ key[i]) for i in np.ndindex(key.shape[:2])}
        total = sum(weights.values())
        mean = sum(w / total * value[i] for i, w in weights.items())
        y[place] = x[place] + float(array(layer.gamma)) * mean @ kernel(layer.project)
    return y


@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("variant", ["code", "paper"])
def test_it_is_the_sum_over_all_places(variant, spectral):
    layer = made(variant, spectral=spectral)
    found = array(layer(X))
    expected = np.stack([by_loops(layer, x) for x in X])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(found - X).max() > 0.1


def test_channels_are_those_of_the_released_code_or_of_the_paper():
    shapes = {
        variant: [
            kernel(getattr(made(variant), name)).shape
            for name in ("query", "key", "value", "project")
        ]
        for variant in ("code", "paper")
    }
    assert shapes["code"] == [(16, 2), (16, 2), (16, 8), (8, 16)]
    assert len(made("code").weights) == 5  # no biases
    assert shapes["paper"] == [(16, 2), (16, 2), (16, 2), (2, 16)]


@pytest.mark.every_backend
def test_it_is_the_identity_at_the_start():
    layer = SelfAttention2D()
    np.testing.assert_array_equal(array(layer(X)), X)
    assert float(array(layer.gamma)) == 0.0


def test_constant_maps_stay_constant_and_places_may_be_exchanged():
    flat = np.broadcast_to(X[:, :1, :1], X.shape)
    found = array(made()(flat))
    np.testing.assert_allclose(found, np.broadcast_to(found[:, :1, :1], X.shape), 1e-4)
    layer, order = made("paper"), DRAWS.permutation(20)

    def exchanged(x):
        return x.reshape(2, 20, 16)[:, order].reshape(X.shape)

    expected = exchanged(array(layer(X)))
    np.testing.assert_allclose(array(layer(exchanged(X))), expected, atol=1e-5)


@pytest.mark.every_backend
@pytest.mark.parametrize("variant", ["code", "paper"])
def test_second_gradients_agree_with_finite_differences(variant):
    layer, draws = made(variant), np.random.default_rng(1)
    second_gradients.draw(layer.weights)
    net = keras.Sequential([keras.Input(X.shape[1:]), layer])
    require_twice_differentiable(net)
    weights = ops.convert_to_tensor(draws.normal(size=X.shape).astype("float32"))
    # In a small step no other place becomes the largest.
    second_gradients.check(lambda x: net(x) * weights, X, layer.key.kernel, rel=0.03)


@pytest.mark.every_backend
def test_power_iterations_go_on_in_training_alone():
    layer = made(spectral=True)
    before = [array(c.u) for c in (layer.query, layer.project)]
    layer(X)
    np.testing.assert_array_equal(array(layer.query.u), before[0])
    layer(X, training=True)
    assert not np.array_equal(array(layer.query.u), before[0])
    assert not np.array_equal(array(layer.project.u), before[1])


@pytest.mark.every_backend
def test_half_precision_and_a_file(tmp_path):
    layer = SelfAttention2D("code", True, "orthogonal", dtype="mixed_bfloat16")
    net = keras.Sequential([keras.Input((None, None, 16)), layer])
    layer.gamma.assign(1.0)
    found = net(X)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    assert all(v.dtype == "float32" for v in layer.variables)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    expected = array(ops.cast(found, "float32"))
    np.testing.assert_array_equal(array(ops.cast(loaded(X), "float32")), expected)
    assert loaded.layers[-1].get_config() == layer.get_config()
    assert layer.compute_output_shape((None, 4, 5, 16)) == (None, 4, 5, 16)


def test_few_channels_keep_one_and_single_rows_are_not_pooled():
    x = np.ones((1, 1, 3, 4), "float32")
    assert array(SelfAttention2D("paper")(x)).shape == x.shape
    with pytest.raises(ValueError, match="at least 2 to be pooled.*Received"):
        SelfAttention2D().build(x.shape)
    with pytest.raises(ValueError, match="`variant` must be one of.*Received"):
        SelfAttention2D("biggan")
