"""The table of scores: its two ends, what it asks of models, and what stands in it."""

import json

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import feature_network, score_samples
from kerasgen.metrics.feature_scores import FEATURE_SCORES, PICTURE_SCORES
from kerasgen.metrics.sample_scores import _is_asked

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
    known = {**FEATURE_SCORES, **PICTURE_SCORES}
    special = (
        "pairs",
        "perceptual_path_length",
        "classification_accuracy",
    )  # of other models
    rows = [r for name, v in known.items() if name not in special for r in v.rows]
    found = scored(sets, samples, num_samples=60)
    assert [score.name.split(" [")[0] for score in found.scores] == rows
    assert found.left_out == {}
    found = scored(sets, samples, num_samples=60, network=None)
    assert list(found.left_out) == list(FEATURE_SCORES)
    assert "left out     frechet_distance without a network of feat" in str(found)
    assert [s.name for s in found.scores] == ["ms_ssim", "sliced_wasserstein"]
    assert "features" not in found.settings
    found = scored(sets, samples, num_samples=60, train=None)
    assert all(score.real is None for score in found.scores)
    assert "exact_copies" not in str(found)
    assert found.left_out["memorisation"].startswith("without as many training")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"scores": ["fdi"]}, "`scores` must be some of .* Received: .'fdi'"),
        ({"scores": ["classes"], "network": None}, "without 'classes'"),
        ({"scores": ["memorisation"], "train": None}, "without 'memorisation' without"),
        ({"num_samples": 7, "scores": ["ms_ssim"]}, "'ms_ssim' for fewer than 8"),
        ({"num_samples": 1}, "num_samples"),
        ({"scores": ["classification_accuracy"]}, "is asked for no classes"),
        ({"scores": ["perceptual_path_length"]}, "of vectors alone, in float32"),
        ({"per_class": True}, "`per_class` must be False for a model"),
    ],
)
def test_what_cannot_be_scored_is_refused(sets, options, message):
    with pytest.raises(ValueError, match=message):
        scored(sets, sets[0].spread(20)[0], **options)


def test_a_score_that_is_not_finite_stands_there_with_its_reason(sets):
    """Of training images as real ones the ratio of distances to them is infinite."""
    train, _, network = sets
    noise = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), "uint8")
    found = score_samples(
        Drawer(noise), train, train, network, 60, ["memorisation", "ms_ssim"]
    )
    score = found["memorisation_ratio"]
    assert score.value == np.inf and "are copies of training" in score.reason
    line = next(x for x in str(found).splitlines() if "memorisation_ratio" in x)
    assert " inf " in line and "more than half of the real examples" in line
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert written["scores"][0]["value"] is None
    assert written["scores"][0]["reason"] == score.reason
    names = set(found.figures())
    assert "exact_copies_by_linear" in names
    assert "memorisation_ratio_by_linear" not in names


def test_samples_that_are_not_finite_are_an_error(sets):
    images = np.full((20, 8, 8, 1), np.nan, "float32")
    with pytest.raises(ValueError, match="finite"):
        scored(sets, images, num_samples=20)


# === Classes ===


def classes_of(sets, samples, **kwargs):
    """Scores a conditional "model" of digits of the classes that it is asked for."""
    train, test, network = sets
    kwargs = {"num_samples": 120} | kwargs
    model = Drawer(samples, num_classes=10)
    return score_samples(model, test, train, network, **kwargs)


def test_each_class_has_scores_of_its_own_and_one_that_collapsed_is_seen(sets):
    train, test, network = sets
    _, labels = test.spread(120)
    images, known = train.arrays()
    generator = np.random.default_rng(0)
    places = [generator.choice(np.nonzero(known == k)[0]) for k in labels]
    samples = images[places]
    samples[labels == 3] = samples[labels == 3][:1]
    scores = ["precision_recall", "ms_ssim", "frechet_distance", "inception_score"]
    found = classes_of(sets, samples, scores=scores, per_class=True)
    names = [f"{k} [linear]" for k in ("frechet_distance", "precision", "recall")]
    rows = [(name, str(k)) for name in [*names, "ms_ssim"] for k in range(10)]
    assert [(s.name, s.of_class) for s in found.per_class] == rows
    of = {(s.name, s.of_class): s for s in found.per_class}
    assert of["recall [linear]", "3"].value == 0.0
    assert min(of["recall [linear]", str(k)].value for k in range(10) if k != 3) > 0
    assert of["ms_ssim", "3"].value == pytest.approx(1.0)
    real, own = test.spread(120)[0][labels == 5], samples[labels == 5]
    expected = kerasgen.metrics.frechet_distance(
        *(network(x)["features"] for x in (real, own))
    )
    score = of["frechet_distance [linear]", "5"]
    assert score.value == expected["frechet_distance"]
    assert score.error == expected["frechet_distance_standard_error"]
    other = train.spread(120)
    expected = kerasgen.metrics.frechet_distance(
        *(network(x)["features"] for x in (real, other[0][other[1] == 5]))
    )
    assert score.real == expected["frechet_distance"]
    assert "recall [linear]            3      0 " in str(found)
    assert found.to_dict()["per_class"][5]["of_class"] == "5"
    assert "of_class" not in found.to_dict()["scores"][0]


def test_classes_bear_their_names_and_small_ones_have_a_reason_for_a_score(sets):
    train, test, network = sets
    names = [f"digit {k}" for k in range(10)]
    x, labels = test.spread(120)
    named = kerasgen.data.Dataset(x, labels, 10, class_names=names)
    model = Drawer(x, num_classes=10)
    found = score_samples(model, named, None, None, 120, ["ms_ssim"], per_class=True)
    assert [score.of_class for score in found.per_class] == names
    found = classes_of(sets, x, scores=["ms_ssim"], per_class=True, num_samples=75)
    few = [score for score in found.per_class if score.reason is not None]
    assert 0 < len(few) < 10 and all(np.isnan(score.value) for score in few)
    assert few[0].reason == "for fewer than 8 examples" and few[0].real is None


# === What takes a model, or minutes ===


def test_path_length_is_that_of_the_model_by_features_or_pixels(sets):
    train, test, network = sets
    model = kerasgen.autoencoders.VAE((8, 8, 1), 2, hidden_widths=(8,), seed=0)
    model.compile(run_eagerly=True)
    options = {"num_samples": 20, "scores": ["perceptual_path_length"], "seed": 4}
    for own, name in ((network, "linear"), (None, "pixels")):
        found = score_samples(model, test, train, own, **options)
        expected = kerasgen.metrics.model_path_length(model, own, 20, seed=4)
        score = found[f"perceptual_path_length [{name}]"]
        assert score.value == expected["perceptual_path_length"] > 0
        assert score.error == expected["perceptual_path_length_standard_error"]
        assert score.real is None


def test_accuracy_is_computed_where_it_is_asked_for_alone(sets, monkeypatch):
    from kerasgen.metrics import feature_scores

    asked = []

    def accuracy(*args):
        asked.append(args)
        names = ("trained_on_samples", "trained_on_real", "tested_on_samples")
        return {f"accuracy_{name}": 0.5 + i / 10 for i, name in enumerate(names)}

    monkeypatch.setattr(feature_scores, "classification_accuracy", accuracy)
    train, test, network = sets
    samples = train.spread(120, seed=5)[0]
    for scores in (None, ["default"], ["ms_ssim"]):
        known = feature_scores.PICTURE_SCORES.items()
        default = {name for name, score in known if _is_asked(name, score, scores)}
        assert "classification_accuracy" not in default and "ms_ssim" in default
    found = classes_of(sets, samples, scores=["classification_accuracy"])
    assert [s.name for s in found.scores] == list(feature_scores._ACCURACIES)
    assert [(s.value, s.real) for s in found.scores] == [(0.5, 0.6), (0.7, 0.6)]
    parts = [train.spread(120), test.spread(120)]
    expected = [samples, parts[1][1], *parts[0], *parts[1], 10]
    for given, wanted in zip(asked[0], expected, strict=True):
        np.testing.assert_array_equal(given, wanted)
    score = feature_scores.PICTURE_SCORES["classification_accuracy"]
    for scores in (["all"], ["default", "classification_accuracy"]):
        assert _is_asked("classification_accuracy", score, scores)
