"""Networks of features: equal on all backends and for all batches; what they refuse."""

import keras
import numpy as np
import pytest

from kerasgen.images import to_float
from kerasgen.metrics.feature_networks import FeatureNetwork, random_network

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 12, 10, 1), "uint8")
# Of `random_network((8, 8, 3), feature_dim=16)`.
WEIGHTS = "ee9540904e478659"
MEANS = [0.025962, 0.045185]


@pytest.fixture(scope="module")
def network():
    return random_network((8, 8, 3), feature_dim=16)


def test_features_are_equal_on_every_backend(network):
    facts = network.describe()
    assert facts["weights"] == WEIGHTS
    assert (network.feature_dim, network.num_classes) == (16, None)
    features = network(IMAGES)["features"]
    assert features.dtype == np.float32 and features.shape == (7, 16)
    np.testing.assert_allclose(features[:2].mean(axis=1), MEANS, rtol=1e-4)
    assert features.std(axis=0).max() > 0.05


def test_the_size_of_batches_plays_no_part(network):
    expected = network(IMAGES)["features"]
    for size in (1, 3, 7):
        found = network(IMAGES, batch_size=size)["features"]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_images_are_rounded_resized_and_repeated(network):
    x = to_float(IMAGES)
    expected = network(IMAGES)["features"]
    found = network(x + 0.2 / 255)["features"]  # rounds to the same bytes
    np.testing.assert_allclose(found, expected, atol=1e-5)
    found = network(IMAGES.repeat(3, axis=3))["features"]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    prepared = network.prepare(IMAGES)
    assert prepared.shape == (7, 8, 8, 3) and prepared.dtype == np.float32
    assert -1.0 <= prepared.min() < -0.5 < 0.5 < prepared.max() <= 1.0


def test_a_classifier_gives_logits_too():
    inputs = keras.Input((4, 4, 1))
    features = keras.layers.Flatten()(inputs)
    model = keras.Model(inputs, [features, keras.layers.Dense(5)(features)])
    network = FeatureNetwork("own", model, {"trained_on": "nothing"})
    x = IMAGES[:, :4, :4]
    found = network(x, batch_size=3)
    np.testing.assert_allclose(found["features"], to_float(x).reshape(7, 16), atol=1e-6)
    assert found["logits"].shape == (7, 5) and network.num_classes == 5
    assert network.describe()["trained_on"] == "nothing"
    assert list(FeatureNetwork("own", keras.Model(inputs, features))(x)) == ["features"]


def _model(shape, *outputs):
    inputs = keras.Input(shape)
    return keras.Model(inputs, [make(inputs) for make in outputs])


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "model",
    [
        _model((None, None, 1), keras.layers.GlobalAveragePooling2D()),
        _model((4,), keras.layers.Dense(2)),
        _model((4, 4, 1), keras.layers.Dense(2)),
        _model((4, 4, 1), *3 * [keras.layers.Flatten()]),
    ],
)
def test_a_model_that_gives_no_features_of_images_is_refused(model):
    with pytest.raises(ValueError, match="`network` must.*Received: mine with"):
        FeatureNetwork("mine", model)


@pytest.mark.any_backend
def test_images_that_do_not_fit_are_refused(network):
    with pytest.raises(ValueError, match="1 or 3 channels.*'random'.*Received"):
        network(IMAGES.repeat(2, axis=3))
    with pytest.raises(ValueError, match="floats in"):
        network(to_float(IMAGES) * 2)
    with pytest.raises(ValueError, match="batch_size"):
        network(IMAGES, batch_size=0)
