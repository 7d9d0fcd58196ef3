"""Rain: pairs of one landscape, streaks as dense and slanted as they are said to be."""

import numpy as np
import pytest

from kerasgen.data import load, load_pairs
from kerasgen.data.rain import rain

pytestmark = pytest.mark.any_backend


def test_pairs_are_of_the_same_landscape_in_both_directions():
    pairs = load_pairs("rain", num_examples=12, batch_size=12, shuffle=False)
    clean, rainy = pairs[0]
    assert clean.shape == rainy.shape == (12, 64, 64, 3)
    back = load_pairs("rain", num_examples=12, direction="b_to_a")
    np.testing.assert_array_equal(back.arrays()[0], rainy)
    dataset = load("rain", num_examples=12, batch_size=12, labels="rainy")
    np.testing.assert_array_equal(dataset.arrays()[0], clean)
    np.testing.assert_array_equal(dataset.arrays()[1], rainy)
    np.testing.assert_array_equal(
        load("rain", num_examples=12, batch_size=2).arrays()[0], clean
    )
    errors = np.abs(clean.astype(int) - rainy)
    own = errors.mean(axis=(1, 2, 3))
    others = np.abs(np.roll(clean, 1, axis=0).astype(int) - rainy).mean(axis=(1, 2, 3))
    assert (own > 3).all() and (own < 0.9 * others).mean() > 0.9


def test_denser_rain_changes_more():
    dataset = load("rain", num_examples=60, batch_size=2, labels=True)
    x, y = dataset.arrays()
    dense = dataset.source.facts(np.arange(60))["rain"][:, 0]
    errors = np.abs(x.astype(int) - y).mean(axis=(1, 2, 3))
    assert np.corrcoef(dense, errors)[0, 1] > 0.5


@pytest.mark.parametrize("slant", [-0.5, 0.0, 0.5])
def test_streaks_lean_as_they_are_told(slant):
    sheet = rain((64, 64), 3, 1.0, slant, 1.2)
    assert sheet.shape == (64, 64) and 0 <= sheet.min() and sheet.max() <= 1
    scores = {}
    for trial in np.arange(-1.0, 1.01, 0.25):
        shift = int(round(4 * trial))
        moved = np.roll(sheet[:-4], shift, axis=1)
        scores[trial] = (moved * sheet[4:])[:, 8:-8].mean()
    assert max(scores, key=scores.get) == slant
    assert rain((64, 64), 3, 0.3, slant, 1.2).mean() < 0.6 * sheet.mean()
    np.testing.assert_array_equal(rain((64, 64), 3, 1.0, slant, 1.2), sheet)
