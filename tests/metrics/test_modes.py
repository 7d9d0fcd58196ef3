"""Modes hit, quality and divergence: of true samples, collapsed and uneven ones."""

import math

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.mixture import grid_centers, ring_centers
from kerasgen.metrics import class_coverage, mode_coverage

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    "kind, modes, log", [("ring", 8, 2.0794), ("grid", 25, 3.2189)]
)
def test_true_samples_hit_all_and_one_mode_one(kind, modes, log):
    truth = data.load("mixture", "test", kind=kind, num_examples=2500)
    samples, _ = truth.spread(truth.num_examples)
    found = mode_coverage(samples, truth)
    assert found["modes"] == found["num_modes"] == modes
    assert found["num_modes_expected"] == pytest.approx(modes, abs=1e-6)
    assert found["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.007)
    error = math.sqrt(0.9889 * 0.0111 / 2500)
    assert found["high_quality_standard_error"] == pytest.approx(error, rel=0.3)
    assert found["high_quality_num_examples"] == 2500
    assert 0 <= found["reverse_kl"] < 4 * (modes - 1) / 5000
    one = mode_coverage(np.repeat(truth.centers[3:4], 100, axis=0), truth)
    assert (one["modes"], one["high_quality"], one["mode_entropy"]) == (1, 1.0, 0.0)
    assert one["reverse_kl"] == pytest.approx(log, abs=1e-4) == math.log(modes)


@pytest.mark.parametrize("scale, std", [(2.0, 0.01), (1.0, 0.02), (0.5, None)])
def test_the_scale_of_a_data_set_is_its_own(scale, std):
    truth = data.load("mixture", "test", num_examples=5000, scale=scale, std=std)
    samples, _ = truth.spread(truth.num_examples)
    found = mode_coverage(samples, truth)
    assert found["high_quality"] == pytest.approx(0.9889, abs=0.005)
    wider = mode_coverage(samples, truth, num_stds=4)["high_quality"]
    assert wider == pytest.approx(0.999665, abs=0.0015)
    narrow = mode_coverage(samples, truth.centers, truth.std / 3)["high_quality"]
    assert narrow == pytest.approx(1 - math.exp(-0.5), abs=0.03)


def test_low_quality_hits_no_mode_and_has_no_part_in_the_divergence():
    centers = ring_centers()
    samples = np.concatenate([centers[[0, 0, 1, 1]], 1.5 * centers])
    found = mode_coverage(samples, centers, 0.01)
    assert found["modes"] == 2 and found["high_quality"] == pytest.approx(4 / 12)
    assert found["reverse_kl"] == pytest.approx(math.log(4))
    assert found["mode_entropy"] == pytest.approx(math.log(2))
    assert mode_coverage(samples, centers, 0.01, minimum=3)["modes"] == 0
    none = mode_coverage(1.5 * centers, centers, 0.01)
    assert none["modes"] == 0 and math.isnan(none["reverse_kl"])
    assert math.isnan(none["mode_entropy"])


def test_edge_of_quality_and_order():
    centers = grid_centers()
    samples = centers[[7, 7, 7]] + [[0.0, 0.74], [0.76, 0], [0.5, 0.5]]
    assert mode_coverage(samples, centers, 0.25)["high_quality"] == pytest.approx(2 / 3)
    expected = mode_coverage(samples, centers, 0.25)
    assert mode_coverage(samples[::-1], centers[::-1], 0.25) == expected


def test_divergence_is_of_the_samples_from_the_data():
    """The other way round it would be infinite: a class is never drawn."""
    found = class_coverage([0, 0, 0, 1], 3)
    expected = 0.75 * math.log(2.25) + 0.25 * math.log(0.75)
    assert found["reverse_kl"] == pytest.approx(expected)
    assert found["modes"] == 2 and found["num_modes"] == 3
    assert found["num_modes_expected"] == pytest.approx(3 * (1 - (2 / 3) ** 4))
    assert class_coverage([0, 1, 2, 2, 1, 0], 3)["reverse_kl"] == 0.0
    given = class_coverage([0, 0, 0, 1], 3, [0.75, 0.25, 0.0])
    assert given["reverse_kl"] == pytest.approx(0.0, abs=1e-15)
    assert given["num_modes_expected"] == pytest.approx(2 - 0.25**4 - 0.75**4)
    absent = class_coverage([0, 0, 0, 2], 3, [0.75, 0.25, 0.0])
    assert absent["reverse_kl"] == math.inf
    assert "reverse_kl_standard_error" not in absent


def test_triples_of_digits_are_a_thousand_modes():
    every = np.stack(np.unravel_index(np.arange(1000), (10, 10, 10)), axis=1)
    found = class_coverage(every, 10)
    assert found["modes"] == found["num_modes"] == 1000
    assert found["reverse_kl"] == pytest.approx(0.0, abs=1e-12)
    assert found["mode_entropy"] == pytest.approx(math.log(1000))
    one = class_coverage(every[[123] * 50], 10)
    assert one["modes"] == 1 and one["reverse_kl"] == pytest.approx(6.907755)
    # The last column counts on: (1, 2, 3) is mode 123.
    proportions = np.zeros(1000)
    proportions[123] = 1.0
    assert class_coverage(every[[123] * 5], 10, proportions)["reverse_kl"] == 0.0


def test_a_perfect_generator_of_stacked_digits():
    """26,000 draws hit all of 1,000 modes, 2,500 only 918, and the divergence has a
    bias of 0.0192."""
    generator = np.random.default_rng(0)
    found = class_coverage(generator.integers(0, 10, (26000, 3)), 10)
    assert found["modes"] == 1000
    assert found["num_modes_expected"] == pytest.approx(1000 - 5e-9, abs=1e-9)
    assert found["reverse_kl"] == pytest.approx(0.0192, abs=0.004)
    fewer = [
        class_coverage(generator.integers(0, 10, (2500, 3)), 10) for _ in range(20)
    ]
    assert fewer[0]["num_modes_expected"] == pytest.approx(918.0, abs=0.05)
    assert np.mean([f["modes"] for f in fewer]) == pytest.approx(918.0, abs=6)


@pytest.mark.parametrize(
    "shares", [[0.05] * 20, [0.7, 0.1, 0.1, 0.1], [0.3, 0.25, 0.25, 0.2]]
)
def test_error_of_the_divergence(shares):
    generator, count = np.random.default_rng(0), len(shares)
    found = [
        class_coverage(generator.choice(count, 500, p=shares), count)
        for _ in range(400)
    ]
    spread = np.std([f["reverse_kl"] for f in found])
    told = np.sqrt(np.mean([f["reverse_kl_standard_error"] ** 2 for f in found]))
    assert told == pytest.approx(spread, rel=0.3)


def test_refuses_equal_centers_sets_without_modes_and_other_classes():
    twice = np.concatenate([ring_centers(), ring_centers()[:1]])
    with pytest.raises(ValueError, match="`centers` must be different points"):
        mode_coverage(twice, twice, 0.1)
    roll = data.load("mixture", "test", kind="swissroll", num_examples=10)
    with pytest.raises(ValueError, match="data set that has modes"):
        mode_coverage(ring_centers(), roll)
    with pytest.raises(ValueError, match="rows of one shape"):
        mode_coverage(np.zeros((3, 3)), ring_centers(), 0.1)
    with pytest.raises(TypeError, match="`std` must be a number. Received: std=None"):
        mode_coverage(twice, ring_centers())
    for classes, message in (
        ([0, 3], r"in \[0, 2\]. Received: classes from 0 to 3"),
        ([-1, 0], "classes from -1 to 0"),
        ([0.0, 1.0], "must be ints"),
        (np.zeros(0, int), r"shape \(0,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            class_coverage(classes, 3)
    for proportions in ([0.5, 0.5], [0.5, 0.6, -0.1], [0.5, 0.1, 0.1]):
        with pytest.raises(ValueError, match="must be 3 shares"):
            class_coverage([0], 3, proportions)
