"""Conditional batch normalisation: statistics of all classes, tables of each."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.layers.conditional_batch_norm import ConditionalBatchNorm

pytestmark = pytest.mark.every_backend

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(3.0, 2.0, (6, 4, 5, 2)).astype("float32")
LABELS = np.array([0, 2, 2, 0, 3, 0], "int32")  # nobody of class 1


def array(x):
    return ops.convert_to_numpy(x)


def make(**kwargs):
    layer = ConditionalBatchNorm(4, **kwargs)
    layer.build((X.shape, LABELS.shape))
    return layer


def test_at_the_start_each_channel_has_mean_0_and_variance_1():
    found = array(make()([X, LABELS], training=True))
    np.testing.assert_allclose(found.mean((0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.var((0, 1, 2)), 1.0, atol=1e-4)


def test_equal_rows_are_an_ordinary_batch_normalisation():
    layer, plain = make(), layers.BatchNormalization(momentum=0.9, epsilon=2e-5)
    plain.build(X.shape)
    layer.gamma.assign(np.tile([2.0, -1.0], (4, 1)))
    layer.beta.assign(np.tile([0.5, 3.0], (4, 1)))
    plain.gamma.assign([2.0, -1.0])
    plain.beta.assign([0.5, 3.0])
    for training in (True, False):
        found = array(layer([X, LABELS], training=training))
        expected = array(plain(X, training=training))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_image_has_the_scale_and_the_shift_of_its_class():
    layer = make()
    normal = array(layer([X, LABELS], training=True))
    gamma, beta = DRAWS.normal(size=(2, 4, 2))
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    found = array(layer([X, LABELS], training=True))
    expected = normal * gamma[LABELS][:, None, None] + beta[LABELS][:, None, None]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_moving_averages_do_not_know_classes():
    first, second = make(), make()
    first([X, LABELS], training=True)
    second([X, np.zeros(6, "int32")], training=True)
    for layer in (first, second):
        mean = array(layer.normalization.moving_mean)
        np.testing.assert_allclose(mean, 0.1 * X.mean((0, 1, 2)), rtol=1e-4)
        variance = array(layer.normalization.moving_variance)
        expected = 0.9 + 0.1 * X.var((0, 1, 2))
        np.testing.assert_allclose(variance, expected, rtol=1e-4)
        assert layer.normalization.moving_mean.shape == (2,)


def test_without_training_they_are_used_and_stay():
    layer = make()
    layer.normalization.moving_mean.assign([1.0, 2.0])
    layer.normalization.moving_variance.assign([4.0, 9.0])
    found = array(layer([X, LABELS]))
    np.testing.assert_allclose(found, (X - [1.0, 2.0]) / [2.0, 3.0], rtol=1e-3)
    np.testing.assert_array_equal(array(layer.normalization.moving_mean), [1.0, 2.0])
    layer.trainable = False
    np.testing.assert_array_equal(array(layer([X, LABELS], training=True)), found)


def test_rows_of_absent_classes_have_no_gradient():
    layer = make()

    def loss_fn():
        y = layer([X, LABELS], training=True)
        return ops.sum(y * ops.convert_to_tensor(X) + 1.0), {}

    _, gradients = backend.value_and_grad(loss_fn, [layer.gamma, layer.beta])
    for gradient in map(array, gradients):
        np.testing.assert_array_equal(gradient[1], 0.0)
        assert np.all(gradient[[0, 2, 3]] != 0.0)


def test_vectors_half_precision_and_a_file(tmp_path):
    x, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    norm = ConditionalBatchNorm(5, 0.8, 1e-3, dtype="mixed_bfloat16")
    net = keras.Model([x, labels], norm([x, labels]))
    assert net.output_shape == (None, 3)
    norm.gamma.assign(DRAWS.normal(size=(5, 3)))
    values = DRAWS.normal(size=(6, 3)).astype("float32"), LABELS
    net(values, training=True)
    assert array(norm.normalization.moving_mean).any()  # also in mixed precision
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    found, expected = (array(ops.cast(n(values), "float32")) for n in (loaded, net))
    np.testing.assert_array_equal(found, expected)
    assert loaded.layers[-1].get_config()["epsilon"] == 1e-3
    assert keras.backend.standardize_dtype(net(values).dtype) == "bfloat16"
    assert all(v.dtype == "float32" for v in norm.variables)


def test_no_classes_are_refused():
    with pytest.raises(ValueError, match="`num_classes` must be.*Received"):
        ConditionalBatchNorm(0)
