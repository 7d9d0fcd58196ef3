"""Minibatch discrimination against a loop over pairs."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.minibatch_discrimination import MinibatchDiscrimination
from kerasgen.layers.weight_norm import initializing_from_data
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(6, 4)).astype("float32")
VARIANTS = ["paper", "code"]


def array(x):
    return ops.convert_to_numpy(x)


def made(variant, kernels=3):
    layer = MinibatchDiscrimination(kernels, 2, variant)
    layer.build(X.shape)
    for variable in layer.variables:
        variable.assign(DRAWS.normal(scale=0.5, size=variable.shape))
    return layer


def by_loops(layer, x):
    """Returns the features of each example, pair by pair."""
    matrices = array(layer.kernel)
    if layer.variant == "code":
        norm = np.sqrt((matrices**2).sum(0))
        matrices = matrices / norm * np.exp(array(layer.log_scale))
    rows = np.einsum("na,abc->nbc", x, matrices)
    found = np.zeros((len(x), rows.shape[1]))
    for i in range(len(x)):
        for j in range(len(x)):
            if layer.variant == "paper" or i != j:
                found[i] += np.exp(-np.abs(rows[i] - rows[j]).sum(-1))
    return found if layer.variant == "paper" else found + array(layer.bias)


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_the_sum_over_pairs(variant):
    layer = made(variant)
    found = array(layer(X))
    assert found.shape == layer.compute_output_shape(X.shape) == (6, 7)
    np.testing.assert_array_equal(found[:, :4], X)
    np.testing.assert_allclose(found[:, 4:], by_loops(layer, X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_follows_the_order_of_the_batch(variant):
    layer, order = made(variant), DRAWS.permutation(6)
    np.testing.assert_allclose(array(layer(X[order])), array(layer(X))[order], 1e-5)


def test_examples_that_are_the_same_count_themselves_in_the_paper_alone():
    same = np.tile(X[:1], (5, 1))
    np.testing.assert_allclose(array(made("paper")(same))[:, 4:], 5.0)
    layer = MinibatchDiscrimination(3, variant="code")
    np.testing.assert_allclose(array(layer(same))[:, 4:], 4.0 - 1.0)
    far = MinibatchDiscrimination(3, variant="code")
    far.build(X.shape)
    far.log_scale.assign(np.full((3, 5), 9.0))
    np.testing.assert_allclose(array(far(X))[:, 4:], -1.0, atol=1e-5)


def test_scale_and_bias_are_set_by_the_first_batch():
    layer = MinibatchDiscrimination(3, 2, "code")
    with initializing_from_data():
        first = array(layer(X))
    np.testing.assert_allclose(first[:, 4:].mean(0), 0.0, atol=1e-6)
    np.testing.assert_allclose(array(layer(X)), first, atol=1e-5)
    matrices = array(layer.kernel) / np.sqrt((array(layer.kernel) ** 2).sum(0))
    rows = np.einsum("na,abc->nbc", X, matrices * np.exp(array(layer.log_scale)))
    apart = np.abs(rows[:, None] - rows[None]).sum(-1)
    apart[np.arange(6), np.arange(6)] = np.inf
    np.testing.assert_allclose(apart.min(1).mean(0), 2.0, rtol=1e-5)
    for x in (X[:1], np.tile(X[:1], (3, 1))):  # nothing to be apart from
        with initializing_from_data():
            assert np.isfinite(array(layer(x))).all()


@pytest.mark.every_backend
@pytest.mark.parametrize("variant", VARIANTS)
def test_second_gradients_agree_with_finite_differences(variant):
    layer = made(variant)
    second_gradients.draw(layer.weights)
    net = keras.Sequential([keras.Input((4,)), layer])
    require_twice_differentiable(net)
    second_gradients.check(lambda x: ops.square(net(x)), X, layer.kernel)


@pytest.mark.every_backend
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_trains_in_batches_of_any_size_and_a_file_holds_it(variant, tmp_path):
    layer = MinibatchDiscrimination(3, 2, variant)
    net = keras.Sequential([keras.Input((4,)), layer, keras.layers.Dense(1)])
    net.compile("sgd", "mse")
    before = array(layer.kernel)
    net.fit(X, X[:, :1], batch_size=4, verbose=0)
    assert not np.array_equal(array(layer.kernel), before)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(array(loaded(X)), array(net(X)))
    assert loaded.layers[0].get_config() == layer.get_config()


@pytest.mark.any_backend
def test_half_precision_and_refusals():
    layer = MinibatchDiscrimination(3, dtype="mixed_float16")
    assert keras.backend.standardize_dtype(layer(X).dtype) == "float16"
    with pytest.raises(ValueError, match="`variant` must be one of.*Received"):
        MinibatchDiscrimination(variant="lasagne")
    with pytest.raises(ValueError, match="`num_kernels` must be.*Received"):
        MinibatchDiscrimination(0)
