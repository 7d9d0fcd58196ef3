"""Where curves and the tones of a piano roll are drawn."""

import numpy as np
import pytest

from kerasgen.images.series import (
    BAND,
    COLORS,
    CURVE_WIDTH,
    GAP,
    ROLL_WIDTH,
    SEMITONE,
    curves,
    piano_roll,
)

pytestmark = pytest.mark.any_backend


def is_color(picture, color):
    return np.abs(picture - color).max(axis=-1) < 1e-6


def test_a_curve_rises_from_the_foot_of_its_band_to_the_head():
    values = np.zeros((1, 11, 2), "float32")
    values[0, :, 1] = np.linspace(0, 1, 11)
    picture = curves(values)[0]
    assert picture.shape == (2 * (BAND + GAP) + GAP, CURVE_WIDTH, 3)
    flat, rising = (is_color(picture, color) for color in COLORS[:2])
    assert flat[GAP + BAND - 1].all() and flat.sum() == CURVE_WIDTH
    top = 2 * GAP + BAND
    rows = np.arange(len(rising))[:, None]
    middle = (rows * rising).sum(axis=0) / rising.sum(axis=0)
    line = top + (BAND - 1) * (1 - (np.arange(CURVE_WIDTH) + 0.5) / CURVE_WIDTH)
    np.testing.assert_allclose(middle, line, atol=1.0)
    assert rising[top, -1] and rising[top + BAND - 1, 0]


def test_curves_of_values_that_are_not_finite_or_beyond_are_drawn():
    values = np.float32([[[np.nan], [7.0], [-3.0]]])
    assert np.isfinite(curves(values)).all()


def roll(**changes):
    tones = {
        "length": [[1.0, 2.0, 1.0]],
        "pitch": [[60.0, 72.0, 60.0]],
        "intensity": [[1.0, 0.0, 0.5]],
        "wait": [[0.0, 2.0, 1.0]],
    }
    tones |= changes
    return piano_roll(**{k: np.float32(v) for k, v in tones.items()})[0]


def test_tones_lie_where_and_when_they_sound():
    picture = roll()
    dark = picture[..., 0] < picture[..., 2] - 0.1  # ink is blue, paper is grey
    rows = np.flatnonzero(dark.any(axis=1))
    assert len(rows) == 2 * SEMITONE
    assert rows[-1] - rows[0] == 12 * SEMITONE + SEMITONE - 1
    beat = ROLL_WIDTH / 4  # the last tones end after four beats
    high, low = dark[rows[0]], dark[rows[-1]]
    assert np.flatnonzero(high)[0] == 2 * beat
    assert np.flatnonzero(high)[-1] == 4 * beat - 2
    first, last = low[: int(2 * beat)], low[int(2 * beat) :]
    assert np.flatnonzero(first).tolist() == list(range(int(beat) - 1))
    assert np.flatnonzero(last)[0] == beat
    brightness = picture.sum(axis=-1)
    strong, weak = brightness[rows[-1], 0], brightness[rows[0], int(3 * beat)]
    assert strong < brightness[rows[-1], int(3 * beat)] < weak


def test_melodies_of_one_picture_share_their_axes():
    pitch = np.float32([[60, 60], [50, 90]])
    ones = np.ones((2, 2), "float32")
    pictures = piano_roll(ones, pitch, ones, np.float32([[0, 1], [0, 7]]))
    dark = pictures[..., 0] < pictures[..., 2] - 0.1
    assert dark[0].any(axis=0)[: ROLL_WIDTH // 4 - 1].mean() > 0.9
    assert not dark[0][:, ROLL_WIDTH // 4 :].any()
    assert dark[1].any(axis=0)[-2] and dark[1].any(axis=1).argmax() == SEMITONE


def test_a_melody_of_nonsense_is_drawn():
    picture = roll(pitch=[[np.nan, 0.0, 127.0]], wait=[[np.inf, np.nan, -1.0]])
    assert np.isfinite(picture).all()
