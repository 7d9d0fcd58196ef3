"""Boxes and keypoints: padding, what networks see, pictures, what is refused."""

import json

import numpy as np
import pytest
from keras import ops

from kerasgen.features import Boxes, Keypoints

BOX = [0.1, 0.2, 0.5, 0.9]
OTHER = [0.0, 0.0, 1.0, 0.25]


@pytest.mark.any_backend
def test_fewer_boxes_are_padded_and_said_to_be_missing():
    feature = Boxes(3)
    expected = np.zeros((2, 3, 5), "float32")
    expected[0, 0], expected[1, 0], expected[1, 1] = [*BOX, 1], [*BOX, 1], [*OTHER, 1]
    ragged = [[BOX], [BOX, OTHER]]
    np.testing.assert_array_equal(feature.check(ragged), expected)
    np.testing.assert_array_equal(feature.check(expected, count=2), expected)
    same = np.array([[BOX, OTHER], [OTHER, BOX]])
    assert feature.check(same)[..., 4].tolist() == [[1, 1, 0]] * 2
    assert feature.check([[], [BOX]])[..., 4].sum() == 1
    assert not feature.check([[], []]).any()
    classed = Boxes(2, names=["cat", "dog"], num_classes=2)
    assert classed.check([[[*BOX, 1]], []]).shape == (2, 2, 6)


def test_networks_see_classes_one_hot_where_there_is_a_box():
    feature = Boxes(2, 3)
    value = feature.check([[[*BOX, 2]], [[*BOX, 0], [*OTHER, 1]]])
    seen = ops.convert_to_numpy(feature.prepare(ops.convert_to_tensor(value)))
    assert seen.shape == (2, 2, 8)
    np.testing.assert_allclose(seen[0, 0], [*BOX, 1, 0, 0, 1], rtol=1e-6)
    np.testing.assert_array_equal(seen[0, 1], np.zeros(8))
    back = feature.finish(ops.convert_to_tensor(seen + 0.01))
    back = ops.convert_to_numpy(back)
    np.testing.assert_allclose(back, value, atol=0.011)
    feature.check(back)


@pytest.mark.any_backend
def test_boxes_are_drawn_where_they_are():
    on = np.zeros((2, 20, 40, 1), "uint8")
    picture = Boxes(2).picture([[BOX], [BOX, OTHER]], on)
    assert picture.shape == (2, 20, 40, 3)
    rows, columns = np.nonzero(picture[0].max(axis=-1))
    assert (rows.min(), rows.max()) == (2, 9)
    assert (columns.min(), columns.max()) == (8, 35)
    assert picture[0, 4, 20].max() == 0  # frames are empty
    assert Boxes(2).picture(np.zeros((3, 2, 5))).shape == (3, 64, 64, 3)
    with pytest.raises(ValueError, match="`on` must be 3 images.*Received"):
        Boxes(2).picture(np.zeros((3, 2, 5)), on)


@pytest.mark.any_backend
@pytest.mark.parametrize("feature", [Boxes(3), Boxes(3, 4), Keypoints(15)], ids=repr)
def test_examples_pass_and_configs_are_json(feature):
    for method in ("example", "draw"):
        value = getattr(feature, method)(50, np.random.default_rng(0))
        if value is not None:
            assert feature.check(value).dtype == np.float32
    config = json.loads(json.dumps(feature.get_config()))
    assert type(feature)(**config) == feature


ROWS = Boxes(3).check([[BOX], [BOX, OTHER]])


def changed(place, value):
    rows = ROWS.copy()
    rows[place] = value
    return rows


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`y` must be given: boxes of shape \(3, 5\)"),
        (ROWS[:1], "`y` must have one entry for each of the 2 examples"),
        (np.zeros((2, 4, 5)), r"`y` must have boxes of shape \(3, 5\)"),
        ([[BOX] * 4, [BOX]], r"`y` must have boxes of shape \(3, 5\)"),
        ([[[*BOX, 1, 2]], [BOX, BOX]], r"`y` must have boxes of shape \(3, 5\)"),
        (ROWS.astype("int32"), "`y` must be floats"),
        (changed((0, 0, 2), 1.5), r"`y` must be in \[0, 1\], shares of the height"),
        (changed((0, 0, 2), 0.05), "`y` must have boxes of ymin < ymax"),
        (changed((0, 0, 4), 0.5), "`y` must say by 1 or 0, in column 4"),
        (changed((0, 1, 0), 0.5), "`y` must be 0 throughout in rows that hold nothing"),
        (changed((0, 0, 0), np.nan), "`y` must be finite"),
    ],
)
def test_boxes_that_are_wrong_are_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        Boxes(3).check(value, "y", 2)


@pytest.mark.any_backend
@pytest.mark.parametrize("number", [-1.0, 0.5, 4.0])
def test_classes_of_boxes_are_checked(number):
    with pytest.raises(
        ValueError, match=r"`y` must have classes in \[0, 3\].*Received"
    ):
        Boxes(3, 4).check([[[*BOX, number]]], "y")


POINTS = np.array([[[0.2, 0.4, 1], [0, 0, 0]]], "float32")


def test_keypoints_that_networks_make_are_visible_or_not():
    feature = Keypoints(["nose", "chin"])
    made = ops.convert_to_tensor(POINTS + 0.3)
    back = ops.convert_to_numpy(feature.finish(made))
    np.testing.assert_allclose(back, [[[0.5, 0.7, 1], [0, 0, 0]]], rtol=1e-6)


@pytest.mark.any_backend
def test_keypoints_are_drawn_where_they_are():
    picture = Keypoints(2).picture(POINTS, np.zeros((1, 10, 10, 3)))
    rows, columns = np.nonzero(picture[0].max(axis=-1))
    assert (rows.mean(), columns.mean()) == (2, 4)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, "`y` must be given: points"),
        (POINTS[:, :1], r"`y` must have points of shape \(2, 3\)"),
        (POINTS * 2, "`y` must say by 1 or 0, in column 2"),
        (POINTS + [0.1, 0, 0], "`y` must be 0 throughout in rows that hold nothing"),
        (POINTS * [9, 1, 1], r"`y` must be in \[0, 1\]"),
    ],
)
def test_keypoints_that_are_wrong_are_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        Keypoints(["nose", "chin"]).check(value, "y")
    with pytest.raises(ValueError, match="`class_names` must be distinct.*Received"):
        Keypoints(["nose", "nose"])
