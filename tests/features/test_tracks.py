"""Tracks: units, who is there, the plane they are drawn on, what is refused."""

import numpy as np
import pytest
from keras import ops

from kerasgen.features import Tracks

FEATURE = Tracks(2, 4, num_past=2, extent=8.0)
WALK = np.zeros((1, 2, 4, 3), "float32")
WALK[0, 0] = [[-6, 0, 1], [-2, 0, 1], [2, 0, 1], [6, 4, 1]]  # the second is not there


def test_networks_see_shares_of_the_extent_and_who_is_there():
    seen = FEATURE.prepare(ops.convert_to_tensor(WALK))
    np.testing.assert_allclose(ops.convert_to_numpy(seen)[0, 0, 3], [0.75, 0.5, 1])
    noisy = ops.convert_to_numpy(seen) + [0.0, 0.0, 0.3]
    back = ops.convert_to_numpy(FEATURE.finish(ops.convert_to_tensor(noisy)))
    np.testing.assert_allclose(back, WALK)
    bare = FEATURE.check(WALK[..., :2])
    assert bare.shape == WALK.shape and (bare[..., 2] == 1).all()


@pytest.mark.any_backend
def test_a_picture_is_a_plane_with_the_past_paler_than_the_future():
    picture = FEATURE.picture(WALK)
    assert picture.shape == (1, 96, 96, 3)
    rows, columns = np.nonzero(picture[0].min(axis=-1) < 0.9)
    assert columns.min() == pytest.approx((-6 / 8 + 1) * 48, abs=2)
    assert columns.max() == pytest.approx((6 / 8 + 1) * 48, abs=4)
    assert rows.min() == pytest.approx((1 - 4 / 8) * 48, abs=4)  # upwards is up
    past, future = picture[0, 48, 20], picture[0, 48, 56]
    assert past.min() > future.min() + 0.2 and past.min() < 0.9
    halves = Tracks(2, 2, extent=8.0)
    joined = halves.picture(WALK[:, :, 2:], past=WALK[:, :, :2])
    np.testing.assert_array_equal(joined, picture)
    broken = np.full_like(WALK, np.nan)
    assert np.ptp(FEATURE.picture(broken)[..., 0]) == 0  # nothing can be drawn of it


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`x` must be given: tracks of shape \(2, 4, 3\)"),
        (WALK[:, :, :3], r"`x` must have tracks of shape \(2, 4, 3\)"),
        (WALK.astype("int32"), "`x` must be floats"),
        (np.full_like(WALK, np.inf), "`x` must be finite"),
        (WALK * 0.5, "`x` must say by 1 or 0, in column 2"),
        (WALK + [1, 0, 0], "`x` must be 0 throughout where an agent is not there"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        FEATURE.check(value, "x")


@pytest.mark.any_backend
def test_what_cannot_be_declared_is_refused():
    with pytest.raises(ValueError, match="`num_past` must be at most 4"):
        Tracks(2, 4, num_past=5)
    with pytest.raises(ValueError, match="`extent` must be at least"):
        Tracks(2, 4, extent=0)
