"""Classification accuracy scores: both directions, and their two ends."""

import math

import numpy as np
import pytest

from kerasgen.metrics import accuracy_scores, classification_accuracy

pytestmark = pytest.mark.any_backend
TRAINED, REAL, TESTED = (
    f"accuracy_{name}"
    for name in ("trained_on_samples", "trained_on_real", "tested_on_samples")
)


def halves(seed, count=64, looks=1):
    """Images bright above or below, the second half left or right; and classes."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 60, (count, 8, 8, 1), "uint8")
    y = np.arange(count) % 2
    x[y == 0, :4] += 190
    x[y == 1, 4:] += 190
    if looks == 2:
        x[count // 2 :] = x[: count // 2].swapaxes(1, 2)
    return x, y


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    from kerasgen.metrics import classifier_networks
    from kerasgen.metrics.feature_networks import convolutional_layers

    def layers(image_shape, features):
        return convolutional_layers(image_shape, features, filters=(4,))

    monkeypatch.setattr(classifier_networks, "convolutional_layers", layers)
    monkeypatch.setattr(classifier_networks, "FEATURES", 32)


def test_samples_like_real_images_teach_as_much_and_wrong_ones_the_wrong():
    x, y = halves(3)
    real, test = halves(1), halves(2, 40)
    for labels, low, high in ((y, 0.95, 1.0), (1 - y, 0.0, 0.05)):
        found = classification_accuracy(x, labels, *real, *test, steps=40)
        assert found[REAL] > 0.95 and found[f"{REAL}_num_examples"] == 40
        assert low <= found[TRAINED] <= high and found[f"{TRAINED}_num_examples"] == 40
        assert low <= found[TESTED] <= high and found[f"{TESTED}_num_examples"] == 64


def test_a_generator_that_lacks_a_look_of_each_class_is_seen_from_one_side_alone():
    real, (test, labels) = halves(1, looks=2), halves(2, 40, looks=2)
    found = classification_accuracy(*halves(3), *real, test, labels, steps=40)
    assert found[TESTED] > 0.9 and found[REAL] > 0.9
    assert found[TRAINED] < found[REAL] - 0.3
    share = found[TRAINED]
    error = math.sqrt(share * (1 - share) / 39)
    assert found[f"{TRAINED}_standard_error"] == pytest.approx(error, rel=1e-6)


def test_the_same_seed_gives_the_same_figures():
    x, y = (
        np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), "uint8"),
        halves(0)[1],
    )
    sets = (x, y, x[::-1], y, x[::2], y[::2])
    found = [classification_accuracy(*sets, steps=2, seed=k) for k in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"samples": np.zeros((5, 8, 8, 1), "uint8")}, "5 ints from 0 on"),
        ({"sample_labels": np.full(64, -1)}, "64 ints from 0 on"),
        ({"train": np.zeros((64, 4, 4, 1), "uint8")}, "rows of one shape"),
        ({"num_classes": 1}, "num_classes"),
        ({"steps": 0}, "steps"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(change, message, monkeypatch):
    monkeypatch.setattr(accuracy_scores, "train_classifier", None)
    names = ("samples", "sample_labels", "train", "train_labels", "test", "test_labels")
    given = dict(zip(names, [*halves(0), *halves(1), *halves(2)], strict=True))
    with pytest.raises(ValueError, match=message):
        classification_accuracy(**{**given, **change})


def test_as_many_real_images_as_samples_are_asked_for():
    x, y = halves(0)
    with pytest.raises(ValueError, match="as many images as `samples`"):
        classification_accuracy(x[:50], y[:50], x, y, x, y)
