"""Melodies: drawn by seed, and as the grammar has them."""

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.data.melodies import (
    ACCENT,
    FORM,
    KEYS,
    LOWEST_KEY,
    METRES,
    SCALES,
)

pytestmark = pytest.mark.any_backend


def melodies(split="train", **kwargs):
    return load("melodies", split, batch_size=4, num_examples=30, **kwargs)


def channels(data):
    x = data.arrays()[0]
    return x, {name: data.field.channel(x, name) for name in data.field.names}


def test_a_melody_is_a_function_of_seed_split_and_index():
    data = melodies()
    x = data.arrays()[0]
    assert x.shape == (30, 32, 4) and x.dtype == np.float32
    data.field.check(x)
    np.testing.assert_array_equal(data.source[np.array([21, 3])], x[[21, 3]])
    np.testing.assert_array_equal(melodies().arrays()[0], x)
    for other in (melodies("test"), melodies("validation"), melodies(seed=1)):
        assert (other.arrays()[0] != x).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(melodies(length=20).arrays()[0][..., 1], x[:, :20, 1])


@pytest.mark.parametrize("key", ["key", "scale", "metre"])
def test_labels_are_the_truth(key):
    data = melodies(labels=key)
    np.testing.assert_array_equal(
        data.arrays()[1], data.source.truth(np.arange(30))[key]
    )
    names = {"key": KEYS, "scale": tuple(SCALES), "metre": ("3/4", "4/4")}[key]
    assert tuple(data.class_names) == names
    if key == "key":
        true = melodies(labels=True).arrays()[1]
        np.testing.assert_array_equal(true, data.arrays()[1])


def test_every_tone_is_of_the_scale():
    data = melodies()
    truth, (_, tones) = data.source.truth(np.arange(30)), channels(data)
    assert (tones["pitch"] == np.round(tones["pitch"])).all()
    for i in range(30):
        scale = list(SCALES.values())[truth["scale"][i]]
        above = tones["pitch"][i] - LOWEST_KEY - truth["key"][i]
        assert set(above % 12) <= set(scale)
        assert above[0] == -12, "the first tone is the key, below the melody"
    assert {*truth["key"]} > {0, 5, 11} and {*truth["scale"]} == {0, 1}


def test_bars_are_as_long_as_the_metre_and_begin_with_two_tones_at_once():
    data = melodies()
    truth, (_, tones) = data.source.truth(np.arange(30)), channels(data)
    for i in range(30):
        beats, bar = METRES[truth["metre"][i]], truth["bar"][i]
        starts = np.cumsum(tones["wait"][i])
        np.testing.assert_array_equal(starts // beats, bar)
        first = np.flatnonzero(np.diff(bar, prepend=-1))
        np.testing.assert_array_equal(starts[first], np.arange(len(first)) * beats)
        np.testing.assert_array_equal(tones["length"][i][first], beats)
        assert (truth["part"][i][first] == -1).all()
        above = first[first < 31] + 1
        assert (tones["wait"][i][above] == 0.0).all()
        np.testing.assert_allclose(tones["intensity"][i][above], ACCENT, atol=0.081)


def test_the_motif_comes_back_on_other_steps_in_the_bars_of_the_form():
    data = melodies()
    truth, (_, tones) = data.source.truth(np.arange(30)), channels(data)
    for i in range(30):
        rhythm, contour = truth["rhythm"][i], truth["contour"][i]
        scale = np.array(list(SCALES.values())[truth["scale"][i]])
        above = (tones["pitch"][i] - LOWEST_KEY - truth["key"][i]).astype(int)
        steps = np.searchsorted(scale, above % 12) + 7 * (above // 12)
        bar, part = truth["bar"][i], truth["part"][i]
        for number in range(bar[-1]):  # the last one may be cut off
            inside = (bar == number) & (part >= 0)
            assert {*part[inside]} == {"AB".index(FORM[number % 4])}
            if part[inside][0] == 0:
                np.testing.assert_array_equal(tones["length"][i][inside], rhythm)
                np.testing.assert_array_equal(np.diff(steps[inside]), np.diff(contour))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"labels": "motif"}, "`labels` must be one of"),
        ({"split": "all"}, "`split` must be one of"),
        ({"length": 0}, "`length` must be"),
        ({"image_size": 8}, "`image_size` must be None"),
    ],
)
def test_what_there_is_not_is_refused(options, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        load("melodies", **options)
