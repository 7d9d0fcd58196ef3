"""Noise that is added to maps: given, drawn in training, or none."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend.seeds import SeedGenerator
from kerasgen.layers.noise_injection import NoiseInjection

pytestmark = pytest.mark.every_backend

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(3, 4, 5, 2)).astype("float32")
NOISE = DRAWS.normal(size=(3, 4, 5, 1)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("per_channel", [False, True])
def test_noise_that_is_given_is_scaled_for_all_maps_or_each(per_channel):
    layer = NoiseInjection(per_channel, use_bias=True)
    np.testing.assert_array_equal(array(layer([X, NOISE], training=True)), X)
    scale = np.float32([2.0, -3.0] if per_channel else 2.0)
    layer.scale.assign(scale)
    layer.bias.assign([0.5, 1.5])
    expected = X + scale * NOISE + [0.5, 1.5]
    for noise in (NOISE, NOISE.reshape(3, 20)):
        for training in (False, True):
            found = array(layer([X, noise], training=training))
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    alone = array(layer([X[1:2], NOISE[1:2]]))
    np.testing.assert_array_equal(alone[0], found[1])


def test_training_draws_normal_noise_and_nothing_else_does():
    layer = NoiseInjection(seed=3)
    x = np.zeros((20, 16, 16, 2), "float32")
    layer.build(x.shape)
    layer.scale.assign(2.0)
    np.testing.assert_array_equal(array(layer(x)), x)
    first, second = (array(layer(x, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first[..., 0], first[..., 1])
    noise = first[..., 0]
    assert abs(noise.mean()) < 0.1 and noise.std() == pytest.approx(2.0, abs=0.1)
    assert np.abs(np.corrcoef(noise.reshape(20, -1))[0, 1:]).max() < 0.4
    assert not np.array_equal(first, second)
    again = NoiseInjection.from_config(layer.get_config())
    again.build(x.shape)
    again.scale.assign(2.0)
    np.testing.assert_array_equal(array(again(x, training=True)), first)
    assert type(layer.seed_generator) is SeedGenerator


def test_it_trains_and_a_file_holds_it(tmp_path):
    inputs = keras.Input((None, None, 2)), keras.Input((None, None, 1))
    drawn = NoiseInjection(True, True, name="drawn", dtype="mixed_bfloat16")
    given = NoiseInjection(name="given")
    net = keras.Model(inputs, given([drawn(inputs[0]), inputs[1]]))
    assert net.output_shape == (None, None, None, 2)
    net.compile("sgd", "mse")
    net.fit([X, NOISE], X + NOISE, verbose=0)
    for layer in (drawn, given):
        assert all(np.abs(array(v)).min() > 0.0 for v in layer.trainable_variables)
    net.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    found, expected = (array(n([X, NOISE])) for n in (loaded, net))
    np.testing.assert_array_equal(found, expected)
    assert loaded.get_layer("drawn").get_config() == drawn.get_config()
