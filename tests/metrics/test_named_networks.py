"""Networks by name."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import feature_network, named_networks

pytestmark = pytest.mark.any_backend


def data(labels=True):
    x = np.random.default_rng(0).integers(0, 256, (8, 6, 9, 1), "uint8")
    return kerasgen.data.Dataset(x, np.arange(8) % 2 if labels else None, 4)


def test_data_with_classes_have_a_classifier_and_others_random_weights(monkeypatch):
    asked = []
    monkeypatch.setattr(
        named_networks, "classifier_network", lambda *a: asked.append(a)
    )
    train, test = data(), data()
    feature_network("auto", train, test)
    feature_network("classifier", train)
    assert asked == [(train, test), (train, None)]
    for name, given in (("auto", data(labels=False)), ("random", train)):
        network = feature_network(name, given)
        assert network.name == "random" and network.image_shape == (8, 9, 1)


def test_a_file_a_model_and_a_network_of_ones_own(tmp_path):
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, keras.layers.Flatten()(inputs), name="flat")
    model.save(tmp_path / "mine.keras")
    network = feature_network(str(tmp_path / "mine.keras"))
    assert (network.name, network.feature_dim) == ("mine", 64)
    assert feature_network(model).name == "flat"
    assert feature_network(network) is network


def test_networks_of_keras_get_the_pixels_that_they_were_trained_on(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), "uint8")
    own = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg"
    )
    own.save_weights(tmp_path / "own.weights.h5")
    network = feature_network("mobilenet_v2", weights=str(tmp_path / "own.weights.h5"))
    assert network.name == "mobilenet_v2" and network.image_shape == (224, 224, 3)
    assert network.describe()["trained_on"].endswith("own.weights.h5")
    expected = keras.applications.mobilenet_v2.preprocess_input(x.astype("float32"))
    np.testing.assert_allclose(network.prepare(x), expected, atol=1e-6)
    found = keras.ops.convert_to_numpy(
        named_networks.caffe(keras.ops.convert_to_tensor(x.astype("float32")))
    )
    expected = keras.applications.vgg16.preprocess_input(x.astype("float32"))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    "name, message",
    [
        ("randon", "Did you mean 'random'"),
        ("no-such.keras", "must be a file"),
        ("auto", "`train` must be a data set of images"),
    ],
)
def test_what_is_no_network_is_refused(name, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        feature_network(name)


@pytest.mark.parametrize("name", ["inception", "vgg16"])
def test_nothing_is_fetched_unasked(name, monkeypatch, tmp_path):
    for variable in ("KERAS_HOME", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("KERASGEN_INCEPTION", raising=False)
    with pytest.raises(ValueError, match="unless `download` is True.*Received"):
        feature_network(name)


def test_weights_that_cannot_be_had_are_asked_for(tmp_path):
    with pytest.raises(ValueError, match="`weights` must.*network='vgg16'"):
        feature_network("vgg16", weights=str(tmp_path / "missing.h5"))
