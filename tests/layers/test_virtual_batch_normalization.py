"""Virtual batch normalisation: the reference batch and one example, no others."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.layers.virtual_batch_normalization import (
    DropReference,
    PrependReference,
    VirtualBatchNormalization,
)
from kerasgen.losses.penalties import require_twice_differentiable
from tests.layers import second_gradients

pytestmark = pytest.mark.every_backend

DRAWS = np.random.default_rng(0)
REFERENCE = DRAWS.normal(3.0, 2.0, (5, 4, 3, 2)).astype("float32")
X = DRAWS.normal(-1.0, 0.5, (3, 4, 3, 2)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def batch_normalized(x):
    """Returns a batch by its own statistics, in NumPy."""
    axes = tuple(range(x.ndim - 1))
    return (x - x.mean(axes)) / np.sqrt(x.var(axes) + 1e-5)


def made(shape=X.shape):
    layer = VirtualBatchNormalization(5)
    layer.build((None, *shape[1:]))
    layer.gamma.assign([2.0, -1.0])
    layer.beta.assign([0.5, 3.0])
    return layer


@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_each_is_normalised_in_a_batch_of_the_reference_and_itself(dimensions):
    reference, x = (a[(slice(None), *[0] * (4 - dimensions))] for a in (REFERENCE, X))
    found = array(made(x.shape)(np.concatenate([reference, x])))
    expected = [
        batch_normalized(np.concatenate([reference, x[i : i + 1]]))[-1]
        for i in range(len(x))
    ]
    expected = np.concatenate([batch_normalized(reference), expected])
    expected = expected * [2.0, -1.0] + [0.5, 3.0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_an_example_does_not_depend_on_the_others_nor_on_their_number():
    layer = made()
    together = array(layer(np.concatenate([REFERENCE, X])))
    others = np.concatenate([REFERENCE, X[1:2], 100.0 * X])
    np.testing.assert_allclose(array(layer(others))[5], together[6], atol=1e-6)
    np.testing.assert_array_equal(array(layer(others))[:5], together[:5])


def test_large_means_cost_no_precision():
    x = np.concatenate([REFERENCE, X])
    found, moved = array(made()(x)), array(made()(x + np.float32(1000.0)))
    np.testing.assert_allclose(moved, found, atol=2e-3)


def network(initializer, **kwargs):
    z = keras.Input((3,))
    x = PrependReference(5, initializer, name="reference")(z)
    x = layers.Dense(4, activation="tanh")(x)
    x = VirtualBatchNormalization(5, **kwargs)(x)
    return keras.Model(z, DropReference(5)(layers.Dense(1)(x)))


def test_a_network_of_it_trains_and_a_file_holds_the_reference(tmp_path):
    net = network(keras.initializers.RandomNormal(stddev=1.0))
    assert net.output_shape == (None, 1)
    x = DRAWS.normal(size=(8, 3)).astype("float32")
    alone = np.concatenate([array(net(x[i : i + 1])) for i in range(8)])
    np.testing.assert_allclose(array(net(x)), alone, atol=1e-5)
    reference = net.get_layer("reference").reference
    before, kernel = array(reference), array(net.layers[2].kernel)
    assert before.std() > 0.5
    net.compile("sgd", "mse")
    net.fit(x, x[:, :1], batch_size=4, verbose=0)
    np.testing.assert_array_equal(array(reference), before)
    assert not np.array_equal(array(net.layers[2].kernel), kernel)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(array(loaded(x)), array(net(x)))


def test_the_first_batch_of_training_is_captured_once():
    net = network(None)
    net.compile("sgd", "mse")
    x = DRAWS.normal(size=(6, 3)).astype("float32")
    layer = net.get_layer("reference")
    np.testing.assert_array_equal(array(layer(x, training=False))[:5], x[:5])
    np.testing.assert_array_equal(array(layer.reference), 0.0)
    net.fit(x[:3], x[:3, :1], batch_size=3, shuffle=False, verbose=0)
    expected = x[[0, 1, 2, 0, 1]]
    np.testing.assert_array_equal(array(layer.reference), expected)
    net.fit(x[3:], x[3:, :1], batch_size=3, shuffle=False, verbose=0)
    np.testing.assert_array_equal(array(layer.reference), expected)
    np.testing.assert_array_equal(array(layer(x))[:5], expected)
    layer.set_reference(x[1:])
    np.testing.assert_array_equal(array(layer(x, training=True))[:5], x[1:])


def test_second_gradients_agree_with_finite_differences():
    net = network("random_normal")
    require_twice_differentiable(net)
    second_gradients.draw(net.weights)
    x = np.random.default_rng(2).normal(size=(2, 3)).astype("float32")
    second_gradients.check(net, x, net.layers[2].kernel)


@pytest.mark.any_backend
def test_half_precision_configurations_and_refusals():
    layer = VirtualBatchNormalization(5, 1e-3, dtype="mixed_float16", name="norm")
    y = layer(np.concatenate([REFERENCE, 300.0 * X]))
    assert keras.backend.standardize_dtype(y.dtype) == "float16"
    assert np.isfinite(array(y)).all()
    assert all(v.dtype == "float32" for v in layer.variables)
    for made in (layer, PrependReference(5, "zeros"), DropReference(5)):
        again = keras.layers.deserialize(keras.layers.serialize(made))
        assert again.get_config() == made.get_config()
    assert PrependReference(5).compute_output_shape((3, 2)) == (8, 2)
    assert DropReference(5).compute_output_shape((8, 2)) == (3, 2)
    for cls in (VirtualBatchNormalization, PrependReference, DropReference):
        with pytest.raises(ValueError, match="`reference_size` must be.*Received"):
            cls(0)
