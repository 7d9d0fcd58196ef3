"""Voxels: furniture that stands on the floor, in one piece, as its facts say."""

import numpy as np
import pytest
from scipy import ndimage

import kerasgen
from kerasgen.data import load
from kerasgen.data.voxels import KINDS, VARIANTS
from kerasgen.features import Volume

pytestmark = pytest.mark.any_backend


def voxels(split="train", **kwargs):
    return load("voxels", split, batch_size=4, **{"num_examples": 120, **kwargs})


@pytest.fixture(scope="module")
def large():
    """Volumes of 32 a side, upwards, and what is known of them."""
    dataset = voxels(image_size=32)
    x = dataset.arrays()[0].transpose(0, 1, 3, 2)[..., ::-1]  # depth, width, up
    facts = dataset.source.attributes(np.arange(120))
    names = np.array(KINDS)[facts["kind"]]
    return x, names, facts["variant"], facts["proportions"]


def test_a_volume_is_a_function_of_seed_split_and_index():
    dataset = voxels()
    x = dataset.arrays()[0]
    assert x.shape == (120, 16, 16, 16) and x.dtype == np.uint8
    assert set(np.unique(x)) == {0, 1} and dataset.field == Volume(16)
    assert "120 volumes 16x16x16" in repr(dataset)
    np.testing.assert_array_equal(dataset.source[np.array([41, 3])], x[[41, 3]])
    np.testing.assert_array_equal(voxels().arrays()[0], x)
    for other in (voxels("test"), voxels("validation"), voxels(seed=1)):
        same = (other.arrays()[0] == x).all(axis=(1, 2, 3))
        assert same.mean() < 0.05, "small ones may be alike by chance"


def test_labels_are_the_kinds():
    dataset = voxels(labels=True)
    facts = dataset.source.attributes(np.arange(120))
    np.testing.assert_array_equal(dataset.arrays()[1], facts["kind"])
    assert dataset.num_classes == 6 and tuple(dataset.class_names) == KINDS
    assert set(np.unique(facts["kind"])) == set(range(6))
    assert facts["proportions"].shape == (120, 6)
    for kind in range(6):
        of_kind = facts["variant"][facts["kind"] == kind]
        assert len(VARIANTS[KINDS[kind]]) == 2 and set(of_kind) == {0, 1}


def test_some_kinds_alone_are_numbered_in_their_order():
    dataset = voxels(labels=True, kinds=("lamp", "chair"))
    assert dataset.class_names == ["lamp", "chair"] and dataset.num_classes == 2
    x, y = dataset.arrays()
    # A chair has four legs on the floor, a lamp one foot.
    feet = [ndimage.label(volume[:, -1])[1] for volume in x]
    np.testing.assert_array_equal(np.array(feet) == 4, y == 1)
    chairs = voxels(kinds="chair")
    assert chairs.num_classes is None
    assert {ndimage.label(volume[:, -1])[1] for volume in chairs.arrays()[0]} == {4}


@pytest.mark.parametrize("side", [16, 21, 32])
def test_each_stands_on_the_floor_in_one_piece_and_in_the_middle(side):
    x = voxels(image_size=side).arrays()[0]
    for volume in x:
        assert ndimage.label(volume)[1] == 1, "by faces, not by edges"
        assert volume[:, -1].any()
        for axis in (0, 2):
            line = volume.any(axis=tuple({0, 1, 2} - {axis}))
            first, after = line.argmax(), line[::-1].argmax()
            assert abs(first - after) <= 1
        assert (volume == volume[..., ::-1]).mean() > 0.9


def test_the_whole_is_as_wide_deep_and_high_as_its_proportions(large):
    x, names, variant, p = large
    ranges = {
        "chair": ((0.4, 0.7), (0.4, 0.7), (0.75, 1.0)),
        "table": ((0.65, 1.0), (0.5, 0.85), (0.35, 0.65)),
        "sofa": ((0.75, 1.0), (0.4, 0.55), (0.5, 0.7)),
        "bed": ((0.5, 0.8), (0.8, 1.0), (0.45, 0.65)),
        "shelf": ((0.45, 0.8), (0.25, 0.4), (0.75, 1.0)),
    }
    for i, volume in enumerate(x):
        if names[i] == "lamp" or (names[i] == "sofa" and variant[i]):
            continue
        filled = [volume.any(axis=axes) for axes in ((0, 2), (1, 2), (0, 1))]
        found = [np.ptp(np.flatnonzero(line)) + 1 for line in filled]
        for size, share, (low, high) in zip(
            found, p[i], ranges[names[i]], strict=False
        ):
            assert abs(size - 32 * (low + (high - low) * share)) <= 1.5


def test_kinds_are_what_they_are_called(large):
    x, names, variant, p = large
    for i, volume in enumerate(x):
        name, feet = names[i], ndimage.label(volume[..., 0])[1]
        levels = volume.sum(axis=(0, 1))
        highest = np.flatnonzero(levels)[-1]
        if name in ("chair", "bed"):
            assert feet == (2 if name == "bed" and variant[i] else 4) or feet == 3
            behind = volume[volume.any(axis=(1, 2)).nonzero()[0][-1]]
            np.testing.assert_array_equal(volume[..., highest].any(0), behind.any(1))
        elif name == "table":
            assert feet == (1 if variant[i] else 4)
            assert levels[highest] == levels.max(), "the board is the largest"
        elif name == "lamp":
            np.testing.assert_array_equal(volume, volume[::-1, ::-1])
            low = np.flatnonzero(np.diff(levels.astype(int)) > 20)[0] + 1
            assert (levels[highest] < levels[low]) == bool(variant[i])
        elif name == "sofa":
            assert not (np.diff(volume.astype(int), axis=2) > 0).any(), "no hole below"
        else:
            middle = volume[:, 16]
            boards = 3 + int(3 * p[i][3])
            front = middle[middle.any(axis=1).argmax()].astype(int)
            assert (np.diff(front, prepend=0) == 1).sum() == boards
            depth = volume.any(axis=(1, 2)).nonzero()[0][-1]
            back = volume[depth, volume.any(axis=(0, 2))][:, : highest + 1]
            assert back.all() != bool(variant[i])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"image_size": 12}, "`image_size` must be one side of at least 16"),
        ({"image_size": (16, 24)}, "`image_size` must be one side"),
        ({"kinds": ("stool",)}, "`kinds` must be one of"),
        ({"kinds": ("bed", "bed")}, "`kinds` must be different kinds"),
        ({"labels": "color"}, "`labels` must be one of"),
        ({"split": "all"}, "`split` must be one of"),
    ],
)
def test_what_is_not_there_is_refused(options, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        kerasgen.data.load("voxels", **options)
