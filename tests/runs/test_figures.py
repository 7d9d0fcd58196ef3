"""Figures of a run's end: means, their standard errors, the names of splits."""

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import scale_consistency
from kerasgen.runs.figures import Figures, mean_figures, told

pytestmark = pytest.mark.any_backend


def images(count=20, split="all"):
    x = np.random.default_rng(0).integers(0, 2, (count, 5, 4, 1), "uint8") * 255
    labels = np.arange(count) % 3
    return kerasgen.data.Dataset(x, labels, 8, shuffle=False, split=split)


@pytest.fixture(scope="module")
def fvbn():
    model = kerasgen.autoregressive.FVBN((5, 4, 1), num_classes=3, seed=0)
    rng = np.random.default_rng(1)  # a new FVBN gives every image the same
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def vae():
    model = kerasgen.autoencoders.VAE(
        (5, 4, 1), latent_dim=2, hidden_widths=(3,), num_classes=3
    )
    model.compile()
    return model


def test_standard_error_is_the_deviation_of_means():
    draws = np.random.default_rng(0).normal(3.0, 2.0, (4000, 25))
    found = [mean_figures("nats", row) for row in draws]
    assert list(found[0]) == ["nats", "nats_num_examples", "nats_standard_error"]
    assert found[0]["nats_num_examples"] == 25
    deviation = np.std([figures["nats"] for figures in found])
    error = np.sqrt(np.mean([f["nats_standard_error"] ** 2 for f in found]))
    assert deviation == pytest.approx(0.4, rel=0.05)
    assert error == pytest.approx(deviation, rel=0.05)
    wrong = np.arange(100) < 20
    rate, count, error = mean_figures("error", wrong).values()
    assert count == 100 and rate == pytest.approx(0.2)
    assert error == pytest.approx(np.sqrt(0.2 * 0.8 / 99))
    assert mean_figures("share", np.full(500, 1 / 31))["share_standard_error"] == 0.0
    assert mean_figures("nats", [2.5]) == {"nats": 2.5, "nats_num_examples": 1}


def test_figures_are_told_a_line_each_with_what_belongs_to_it():
    figures = {"test_images": 20, **mean_figures("test_nats", [1.0, 2.0, 3.0, 4.0])}
    assert told({**figures, "loss": 2.0}) == [
        "test_images: 20",
        "test_nats: 2.5 ± 0.65 (4 examples)",
        "loss: 2.0",
    ]


def test_likelihood_is_the_mean_over_images_from_all_over(fvbn):
    test = images()
    figures = Figures().likelihood(fvbn, test, num_images=7, batch_size=4)
    x, labels = test.spread(7)
    assert figures["test_images"] == 7
    nats = -fvbn.log_prob(x, labels)
    assert np.std(nats) > 0.1
    bits = fvbn.bits_per_dim(x, labels)
    for name, values in {"nats": nats, "bits_per_dim": bits}.items():
        assert figures[f"test_{name}"] == pytest.approx(values.mean(), rel=1e-5)
        error = np.std(values, ddof=1) / np.sqrt(7)
        found = figures[f"test_{name}_standard_error"]
        assert found == pytest.approx(error, rel=1e-5)


def test_likelihood_of_fewer_images_says_how_many(fvbn):
    assert Figures().likelihood(fvbn, images())["test_images"] == 20


def test_bounds_are_means_over_images_from_all_over(vae):
    test = images()
    figures = Figures().bounds(vae, test, num_samples=3, num_images=7)
    x, labels = test.spread(7)
    values = {
        "test_nll_3_samples_7_images": -vae.log_prob(x, labels, num_samples=3),
        "test_negative_elbo_7_images": -vae.elbo(x, labels),
    }
    for name, nats in values.items():
        assert np.std(nats) > 0.01
        assert figures[name] == pytest.approx(nats.mean(), rel=1e-5)
        error = np.std(nats, ddof=1) / np.sqrt(7)
        assert figures[f"{name}_standard_error"] == pytest.approx(error, rel=1e-5)
    logs = vae.evaluate(test, verbose=0, return_dict=True)
    assert figures["test_kl"] == pytest.approx(logs["kl"], rel=1e-5)


def test_bounds_are_of_all_images_unless_told_otherwise(vae):
    figures = Figures().bounds(vae, images(), num_samples=1)
    assert "test_nll_1_samples_20_images_standard_error" in figures


def test_figures_of_a_part_held_out_are_not_called_those_of_the_test(fvbn, vae):
    rest, held_out = kerasgen.data.hold_out(images(split="test"), 6)
    figures = Figures()
    found = figures.bounds(vae, held_out, num_samples=1)
    found |= figures.likelihood(fvbn, held_out)
    assert all(name.startswith("validation_") for name in found)


def test_the_error_of_translations_is_by_image_and_of_values_in_0_to_1():
    generator = np.random.default_rng(0)
    targets, inputs = generator.integers(0, 256, (2, 6, 8, 8, 1), "uint8")
    data = kerasgen.data.pairs(inputs, targets, shuffle=False)
    model = kerasgen.gans.Pix2Pix((8, 8, 1), filters=2, depth=1, seed=0)
    figures = Figures().translation_error(model, data, seed=2)
    found = model.translate(inputs, seed=2)
    errors = [np.abs(t / 255.0 - f).mean() for t, f in zip(targets, found, strict=True)]
    assert list(figures) == [
        "test_images",
        "test_absolute_error",
        "test_absolute_error_num_examples",
        "test_absolute_error_standard_error",
    ]
    assert figures["test_absolute_error"] == pytest.approx(np.mean(errors), rel=1e-5)
    error = np.std(errors, ddof=1) / np.sqrt(6)
    assert figures["test_absolute_error_standard_error"] == pytest.approx(error)


def test_hidden_pairs_are_found_both_ways_by_the_nearest_counterpart():
    data = kerasgen.data.load_domains("outlines", split="test", num_examples=5)

    class Oracle:
        def translate(self, x, to):
            source = {"b": "a", "a": "b"}[to]
            known = {i.tobytes(): n for n, i in enumerate(data.source.sources[source])}
            rows = np.array([known[image.tobytes()] for image in x])
            found = kerasgen.images.to_float(data.counterparts[source][rows])
            return found if to == "b" else np.roll(found, 1, axis=0)

    figures = Figures().pairs_found(Oracle(), data)
    assert figures["test_pairs_found_to_b"] == 1.0
    assert figures["test_pairs_found_to_a"] == 0.0
    assert figures["test_pairs_found_to_a_num_examples"] == 5
    x = np.zeros((3, 8, 8, 1), "uint8")
    assert Figures().pairs_found(Oracle(), kerasgen.data.unpaired(x, x)) == {}


def test_melodies_are_measured_beside_those_of_the_data():
    data = kerasgen.data.load("melodies", "test", num_examples=12)
    field = data.field

    class Model:
        fields = kerasgen.features.Fields(field)

        def sample(self, count, seed):
            return field.example(count, np.random.default_rng(seed))

    found = Figures().melodies(Model(), data, num_samples=10, seed=3)
    assert found["test_scale_consistency_of_data"] == 1.0
    scores = scale_consistency(field.channel(Model().sample(10, 3), "pitch"))
    assert found["test_scale_consistency"] == pytest.approx(scores.mean())
    assert found["test_scale_consistency_num_examples"] == 10
    assert len(found) == 2 * 6 * 3


def test_samples_are_compared_with_the_class_asked_for():
    class Half:
        """Draws the image of a class for class 0, and that of class 1 for all else."""

        def sample(self, count, labels, seed):
            return x[np.minimum(labels, 1)] / 255.0

    x = np.zeros((3, 5, 4, 1), "uint8")
    x[1, :2], x[2, 3:] = 255, 255
    rng, labels = np.random.default_rng(0), np.arange(60) % 3
    noisy = np.clip(x[labels] + rng.integers(-60, 61, (60, 5, 4, 1)), 0, 255)
    data = kerasgen.data.Dataset(noisy.astype("uint8"), labels, 8, split="test")
    found = Figures().class_agreement(Half(), data, data, num_samples=30)
    assert found["class_agreement"] == pytest.approx(2 / 3)
    assert found["class_agreement_num_examples"] == 30
    assert (
        found["test_classifier_accuracy"] == 1.0
        and found["class_variance_ratio"] == 0.0
    )
