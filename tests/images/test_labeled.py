"""Grids that say what they show: every image whole, the text where it belongs."""

import numpy as np
import pytest

from kerasgen import images
from kerasgen.images.labeled import GAP, MARGIN, OUTLINE_COLOR

pytestmark = pytest.mark.any_backend

X = np.random.default_rng(0).integers(1, 255, (6, 3, 4, 1), "uint8")


def find_tile(picture, image, factor):
    """Returns the only place `(y, x)` where an enlarged image stands."""
    tile = image.repeat(factor, axis=0).repeat(factor, axis=1)
    height, width = tile.shape[:2]
    corner = (picture[1:, 1:] == tile[0, 0]).all(axis=-1)
    corner &= (picture[:-1, 1:] == 255).all(axis=-1)
    corner &= (picture[1:, :-1] == 255).all(axis=-1)
    places = 1 + np.argwhere(corner)
    found = [(y, x) for y, x in places if same(picture[y:, x:][:height, :width], tile)]
    assert len(found) == 1
    return found[0]


def same(a, b):
    return a.shape == b.shape and bool((a == b).all())


def has_text(picture):
    return bool((picture < 128).any())


@pytest.mark.parametrize(
    "shape, columns, factor, size",
    [
        ((64, 8, 8, 1), None, 8, (512, 512)),
        ((64, 28, 28, 3), None, 3, (672, 672)),
        ((60, 28, 28, 1), 10, 4, (672, 1120)),
        ((8, 8, 8, 1), 8, 20, (160, 1280)),
        ((4, 300, 300, 3), None, 1, (600, 600)),
        ((1, 2000, 2000, 1), None, 1, (2000, 2000)),
    ],
)
def test_images_grow_by_a_whole_factor_to_512_pixels(shape, columns, factor, size):
    x = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    picture = images.labeled_grid(x, columns=columns)
    columns = columns or int(shape[0] ** 0.5)
    gaps = np.array([len(x) // columns - 1, columns - 1]) * GAP
    assert picture.shape == (*(size + gaps + 2 * MARGIN), shape[-1])
    last = picture[-MARGIN - factor * shape[1] : -MARGIN]
    last = last[:, -MARGIN - factor * shape[2] : -MARGIN]
    np.testing.assert_array_equal(last[::factor, ::factor], x[-1])
    np.testing.assert_array_equal(
        last[factor - 1 :: factor, factor - 1 :: factor], x[-1]
    )


def test_all_images_stand_in_rows_and_columns_beside_the_text():
    plain = images.labeled_grid(X[:5], columns=3)
    picture = images.labeled_grid(
        X[:5],
        labels=["", "", "", "b", ""],
        columns=3,
        title="A title",
        row_labels=["one", 2],
        column_labels=[0.5, -1, "c"],
    )
    factor = (plain.shape[1] - 2 * MARGIN - 2 * GAP) // 12
    assert factor == 86  # 6 rows of pixels become 516
    places = np.array([find_tile(picture, x, factor) for x in X[:5]])
    plain_places = np.array([find_tile(plain, x, factor) for x in X[:5]])
    steps = places - places[0]
    steps[3:, 0] -= (line := steps[3, 0] - (3 * factor + GAP))
    np.testing.assert_array_equal(steps, plain_places - plain_places[0])
    assert 10 < line < 30
    top, left = places[0]
    title, above = picture[: MARGIN + 20], picture[MARGIN + 20 : top]
    assert has_text(title)
    for x in places[:3, 1]:
        assert has_text(above[:, x : x + 4 * factor])
    for y in places[[0, 3], 0]:
        assert has_text(picture[y : y + 3 * factor, :left])
    between = picture[places[3, 0] - line : places[3, 0]]
    assert has_text(between[:, left : left + 4 * factor])
    assert not has_text(between[:, left + 4 * factor :])
    assert np.all(picture[places[3, 0] :, places[2, 1] :] == 255)  # no sixth image


def test_classes_stand_once_above_a_column_that_has_one():
    names = ["cat", "dog", "a bird"]
    options = {"columns": 3, "class_names": names}
    found = images.labeled_grid(X, np.arange(6) % 3, **options)
    expected = images.labeled_grid(X, columns=3, column_labels=names)
    np.testing.assert_array_equal(found, expected)
    found = images.labeled_grid(X, [0, 1, 2, 2, 1, -1], **options)
    expected = ["cat", "dog", "a bird", "a bird", "dog", "none"]
    np.testing.assert_array_equal(found, images.labeled_grid(X, expected, columns=3))
    found = images.labeled_grid(X, [0, 1, 3, 0, 1, 3], **options)  # more than names
    expected = images.labeled_grid(X, columns=3, column_labels=["cat", "dog", 3])
    np.testing.assert_array_equal(found, expected)


def test_long_text_stays_within_its_place():
    long = "a name of a class that nobody would give\nin two lines " * 9
    picture = images.labeled_grid(
        X, [long] * 5 + ["b"], 3, title=long, row_labels=[long, ""]
    )
    sides = [picture[:, :MARGIN], picture[:, -MARGIN:], picture[:MARGIN]]
    assert not any(map(has_text, sides))
    assert picture.shape[1] < 1600


def test_the_outline_surrounds_the_true_pixels_and_covers_none():
    mask = np.zeros((6, 3, 4), bool)
    mask[:, 1:, 1:3] = True
    mask[5] = False
    picture = images.labeled_grid(X, outline=mask, columns=3)
    plain = images.labeled_grid(X, columns=3)
    assert picture.shape == (*plain.shape[:2], 3)
    line = (picture == OUTLINE_COLOR).all(axis=-1)
    np.testing.assert_array_equal(picture[~line], np.repeat(plain[~line], 3, axis=-1))
    y, x = find_tile(plain, X[0], 86)
    inside = line[y + 86 : y + 3 * 86, x + 86 : x + 3 * 86]
    assert not inside.any()
    assert line[y + 84 : y + 86, x + 84 : x + 3 * 86 + 2].all()
    assert line[y + 84 : y + 3 * 86 + 2, x + 84 : x + 86].all()
    assert line[y + 3 * 86 : y + 3 * 86 + 2, x + 84 : x + 3 * 86 + 2].all()
    y, x = find_tile(plain, X[5], 86)
    assert not line[y - 1 :, x - 1 :].any()
    half = np.arange(3)[:, None] < [1, 1, 1, 1]
    assert images.labeled_grid(X, outline=half).shape[-1] == 3


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"labels": [1, 2]}, r"`labels` must be 6 .*Received: labels of shape \(2,\)"),
        ({"labels": [None] * 6}, "`labels` must .*dtype object"),
        ({"row_labels": [1, 2, 3]}, "`row_labels` must be 2 .*Received"),
        ({"column_labels": ["a"]}, "`column_labels` must be 3 .*Received"),
        ({"outline": np.ones((3, 4))}, "`outline` must be bools .*dtype float64"),
        ({"outline": np.ones((4, 3), bool)}, "`outline` must .*Received"),
        ({"columns": 0}, "`columns`.*Received: columns=0"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        images.labeled_grid(X, **{"columns": 3, **arguments})
