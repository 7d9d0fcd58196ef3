"""What all drawn data sets hold to, and the drawing itself."""

import keras
import numpy as np
import pytest

from kerasgen.data import drawing, drawn, load, load_splits
from kerasgen.data.drawing import Canvas

pytestmark = pytest.mark.any_backend
NAMES = ("scenes", "faces", "moving_shapes", "crossing", "rain", "clutter")


def flat(data):
    return [np.asarray(part) for part in keras.tree.flatten(data) if part is not None]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_function_of_seed_split_and_index(name):
    dataset = load(name, labels=True, num_examples=9, batch_size=4, seed=2)
    whole = flat(dataset.arrays())
    again = load(name, labels=True, num_examples=9, batch_size=4, seed=2)
    for rows in (np.array([7]), np.array([8, 2, 2]), np.arange(9)):
        for part, found in zip(whole, flat(again.rows(rows)), strict=True):
            np.testing.assert_array_equal(found, part[rows])
    longer = load(name, num_examples=40, batch_size=4, seed=2).rows(np.arange(9))
    if name != "crossing":  # whole tracks there
        np.testing.assert_array_equal(flat(longer)[0], whole[0])
    for other in ({"seed": 3}, {"split": "test", "seed": 2}):
        options = {"labels": True, "num_examples": 9, "batch_size": 4, **other}
        different = flat(load(name, **options).arrays())[0]
        axes = tuple(range(1, different.ndim))
        assert (different != whole[0]).any(axis=axes).all()


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_checked_and_described(name):
    train, test = load_splits(name, num_examples=8, batch_size=4, labels=True)
    for dataset in (train, test):
        if dataset.fields is not None:
            x, y = dataset[0]
            for field, part in ((dataset.fields.x, x), (dataset.fields.y, y)):
                for key in field if isinstance(field, dict) else [None]:
                    one = field if key is None else field[key]
                    one.check(part if key is None else part[key], "x", 4)
    assert train.describe()["fingerprint"] != test.describe()["fingerprint"]
    classes = load(name, labels=None, num_examples=4, batch_size=4)
    assert (classes.num_classes is not None) == (name in ("moving_shapes", "clutter"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_examples": 0}, "`num_examples` must be at least 1"),
        ({"split": "all"}, "`split` must be one of"),
        ({"labels": "size"}, "`labels` must be one of"),
        ({"image_size": 8}, "`image_size` must be"),
    ],
)
def test_wrong_options_are_refused(name, options, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        load(name, **options)


def test_labels_are_named_once():
    assert drawn.check_labels(True, ("a", "b")) == ["a", "b"]
    assert drawn.check_labels(["b"], ("a", "b")) == ["b"]
    for bad in (["a", "a"], 3):
        with pytest.raises(
            ValueError, match="`labels` must be a bool, or of.*Received"
        ):
            drawn.check_labels(bad, ("a", "b"))


def test_what_was_drawn_is_kept_while_there_is_room(monkeypatch):
    class Counting(drawn.DrawnSource):
        drawn = 0

        def draw_facts(self, generator):
            return {"value": generator.random()}

        def render(self, facts):
            Counting.drawn += len(facts["value"])
            return np.tile(facts["value"][:, None, None, None], (1, 4, 4, 3))

    source = Counting(100, (4, 4))
    first = source[np.arange(50)]
    count = Counting.drawn
    np.testing.assert_array_equal(source[np.arange(50)], first)
    assert Counting.drawn == count <= 51
    monkeypatch.setattr(drawn, "KEPT_BYTES", 10)
    source = Counting(100, (4, 4))
    np.testing.assert_array_equal(source[np.arange(50)], first)
    np.testing.assert_array_equal(source[np.arange(50)], first)
    assert Counting.drawn >= count + 100


SHAPES = {
    "circle": (lambda x, y: drawing.ellipse(x, y, 0.6), np.pi * 0.36),
    "ellipse": (lambda x, y: drawing.ellipse(x, y, 0.8, 0.3), np.pi * 0.24),
    "box": (lambda x, y: drawing.box(x, y, 0.7, 0.4), 1.12),
    "round box": (
        lambda x, y: drawing.box(x, y, 0.7, 0.4, 0.2),
        1.12 - (4 - np.pi) * 0.04,
    ),
    "segment": (
        lambda x, y: drawing.segment(x, y, (-0.5, 0.1), (0.5, 0.1), 0.2),
        0.4 + np.pi * 0.04,
    ),
    "straight bow": (
        lambda x, y: drawing.bow(x, y, 0.5, 0.0, 0.2),
        0.4 + np.pi * 0.04,
    ),
    "triangle": (
        lambda x, y: drawing.polygon(x, y, [(0, -0.8), (0.9, 0.7), (-0.9, 0.7)]),
        1.35,
    ),
    "star": (
        lambda x, y: drawing.star(x, y, 0.9),
        0.81 * 10 * 0.5 * 0.45 * np.sin(np.pi / 5),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_covers_its_area_whatever_the_size_of_pixels(name):
    function, area = SHAPES[name]
    for side in (24, 96):
        canvas = Canvas(1, (side, side))
        cover = canvas.cover(function(canvas.x, canvas.y))
        assert cover.sum() * canvas.pixel**2 == pytest.approx(area, rel=0.03)
        assert ((cover > 0) & (cover < 1)).any()  # soft edges


def test_a_part_of_a_canvas_is_painted_as_the_whole():
    places = np.array([[-0.4, 0.1], [0.3, 0.6]], "float32")
    pictures = []
    for reach in (0.4, 3.0):
        canvas = Canvas(2, (20, 30), (0, 0, 0))
        canvas.shade = np.linspace(0.5, 1.5, 30, dtype="float32")[None, None]
        clip = np.ones((2, 20, 30), "float32")
        clip[:, :11] = 0.5
        part, x, y = canvas.clipped(clip).near(*places.T, reach)
        cover = part.cover(drawing.ellipse(x, y, np.array([0.2, 0.3])))
        part.paint(cover, np.array([[200, 0, 0], [0, 90, 0]]), [1.0, 0.5], shaded=True)
        pictures.append(canvas.pixels())
    np.testing.assert_array_equal(*pictures)
    assert (pictures[0].max(axis=(1, 2, 3)) > 40).all()


def test_surfaces_are_smooth_and_within_their_range():
    numbers = np.stack(
        [drawing.waves(np.random.default_rng(i), 6, 3.0) for i in range(20)]
    )
    canvas = Canvas(20, (64, 64))
    heights = drawing.surface(canvas.x, canvas.y, numbers)
    assert np.abs(heights).max() <= 1 and (np.ptp(heights, axis=(1, 2)) > 0.2).all()
    assert np.abs(np.diff(heights, axis=2)).max() < 0.35
