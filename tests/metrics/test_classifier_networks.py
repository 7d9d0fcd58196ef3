"""Classifiers that are trained for scores: once, for each content of the data."""

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import classifier_networks
from kerasgen.metrics.classifier_networks import cache_folder, classifier_network


def data(seed=0, count=60, labels=True):
    """Two classes: bright above, and bright below."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 100, (count, 8, 8, 1), "uint8")
    y = np.arange(count) % 2
    x[y == 0, :4] += 150
    x[y == 1, 4:] += 150
    return kerasgen.data.Dataset(x, y if labels else None, 16, name="halves")


def classify(tmp_path, train=None, **kwargs):
    train = data() if train is None else train
    return classifier_network(train, steps=25, folder=tmp_path, **kwargs)


def test_it_learns_and_its_file_is_the_same_network(tmp_path, monkeypatch):
    held_out = data(seed=1)
    network = classify(tmp_path, test=held_out)
    facts = network.describe()
    assert facts["accuracy"] > 0.95 and facts["accuracy_num_examples"] == 60
    assert network.name == "halves classifier" and network.num_classes == 2
    expected = network(held_out.arrays()[0])
    assert np.mean(expected["features"] ** 2) == pytest.approx(1.0, abs=0.3)
    monkeypatch.setattr(
        classifier_networks, "train_classifier", None
    )  # and is not called
    again = classify(tmp_path)
    assert again.describe()["weights"] == facts["weights"]
    found = again(held_out.arrays()[0])
    for key in ("features", "logits"):
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-5, atol=1e-6)


@pytest.mark.any_backend
def test_other_data_steps_and_seeds_are_other_files_and_a_broken_one_is_made_anew(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(classifier_networks, "FEATURES", 4)
    monkeypatch.setattr(classifier_networks, "convolutional_layers", _tiny)
    made = []
    trained = classifier_networks.train_classifier
    monkeypatch.setattr(
        classifier_networks,
        "train_classifier",
        lambda *a: made.append(a) or trained(*a),
    )
    classify(tmp_path)
    classify(tmp_path)
    assert len(made) == 1
    classify(tmp_path, data(seed=2))
    classify(tmp_path, seed=3)
    classifier_network(data(), steps=24, folder=tmp_path)
    assert len(made) == 4 == len(list(tmp_path.iterdir()))
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:100])
    classify(tmp_path)
    classify(tmp_path)
    assert len(made) == 5


def _tiny(image_shape, features):
    from kerasgen.metrics.feature_networks import convolutional_layers

    return convolutional_layers(image_shape, features, filters=(2,))


@pytest.mark.any_backend
def test_files_are_below_the_home_of_keras(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert cache_folder("classifiers") == tmp_path / "kerasgen" / "classifiers"


@pytest.mark.any_backend
def test_data_without_labels_teach_no_classifier(tmp_path):
    with pytest.raises(ValueError, match="labelled images. Received: 'halves'"):
        classify(tmp_path, data(labels=False))
