"""Scenes: captions, boxes, maps and keypoints say what is drawn."""

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.data.scenes import COLORS, KINDS, POINTS, SIZES
from kerasgen.features import Boxes, Keypoints, LabelMap, Text

pytestmark = pytest.mark.any_backend
COUNT = 60


@pytest.fixture(scope="module")
def scenes():
    return load("scenes", num_examples=COUNT, batch_size=4, labels=True)


@pytest.fixture(scope="module")
def arrays(scenes):
    return scenes.arrays()


@pytest.fixture(scope="module")
def facts(scenes):
    return scenes.source.facts(np.arange(COUNT))


def test_fields_are_features(scenes, arrays):
    kinds = {"caption": Text, "boxes": Boxes, "map": LabelMap, "keypoints": Keypoints}
    assert {k: type(f) for k, f in scenes.fields.y.items()} == kinds
    alone = load("scenes", num_examples=4, batch_size=4, labels="caption")
    assert isinstance(alone.fields.y, Text)
    np.testing.assert_array_equal(alone.arrays()[1], arrays[1]["caption"][:4])
    two = load("scenes", num_examples=4, batch_size=4, labels=["map", "boxes"])
    assert list(two.fields.y) == ["map", "boxes"]


def test_captions_name_each_shape(scenes, arrays, facts):
    lines = scenes.fields.y["caption"].decode(arrays[1]["caption"])
    colors = list(COLORS)
    assert len(set(lines)) > COUNT / 2 and not any("<unknown>" in s for s in lines)
    assert {1, 2, 3} == set(facts["count"])
    for i, line in enumerate(lines):
        parts = line.replace(" and ", " , ").split(" , ")
        assert len(parts) == facts["count"][i]
        for k, part in enumerate(parts):
            size, color = SIZES[facts["size"][i, k]], colors[facts["color"][i, k]]
            assert part.startswith(f"a {size} {color} {KINDS[facts['kind'][i, k]]} ")
            x, y = facts["center"][i, k]
            assert ("left" in part) == (x < -0.33) and ("right" in part) == (x >= 0.33)
            assert ("top" in part) == (y < -0.33) and ("bottom" in part) == (y >= 0.33)


def test_boxes_are_tight_around_what_the_map_shows(arrays, facts):
    maps, boxes = arrays[1]["map"], arrays[1]["boxes"]
    for i in range(COUNT):
        assert boxes[i, :, 4].sum() == facts["count"][i]
        rest = maps[i] > 1
        for k in range(facts["count"][i]):
            low, high = boxes[i, k, :2] * 64, boxes[i, k, 2:4] * 64
            rows = slice(int(low[0]), int(np.ceil(high[0])))
            columns = slice(int(low[1]), int(np.ceil(high[1])))
            inside = maps[i, rows, columns] == facts["kind"][i, k] + 2
            assert boxes[i, k, 5] == facts["kind"][i, k]
            seen = np.argwhere(inside) + [rows.start, columns.start]
            np.testing.assert_allclose(seen.min(axis=0), low, atol=2.0)
            np.testing.assert_allclose(seen.max(axis=0) + 1, high, atol=2.0)
            rest[rows, columns] = False
        assert not rest.any()  # no shape outside of its box


def test_shapes_have_their_colours_and_stand_apart(arrays, facts):
    images = arrays[0].astype(int)
    colors = np.array(list(COLORS.values()))
    for i in range(COUNT):
        for k in range(facts["count"][i]):
            x, y = (facts["center"][i, k] + 1) * 32
            pixel = images[i, int(y), int(x)]
            near = np.abs(colors - pixel).sum(axis=1).argmin()
            assert near == facts["color"][i, k]
            for j in range(k):
                gap = np.hypot(*(facts["center"][i, k] - facts["center"][i, j]))
                assert gap > facts["radius"][i, k] + facts["radius"][i, j]


def test_keypoints_are_of_the_first_shape(arrays, facts):
    points, boxes = arrays[1]["keypoints"], arrays[1]["boxes"][:, 0]
    assert POINTS[0] == "centre" and (points[..., 2] == 1).all()
    places = (facts["center"][:, 0, ::-1] + 1) / 2
    np.testing.assert_allclose(points[:, 0, :2], places, atol=1e-6)
    slack = 1e-3
    assert (points[:, :, :2] >= boxes[:, None, :2] - slack).all()
    assert (points[:, :, :2] <= boxes[:, None, 2:4] + slack).all()
    top, right, bottom, left = (points[:, i] for i in range(1, 5))
    assert (top[:, 0] < bottom[:, 0]).all() and (left[:, 1] < right[:, 1]).all()


def test_one_shape_alone_and_other_sizes():
    scenes = load("scenes", num_examples=6, batch_size=2, max_objects=1, labels="boxes",
                  image_size=(32, 48))  # fmt: skip
    x, boxes = scenes.arrays()
    assert x.shape == (6, 32, 48, 3) and (boxes[:, 0, 4] == 1).all()
    assert boxes.shape == (6, 1, 6)
    with pytest.raises(ValueError, match="`max_objects` must be at most 3"):
        load("scenes", max_objects=4)
