"""Codes of given images, by descent and by an encoder."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import explore
from kerasgen.explore.codes import prior_scale
from kerasgen.metrics import FeatureNetwork
from kerasgen.metrics.feature_networks import random_network
from tests.explore import tiny


def _least_squares(model, x):
    """Returns the codes that a linear decoder comes nearest to images by."""
    kernel, bias = model.decoder.get_weights()
    flat = x.reshape(len(x), -1)
    return np.linalg.lstsq(kernel.T, (flat - bias).T, rcond=None)[0].T


def _grey(count, seed=0):
    """Images whose best reconstructions stay inside [0, 1]."""
    noise = np.random.default_rng(seed).uniform(-0.02, 0.02, (count, *tiny.SHAPE))
    return (0.5 + noise).astype("float32")


@pytest.mark.every_backend
def test_projection_by_a_linear_decoder_is_that_of_least_squares():
    model, x = tiny.linear_autoencoder(), _grey(3)
    before = [np.copy(w) for w in model.get_weights()]
    found = explore.project(model, x, steps=150, restarts=2, seed=1)
    expected = _least_squares(model, x)
    np.testing.assert_allclose(found.codes[:, 0], expected, atol=1e-3)
    images = model.decode(expected)
    np.testing.assert_allclose(found.images[:, 1], images, atol=1e-4)
    np.testing.assert_array_equal(found.images[:, 0], x)
    error = np.mean((images - x).astype("float64") ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found.facts["error"], error, rtol=1e-3)
    np.testing.assert_allclose(found.facts["loss"], error, rtol=1e-3)
    for weight, known in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, known)


def test_the_prior_pulls_codes_as_ridge_regression_does():
    model, x = tiny.linear_autoencoder(), _grey(2)
    kernel, bias = (w.astype("float64") for w in model.decoder.get_weights())
    center, scale = prior_scale(model)
    pull = 0.001 / 3 / scale**2
    pixels = (x.reshape(2, -1) - bias) @ kernel.T / 12
    ridge = np.linalg.solve(
        kernel @ kernel.T / 12 + np.diag(pull), (pixels + pull * center).T
    )
    found = explore.project(model, x, steps=150, restarts=1, prior_weight=0.001)
    np.testing.assert_allclose(found.codes[:, 0], ridge.T, atol=1e-3)


def test_more_starts_and_other_batches_change_no_start():
    model, x = tiny.gan(), tiny.images(3)
    one = explore.project(model, x, steps=4, restarts=1)
    four = explore.project(model, x, steps=4, restarts=4, batch_size=5)
    again = explore.project(model, x, steps=4, restarts=4, batch_size=64)
    np.testing.assert_allclose(
        four.facts["losses"][:, :1], one.facts["losses"], rtol=1e-5
    )
    np.testing.assert_allclose(four.codes, again.codes, atol=1e-5)
    best = four.facts["losses"].min(axis=1)
    np.testing.assert_array_equal(four.facts["loss"], best)
    assert (four.facts["loss"] < one.facts["loss"]).any()
    curves = four.facts["curves"]
    assert curves.shape == (3, 4, 5)
    np.testing.assert_array_equal(curves.min(axis=2), four.facts["losses"])
    repeated = explore.project(model, x, steps=4, restarts=4, batch_size=64)
    np.testing.assert_allclose(again.codes, repeated.codes, atol=1e-5)
    other = explore.project(model, x, steps=4, restarts=4, seed=1)
    assert np.abs(other.codes - again.codes).max() > 1e-3


def test_codes_stay_in_the_range_of_their_prior_or_of_the_limit():
    x = tiny.images(2)
    options = {"steps": 3, "restarts": 2, "learning_rate": 9.0}
    uniform = explore.project(tiny.gan(latent_distribution="uniform"), x, **options)
    assert np.abs(uniform.facts["curves"]).max() > 0
    assert np.abs(uniform.codes).max() <= 1 + 1e-6
    normal = explore.project(tiny.vae(), x, limit=0.5, **options)
    assert np.abs(normal.codes).max() <= 0.5 + 1e-6


def test_a_start_from_an_encoder_is_the_first():
    model, x = tiny.vae(num_classes=2), tiny.images(3)
    codes = model.encode(x, labels=[0, 1, 0])
    options = {"labels": [0, 1, 0], "steps": 1, "restarts": 2}
    found = explore.project(model, x, start="encoder", **options)
    given = explore.project(model, x, start=codes, **options)
    np.testing.assert_allclose(found.codes, given.codes, atol=1e-6)
    shown = model.decode(codes, labels=[0, 1, 0])
    assert found.images.shape[:2] == (3, 3)
    np.testing.assert_allclose(found.images[:, 1], shown, atol=1e-6)
    error = np.mean((shown - x / 255.0) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found.facts["curves"][:, 0, 0], error, rtol=1e-4)


def test_features_of_a_network_are_compared():
    """A network that sees one pixel alone: all others are free."""
    inputs = keras.Input(tiny.SHAPE)
    pixel = keras.layers.Lambda(lambda x: x[:, 0, 0], output_shape=(1,))(inputs)
    network = FeatureNetwork("pixel", keras.Model(inputs, pixel))
    model, x = tiny.linear_autoencoder(), _grey(2)
    found = explore.project(
        model, x, steps=60, restarts=1, pixel_weight=0.0, network=network
    )
    np.testing.assert_allclose(found.images[:, 1, 0, 0], x[:, 0, 0], atol=1e-4)
    assert found.facts["loss"].max() < 1e-8
    assert found.facts["error"].min() > 1e-6


def test_features_of_tensors_are_those_of_images():
    x = np.random.default_rng(0).integers(0, 256, (3, 10, 12, 1), "uint8")
    for shape in ((10, 12, 3), (8, 8, 1), (16, 9, 1)):
        network = random_network(shape, 4)
        known = network(x)["features"]
        found = network.tensor_features(ops.convert_to_tensor(x / np.float32(255)))
        np.testing.assert_allclose(ops.convert_to_numpy(found), known, atol=0.02)


def test_an_encoder_is_fitted_to_a_frozen_model_and_saved(tmp_path):
    model = tiny.linear_autoencoder()
    kernel, bias = model.decoder.get_weights()
    model.decoder.set_weights([4 * kernel, bias])  # more contrast
    before = [np.copy(w) for w in model.get_weights()]
    options = {"hidden_widths": (16,), "batch_size": 25, "learning_rate": 0.02}
    encoder = explore.fit_encoder(model, 600, epochs=2, **options)
    codes = model.numpy_latents(np.random.default_rng(9), 50)
    images = model.decode(codes)
    guessed = encoder.encode(images)
    assert np.mean((guessed - codes) ** 2) < 0.5 * np.mean(codes**2)
    for weight, known in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, known)
    encoder.save(tmp_path / "encoder.keras")
    loaded = explore.load_encoder(tmp_path / "encoder.keras")
    np.testing.assert_allclose(loaded.encode(images), guessed, atol=1e-6)
    found = explore.project(model, images[:2], start=loaded, steps=1, restarts=1)
    np.testing.assert_allclose(found.images[:, 1], model.decode(guessed[:2]), atol=1e-6)
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="must hold a LatentEncoder"):
        explore.load_encoder(tmp_path / "model.keras")


def test_an_encoder_is_fitted_to_a_conditional_gan():
    fits = [
        explore.fit_encoder(tiny.gan(num_classes=3), 40, 1, (3,), batch_size=20, seed=s)
        for s in (0, 0, 1)
    ]
    first, again, other = (encoder.encode(tiny.images(5)) for encoder in fits)
    assert first.shape == (5, 2)
    np.testing.assert_allclose(first, again, atol=1e-4)
    assert np.abs(first - other).max() > 1e-3


def test_wrong_arguments_are_refused():
    model, x = tiny.vae(), tiny.images(2)
    for name, value in {"steps": 0, "restarts": 0, "seed": -1, "limit": -1.0}.items():
        with pytest.raises(ValueError, match=f"`{name}` must"):
            explore.project(model, x, **{name: value})
    with pytest.raises(ValueError, match="`pixel_weight` must be above 0"):
        explore.project(model, x, pixel_weight=0.0)
    with pytest.raises(ValueError, match="`start` must be 'encoder'"):
        explore.project(model, x, start="codes")
    with pytest.raises(ValueError, match="`start` must give finite codes of shape"):
        explore.project(model, x, start=np.zeros((3, 3)))
    with pytest.raises(TypeError, match="must have an encoder"):
        explore.project(tiny.gan(), x, start="encoder")
    with pytest.raises(ValueError, match="Received: "):
        explore.project(model, x[:, :2])
