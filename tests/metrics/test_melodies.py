"""Measures of melodies: by hand on small ones, and on those with a known truth."""

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.data.melodies import SCALES
from kerasgen.metrics import (
    melody_scores,
    polyphony,
    repetitions,
    scale_consistency,
    tone_span,
)

pytestmark = pytest.mark.any_backend


def test_the_share_of_the_best_scale_whatever_its_key():
    major = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    for key in range(12):
        assert scale_consistency([major + 60 + key])[0] == 1.0
    harmonic = np.array([0, 2, 3, 5, 7, 8, 11, 12]) + 45
    # Neither is the seventh tone of one scale and the other.
    assert scale_consistency([harmonic, [45.2, 46, 47, 48, 49, 50, 51, 52]]).tolist()[
        0
    ] == pytest.approx(1.0)
    chromatic = scale_consistency([np.arange(60, 72)])[0]
    assert chromatic == pytest.approx(7 / 12)


def test_span_in_whole_semitones():
    assert tone_span([[60.4, 59.6, 71.4], [40, 40, 40]]).tolist() == [11.0, 0.0]


def test_polyphony_counts_the_moments_at_which_tones_meet():
    waits = [
        [0, 0, 1, 0, 0, 1, 1],  # moments of 2, 3, 1 and 1 tones
        [0, 1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0.06, 1, 0.07, 1, 1, 1],  # half of a tick is 0.0625
    ]
    assert polyphony(waits).tolist() == [0.5, 0.0, 1.0, 1 / 6]
    assert polyphony(waits, tick=0.25)[3] == 2 / 5


def test_passages_that_come_back_without_overlapping():
    melody = [1, 2, 3, 1, 2, 3, 1, 2, 3]
    # 1 2 3 at 0, 3 and 6: three pairs; 2 3 1 at 1 and 4; 3 1 2 at 2 and 5.
    assert repetitions([melody])[0] == 5
    assert repetitions([[1, 1, 1, 1]], length=2)[0] == 1
    assert repetitions([np.arange(9)])[0] == 0


def test_melodies_keep_to_their_scale_and_repeat_their_motif():
    data = load("melodies", "test", num_examples=40)
    x, field = data.arrays()[0], data.field
    tones = {key: field.channel(x, key) for key in ("pitch", "intensity", "wait")}
    scores = melody_scores(**tones)
    assert {key: value.shape for key, value in scores.items()} == dict.fromkeys(
        scores, (40,)
    )
    assert (scores["scale_consistency"] == 1.0).all()
    assert 0.1 < scores["polyphony"].min() and scores["polyphony"].max() < 0.6
    truth = data.source.truth(np.arange(40))
    bars = truth["bar"].max(axis=1)
    assert ((scores["repetitions"] > 0) | (bars < 5)).mean() > 0.9
    shuffled = np.random.default_rng(0).permuted(tones["pitch"], axis=1)
    assert repetitions(shuffled).mean() < 0.5 * scores["repetitions"].mean()
    noise = np.random.default_rng(0).uniform(48, 84, x.shape[:2])
    assert scale_consistency(noise).mean() < 0.85
    assert len(SCALES) == 2


@pytest.mark.parametrize("bad", [[60.0, 61.0], [[np.nan, 60.0]], np.zeros((0, 3))])
def test_what_is_no_melody_is_refused(bad):
    with pytest.raises(ValueError, match="`pitch` must be finite numbers.*Received"):
        tone_span(bad)
    with pytest.raises(ValueError, match="`length` must be.*Received"):
        repetitions([[60, 61]], length=3)
