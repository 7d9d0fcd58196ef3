"""Copies of training examples are found, and what is none is not taken for one."""

import math

import numpy as np
import pytest
from scipy import stats

from kerasgen.images import to_float
from kerasgen.metrics import (
    authenticity,
    birthday_support,
    memorisation_scores,
    nearest_distances,
)
from kerasgen.metrics.memorisation import mann_whitney_z

pytestmark = pytest.mark.any_backend


def points(count, size=4, seed=0):
    return np.random.default_rng(seed).standard_normal((count, size))


def images(count, seed=0, size=6):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, size, size, 1), "uint8")


def test_nearest_training_images_in_pixels():
    x, known = images(7), images(20, seed=1)
    table = (to_float(x)[:, None] - to_float(known)[None]).astype("float64")
    table = np.sqrt(np.sum(table**2, axis=(2, 3, 4)))
    for block_size in (None, 3):
        found, places = nearest_distances(x, known, block_size)
        np.testing.assert_allclose(found, table.min(axis=1), rtol=1e-6)
        np.testing.assert_array_equal(places, table.argmin(axis=1))
    np.testing.assert_array_equal(nearest_distances(to_float(x), known)[0], found)


def test_a_training_image_among_the_samples_is_found():
    train, samples = images(30), images(10, seed=1)
    samples[4] = train[17]
    distances, places = nearest_distances(samples, train)
    assert distances[4] == 0 and places[4] == 17 and (np.delete(distances, 4) > 0).all()
    found = memorisation_scores(samples, train, images(12, seed=2))
    assert found["exact_copies"] == 0.1 and found["held_out_exact_copies"] == 0
    assert found["exact_copies_num_examples"] == 10
    error = math.sqrt(0.1 * 0.9 / 9)
    assert found["exact_copies_standard_error"] == pytest.approx(error)


def test_a_memoriser_and_an_honest_model_and_one_far_off():
    train, held_out = points(300), points(200, seed=1)
    copies = train[:200] + 1e-3 * points(200, seed=2)
    copying = memorisation_scores(copies, train, held_out)
    assert copying["memorisation_ratio"] < 0.01 and copying["memorisation_z"] < -10
    assert copying["memorisation_p_value"] < 1e-20 and copying["authenticity"] < 0.01
    honest = memorisation_scores(points(200, seed=3), train, held_out)
    assert abs(honest["memorisation_z"]) < 3
    assert honest["memorisation_ratio"] == pytest.approx(1.0, abs=0.2)
    gap = honest["authenticity"] - honest["held_out_authenticity"]
    assert abs(gap) < 4 * math.sqrt(2) * honest["authenticity_standard_error"]
    far = memorisation_scores(points(200, seed=3) + 5, train, held_out)
    assert far["memorisation_z"] > 10 and far["memorisation_p_value"] > 1 - 1e-12
    assert far["authenticity"] > 0.95 and far["memorisation_ratio"] > 2


def test_p_values_are_uniform_for_samples_of_the_data():
    generator = np.random.default_rng(0)
    found = [
        memorisation_scores(*(generator.standard_normal((n, 3)) for n in (25, 40, 30)))
        for _ in range(100)
    ]
    p_values = [figures["memorisation_p_value"] for figures in found]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    scores = [figures["memorisation_z"] for figures in found]
    assert abs(np.mean(scores)) < 0.35 and np.std(scores) == pytest.approx(1, abs=0.25)


def test_statistic_is_that_of_scipy():
    generator = np.random.default_rng(1)
    for high in (1000, 4):  # almost no ties, and many
        x, y = generator.integers(0, high, 40), generator.integers(1, high + 1, 25)
        p = stats.mannwhitneyu(x, y, False, "less", method="asymptotic").pvalue
        assert stats.norm.cdf(mann_whitney_z(x, y)) == pytest.approx(p, rel=1e-9)
    assert mann_whitney_z([1, 1], [1, 1, 1]) == 0.0
    z = (0 - 4.5) / math.sqrt(9 * 7 / 12)  # all of three below all of three
    assert mann_whitney_z([1, 2, 3], [4, 5, 6]) == pytest.approx(z)


def test_medians_and_means():
    train = np.array([[0.0], [100.0]])
    found = memorisation_scores([[1.0], [2.0], [6.0]], train, [[96.0], [8.0]])
    assert found["memorisation_ratio"] == pytest.approx(2 / 6)
    assert found["sample_distance"] == pytest.approx(3.0)
    assert found["held_out_distance"] == pytest.approx(6.0)
    assert found["held_out_distance_standard_error"] == pytest.approx(2.0)
    same = memorisation_scores(train, train, train)
    assert same["memorisation_ratio"] == 1.0 and same["memorisation_z"] == 0.0
    assert memorisation_scores([[1.0]], train, train)["memorisation_ratio"] == math.inf


def test_authentic_is_further_than_the_neighbour_of_the_neighbour():
    train = np.array([[0.0], [1.0], [10.0], [14.0]])
    samples = np.array([[-0.5], [-1.5], [18.5], [17.5], [10.0]])
    found = authenticity(samples, train)
    assert found["authenticity"] == pytest.approx(2 / 5)
    assert found["authenticity_num_examples"] == 5
    for block_size in (1, 2, 3):
        assert authenticity(samples, train, block_size) == found
    twice = np.concatenate([train, train])  # a copy is none the less a copy
    assert authenticity(train, twice)["authenticity"] == 0.0


def test_blocks_and_order_change_nothing():
    generator = np.random.default_rng(0)
    sets = points(30, seed=1), points(50, seed=2), points(40, seed=3)
    expected = memorisation_scores(*sets)
    for block_size in (7, 50):
        shuffled = [generator.permutation(x) for x in sets]
        assert memorisation_scores(*shuffled, block_size) == pytest.approx(
            expected, rel=1e-12
        )


@pytest.mark.parametrize("support, count", [(50, 100), (400, 200)])
def test_birthdays_tell_how_many_things_there_are(support, count):
    generator = np.random.default_rng(0)
    things = points(support)
    found = [
        birthday_support(things[generator.integers(0, support, count)], 0.0)
        for _ in range(200)
    ]
    rates = [1 / figures["birthday_support"] for figures in found]
    error = np.std(rates, ddof=1)
    assert abs(np.mean(rates) - 1 / support) < 4 * error / math.sqrt(200)
    told = [
        f["birthday_support_standard_error"] / f["birthday_support"] ** 2 for f in found
    ]
    assert np.median(told) == pytest.approx(error, rel=0.2)
    bounds = [figures["birthday_support_lower_bound"] < support for figures in found]
    assert 0.9 <= np.mean(bounds) <= 1.0


def test_error_of_birthdays_knows_that_some_things_are_likelier():
    generator, things = np.random.default_rng(0), points(100)
    shares = np.arange(1, 101.0) ** -1
    shares /= shares.sum()
    draws = generator.choice(100, (200, 150), p=shares)
    found = [birthday_support(things[draw], 0.0) for draw in draws]
    rates = [1 / f["birthday_support"] for f in found]
    assert np.mean(rates) == pytest.approx(np.sum(shares**2), rel=0.05)
    told = [
        f["birthday_support_standard_error"] / f["birthday_support"] ** 2 for f in found
    ]
    assert np.median(told) == pytest.approx(np.std(rates), rel=0.2)
    by_chance = math.sqrt(np.sum(shares**2) / (150 * 149 / 2))
    assert np.median(told) > 1.5 * by_chance


def test_batch_of_the_paper_has_a_duplicate_half_of_the_time():
    generator = np.random.default_rng(0)
    found = birthday_support(generator.integers(0, 1000, (3000, 1)), 0.0)
    batch = found["birthday_batch"]
    assert batch == pytest.approx(1.177 * math.sqrt(1000), rel=0.1)
    rows = generator.integers(0, 1000, (2000, round(batch)))
    twice = [len(set(row)) < len(row) for row in rows.tolist()]
    assert np.mean(twice) == pytest.approx(0.5, abs=0.06)


def test_duplicates_are_no_further_apart_than_the_threshold():
    samples = np.array([[0.0], [1.0], [3.0], [7.0]])
    pairs = [
        birthday_support(samples, t, block_size=3)["birthday_pairs"]
        for t in (0.0, 0.99, 1.0, 2.0, 4.0, 7.0)
    ]
    assert pairs == [0, 0, 1, 2, 4, 6]
    none = birthday_support(samples, 0.0)
    assert none["birthday_support"] == math.inf and none["birthday_batch"] == math.inf
    assert "birthday_support_standard_error" not in none
    bound = 6 / -math.log(0.05)
    assert none["birthday_support_lower_bound"] == pytest.approx(bound)
    all_one = birthday_support(np.ones((5, 2)), 0.0)
    assert all_one["birthday_support"] == 1.0 and all_one["birthday_batch"] < 2.0
    assert all_one["birthday_support_standard_error"] == 0.0


def test_refuses_other_sizes_and_too_few():
    with pytest.raises(ValueError, match="`samples` and `train` and `held_out` must"):
        memorisation_scores(points(5), points(5), points(5, size=3))
    with pytest.raises(ValueError, match="`train` must be two"):
        authenticity(points(5), points(1))
    with pytest.raises(ValueError, match="`known` must be finite"):
        nearest_distances(points(5), np.full((5, 4), np.nan))
    with pytest.raises(ValueError, match="Received: x of shape"):
        nearest_distances(points(5)[:0], points(5))
    with pytest.raises(ValueError, match="`samples` must be two or more"):
        birthday_support(points(1), 0.0)
    with pytest.raises(ValueError, match="Received: threshold=-1"):
        birthday_support(points(5), -1)
