"""Nearest neighbours among codes and pixels."""

import numpy as np
import pytest

from kerasgen.data import Dataset
from kerasgen.explore import nearest
from kerasgen.metrics.feature_networks import random_network
from tests.explore import tiny


def test_an_image_is_nearest_to_itself_in_pixels():
    reference = tiny.images(9)
    x = reference[[4, 7]]
    found = nearest(None, x, reference, k=2, space="pixel")
    np.testing.assert_array_equal(found.facts["indices"][:, 0], [4, 7])
    np.testing.assert_array_equal(found.facts["distances"][:, 0], 0.0)
    other = found.facts["indices"][0, 1]
    difference = (x[0].astype(float) - reference[other]) / 255
    assert found.facts["distances"][0, 1] == pytest.approx(
        np.sqrt(np.sum(difference**2)), rel=1e-5
    )
    assert found.images.shape == (2, 3, 4, 3, 1) and found.images.dtype == np.float32
    np.testing.assert_array_equal(found.images[:, 0], found.images[:, 1])
    assert found.codes is None


def test_generated_floats_are_compared_with_uint8_images():
    reference = tiny.images(9)
    x = reference[[5]].astype("float32") / 255
    found = nearest(tiny.gan(), x, reference, k=1, space="pixel")
    assert found.facts["indices"][0, 0] == 5
    assert found.facts["distances"][0, 0] < 1e-5


def test_codes_are_compared_in_code_space():
    model, reference, x = tiny.vae(), tiny.images(12), tiny.images(2, seed=1)
    found = nearest(model, x, reference, k=4)
    z, keys = model.encode(x), model.encode(reference)
    pairs = np.linalg.norm(z[:, None] - keys[None], axis=-1)
    order = np.argsort(pairs, axis=1)[:, :4]
    np.testing.assert_array_equal(found.facts["indices"], order)
    np.testing.assert_array_equal(found.codes[:, 1:], keys[order])
    np.testing.assert_allclose(
        found.images[:, 1:], reference[order].astype("float32") / 255, atol=1e-6
    )


def test_wrong_arguments_are_refused():
    x = tiny.images(3)
    with pytest.raises(ValueError, match="`k` must be at most 3"):
        nearest(None, x, x, k=4, space="pixel")
    with pytest.raises(ValueError, match="must hold images of one shape"):
        nearest(None, x, tiny.images(3, shape=(4, 4, 1)), space="pixel")
    with pytest.raises(TypeError, match="must have an encoder"):
        nearest(tiny.gan(), x, x, k=1)
    with pytest.raises(ValueError, match="`labels` must be given"):
        nearest(tiny.vae(num_classes=2), x, x, k=1)


class _Source:
    """Images that are made when they are read, and how many at most at once."""

    def __init__(self, count):
        self.count, self.most = count, 0

    def __len__(self):
        return self.count

    def __getitem__(self, indices):
        self.most = max(self.most, len(indices))
        return np.concatenate([tiny.images(1, seed=int(i)) for i in indices])


@pytest.mark.parametrize("space", ["pixel", "code"])
def test_a_data_set_is_read_in_parts(space, monkeypatch):
    monkeypatch.setattr("kerasgen.explore.neighbours.CHUNK", 7)
    source, model = _Source(25), tiny.vae(num_classes=2)
    labels = np.arange(25) % 2
    every = source[np.arange(25)]
    x = every[[20, 3]]
    source.most = 0
    data = Dataset(source, labels, batch_size=4)
    found = nearest(model, x, data, 3, space, labels=[0, 1])
    assert source.most <= 7
    whole = nearest(model, x, every, 3, space, [0, 1], reference_labels=labels)
    monkeypatch.undo()
    again = nearest(model, x, every, 3, space, [0, 1], reference_labels=labels)
    for other in (whole, again):
        for name in ("indices", "distances"):
            np.testing.assert_allclose(found.facts[name], other.facts[name], atol=1e-5)
        np.testing.assert_allclose(found.images, other.images, atol=1e-6)
    np.testing.assert_array_equal(found.facts["indices"][:, 0], [20, 3])


def test_features_of_a_network_are_compared():
    reference, x = tiny.images(9), tiny.images(2, seed=1)
    network = random_network((8, 8, 1), 6)
    found = nearest(None, x, reference, k=9, space="feature", network=network)
    queries, keys = (network(a)["features"] for a in (x, reference))
    pairs = np.linalg.norm(queries[:, None] - keys[None], axis=-1)
    np.testing.assert_array_equal(found.facts["indices"], np.argsort(pairs, axis=1))
    np.testing.assert_allclose(found.facts["distances"], np.sort(pairs), rtol=1e-4)
    assert "features of random" in found.title and found.codes is None
    with pytest.raises(ValueError, match="`network` must be given for space='feature'"):
        nearest(None, x, reference, space="feature")
    with pytest.raises(ValueError, match="and for no other"):
        nearest(None, x, reference, space="pixel", network=network)
