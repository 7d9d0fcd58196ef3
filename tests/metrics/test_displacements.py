"""Displacement errors: by hand, by the best of several, beside a line."""

import math

import numpy as np
import pytest

from kerasgen.metrics import displacement_errors, linear_futures

pytestmark = pytest.mark.any_backend


def walks(count=4, people=3, steps=5, seed=0):
    draws = np.random.default_rng(seed)
    tracks = np.ones((count, people, steps, 3))
    tracks[..., :2] = draws.normal(size=(count, people, steps, 2))
    tracks[::2, -1] = 0.0
    return tracks


def test_known_distances():
    targets = walks()
    futures = targets[..., :2] + np.array([3.0, 4.0])
    futures[..., -1, :] += np.array([3.0, 4.0])
    found = displacement_errors(targets, futures)
    assert found["ade"] == pytest.approx((4 * 5 + 10) / 5)
    assert found["fde"] == pytest.approx(10.0)
    assert (found["num_people"], found["num_futures"]) == (10, 1)
    assert found["ade_standard_error"] == pytest.approx(0.0, abs=1e-12)


def test_the_best_future_of_a_scene_counts_for_each_error():
    targets = walks(2, 2, 2)
    targets[..., 2] = 1.0
    futures = np.repeat(targets[:, None, ..., :2], 2, axis=1)
    futures[:, 0, :, 0, 0] += 1.0  # 1 off at the first step, 0 at the last
    futures[:, 1, :, 1, 0] += 0.5  # 0 and 0.5
    found = displacement_errors(targets, futures)
    assert found["ade"] == pytest.approx(0.25) and found["fde"] == pytest.approx(0.0)
    # One future is best for one person, the other for the other: neither is for both.
    futures = np.repeat(targets[:, None, ..., :2], 2, axis=1)
    futures[:, 0, 0, :, 0] += 1.0
    futures[:, 1, 1, :, 0] += 2.0
    assert displacement_errors(targets, futures)["ade"] == pytest.approx(0.5)


def test_people_who_are_not_there_do_not_count():
    targets = walks()
    futures = targets[..., :2] + 1.0
    other = np.where(targets[..., 2:] > 0, futures, 77.0)
    assert displacement_errors(targets, other) == displacement_errors(targets, futures)
    order = [2, 0, 1]
    shuffled = displacement_errors(targets[:, order], futures[:, order])
    assert shuffled["ade"] == pytest.approx(
        displacement_errors(targets, futures)["ade"]
    )


def test_the_error_is_that_of_drawing_scenes_again():
    draws, found = np.random.default_rng(0), []
    for _ in range(200):
        targets = np.ones((50, 4, 3, 3))
        targets[np.arange(4) >= draws.integers(1, 5, 50)[:, None]] = 0.0
        futures = targets[..., :2] + draws.normal(size=(50, 1, 1, 2))
        found.append(displacement_errors(targets, futures))
    spread = np.std([f["ade"] for f in found], ddof=1)
    errors = [f["ade_standard_error"] for f in found]
    assert np.mean(errors) == pytest.approx(spread, rel=0.2)
    assert math.isnan(displacement_errors(walks(1), walks(1))["ade_standard_error"])


def test_a_line_goes_on():
    steps = np.arange(20.0)
    tracks = np.ones((2, 3, 20, 3))
    tracks[..., 0], tracks[..., 1] = 1.0 + 0.5 * steps, -2.0 * steps
    found = linear_futures(tracks[:, :, :8], 12)
    np.testing.assert_allclose(found, tracks[:, :, 8:, :2], atol=1e-9)
    noisy = walks(1, 1, 8)
    slope, start = np.polyfit(np.arange(8), noisy[0, 0, :, 0], 1)
    found = linear_futures(noisy, 2)[0, 0, :, 0]
    np.testing.assert_allclose(found, start + slope * np.array([8, 9]))


def test_what_does_not_fit_is_refused():
    targets = walks()
    with pytest.raises(ValueError, match=r"`futures` must be \(n, k, people"):
        displacement_errors(targets, targets[:, :2, :, :2])
    with pytest.raises(ValueError, match="Received: nobody is there"):
        displacement_errors(0.0 * targets, targets)
    gone = targets.copy()
    gone[1, 0, 0, 2] = 0.0
    with pytest.raises(ValueError, match="throughout or not at all"):
        displacement_errors(gone, targets)
