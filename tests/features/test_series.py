"""Series: bounds of their own for each channel, curves and piano rolls."""

import numpy as np
import pytest
from keras import ops

from kerasgen.features import Series
from kerasgen.features.series import TONES

BOUNDS = ((0.0, 4.0), (36.0, 96.0), (0.0, 1.0), (0.0, 4.0))
MELODY = Series((3, 4), BOUNDS, TONES)
GOOD = MELODY.example(4, np.random.default_rng(0))


def test_each_channel_has_its_own_range():
    prepared = MELODY.prepare(ops.convert_to_tensor(GOOD))
    for i, (low, high) in enumerate(BOUNDS):
        expected = (GOOD[..., i] - low) / (high - low)
        np.testing.assert_allclose(ops.convert_to_numpy(prepared)[..., i], expected)
    beyond = ops.convert_to_tensor(np.float32([[[-1.0] * 4, [2.0] * 4, [0.5] * 4]]))
    found = ops.convert_to_numpy(MELODY.finish(beyond))[0]
    np.testing.assert_array_equal(found, [*np.transpose(BOUNDS), [2, 66, 0.5, 2]])


def test_one_range_is_that_of_all_channels():
    assert Series((5, 3), (-1, 1)) == Series((5, 3), [[-1, 1]] * 3)
    assert Series((5, 3)).bounds == ((0.0, 1.0),) * 3


def changed(i, value):
    wrong = GOOD.copy()
    wrong[1, 2, i] = value
    return wrong


@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`x` must be given: floats of shape \(3, 4\)"),
        (GOOD.astype("int32"), "`x` must be floats"),
        (GOOD[:, 1:], r"`x` must have series of shape \(3, 4\)"),
        (GOOD[:2], "one entry for each of the 4 examples"),
        (GOOD[:0], "at least one example"),
        (changed(2, np.nan), "`x` must be finite"),
        (changed(1, 97.0), r"`x` must be in \[36, 96\] in channel 'pitch'"),
        (changed(3, -0.1), r"`x` must be in \[0, 4\] in channel 'wait'"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        MELODY.check(value, "x", 4)


def test_channels_without_a_name_are_told_by_their_number():
    with pytest.raises(ValueError, match=r"in \[0, 1\] in channel 1\. Received"):
        Series((3, 2)).check(np.float32([[[0, 0], [1, 2], [0, 0]]]))
    assert len(MELODY.check(changed(1, 96.001), "x")) == 4, "rounding is no error"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"shape": (3,)}, r"`shape` must be \(length, channels\)"),
        ({"shape": (3, 0)}, "`shape` must be"),
        ({"shape": (3, 2), "bounds": (1, 0)}, "`bounds` must be a lower and a higher"),
        ({"shape": (3, 2), "bounds": [(0, 1)] * 3}, "of the 2 channels"),
        ({"shape": (3, 2), "names": ["a"]}, "`names` must be 2 distinct str"),
        ({"shape": (3, 2), "names": ["a", "a"]}, "`names` must be 2 distinct str"),
        ({"shape": (3, 2), "names": "ab"}, "`names` must be 2 distinct str"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        Series(**arguments)


def test_tones_in_any_order_are_drawn_as_a_piano_roll():
    assert MELODY.is_melody and not Series((3, 4), BOUNDS).is_melody
    turned = Series((3, 4), BOUNDS[::-1], TONES[::-1])
    rolls = MELODY.picture(GOOD)
    np.testing.assert_array_equal(turned.picture(GOOD[..., ::-1]), rolls)
    curves = Series((3, 4), BOUNDS).picture(GOOD)
    for pictures in (rolls, curves):
        assert pictures.ndim == 4 and len(pictures) == 4 and pictures.shape[-1] == 3
        assert pictures.min() >= 0.0 and pictures.max() <= 1.0
    assert rolls.shape != curves.shape
