"""What Mogren measured of melodies: a number for each of them.

Mogren, 2016, "C-RNN-GAN: Continuous recurrent neural networks with adversarial
training", https://arxiv.org/abs/1611.09904, section 3.1 and figure 3. Official code:
olofmogren/c-rnn-gan, `midi_statistics.py`, whose indices skip some of the pairs that
are repetitions, and tones of scales that pass the octave; here all count.

Pitches are in semitones, rounded to whole ones.
"""

import numpy as np

from kerasgen.arguments import check_int, check_number

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "natural minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}


def melody_scores(pitch, intensity, wait):
    """Returns all measures of melodies, as the paper's figure 3 has them.

    Args:
        pitch, intensity, wait: float arrays `(n, tones)`, channels of the data set
            `"melodies"`, see `kerasgen.features.Series.channel`.

    Returns:
        dict of float arrays `(n,)`: `"scale_consistency"` and `"polyphony"`, shares in
        `[0, 1]`; `"tone_span"`, semitones; `"unique_tones"`; `"intensity_span"`; and
        `"repetitions"`, of three tones.
    """
    intensity = _checked("intensity", intensity)
    tones = _semitones(pitch)
    return {
        "scale_consistency": scale_consistency(pitch),
        "tone_span": tone_span(pitch),
        "unique_tones": np.array([len(set(row)) for row in tones.tolist()], "float64"),
        "intensity_span": np.ptp(intensity, axis=1),
        "polyphony": polyphony(wait),
        "repetitions": repetitions(pitch),
    }


def scale_consistency(pitch):
    """Returns the share of the tones that are of the scale which fits best, `(n,)`.

    Scales are major, natural and harmonic minor, on each of the 12 keys.
    """
    tones = _semitones(pitch)
    shares = [
        np.isin((tones - key) % 12, scale).mean(axis=1)
        for key in range(12)
        for scale in SCALES.values()
    ]
    return np.max(shares, axis=0)


def tone_span(pitch):
    """Returns the semitones from the lowest to the highest tone, `(n,)`."""
    return np.ptp(_semitones(pitch), axis=1).astype("float64")


def polyphony(wait, tick=0.125):
    """Returns the share of the moments at which two tones or more begin, `(n,)`.

    Of all moments at which any tone begins. Times count in whole ticks, as in a MIDI
    file: less than half a tick after another one is at once with it.

    Args:
        wait: float array `(n, tones)`, the time since the tone before began.
        tick: float, in the unit of `wait`. Defaults to an eighth of a beat.
    """
    check_number("tick", tick, 1e-6)
    waits = _checked("wait", wait)
    later = np.floor(waits[:, 1:] / tick + 0.5) > 0
    moments = 1 + later.sum(axis=1)
    first = np.pad(later, ((0, 0), (1, 0)), constant_values=True)
    joined = np.pad(~later, ((0, 0), (0, 1)))  # another one begins with it
    return (first & joined).sum(axis=1) / moments


def repetitions(pitch, length=3):
    """Returns how many pairs of equal passages there are that do not overlap, `(n,)`.

    Args:
        pitch: float array `(n, tones)`.
        length: int. Tones of a passage. Their timing does not count.
    """
    tones = _semitones(pitch)
    check_int("length", length, 1, tones.shape[1])
    passages = np.lib.stride_tricks.sliding_window_view(tones, length, axis=1)
    places = np.arange(passages.shape[1])
    apart = places[None, :] - places[:, None] >= length
    return np.array(
        [
            ((row[:, None] == row[None, :]).all(axis=-1) & apart).sum()
            for row in passages
        ],
        "float64",
    )


def _semitones(pitch):
    return np.round(_checked("pitch", pitch)).astype("int64")


def _checked(name, values):
    values = np.asarray(values, "float64")
    if values.ndim != 2 or 0 in values.shape or not np.isfinite(values).all():
        raise ValueError(
            f"`{name}` must be finite numbers of shape (n, tones). "
            f"Received: {name} of shape {values.shape}"
        )
    return values
