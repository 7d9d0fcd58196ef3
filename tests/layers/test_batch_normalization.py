"""Batch normalisation by the statistics of each image, or by moving ones."""

import keras
import numpy as np
import pytest

from kerasgen.backend import to_numpy
from kerasgen.layers.batch_normalization import BatchNormalization

pytestmark = pytest.mark.every_backend

X = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 2)).astype("float32")


def made(statistics, **kwargs):
    layer = BatchNormalization(statistics, epsilon=1e-5, **kwargs)
    layer.build(X.shape)
    layer.gamma.assign([2.0, 3.0])
    layer.beta.assign([1.0, -1.0])
    return layer


def test_each_image_by_itself_is_what_training_does_in_a_batch_of_one():
    layer = made("image")
    found = to_numpy(layer(X, training=False))
    for i in range(len(X)):
        one = to_numpy(made("image")(X[i : i + 1], training=True))
        np.testing.assert_allclose(found[i : i + 1], one, atol=1e-4)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), [[1.0, -1.0]] * 4, atol=1e-4)
    together = to_numpy(layer(X, training=True))
    assert np.abs(together - found).max() > 0.1


def test_moving_statistics_are_those_of_keras():
    for training in (True, False):
        layer = keras.layers.BatchNormalization(epsilon=1e-5)
        layer.build(X.shape)
        layer.set_weights(made("moving").get_weights())
        np.testing.assert_array_equal(
            to_numpy(made("moving")(X, training=training)),
            to_numpy(layer(X, training=training)),
        )


@pytest.mark.any_backend
def test_half_precision_and_configuration():
    layer = made("image", dtype="mixed_float16", name="norm")
    found = layer(1e4 + 0.0 * X, training=False)
    assert np.isfinite(to_numpy(found)).all()
    assert keras.backend.standardize_dtype(found.dtype) == "float16"
    again = BatchNormalization.from_config(layer.get_config())
    assert again.statistics == "image" and again.get_config() == layer.get_config()
    with pytest.raises(ValueError, match="`statistics` must be one of.*Received"):
        BatchNormalization("batch")
