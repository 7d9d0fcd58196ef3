import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.data.sprites import FACTORS, SpritesSource

pytestmark = pytest.mark.any_backend

SIZES = (3, 2, 8, 4, 5)
TOTAL = 3 * 2 * 8 * 4 * 5


def sprites(split="all", **kwargs):
    return load("sprites", split, batch_size=4, factor_sizes=SIZES, **kwargs)


def _draw(sizes=(3, 6, 40, 32, 32), image_size=(64, 64), **factors):
    source = SpritesSource(image_size, sizes)
    row = [factors.get(name, 0) for name in FACTORS]
    return source.draw([row])[0, ..., 0] > 0


def test_all_holds_every_combination_once_the_last_factor_fastest():
    dataset = sprites()
    factors = dataset.source.factors(np.arange(TOTAL))
    assert dataset.num_examples == TOTAL
    grid = np.stack(np.meshgrid(*map(np.arange, SIZES), indexing="ij"), axis=-1)
    np.testing.assert_array_equal(factors, grid.reshape(-1, 5))
    assert len(load("sprites", "all").source) == 737280
    x = dataset.take(3)[0]
    assert x.shape == (3, 64, 64, 1) and x.dtype == np.uint8
    assert set(np.unique(x)) == {0, 255}
    np.testing.assert_array_equal(x, dataset.source.draw(factors[:3]))


def test_train_and_test_share_no_combination():
    parts = {}
    for split in ("train", "test"):
        source = sprites(split).source
        parts[split] = {tuple(f) for f in source.factors(np.arange(len(source)))}
        assert len(parts[split]) == len(source)
    assert not parts["train"] & parts["test"]
    assert len(parts["train"] | parts["test"]) == TOTAL
    assert len(parts["test"]) == TOTAL // 10


def test_num_examples_keeps_the_factors_known():
    dataset = sprites("train", num_examples=50)
    factors = dataset.source.factors(np.arange(50))
    np.testing.assert_array_equal(dataset.arrays()[0], dataset.source.draw(factors))
    assert all(len(np.unique(factors[:, k])) == SIZES[k] for k in range(5))
    with pytest.raises(ValueError, match="`num_examples` must be at most 864"):
        sprites("train", num_examples=865)


@pytest.mark.parametrize("name", FACTORS)
def test_labels_are_factors(name):
    dataset = sprites(labels=name)
    column = FACTORS.index(name)
    factors = dataset.source.factors(np.arange(TOTAL))
    np.testing.assert_array_equal(dataset.arrays()[1], factors[:, column])
    assert dataset.num_classes == SIZES[column]


def test_true_means_the_shape():
    dataset = sprites(labels=True)
    assert dataset.class_names == ["square", "ellipse", "heart"]
    factors = dataset.source.factors(np.arange(TOTAL))
    np.testing.assert_array_equal(dataset.arrays()[1], factors[:, 0])


@pytest.mark.parametrize("shape", range(3))
def test_x_moves_right_and_y_down_over_the_whole_range(shape):
    places, areas = {}, []
    for x, y in ((0, 0), (31, 0), (0, 31), (31, 31)):
        rows, columns = np.nonzero(_draw(shape=shape, scale=5, x=x, y=y))
        places[x, y] = np.array([rows.mean(), columns.mean()])
        areas.append(len(rows))
    assert np.ptp(areas) < 0.1 * max(areas)  # nothing is cut off at the corners
    span = 0.6 * 64
    np.testing.assert_allclose(places[31, 0] - places[0, 0], [0, span], atol=0.5)
    np.testing.assert_allclose(places[0, 31] - places[0, 0], [span, 0], atol=0.5)


@pytest.mark.parametrize("shape, area", [(0, 2.0), (1, np.pi / 2), (2, 2.343665)])
def test_the_area_is_that_of_the_shape_and_grows_with_the_scale(shape, area):
    for scale in range(6):
        size = 0.2 * 64 * (0.5 + 0.1 * scale)
        pixels = _draw(shape=shape, scale=scale, orientation=7, x=15, y=16).sum()
        assert pixels / size**2 == pytest.approx(area, rel=0.06)


@pytest.mark.parametrize("shape, period", [(0, 10), (1, 20), (2, 40)])
def test_orientations_repeat_as_the_symmetry_says(shape, period):
    turns = [_draw(shape=shape, scale=5, orientation=t, x=16, y=16) for t in range(40)]
    different = np.array([(turn != turns[0]).sum() for turn in turns])
    # Rounding at edges may differ by a few pixels between equal orientations.
    assert (different[::period] <= 4).all()
    others = np.arange(40) % period != 0
    assert different[others].min() > 8


def test_an_ellipse_turns_clockwise():
    upright = _draw(shape=1, scale=5, x=16, y=16)
    rows, columns = np.nonzero(upright)
    assert np.ptp(columns) > 1.8 * np.ptp(rows)
    rows, columns = np.nonzero(_draw(shape=1, scale=5, orientation=5, x=16, y=16))
    assert np.corrcoef(rows, columns)[0, 1] > 0.5  # down to the right, at 45 degrees


def test_heart_stands_on_its_tip():
    rows, columns = np.nonzero(_draw(shape=2, scale=5, x=16, y=16))
    widths = [np.sum(rows == row) for row in range(rows.min(), rows.max() + 1)]
    assert widths[-1] < 6 < max(widths[: len(widths) // 2])
    tip = columns[rows == rows.max()]
    assert abs(tip.mean() - columns.mean()) < 1


def test_other_sizes_are_drawn_to_scale():
    source = load("sprites", "all", image_size=(16, 32)).source
    assert source[np.arange(2)].shape == (2, 16, 32, 1)
    small = _draw(image_size=(32, 32), scale=5, x=16, y=16)
    large = _draw(image_size=(64, 64), scale=5, x=16, y=16)
    assert large.sum() / small.sum() == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"image_size": 8}, "`image_size` must be at least 16"),
        ({"labels": "size"}, "`labels` must be one of"),
        ({"split": "validation"}, "`split` must be one of"),
        ({"factor_sizes": (4, 1, 1, 1, 1)}, "`factor_sizes` must be 5 ints, the first"),
        ({"factor_sizes": (3, 1, 1)}, "`factor_sizes` must be 5 ints"),
        ({"factor_sizes": (3, 0, 1, 1, 1)}, "`factor_sizes` must be at least 1"),
    ],
)
def test_wrong_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        load("sprites", **kwargs)


@pytest.mark.parametrize("factors", [[[3, 0, 0, 0, 0]], [[0, 0, 0]], [0] * 5])
def test_factors_out_of_range_are_refused(factors):
    with pytest.raises(ValueError, match="`factors` must have shape"):
        SpritesSource().draw(factors)
