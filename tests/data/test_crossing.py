"""Crossing: people get where they want to go, and step out of each other's way."""

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.features import Tracks

pytestmark = pytest.mark.any_backend
COUNT = 60


@pytest.fixture(scope="module")
def crossing():
    return load("crossing", num_examples=COUNT, batch_size=4)


def test_past_and_future_are_parts_of_the_whole(crossing):
    whole = crossing.arrays()[0]
    parts = load("crossing", num_examples=COUNT, batch_size=4, labels=True)
    future, past = parts.arrays()
    np.testing.assert_array_equal(np.concatenate([past, future], axis=2), whole)
    assert crossing.fields.x == Tracks(5, 20, 8, 8.0)
    assert parts.fields.x == Tracks(5, 12, 0, 8.0)
    assert parts.fields.y.num_past == 8
    short = load(
        "crossing", num_examples=4, batch_size=4, num_agents=3, past=2, future=4
    )
    assert short.arrays()[0].shape == (4, 3, 6, 3)


def test_people_walk_at_a_human_pace_to_the_other_side(crossing):
    whole, facts = crossing.arrays()[0], crossing.source.facts(np.arange(COUNT))
    there = whole[..., 2] == 1
    np.testing.assert_array_equal(there.all(axis=2).sum(axis=1), facts["count"])
    assert not whole[~there].any()
    assert set(facts["count"]) == {2, 3, 4, 5}
    steps = np.linalg.norm(np.diff(whole[..., :2], axis=2), axis=-1)[there[:, :, 1:]]
    assert 0.7 < steps.mean() / 0.4 < 1.6 and steps.max() / 0.4 < 3.0
    ends = np.linalg.norm(whole[:, :, [0, -1], :2] - facts["goal"][:, :, None], axis=-1)
    came = (ends[..., 1] < ends[..., 0])[there[:, :, 0]]
    assert came.mean() > 0.98
    assert np.abs(whole[..., :2]).max() < 10


def test_they_keep_apart_where_straight_ways_would_meet(crossing):
    whole, facts = crossing.arrays()[0], crossing.source.facts(np.arange(COUNT))
    way = facts["goal"] - facts["start"]
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    time = 0.4 * np.arange(20)[:, None]
    walked = facts["speed"][:, :, None, None] * time * way[:, :, None]
    straight = facts["start"][:, :, None] + walked
    nearest = []
    for places in (whole[..., :2], straight):
        found = []
        for scene, count in zip(places, facts["count"], strict=True):
            gaps = np.linalg.norm(scene[:count, None] - scene[None, :count], axis=-1)
            gaps[np.arange(count), np.arange(count)] = np.inf
            found.append(gaps.min())
        nearest.append(np.array(found))
    close = [(gap < 0.5).mean() for gap in nearest]
    assert close[0] < 0.12 < 0.25 < close[1]


def test_wrong_options_are_refused():
    for options in ({"num_agents": 1}, {"past": 0}, {"future": 0}, {"labels": "goal"}):
        with pytest.raises(ValueError, match="must be.*Received"):
            load("crossing", **options)
