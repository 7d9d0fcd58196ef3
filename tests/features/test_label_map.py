"""Label maps: one-hot and back, colours, what is refused."""

import numpy as np
import pytest
from keras import ops

from kerasgen.features import LabelMap
from kerasgen.images.palette import colors

MAPS = np.array([[[0, 2, 1], [1, 1, 0]]])
FEATURE = LabelMap((2, 3), 3, ["ground", "tree", "house"])


def test_networks_see_a_channel_for_each_class_and_the_largest_is_taken():
    seen = ops.convert_to_numpy(FEATURE.prepare(ops.convert_to_tensor(MAPS)))
    assert seen.shape == (1, 2, 3, 3) and seen.dtype == np.float32
    np.testing.assert_array_equal(seen, np.eye(3)[MAPS])
    noisy = seen + np.random.default_rng(0).uniform(0, 0.4, seen.shape)
    back = ops.convert_to_numpy(FEATURE.finish(ops.convert_to_tensor(noisy)))
    np.testing.assert_array_equal(back, MAPS)
    assert FEATURE.check(MAPS[..., None]).shape == (1, 2, 3)
    assert FEATURE.check(MAPS.astype("uint8")).shape == (1, 2, 3)


@pytest.mark.any_backend
def test_a_class_has_one_colour_in_every_map():
    picture = FEATURE.picture(MAPS)
    assert picture.shape == (1, 2, 3, 3) and picture.dtype == np.float32
    for number in range(3):
        found = np.unique(picture[MAPS == number], axis=0)
        assert len(found) == 1
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 3
    more = LabelMap((2, 3), 40).picture(MAPS)
    np.testing.assert_array_equal(more, picture)
    assert len(np.unique((colors(60) * 255).round(), axis=0)) == 60


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`y` must be given: maps of shape \(2, 3\)"),
        (
            MAPS[:, :1],
            r"`y` must have maps of shape \(2, 3\)",
        ),
        (MAPS * 1.0, "`y` must be integers, the class of each pixel"),
        (MAPS + 1, r"`y` must be in \[0, 2\]"),
        (MAPS - 1, r"`y` must be in \[0, 2\]"),
        (MAPS[:0], "`y` must hold at least one example"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        FEATURE.check(value, "y")


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "arguments, message",
    [
        (((2, 3, 1), 3), r"`shape` must be \(height, width\)"),
        (((2, 0), 3), "`shape` must be at least 1"),
        (((2, 3), 1), "`num_classes` must be at least 2"),
        (((2, 3), 3, ["a", "b"]), "`class_names` must be 3 distinct names"),
    ],
)
def test_what_cannot_be_declared_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        LabelMap(*arguments)
