"""The table of scores: its two ends, what it asks of models, and what stands in it."""

import json

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import feature_network, score_samples
from kerasgen.metrics.feature_scores import FEATURE_SCORES, PICTURE_SCORES

pytestmark = pytest.mark.any_backend


class Drawer:
    """A "model" whose samples are given."""

    def __init__(self, samples, num_classes=None):
        self.samples, self.num_classes, self.asked = samples, num_classes, None
        self.fields = kerasgen.features.Fields(
            kerasgen.features.Image(samples.shape[1:])
        )

    def sample(self, num_samples, labels=None, seed=None, batch_size=None):
        self.asked = {"labels": labels, "seed": seed, "batch_size": batch_size}
        return self.samples[:num_samples] / np.float32(255)


@pytest.fixture(scope="module")
def sets():
    """120 test digits, others as training images, and a network with logits."""
    import keras

    train, test = (
        kerasgen.data.load("digits", split, labels=True) for split in ("train", "test")
    )
    inputs = keras.Input((8, 8, 1))
    x = features = keras.layers.Flatten()(inputs)
    model = keras.Model(inputs, [features, keras.layers.Dense(10)(x)], name="linear")
    model.layers[-1].set_weights(
        [np.random.default_rng(0).normal(size=(64, 10)), np.zeros(10)]
    )
    return train, test, feature_network(model)


def scored(sets, samples, **kwargs):
    train, test, network = sets
    kwargs = {"train": train, "network": network, "num_samples": 120} | kwargs
    return score_samples(Drawer(samples), test, **kwargs)


def test_real_images_noise_and_one_image_are_the_ends_of_the_scales(sets):
    train = sets[0].spread(120, seed=5)[0]
    noise = np.random.default_rng(0).integers(0, 256, train.shape, "uint8")
    one = np.clip(train[:1] + noise % 2.0, 0, 255).astype("uint8")
    good, bad, collapsed = (scored(sets, x) for x in (train, noise, one))
    for name in ("frechet_distance", "kernel_distance", "sliced_wasserstein"):
        assert good[name].value < 0.5 * bad[name].value
        assert good[name].better == "lower"
    for name in ("precision", "recall", "coverage", "density"):
        assert good[name].value > 0.7 and bad[name].value < 0.1
        assert abs(good[name].value - good[name].real) < 0.2
    assert collapsed["recall"].value < 0.1 < 0.8 < good["recall"].value
    assert collapsed["ms_ssim"].value > 0.95 > 0.5 > good["ms_ssim"].value
    assert collapsed["modes"].value == 1
    assert 0.7 < good["memorisation_ratio"].value < 1.3


def test_copies_of_training_images_are_found(sets):
    copies = sets[0].spread(120, seed=0)[0]
    found = scored(sets, copies, scores=["memorisation"])
    assert found["exact_copies"].value == 1.0
    assert found["memorisation_ratio"].value == 0.0
    assert [score.real for score in found.scores] == [None, None]


def test_each_value_is_that_of_its_function_with_its_error_and_settings(sets):
    train, test, network = sets
    samples = train.spread(50, seed=3)[0]
    found = scored(sets, samples, num_samples=50, seed=3, scores=["precision_recall"])
    real, known = (x.spread(50, **k)[0] for x, k in ((test, {}), (train, {"seed": 3})))
    features = [network(x)["features"] for x in (real, samples, known)]
    expected = kerasgen.metrics.precision_recall(*features[:2])
    score = found["precision"]
    assert score.value == expected["precision"]
    assert score.error == expected["precision_standard_error"]
    assert score.error_kind == "standard error" and score.name == "precision [linear]"
    assert (
        found["recall [linear]"].real
        == (kerasgen.metrics.precision_recall(features[0], features[2])["recall"])
    )
    text = str(found)
    for part in ("50 of Drawer, seed 3", "50 of digits, split test", "weights "):
        assert part in text
    assert json.loads(json.dumps(found.to_dict()))["scores"][0]["better"] == "higher"
    assert found.figures()["precision_by_linear"] == score.value
    assert found.figures()["precision_by_linear_standard_error"] == score.error


def test_a_conditional_model_is_asked_for_the_classes_of_the_real_images(sets):
    _, test, _ = sets
    x, labels = test.spread(30)
    model = Drawer(x, num_classes=10)
    score_samples(model, test, num_samples=30, seed=7, batch_size=4, scores=["ms_ssim"])
    np.testing.assert_array_equal(model.asked.pop("labels"), labels)
    assert model.asked == {"seed": 7, "batch_size": 4}
    model = Drawer(x)
    score_samples(model, test, num_samples=30, scores=["ms_ssim"])
    assert model.asked["labels"] is None


def test_all_scores_are_there_and_fewer_without_a_network_labels_or_training(sets):
    samples = sets[0].spread(60)[0]
    rows = [
        r for s in (FEATURE_SCORES, PICTURE_SCORES) for v in s.values() for r in v.rows
    ]
    found = scored(sets, samples, num_samples=60)
    assert [score.name.split(" [")[0] for score in found.scores] == rows
    found = scored(sets, samples, num_samples=60, network=None)
    assert [s.name for s in found.scores] == ["ms_ssim", "sliced_wasserstein"]
    assert "features" not in found.settings
    found = scored(sets, samples, num_samples=60, train=None)
    assert all(score.real is None for score in found.scores)
    assert "exact_copies" not in str(found)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"scores": ["fdi"]}, "`scores` must be some of .* Received: .'fdi'"),
        ({"scores": ["classes"], "network": None}, "without 'classes'"),
        ({"scores": ["memorisation"], "train": None}, "without 'memorisation' without"),
        ({"num_samples": 7, "scores": ["ms_ssim"]}, "'ms_ssim' for fewer than 8"),
        ({"num_samples": 1}, "num_samples"),
    ],
)
def test_what_cannot_be_scored_is_refused(sets, options, message):
    with pytest.raises(ValueError, match=message):
        scored(sets, sets[0].spread(20)[0], **options)


def test_models_that_draw_no_images_are_refused():
    points = kerasgen.data.load("mixture", "test")
    model = kerasgen.gans.GAN((2,), latent_dim=2)
    with pytest.raises(ValueError, match="must draw images.*Received: GAN"):
        score_samples(model, points)
