"""Jitter: places and mirrors, pairs alike and domains apart, the same when resumed."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.data import Dataset, hold_out, load, load_domains, load_pairs, pairs
from kerasgen.data.augmenting import Jitter

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)
SMOOTH = GENERATOR.integers(0, 256, (6, 4, 4, 3), "uint8")
SMOOTH = np.stack([Image.fromarray(x).resize((32, 32)) for x in SMOOTH])


def reference(image, scale, down, right, mirror):
    """Enlarges the whole image, and cuts then."""
    side = round(32 * scale)
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.BICUBIC))
    cut = large[down : down + 32, right : right + 32]
    return cut[:, ::-1] if mirror else cut


@pytest.mark.parametrize("mirror", [True, False])
def test_a_part_of_the_enlarged_image_is_cut_out(mirror):
    jitter = Jitter(mirror=mirror)
    room = round(32 * 286 / 256) - 32
    seen = set()
    for i in range(40):
        (found,) = jitter((SMOOTH[:1],), (0, 0, i))
        errors = {
            (down, right, flipped): np.abs(
                reference(SMOOTH[0], 286 / 256, down, right, flipped).astype(int)
                - found[0]
            ).mean()
            for down in range(room + 1)
            for right in range(room + 1)
            for flipped in (False, True)
        }
        best = min(errors, key=errors.get)
        assert errors[best] < 1.5
        seen.add(best)
    assert {down for down, _, _ in seen} == set(range(room + 1))
    assert {right for _, right, _ in seen} == set(range(room + 1))
    assert {flipped for _, _, flipped in seen} == ({False, True} if mirror else {False})


def test_nothing_moves_without_a_scale_and_a_mirror():
    (found,) = Jitter(1.0, mirror=False)((SMOOTH,), (0, 0, 0))
    np.testing.assert_array_equal(found, SMOOTH)
    floats = (SMOOTH / 255).astype("float32")
    (found,) = Jitter()((floats,), (0, 0, 0))
    (same,) = Jitter()((SMOOTH,), (0, 0, 0))
    assert found.dtype == np.float32 and 0 <= found.min() and found.max() <= 1
    np.testing.assert_allclose(found * 255, same, atol=1.5)


def test_pairs_are_changed_alike_and_domains_apart():
    paired = pairs(255 - SMOOTH, SMOOTH, batch_size=6).augmented()
    targets, inputs = paired[0]
    np.testing.assert_allclose(255 - inputs.astype(int), targets, atol=1)
    fields = Dataset({"a": SMOOTH, "b": 255 - SMOOTH}, batch_size=6).augmented()
    x = fields[0][0]
    np.testing.assert_allclose(255 - x["a"].astype(int), x["b"], atol=1)
    domains = load_domains("outlines", num_examples=6, batch_size=6, shuffle=False)
    both = {name: domains.source.sources["a"] for name in "ab"}
    domains.source.sources.update(both)
    x = domains[0][0]
    np.testing.assert_array_equal(x["a"], x["b"])
    x = domains.augmented()[0][0]
    assert np.abs(x["a"].astype(int) - x["b"]).mean() > 0.5


def test_changes_are_of_the_seed_and_the_epoch_and_go_on_where_they_were_left():
    def batches(seed=3, epoch=1, batch=0, steps=1):
        dataset = Dataset(SMOOTH, np.arange(6), batch_size=2, seed=seed).augmented()
        dataset = dataset.with_batches_per_step(steps)
        dataset.seek(epoch, batch)
        return list(dataset)

    whole = batches()
    for x, y in whole:
        assert (x != SMOOTH[y]).any(axis=(1, 2, 3)).all()
    for (x, y), (again, same) in zip(batches(batch=1), whole[1:], strict=True):
        np.testing.assert_array_equal(x, again)
        np.testing.assert_array_equal(y, same)
    joined = np.concatenate([x for x, _ in whole])
    np.testing.assert_array_equal(batches(steps=3)[0][0], joined)
    for other in (batches(epoch=2), batches(seed=4)):
        order = np.argsort(np.concatenate([y for _, y in other]))
        own = np.argsort(np.concatenate([y for _, y in whole]))
        changed = np.concatenate([x for x, _ in other])[order] != joined[own]
        assert changed.any(axis=(1, 2, 3)).mean() > 0.8


def test_each_epoch_has_changes_of_its_own():
    dataset = Dataset(SMOOTH, batch_size=6, shuffle=False).augmented()
    first = dataset[0][0]
    dataset.seek(1)
    assert (dataset[0][0] != first).any(axis=(1, 2, 3)).sum() >= 4


def test_what_is_measured_and_shown_is_not_changed():
    dataset = Dataset(SMOOTH, batch_size=2).augmented(scale=1.5)
    for images in (dataset.arrays()[0], dataset.take(6)[0], dataset.spread(6)[0]):
        np.testing.assert_array_equal(images, SMOOTH)
    np.testing.assert_array_equal(dataset.augmented(None).rows(np.arange(6))[0], SMOOTH)
    described = dataset.describe()["augmentation"]
    assert described == {"name": "jitter", "scale": 1.5, "mirror": True}
    assert "augmentation" not in dataset.augmented(None).describe()
    rest, held = hold_out(dataset, 2)
    assert rest.augmentation is not None and held.augmentation is None


def test_what_are_no_images_are_refused():
    with pytest.raises(ValueError, match="unless `images` are images.*Received"):
        load("mixture", batch_size=4, num_examples=8).augmented()
    scenes = load("scenes", batch_size=4, num_examples=8, labels=["boxes", "map"])
    with pytest.raises(ValueError, match=r"unless `labels\['boxes'\]` are images"):
        scenes.augmented()
    with pytest.raises(ValueError, match="`augmentation` must be one of.*Received"):
        load_pairs("rain", num_examples=4).augmented("blur")
    with pytest.raises(ValueError, match="`scale` must be at least 1.*Received"):
        Dataset(SMOOTH, batch_size=2).augmented(scale=0.9)
