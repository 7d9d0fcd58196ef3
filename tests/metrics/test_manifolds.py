"""Scores by balls of neighbours: golden numbers, closed forms, collapsed generators."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from kerasgen.metrics import (
    density_coverage,
    expected_coverage,
    precision_recall,
    realism,
)

pytestmark = pytest.mark.any_backend

REAL = np.array([[0.0], [1.0], [2.0], [3.0]])
SAMPLES = np.array([[0.4], [1.6], [10.0], [2.9]])


def points(count, size=8, seed=0):
    return np.random.default_rng(seed).standard_normal((count, size))


def scores(real, samples, k=3, **kwargs):
    """Returns precision, recall, density and coverage."""
    found = precision_recall(real, samples, k, **kwargs)
    found |= density_coverage(real, samples, k, **kwargs)
    return tuple(found[n] for n in ("precision", "recall", "density", "coverage"))


def table_scores(real, samples, k):
    """The definitions, on whole tables: no ties, so that `<` and `<=` are one."""
    across = pairwise_distances(real, samples)
    real_radii, sample_radii = (
        np.sort(pairwise_distances(x), axis=1)[:, k] for x in (real, samples)
    )
    in_real = across < real_radii[:, None]
    return (
        in_real.any(axis=0).mean(),
        (across < sample_radii).any(axis=1).mean(),
        in_real.sum() / (k * len(samples)),
        in_real.any(axis=1).mean(),
    )


def test_golden_numbers_on_a_line():
    assert scores(REAL, SAMPLES, k=1) == (0.75, 1.0, 1.5, 1.0)


def test_an_example_is_not_its_own_neighbour():
    """Else the balls with k = 1 would be points, with k = 2 reach to 5 and not to 6."""
    real = [[0.0], [1.0], [3.0]]
    assert scores(real, [[0.9], [7.0]], k=1)[0] == 0.5
    assert precision_recall(real, [[4.9], [5.9], [6.1]], 2)["precision"] == 2 / 3


@pytest.mark.parametrize("num_real, num_samples, k", [(90, 60, 1), (40, 75, 3)])
def test_equal_to_the_definitions_on_tables(num_real, num_samples, k):
    real, samples = points(num_real, seed=1), 1.2 * points(num_samples, seed=2)
    expected = table_scores(real, samples, k)
    assert scores(real, samples, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("block_size", [3, 7, 64, 1000])
def test_blocks_and_order_change_nothing(block_size):
    generator = np.random.default_rng(3)
    real, samples = points(40, seed=1), points(70, seed=2)
    expected = scores(real, samples)
    assert scores(real, samples, block_size=block_size) == expected
    shuffled = generator.permutation(real), generator.permutation(samples)
    assert scores(*shuffled, block_size=block_size) == expected
    ratios = realism(real, samples, block_size=block_size)
    np.testing.assert_allclose(ratios, realism(real, samples), rtol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1 / 3])
def test_identical_sets_in_any_order_reach_the_ends(scale):
    """Points of a lattice tie: on the edge for `<=` is inside, for `<` outside."""
    lattice = np.stack(np.meshgrid(*[np.arange(5.0)] * 3), -1).reshape(-1, 3)
    for real in (points(100), lattice):
        real = scale * real + scale / 7
        samples = np.random.default_rng(0).permutation(real)
        found = scores(real, samples, 5)
        assert (found[0], found[1], found[3]) == (1.0, 1.0, 1.0)
    assert scores(points(100), points(100)[::-1], 5)[2] == 1.0
    # 125 points with 6 neighbours at 1, 5 on the faces, 4 on edges, 3 in corners: the
    # fifth is outside the ball of the inner ones, which hold themselves alone.
    counts = {6: 27 * 1, 5: 54 * 1, 4: 36 * 5, 3: 8 * 4}
    assert found[2] == pytest.approx(sum(counts.values()) / (5 * 125))


def test_copies_of_a_real_example_are_in_its_ball_of_radius_zero_or_not():
    """Real examples that are repeated k times have a radius of 0."""
    real = np.repeat(points(10), 4, axis=0)
    found = scores(real, real[::4], k=3)
    assert found[0] == 1.0 and found[2] == 0.0 and found[3] == 0.0


def test_a_collapsed_generator_has_precision_and_no_recall():
    real = points(300)
    collapsed = real[7] + 1e-3 * points(200, seed=1)
    found = scores(real, collapsed)
    assert found[0] == 1.0 and found[1] <= 1 / 300 and found[3] < 0.05
    one_image = scores(real, np.repeat(real[7:8], 200, axis=0))
    assert one_image[0] == 1.0 and one_image[1] == 1 / 300
    # The other way round: samples everywhere, few of them real.
    wild = scores(collapsed, real)
    assert wild[0] <= 1 / 300 and wild[1] == 1.0


def test_sets_apart_share_nothing():
    real, samples = points(50), points(40, seed=1) + 100.0
    assert scores(real, samples) == (0.0, 0.0, 0.0, 0.0)
    assert (realism(real, samples) < 1).all()


def test_precision_of_one_is_recall_of_the_other():
    real, samples = points(50), points(40, seed=1) + 1.0
    assert scores(real, samples)[:2] == scores(samples, real)[1::-1]


def test_half_of_the_modes_is_half_of_recall_and_coverage():
    modes = np.repeat(100.0 * np.eye(4, 8), 100, axis=0)
    real, samples = modes + points(400), modes[:200] + points(200, seed=1)
    precision, recall, _, coverage = scores(real, samples)
    full = scores(real, modes + points(400, seed=2))
    assert recall == pytest.approx(0.5 * full[1], abs=0.05)
    assert coverage == pytest.approx(0.5 * full[3], abs=0.05)
    assert precision == pytest.approx(full[0], abs=0.1)


def test_truncation_raises_precision_and_lowers_recall():
    real = points(400, 16)
    found = [scores(real, psi * points(400, 16, seed=1)) for psi in (1.0, 0.7, 0.3)]
    precisions, recalls = np.transpose(found)[:2]
    assert (np.diff(precisions) > 0).all() and (np.diff(recalls) < -0.2).all()


def test_one_outlier_moves_precision_and_hardly_density():
    real, samples = points(200), 3.0 + points(200, seed=1)
    outlier = np.concatenate([real, np.full((1, 8), 30.0)])
    before, after = scores(real, samples, 5), scores(outlier, samples, 5)
    assert before[0] < 0.6 and after[0] == 1.0
    assert after[2] - before[2] == pytest.approx(
        1 / 5, abs=0.01
    )  # its one ball, over k


@pytest.mark.parametrize("num_real, num_samples, k", [(40, 40, 5), (30, 60, 2)])
def test_means_of_two_sets_of_one_distribution(num_real, num_samples, k):
    generator = np.random.default_rng(0)
    found = []
    for _ in range(150):
        real = generator.standard_normal((num_real, 4))
        found.append(scores(real, generator.standard_normal((num_samples, 4)), k)[2:])
    expected = 1.0, expected_coverage(num_real, num_samples, k)
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - expected) < 4 * error).all()
    assert (error < 0.02).all()


def test_expected_coverage_of_as_many_samples():
    assert expected_coverage(1000, 1000) == pytest.approx(0.968984, abs=1e-6)
    assert expected_coverage(10**7, 10**7) == pytest.approx(1 - 2**-5, abs=1e-6)
    with pytest.raises(ValueError, match="`k` must be at most 4"):
        expected_coverage(5, 5, 5)


def test_realism_of_a_real_example_and_of_a_far_one():
    real = points(60)
    radii = np.sort(pairwise_distances(real), axis=1)[:, 3]
    kept = radii <= np.median(radii)
    found = realism(real, real[kept])
    np.testing.assert_allclose(found, radii[kept] / 1e-5, rtol=1e-6)
    assert kept.sum() == 30 and (realism(real, real + 50.0) < 0.2).all()
    samples = points(30, seed=1)
    ratios = radii[kept, None] / (pairwise_distances(real[kept], samples) + 1e-5)
    np.testing.assert_allclose(realism(real, samples), ratios.max(axis=0))


def test_examples_and_errors_are_told():
    real, samples = points(50), points(80, seed=1)
    found = precision_recall(real, samples) | density_coverage(real, samples)
    for name, count in (("precision", 80), ("density", 80), ("recall", 50)):
        assert found[f"{name}_num_examples"] == count
    for name in ("precision", "recall", "coverage"):
        share, count = found[name], found[f"{name}_num_examples"]
        error = np.sqrt(share * (1 - share) / (count - 1))
        assert found[f"{name}_standard_error"] == pytest.approx(error)
    assert 0 < found["density_standard_error"] < 0.3


def test_refuses_few_examples_other_sizes_and_nan():
    with pytest.raises(ValueError, match="`k` must be at most 3. Received: k=4"):
        precision_recall(points(9), points(4), k=4)
    with pytest.raises(ValueError, match="`k` must be at most 3. Received: k=4"):
        density_coverage(points(4), points(9), k=4)
    assert density_coverage(points(9), points(1), k=4)["density_num_examples"] == 1
    for score in (precision_recall, density_coverage, realism):
        with pytest.raises(ValueError, match="rows of one shape"):
            score(points(9), points(9, size=3))
        with pytest.raises(ValueError, match="`samples` must be finite"):
            score(points(9), np.full((9, 8), np.nan))
        with pytest.raises(ValueError, match="one row or more"):
            score(points(9)[:0], points(9))
