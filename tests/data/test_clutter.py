"""Clutter: digits, colours and tilts are known, domains share no written digit."""

import numpy as np
import pytest

from kerasgen.data import load, load_domains, load_pairs
from kerasgen.data.clutter import COLORS

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def digits():
    return load("digits", "train", image_size=32, labels=True, batch_size=4)


def test_labels_are_what_is_drawn(digits):
    data = load("clutter", labels=["digit", "color", "tilt"], num_examples=80,
                batch_size=4)  # fmt: skip
    x, y = data.arrays()
    np.testing.assert_array_equal(y["digit"], digits.labels[:80])
    assert np.abs(y["tilt"]).max() <= 20 and np.ptp(y["tilt"]) > 30
    colors = np.array(list(COLORS.values()), float)[y["color"]]
    ink = digits.source[np.arange(80)][..., 0] > 240
    upright = np.abs(y["tilt"]) < 8
    found = [np.median(x[i][ink[i]], axis=0) for i in np.flatnonzero(upright)]
    off = np.abs(found - colors[upright]).max(axis=1)
    assert (off < 60).mean() > 0.95
    alone = load("clutter", labels="color", num_examples=80, batch_size=4)
    np.testing.assert_array_equal(alone.arrays()[1], y["color"])
    assert alone.class_names == list(COLORS)
    whole = load("clutter", labels=True, batch_size=4)
    assert whole.num_examples == 1500 and whole.num_classes == 10
    assert load("clutter", "test", batch_size=4).num_examples == 297


def kinds(kind):
    data = load("clutter", kind=kind, num_examples=30, batch_size=4)
    images = data.arrays()[0]
    if kind != "clutter":
        assert (images == images[..., :1]).all()  # grey
    return images[..., 0].astype(float)


def test_the_others_are_clean_negative_outlined_and_turned(digits):
    clean, negative, edges, rotated = map(
        kinds, ("clean", "negative", "edges", "rotated")
    )
    np.testing.assert_array_equal(negative, 255 - clean)
    np.testing.assert_allclose(np.rot90(clean, -1, axes=(1, 2)), rotated, atol=1)
    source = digits.source[np.arange(30)][..., 0].astype(float)
    match = [[np.corrcoef(a.ravel(), b.ravel())[0, 1] for b in source] for a in clean]
    assert (np.argmax(match, axis=1) == np.arange(30)).mean() > 0.8
    assert edges.max() == 255 and edges.mean() < clean.mean()
    middle = clean > 250
    assert edges[middle].mean() < 60  # open within


def test_domains_have_counterparts_and_share_no_digit(digits):
    domains = load_domains("clutter", num_examples=400, batch_size=4, other="negative")
    a, b = (domains.source.sources[name] for name in "ab")
    numbers = [source.facts(np.arange(400))["number"] for source in (a, b)]
    assert len(a.digits) + len(b.digits) == 1500
    digits_a = {d.tobytes() for d in a.digits[numbers[0]]}
    assert not digits_a & {d.tobytes() for d in b.digits[numbers[1]]}
    images = domains.rows(np.arange(6))[0]
    negative = domains.counterparts["a"]
    assert negative.kind == "negative" and domains.counterparts["b"].kind == "clutter"
    rows = np.arange(6)
    np.testing.assert_array_equal(negative.facts(rows)["digit"], a.facts(rows)["digit"])
    assert images["b"].mean() > 128 and domains.batch_size == 4


def test_pairs_are_of_the_same_digits():
    targets, inputs = load_pairs("clutter", num_examples=20, batch_size=4).arrays()
    alone = load("clutter", num_examples=20, batch_size=4).arrays()[0]
    clean = load("clutter", num_examples=20, batch_size=4, kind="clean").arrays()[0]
    np.testing.assert_array_equal(inputs, alone)
    np.testing.assert_array_equal(targets, clean)


def test_wrong_options_are_refused():
    for options in ({"kind": "blue"}, {"other": "blue"}, {"split": "validation"}):
        with pytest.raises(ValueError, match="must be one of.*Received"):
            load("clutter", **options)
