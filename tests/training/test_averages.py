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


def test_predict_and_sample_follow_one_rule():
    """Averages where kept, or what `weights` says; direct calls and scalars are raw."""
    model = TinyGAN(seed=0)
    model.compile()
    latents = np.random.default_rng(1).normal(size=(5, 2)).astype("float32")
    raw = model.predict(latents, verbose=0)  # compiled before there are averages
    np.testing.assert_allclose(raw, model.sample(5, latents=latents), atol=1e-6)
    model.fit(IMAGES, batch_size=4, verbose=0, callbacks=[ModelAverage(0.5)])
    scalars = model.evaluate(IMAGES, batch_size=4, verbose=0, return_dict=True)
    pairs = [(v, v.value + 0.3) for v in model.generator.trainable_variables]
    for variable, value in pairs:  # far from their averages
        variable.assign(value)
    found = {}
    for weights in ("raw", None, "raw", "average"):
        expected = model.sample(5, latents=latents, weights=weights)
        for given in (
            model.predict(latents, batch_size=2, verbose=0, weights=weights),
            model.predict_on_batch(latents, weights=weights),
        ):
            np.testing.assert_allclose(given, expected, atol=1e-6)
        found[weights] = expected
    assert np.abs(found["average"] - found["raw"]).max() > 0.01
    np.testing.assert_array_equal(found[None], found["average"])
    called = keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(latents)))
    np.testing.assert_allclose(called, found["raw"], atol=1e-6)
    changed = model.evaluate(IMAGES, batch_size=4, verbose=0, return_dict=True)
    assert changed["generator_loss"] != scalars["generator_loss"]


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
    with pytest.raises(ValueError, match="Received: weights='average'"):
        model.predict(np.zeros((1, 2)), weights="average")
    with pytest.raises(ValueError, match="Received: weights='average'"):
        model.predict_on_batch(np.zeros((1, 2)), weights="average")
    with pytest.raises(ValueError, match="Received: weights='mean'"):
        model.sample(1, weights="mean")
    with pytest.raises(ValueError, match="Received: decay=1.5"):
        ModelAverage(1.5)
