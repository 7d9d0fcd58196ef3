import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.data.shapes import COLORS, KINDS, POSITIONS, VOCABULARY

pytestmark = pytest.mark.any_backend


def shapes(split="train", **kwargs):
    return load("shapes", split, batch_size=4, num_examples=60, **kwargs)


def test_an_image_is_a_function_of_seed_split_and_index():
    dataset = shapes()
    x = dataset.arrays()[0]
    assert x.shape == (60, 32, 32, 3) and x.dtype == np.uint8
    np.testing.assert_array_equal(dataset.source[np.array([41, 3])], x[[41, 3]])
    np.testing.assert_array_equal(shapes().arrays()[0], x)
    for other in (shapes("test"), shapes(seed=1)):
        assert (other.arrays()[0] != x).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("key", ["kind", "color", "position"])
def test_labels_are_the_attributes(key):
    dataset = shapes(labels=key)
    facts = dataset.source.attributes(np.arange(60))
    np.testing.assert_array_equal(dataset.arrays()[1], facts[key])
    assert len(np.unique(facts[key])) == dataset.num_classes
    assert list(dataset.class_names) == list(
        {"kind": KINDS, "color": COLORS, "position": POSITIONS}[key]
    )


def test_true_means_the_kind():
    np.testing.assert_array_equal(
        shapes(labels=True).arrays()[1], shapes(labels="kind").arrays()[1]
    )


def test_the_map_covers_the_colour_around_the_centre():
    dataset = shapes(labels="map")
    x, maps = dataset.arrays()
    facts = dataset.source.attributes(np.arange(60))
    assert maps.shape == (60, 32, 32) and maps.dtype == np.int32
    for i in range(60):
        kind, inside = facts["kind"][i], maps[i] > 0
        assert set(np.unique(maps[i])) == {0, kind + 1}
        color = np.array(list(COLORS.values()))[facts["color"][i]]
        near = np.abs(x[i].astype(int) - color).max(axis=-1) == 0
        assert near.sum() >= 12 and inside[near].all()
        grey = facts["background"][i]
        assert (x[i][0, 16] == grey).all() or inside[0, 16]
        rows, columns = np.nonzero(inside)
        middle = (rows.mean() + 0.5, columns.mean() + 0.5)
        np.testing.assert_allclose(middle, facts["center"][i], atol=2.0)
        assert rows.min() > 0 and rows.max() < 31
        assert columns.min() > 0 and columns.max() < 31


@pytest.mark.parametrize(
    "kind, area",  # in units of the squared radius
    [
        ("circle", np.pi),
        ("square", 1.7**2),
        ("triangle", 0.95 * 1.75),
        ("star", 10 * 0.5 * 0.45 * np.sin(np.pi / 5)),
        ("cross", 2 * 2 * 0.6 - 0.36),
    ],
)
def test_the_area_is_that_of_the_shape(kind, area):
    dataset = shapes(image_size=64)
    facts = dataset.source.attributes(np.arange(60))
    chosen = facts["kind"] == KINDS.index(kind)
    pixels = (facts["map"][chosen] > 0).sum(axis=(1, 2))
    ratios = pixels / facts["radius"][chosen] ** 2
    assert ratios.mean() == pytest.approx(area, rel=0.05)


def test_edges_are_smooth():
    image = shapes().arrays()[0][0].reshape(-1, 3)
    assert len(np.unique(image, axis=0)) > 4


def test_captions_say_what_is_there_and_labels_spell_them():
    dataset = shapes(labels="caption")
    facts = dataset.source.attributes(np.arange(60))
    tokens = dataset.arrays()[1]
    assert tokens.shape == (60, 7)
    for i, caption in enumerate(facts["caption"]):
        position = list(POSITIONS)[facts["position"][i]]
        color, kind = list(COLORS)[facts["color"][i]], KINDS[facts["kind"][i]]
        place = "in the centre" if position == "centre" else f"at the {position}"
        assert caption == f"a {color} {kind} {place}"
        assert " ".join(VOCABULARY[t] for t in tokens[i]).strip() == caption
    assert dataset.num_classes == len(VOCABULARY)


def test_positions_are_where_they_say():
    facts = shapes(image_size=(32, 48)).source.attributes(np.arange(60))
    for (row, column), position in zip(facts["center"], facts["position"], strict=True):
        name = list(POSITIONS)[position]
        assert ("top" in name) == (row < 13) and ("bottom" in name) == (row > 19)
        assert ("left" in name) == (column < 20) and ("right" in name) == (column > 28)
