"""Pictures of volumes: what is where, what hides what, how large it is."""

import numpy as np
import pytest

from kerasgen.images import volume_views
from kerasgen.images.volumes import LIGHT, SIDE, TILT, TURN

pytestmark = pytest.mark.any_backend

SHAPE = (8, 12, 10)


def drawn(volume, **kwargs):
    """Returns the mask of what is not white."""
    return (volume_views(volume[None], **kwargs)[0] < 1).any(axis=-1)


def cell(depth, height, width):
    volume = np.zeros(SHAPE, bool)
    volume[depth, height, width] = True
    return volume


def centre(mask):
    return np.argwhere(mask).mean(axis=0)


def test_pictures_are_images():
    views = volume_views(np.random.default_rng(0).random((3, *SHAPE)))
    assert views.shape == (3, SIDE, SIDE, 3) and views.dtype == np.float32
    assert views.min() >= 0 and views.max() <= 1
    assert (volume_views(np.zeros((1, *SHAPE))) == 1).all(), "nothing is white"


def test_a_block_is_as_large_as_its_faces_seen_aslant():
    mask = drawn(np.ones(SHAPE, bool), side=120)
    depth, height, width = SHAPE
    front, top, right = width * height, depth * width, depth * height
    area = (front * np.cos(TURN) + right * np.sin(TURN)) * np.cos(TILT)
    area += top * np.sin(TILT)
    across = width * np.cos(TURN) + depth * np.sin(TURN)
    flat = width * np.sin(TURN) + depth * np.cos(TURN)
    up = height * np.cos(TILT) + flat * np.sin(TILT)
    pixel = 1.04 * max(across, up) / 120
    assert mask.sum() * pixel**2 == pytest.approx(area, rel=0.03)
    rows, columns = np.nonzero(mask)
    assert np.ptp(rows) * pixel == pytest.approx(up, rel=0.03)
    assert np.ptp(columns) * pixel == pytest.approx(across, rel=0.03)


def test_height_goes_down_width_to_the_right_and_depth_away():
    here = centre(drawn(cell(3, 5, 4)))
    below, beside, behind = (
        centre(drawn(cell(*place))) - here
        for place in ((3, 9, 4), (3, 5, 8), (7, 5, 4))
    )
    assert below[0] > 10 and abs(below[1]) < 1
    assert beside[1] > 10 and beside[0] > 0
    assert behind[0] < 0 and behind[1] > 0, "further is higher, and to the right"


def test_what_is_in_front_hides_what_is_behind():
    full = np.ones(SHAPE, bool)
    hollow = full.copy()
    hollow[2:-2, 2:-2, 2:-2] = False
    np.testing.assert_array_equal(*volume_views(np.stack([full, hollow])))
    front, both = cell(0, 6, 5), cell(0, 6, 5)
    both[1, 7, 5] = True  # a row down and one behind: partly hidden
    alone = drawn(cell(1, 7, 5))
    assert drawn(both).sum() < drawn(front).sum() + alone.sum()


def test_faces_are_lit_from_above():
    view = volume_views(np.ones((1, 1, 1, 1)), side=64)[0].sum(axis=-1).round(4)
    values, counts = np.unique(view[view < 3], return_counts=True)
    right, front, top = sorted(values[np.argsort(counts)[-3:]])
    np.testing.assert_allclose([right / top, front / top], LIGHT[[2, 0]], atol=1e-3)
    right, front, top = (centre(view == value) for value in (right, front, top))
    assert top[0] < min(front[0], right[0]) and front[1] < right[1]


def test_faces_in_corners_are_darker():
    floor = np.zeros(SHAPE, bool)
    floor[:, -1] = True
    wall = floor.copy()
    wall[-1] = True
    views = volume_views(np.stack([floor, wall]), side=128).sum(axis=-1)
    seen = (views[0] < 3) & (views[1] < 3)
    darker = views[1][seen] < views[0][seen] - 0.05
    assert 0 < darker.mean() < 0.6, "near the wall alone"


def test_the_threshold_and_what_is_not_a_number():
    half = np.full(SHAPE, 0.5, "float32")
    assert drawn(half).any() and not drawn(half - 0.01).any()
    assert drawn(half - 0.01, threshold=0.4).any()
    odd = cell(3, 5, 4).astype("float32")
    odd[3, 5, 4] = np.nan
    view = volume_views(odd[None])[0]
    assert np.isnan(view).any() and (view[~np.isnan(view)] == 1).all()


def test_what_is_no_volume_is_refused():
    for bad in (np.zeros((2, 8, 8)), np.zeros((0, 8, 8, 8)), np.zeros((1, 8, 0, 8))):
        with pytest.raises(ValueError, match="`volumes` must have.*Received"):
            volume_views(bad)
