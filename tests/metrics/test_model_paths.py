"""Path lengths of models: closed forms, one class a way, and which models have them."""

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import feature_network, model_path_length
from kerasgen.metrics.model_paths import has_paths
from tests.explore import tiny

pytestmark = pytest.mark.any_backend
NAME = "perceptual_path_length"


def test_of_a_linear_decoder_it_is_the_length_of_the_step_by_its_matrix():
    """`|A (z' - z)|^2 / epsilon^2 / pixels`: of straight ways `|A (b - a)|^2`."""
    model = tiny.linear_autoencoder()
    codes = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    model.numpy_latents = None  # not called: the class's own is replaced below
    ends = iter([codes[:32], codes[32:]])

    class Given(type(model)):
        def numpy_latents(self, generator, count, *args, **kwargs):
            return next(ends)

    del model.numpy_latents
    model.__class__ = Given
    found = model_path_length(model, num_samples=32)
    matrix = tiny.decoder_matrix(model)
    steps = (codes[32:] - codes[:32]).astype("float64") @ matrix
    values = np.mean(steps**2, axis=1)
    low, high = np.percentile(values, 1, method="lower"), values.max()
    kept = values[(values >= low) & (values <= high)]
    assert found[NAME] == pytest.approx(kept.mean(), rel=2e-2)
    assert found[f"{NAME}_num_examples"] == len(kept)
    assert found[f"{NAME}_standard_error"] > 0


def test_features_are_not_rounded_and_resized():
    model = tiny.vae()
    data = kerasgen.data.Dataset(tiny.images(), shuffle=False)
    network = feature_network("random", data)
    found = model_path_length(model, network, 24)
    assert 0 < found[NAME] < np.inf
    x = np.random.default_rng(0).random((5, *network.image_shape)).astype("float32")
    exact = network(np.round(x * 255).astype("uint8"))["features"]
    near = network.unrounded(np.round(x * 255) / np.float32(255))
    np.testing.assert_allclose(near, exact, rtol=1e-4, atol=1e-4)
    assert np.abs(network.unrounded(x) - exact).max() > 1e-3
    batches = network.unrounded(x, batch_size=2)
    np.testing.assert_allclose(batches, network.unrounded(x), rtol=1e-5, atol=1e-6)


def test_both_ends_of_a_way_have_its_class(monkeypatch):
    model = kerasgen.gans.GAN(
        (4, 3, 1), 2, num_classes=3, generator_units=4, discriminator_units=3, seed=0
    )
    asked = []
    sample = model.sample
    monkeypatch.setattr(
        model,
        "sample",
        lambda n, labels, **k: asked.append(labels) or sample(n, labels, **k),
    )
    labels = np.arange(20) % 3
    found = model_path_length(model, None, 20, labels, batch_size=8)
    given = np.concatenate(asked[::2]), np.concatenate(asked[1::2])
    np.testing.assert_array_equal(given[0], labels)
    np.testing.assert_array_equal(given[1], labels)
    again = model_path_length(model, None, 20, labels, batch_size=20)
    assert again[NAME] == pytest.approx(found[NAME], rel=1e-2)
    assert model_path_length(model, None, 20, batch_size=5)[NAME] > 0


def test_categorical_codes_stay_what_they_are(monkeypatch):
    model = kerasgen.gans.InfoGAN((28, 28, 1), noise_dim=3, filters=2, units=8, seed=0)
    seen = []
    monkeypatch.setattr(
        model,
        "sample",
        lambda n, labels, seed, latents: (
            seen.append(latents) or np.zeros((n, 28, 28, 1), "float32")
        ),
    )
    model_path_length(model, None, 12)
    codes = model.latent_codes.split(np.concatenate(seen))[0]
    for code in codes:
        assert set(np.unique(code)) == {0.0, 1.0}


@pytest.mark.parametrize(
    "make",
    [
        lambda: kerasgen.autoregressive.NADE((4, 4, 1), 4),
        lambda: tiny.vae(dtype="mixed_bfloat16"),
        lambda: kerasgen.autoencoders.QuadrantCVAE((4, 4, 1), latent_dim=2),
        lambda: object(),
    ],
)
def test_models_without_smooth_ways_are_refused(make):
    model = make()
    assert not has_paths(model)
    with pytest.raises(TypeError, match="latents alone. Received"):
        model_path_length(model)
