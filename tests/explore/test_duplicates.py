"""Near-duplicates: planted ones are found, distinct images are kept."""

import keras
import numpy as np
import pytest

from kerasgen import explore
from kerasgen.data import Dataset, load, select


def _bits(images):
    """The 16 bits of 4x4 images: which pixels are bright."""
    return np.asarray(images)[..., 0].reshape(len(images), -1) >= 128


def _images(codes):
    """Images of ints, whose bits are their pixels."""
    bits = (np.asarray(codes)[:, None] >> np.arange(16)) & 1
    return (bits * 255).astype("uint8").reshape(-1, 4, 4, 1)


def _by_hand(codes, radius):
    """What is removed, by comparing each with all that were kept."""
    kept, removed, originals = [], [], []
    for i, code in enumerate(codes):
        near = [bin(int(code) ^ int(codes[j])).count("1") for j in kept]
        if near and min(near) <= radius:
            removed.append(i)
            originals.append(kept[int(np.argmin(near))])
        else:
            kept.append(i)
    return kept, removed, originals


@pytest.mark.parametrize("radius", [0, 1, 2, 4])
def test_what_is_removed_is_that_of_all_pairs(radius, monkeypatch):
    monkeypatch.setattr("kerasgen.explore.neighbours.CHUNK", 13)
    codes = np.random.default_rng(radius).integers(0, 2**16, 60)
    codes = np.concatenate([codes, codes[:20] ^ 1, codes[5:10] ^ 0b1001, codes[:3]])
    data = Dataset(_images(codes), np.arange(len(codes)) % 3, batch_size=8, seed=4)
    left, found = explore.remove_duplicates(data, _bits, radius)
    kept, removed, originals = _by_hand(codes, radius)
    np.testing.assert_array_equal(found.facts["indices"], removed)
    np.testing.assert_array_equal(found.facts["originals"], originals)
    assert found.facts["removed"] == len(removed) == len(codes) - left.num_examples
    assert found.facts["num_examples"] == len(codes)
    images, labels = left.arrays()
    np.testing.assert_array_equal(images, _images(codes[kept]))
    np.testing.assert_array_equal(labels, np.array(kept) % 3)
    assert found.facts["distances"].max() <= radius
    assert len(left.order(0)) == left.num_examples and data.num_examples == len(codes)
    assert found.images.shape == (min(8, len(removed)), 2, 4, 4, 1)
    assert found.picture().ndim >= 2


@pytest.mark.every_backend
def test_planted_duplicates_of_digits_are_found_and_others_kept():
    """Copies, and copies with a little noise, by an autoencoder that was trained.

    Without noise and dropout in training, what each backend trains is the same. Of
    128 bits a noisy copy has some near their threshold: it differs by one in a third
    of cases, and by two in about one of thirty, which this seed has none of.
    """
    x = load("digits").arrays()[0][:300]
    noise = np.random.default_rng(0).integers(-3, 4, (20, 8, 8, 1))
    noisy = np.clip(x[20:40].astype(int) + noise, 0, 255).astype("uint8")
    data = Dataset(np.concatenate([x, x[:20], noisy]), batch_size=10)
    coder = explore.fit_coder(data, 128, steps=60, noise=0.0, dropout=0.0, seed=6)
    left, found = explore.remove_duplicates(data, coder, radius=1)
    removed = found.facts["indices"]
    assert set(range(300, 340)) <= set(removed.tolist())
    assert left.num_examples >= 294  # a few digits of 8x8 pixels are alike by nature
    same = explore.remove_duplicates(data, coder, radius=0)[1].facts
    copies = dict(zip(same["indices"], same["originals"], strict=True))
    assert all(copies[300 + i] == i for i in range(20))


def test_a_coder_is_trained_to_reconstruct_and_repeats_itself():
    data = load("digits", batch_size=10, num_examples=200)
    first, again = (explore.fit_coder(data, 16, steps=3, seed=1) for _ in range(2))
    x = data.arrays()[0]
    np.testing.assert_array_equal(first(x), again(x))
    assert first(x).shape == (200, 16) and first(x).dtype == bool
    np.testing.assert_array_equal(first(x[:7], batch_size=2), first(x)[:7])


def test_no_duplicates_leave_all_and_a_threshold_is_kept():
    data = Dataset(_images([1, 2, 4]), batch_size=1)
    left, found = explore.remove_duplicates(data, _bits)
    assert left.num_examples == 3 and found.facts["removed"] == 0
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, keras.layers.Flatten()(inputs))
    coder = explore.BinaryCoder(model, threshold=0.5)
    np.testing.assert_array_equal(coder(_images([5])), _bits(_images([5])))


def test_wrong_arguments_are_refused():
    points = Dataset(np.zeros((3, 2), "float32"), batch_size=1)
    with pytest.raises(ValueError, match="`dataset` must be of images"):
        explore.remove_duplicates(points, _bits)
    with pytest.raises(ValueError, match="`dataset` must be of images"):
        explore.fit_coder(points)
    data = Dataset(_images([1, 2]), batch_size=1)
    with pytest.raises(ValueError, match="`radius` must be at least 0"):
        explore.remove_duplicates(data, _bits, radius=-1)
    for wrong in ([], [2], [-1], [0.5]):
        with pytest.raises(ValueError, match="`indices` must be one or more ints"):
            select(data, wrong)
