"""Moving averages: their recurrence, their use in sampling, their file."""

import keras
import numpy as np
import pytest

from kerasgen.callbacks import ModelAverage
from tests.conformance import differing, numpy_state
from tests.training.tiny import TinyGAN

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), "uint8")


def test_average_follows_its_recurrence():
    """a <- d a + (1 - d) w after each step; batch statistics are copied."""
    model = TinyGAN(seed=0)
    model.compile(average_decay=0.9)
    kernel = model.generator.layers[0].kernel
    average = next(a for v, a in model._average_pairs.pairs if v is kernel)
    expected = np.array(keras.ops.convert_to_numpy(kernel.value))
    for _ in range(3):
        model.train_on_batch(IMAGES)
        value = keras.ops.convert_to_numpy(kernel.value)
        expected = 0.9 * expected + 0.1 * value
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(average.value), expected, rtol=1e-5
    )
    moving = model.generator.layers[1].moving_mean
    copied = next(a for v, a in model._average_pairs.pairs if v is moving)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(copied.value),
        keras.ops.convert_to_numpy(moving.value),
    )


def test_sampling_uses_the_average_unless_asked_otherwise():
    model = TinyGAN(seed=0)
    model.compile()
    model.fit(IMAGES, batch_size=4, verbose=0, callbacks=[ModelAverage(0.5)])
    average, raw = model.sample(3, seed=0), model.sample(3, seed=0, weights="raw")
    assert np.abs(average - raw).max() > 1e-6
    for variable, value in model._average_pairs.pairs:
        variable.assign(value.value)
    np.testing.assert_allclose(
        model.sample(3, seed=0, weights="raw"), average, atol=1e-6
    )


@pytest.mark.parametrize("compiled", [True, False])
def test_average_survives_the_file(tmp_path, compiled):
    model = TinyGAN(seed=0)
    model.compile()
    model.fit(IMAGES, batch_size=4, verbose=0, callbacks=[ModelAverage(0.5)])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=compiled)
    np.testing.assert_array_equal(model.sample(3, seed=0), loaded.sample(3, seed=0))
    if compiled:
        model.train_on_batch(IMAGES)
        loaded.train_on_batch(IMAGES)
        model.reset_metrics(), loaded.reset_metrics()
        assert not differing(numpy_state(model), numpy_state(loaded))


def test_errors():
    model = TinyGAN()
    with pytest.raises(ValueError, match="Received: weights='average'"):
        model.sample(1, weights="average")
    with pytest.raises(ValueError, match="Received: weights='mean'"):
        model.sample(1, weights="mean")
    with pytest.raises(ValueError, match="Received: decay=1.5"):
        ModelAverage(1.5)
