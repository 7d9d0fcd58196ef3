"""Features of real images that are kept: by all of the content, safe, and the same."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import feature_networks, real_features, score_samples
from kerasgen.metrics.feature_networks import FeatureNetwork, random_network
from kerasgen.metrics.real_features import real_features as features_of

pytestmark = pytest.mark.any_backend
SHAPE = (8, 8, 1)


class Counting:
    """A network, and how often it was asked."""

    def __init__(self, network):
        self.network, self.asked = network, 0
        self.identity = network.identity

    def __call__(self, images):
        self.asked += 1
        return self.network(images)


def linear(seed=0, **kwargs):
    inputs = keras.Input(SHAPE)
    x = keras.layers.Dense(3)(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, [x, keras.layers.Dense(2)(x)])
    feature_networks.seeded_weights(model, seed)
    return FeatureNetwork("linear", model, **kwargs)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (20, *SHAPE), "uint8")


def test_the_second_time_is_the_first_to_the_bit_and_asks_no_network(images, tmp_path):
    network = Counting(linear())
    first = features_of(network, images, tmp_path)
    second = features_of(Counting(linear()), images, tmp_path)
    third = features_of(network, images / np.float32(255), tmp_path)
    assert network.asked == 1 and len(list(tmp_path.iterdir())) == 1
    expected = linear()(images)
    for found in (first, second, third):
        assert set(found) == {"features", "logits"}
        for key, value in found.items():
            assert value.dtype == np.float32
            np.testing.assert_array_equal(value, expected[key])


def test_a_pixel_a_weight_a_layer_or_the_range_is_another_entry(images, tmp_path):
    names = set()

    def keep(network, x):
        found = features_of(network, x, tmp_path)
        for key, value in network(x).items():
            np.testing.assert_array_equal(found[key], value)
        names.update(p.name for p in tmp_path.iterdir())
        return len(names)

    network = linear()
    assert keep(network, images) == 1
    other = images.copy()
    other[-1, -1, -1, 0] ^= 1
    assert keep(network, other) == 2
    assert keep(network, images[::-1]) == 3 and keep(network, images[:-1]) == 4
    weights = network.model.get_weights()
    weights[0][-1, -1] += 1e-6
    network.model.set_weights(weights)
    assert keep(network, images) == 5
    assert keep(linear(value_range=(-1.0, 1.0)), images) == 6
    inputs = keras.Input(SHAPE)
    x = keras.layers.Dense(3, "relu")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, [x, keras.layers.Dense(2)(x)])
    model.set_weights(linear().model.get_weights())
    assert keep(FeatureNetwork("linear", model), images) == 7
    assert keep(linear(), images) == 7


def test_what_code_of_ones_own_does_is_part_of_the_identity(images):
    def network(function):
        inputs = keras.Input(SHAPE)
        layer = keras.layers.Lambda(function, output_shape=(64,), name="own")
        return FeatureNetwork("own", keras.Model(inputs, layer(inputs)))

    def flat(x):
        return keras.ops.reshape(x, (-1, 64))

    before = network(flat).identity()
    assert network(flat).identity() == before

    def flat(x):
        return 2 * keras.ops.reshape(x, (-1, 64))

    assert network(flat).identity() != before


def test_a_network_is_the_same_whatever_its_layers_are_called(images):
    first, second = random_network(SHAPE, 8), random_network(SHAPE, 8)
    names = [[layer.name for layer in n.model.layers] for n in (first, second)]
    assert names[0] != names[1] and first.identity() == second.identity()


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "text"])
def test_a_file_that_is_not_whole_is_made_anew(images, tmp_path, damage):
    expected = features_of(linear(), images, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    if damage == "other":
        np.savez(file, features=np.zeros((3, 3), "float32"))
    else:
        parts = {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"spam"}
        file.write_bytes(parts[damage])
    network = Counting(linear())
    found = features_of(network, images, tmp_path)
    assert network.asked == 1
    np.testing.assert_array_equal(found["features"], expected["features"])
    features_of(network, images, tmp_path)
    assert network.asked == 1 and len(list(tmp_path.iterdir())) == 1


def test_who_writes_and_removes_the_same_file_beside_others_reads_whole_ones(tmp_path):
    class Constant:
        def identity(self):
            return {}

        def __call__(self, images):
            return {"features": np.full((len(images), 20_000), 7, "float32")}

    def use(_):
        for file in tmp_path.glob("*.npz"):
            file.unlink(missing_ok=True)
        found = features_of(Constant(), np.zeros((20, 4, 4, 1), "uint8"), tmp_path)
        return found["features"]

    with ThreadPoolExecutor(4) as pool:
        for features in pool.map(use, range(24)):
            assert features.shape == (20, 20_000) and (features == 7).all()
    assert [p.suffix for p in tmp_path.iterdir()] == [".npz"]


def test_a_folder_that_cannot_be_written_is_no_error(images, tmp_path):
    (tmp_path / "file").write_text("")
    found = features_of(linear(), images, tmp_path / "file" / "features")
    np.testing.assert_array_equal(found["features"], linear()(images)["features"])


def test_what_was_not_used_for_longest_is_removed(images, tmp_path, monkeypatch):
    network = linear()
    for count in (10, 12, 14):
        features_of(network, images[:count], tmp_path)
    files = sorted(tmp_path.iterdir(), key=lambda p: p.stat().st_mtime_ns)
    features_of(network, images[:10], tmp_path)  # used again
    size = sum(p.stat().st_size for p in files)
    monkeypatch.setattr(real_features, "MOST_BYTES", size)
    features_of(network, images[:16], tmp_path)
    left = set(tmp_path.iterdir())
    assert files[0] in left and files[1] not in left
    monkeypatch.setattr(real_features, "LARGEST", 10)
    features_of(network, images[:18], tmp_path)
    assert set(tmp_path.iterdir()) == left


def test_scores_are_the_same_with_and_without_what_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    train, test = (kerasgen.data.load("digits", k) for k in ("train", "test"))
    model = kerasgen.autoencoders.VAE((8, 8, 1), 2, hidden_widths=(4,), seed=0)
    model.compile(run_eagerly=True)
    scores = ["frechet_distance", "precision_recall", "classes", "memorisation"]
    asked = []
    network = linear()
    call = FeatureNetwork.__call__

    def spy(self, images, *args):
        asked.append(len(images))
        return call(self, images, *args)

    monkeypatch.setattr(FeatureNetwork, "__call__", spy)
    found = [score_samples(model, test, train, network, 40, scores) for _ in range(2)]
    assert found[0].to_dict() == found[1].to_dict()
    kept = tmp_path / "kerasgen" / "features"
    assert len(list(kept.iterdir())) == 2
    # Real images, training images and samples, then samples; identities apart.
    assert [count for count in asked if count > 1] == [40, 40, 40, 40]
