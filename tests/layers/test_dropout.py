"""Dropout with the library's seeds."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend.seeds import SeedGenerator
from kerasgen.layers.dropout import Dropout, NoiseDropout

pytestmark = pytest.mark.every_backend

X = np.ones((64, 16), "float32")


def test_kept_inputs_are_scaled_and_the_share_is_right():
    y = ops.convert_to_numpy(Dropout(0.2, seed=0)(X, training=True))
    assert set(np.unique(y)) == {np.float32(0.0), np.float32(1.25)}
    assert np.mean(y == 0) == pytest.approx(0.2, abs=0.05)


def test_off_outside_training():
    np.testing.assert_array_equal(ops.convert_to_numpy(Dropout(0.5)(X)), X)


def test_rate_0_draws_nothing():
    layer = Dropout(0.0, seed=0)
    layer(X, training=True)
    assert ops.convert_to_numpy(layer.seed_generator.state.value).tolist() == [0, 0]


def test_masks_change_from_call_to_call_and_repeat_with_the_seed():
    layer, again = Dropout(0.5, seed=3), Dropout(0.5, seed=3)
    first = ops.convert_to_numpy(layer(X, training=True))
    second = ops.convert_to_numpy(layer(X, training=True))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, ops.convert_to_numpy(again(X, training=True)))


def test_seeds_are_those_that_differ_between_replicas():
    assert type(Dropout(0.5).seed_generator) is SeedGenerator


def test_config_round_trip():
    layer = Dropout(0.25, seed=4)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()


def test_bad_rate_is_refused():
    with pytest.raises(ValueError, match=r"`rate` must be in \[0.0, 1.0\]"):
        Dropout(1.5)


def test_noise_that_is_given_drops_and_scales_always():
    noise = np.random.default_rng(0).random((64, 16), "float32")
    layer = NoiseDropout(0.25)
    for training in (True, False):
        found = ops.convert_to_numpy(layer([2 * X, noise], training=training))
        np.testing.assert_allclose(found, np.where(noise >= 0.25, 2 / 0.75, 0.0))
    half = NoiseDropout(0.5, dtype="mixed_bfloat16")
    edge = np.full((1, 1), 0.4999, "float32")  # 0.5 in 16 bits
    assert not ops.convert_to_numpy(half([X[:1, :1], edge])).any()
    again = NoiseDropout.from_config(half.get_config())
    assert again.rate == 0.5
    with pytest.raises(ValueError, match="`rate` must be less than 1.*Received"):
        NoiseDropout(1.0)
