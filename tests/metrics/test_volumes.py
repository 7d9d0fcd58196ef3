"""Measures of volumes, on volumes of a few cells."""

import numpy as np
import pytest

from kerasgen.metrics import largest_component_shares, nearest_overlaps

pytestmark = pytest.mark.any_backend


def volume(*cells):
    full = np.zeros((3, 4, 5), bool)
    for cell in cells:
        full[cell] = True
    return full


LINE = [(0, 0, 0), (1, 0, 0), (2, 0, 0)]


def test_cells_hang_together_through_their_faces():
    volumes = np.stack(
        [
            volume(*LINE),
            volume(*LINE, (2, 1, 0)),
            volume(*LINE, (1, 1, 1)),  # an edge is none
            volume((0, 0, 0), (1, 1, 1)),  # nor is a corner
            volume(),
        ]
    )
    expected = [1.0, 1.0, 0.75, 0.5, 0.0]
    np.testing.assert_allclose(largest_component_shares(volumes), expected)


def test_the_threshold_says_what_is_full():
    half = np.where(volume(*LINE), 0.5, 0.1)
    half[2, 3, 4] = 0.3
    assert largest_component_shares(half[None]) == [1.0]
    assert largest_component_shares(half[None], threshold=0.3) == [0.75]
    assert largest_component_shares(half[None], threshold=0.6) == [0.0]
    assert nearest_overlaps(half[None], volume(*LINE)[None]) == [1.0]


def test_overlaps_are_intersections_over_unions_with_the_best():
    given = np.stack([volume(*LINE), volume((0, 0, 0)), volume()])
    others = np.stack([volume(*LINE[:2]), volume(*LINE, (0, 1, 0), (0, 2, 0))])
    found = nearest_overlaps(given, others.astype("float32"))
    np.testing.assert_allclose(found, [2 / 3, 1 / 2, 0.0])
    assert nearest_overlaps(given, np.concatenate([others, given]))[2] == 1.0


def test_what_is_no_volume_is_refused():
    for bad in (np.zeros((2, 3, 4)), np.zeros((0, 3, 4, 5)), np.full((1,) * 4, "x")):
        with pytest.raises(ValueError, match="`volumes` must be numbers.*Received"):
            largest_component_shares(bad)
    with pytest.raises(ValueError, match="`others` must be volumes.*Received"):
        nearest_overlaps(volume()[None], np.zeros((1, 3, 4, 4)))
