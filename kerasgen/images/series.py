"""Pictures of series: curves, and piano rolls of melodies."""

import numpy as np

from kerasgen.images.palette import colors

COLORS = colors(5)  # of curves, in turn
BAND, GAP = 24, 4  # pixels, of the rows of a curve, and between two
CURVE_WIDTH, ROLL_WIDTH = 96, 160  # pixels
SEMITONE, FEWEST = 3, 36  # pixels, and the semitones that a roll has at least
LIGHT, DARK = np.float32((0.80, 0.87, 0.95)), np.float32((0.05, 0.18, 0.45))
BLACK_KEYS = (1, 3, 6, 8, 10)


def curves(values):
    """Draws each channel as a curve of its own, one below the other.

    Args:
        values: float array `(n, length, channels)`, in `[0, 1]`.

    Returns:
        float32 images `(n, height, 96, 3)` in `[0, 1]`.
    """
    values = np.clip(np.nan_to_num(np.asarray(values, "float32")), 0.0, 1.0)
    count, length, channels = values.shape
    height = channels * (BAND + GAP) + GAP
    images = np.ones((count, height, CURVE_WIDTH, 3), "float32")
    places = np.linspace(0, length - 1, CURVE_WIDTH + 1)
    left = places.astype(int)
    right = np.minimum(left + 1, length - 1)
    share = (places - left)[:, None]
    rows = (1 - values) * (BAND - 1)
    rows = rows[:, left] * (1 - share) + rows[:, right] * share
    for i in range(channels):
        top = GAP + i * (BAND + GAP)
        images[:, top : top + BAND] = 0.94
        ends = np.sort(np.stack([rows[:, :-1, i], rows[:, 1:, i]]), axis=0)
        first, last = np.round(ends).astype(int)[:, :, None, :]
        steps = np.arange(BAND)[None, :, None]
        line = (steps >= first) & (steps <= last)
        images[:, top : top + BAND][line] = COLORS[i % len(COLORS)]
    return images


def piano_roll(length, pitch, intensity, wait):
    """Draws melodies: time runs to the right, and higher pitches are further up.

    The pictures of one call share their axes, which end where the last tone does and
    with the lowest and highest ones. Rows of a piano's black keys are grey, each octave
    begins with a line, and stronger tones are darker.

    Args:
        length, wait: float arrays `(n, tones)`, of a tone and from the begin of the
            one before to its own, in the same unit.
        pitch: float array `(n, tones)`, in semitones; 69 is 440 Hz.
        intensity: float array `(n, tones)`, in `[0, 1]`.

    Returns:
        float32 images `(n, height, 160, 3)` in `[0, 1]`.
    """
    pitch = np.nan_to_num(pitch)
    low, high = int(np.floor(pitch.min())) - 1, int(np.ceil(pitch.max())) + 1
    missing = max(0, FEWEST - (high - low))
    low, high = low - missing // 2, high + (missing + 1) // 2
    keys = np.arange(high, low - 1, -1)
    shade = np.where(np.isin(keys % 12, BLACK_KEYS), 0.92, 1.0)
    paper = np.repeat(shade, SEMITONE)[:, None, None].repeat(ROLL_WIDTH, axis=1)
    paper = paper.repeat(3, axis=2).astype("float32")
    paper[SEMITONE * np.flatnonzero(keys % 12 == 0) + SEMITONE - 1] = 0.78
    start = np.cumsum(np.maximum(np.nan_to_num(wait), 0.0), axis=1)
    end = start + np.maximum(np.nan_to_num(length), 0.0)
    scale = ROLL_WIDTH / max(float(end.max()), 1e-6)
    columns = np.stack([start, end], axis=-1) * scale
    columns = np.clip(np.round(columns).astype(int), 0, ROLL_WIDTH)
    rows = np.round((high - pitch) * SEMITONE).astype(int)
    strength = np.clip(np.nan_to_num(intensity), 0.0, 1.0)[..., None]
    inks = LIGHT + strength * (DARK - LIGHT)
    images = np.broadcast_to(paper, (len(start), *paper.shape)).copy()
    for i, image in enumerate(images):
        for (left, right), row, ink in zip(columns[i], rows[i], inks[i], strict=True):
            right = max(right - 1, left + 1)  # a gap between tones of one pitch
            image[row : row + SEMITONE, left:right] = ink
    return images
