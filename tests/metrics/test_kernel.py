"""Kernel distance: unbiased, against direct sums."""

import numpy as np
import pytest

from kerasgen.metrics import kernel_distance, squared_mmd

pytestmark = pytest.mark.any_backend


def direct(x, y, degree=3, shift=1.0):
    def kernel(a, b):
        return (np.dot(a, b) / x.shape[1] + shift) ** degree

    n, m = len(x), len(y)
    within_x = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j)
    within_y = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j)
    between = sum(kernel(a, b) for a in x for b in y)
    return within_x / n / (n - 1) + within_y / m / (m - 1) - 2 * between / n / m


def test_it_is_the_direct_sum():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(7, 4)), generator.normal(size=(9, 4)) + 0.5
    assert squared_mmd(x, y) == pytest.approx(direct(x, y), rel=1e-10)
    assert squared_mmd(y, x) == pytest.approx(direct(x, y), rel=1e-10)
    found = squared_mmd(x, y, degree=2, shift=0.0)
    assert found == pytest.approx(direct(x, y, 2, 0.0), rel=1e-10)


def test_a_golden_number():
    assert squared_mmd(np.eye(2), np.array([[1, 1], [0, 0]])) == pytest.approx(-2.375)


def test_rows_in_blocks_change_nothing(monkeypatch):
    x, y = np.random.default_rng(0).normal(size=(2, 11, 3))
    expected = squared_mmd(x, y)
    monkeypatch.setattr("kerasgen.metrics.kernel._ROWS", 4)
    assert squared_mmd(x, y) == pytest.approx(expected, rel=1e-12)


def test_the_mean_of_two_sets_from_one_distribution_is_zero():
    generator = np.random.default_rng(0)
    found = [squared_mmd(*generator.normal(size=(2, 50, 4))) for _ in range(300)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(300)
    assert 0.2 < np.mean(np.array(found) < 0) < 0.8


def test_a_set_and_itself_are_below_zero_and_a_shift_is_above():
    x = np.random.default_rng(0).normal(size=(40, 4))
    assert squared_mmd(x, x) < 0
    values = [squared_mmd(x, x + shift) for shift in (0.0, 0.5, 1.0)]
    assert values[0] < values[1] < values[2]


def test_order_changes_nothing_and_the_linear_kernel_is_the_distance_of_means():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 30, 4))
    expected = squared_mmd(x, y)
    assert squared_mmd(generator.permutation(x), y) == pytest.approx(expected)
    found = squared_mmd(x, y, degree=1, shift=0.0)
    variances = [np.trace(np.cov(z, rowvar=False)) / len(z) for z in (x, y)]
    squares = np.sum((x.mean(0) - y.mean(0)) ** 2)
    assert found == pytest.approx((squares - sum(variances)) / 4)


def test_subsets_are_drawn_by_the_seed_and_their_mean_is_that_of_all():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 300, 4)) + [[[0.0]], [[0.5]]]
    found = kernel_distance(x, y, num_subsets=200, subset_size=60)
    assert found == kernel_distance(x, y, num_subsets=200, subset_size=60)
    assert found != kernel_distance(x, y, 200, 60, seed=1)
    error = found["kernel_distance_spread"] / np.sqrt(200)
    assert found["kernel_distance"] == pytest.approx(squared_mmd(x, y), abs=4 * error)
    assert found["kernel_distance_subset_size"] == 60
    assert kernel_distance(x, y)["kernel_distance_subset_size"] == 150


@pytest.mark.parametrize(
    "shapes", [((3, 2), (3, 3)), ((3,), (3,)), ((1, 2), (3, 2)), ((3, 2), (0, 2))]
)
def test_what_are_no_features_is_refused(shapes):
    with pytest.raises(ValueError, match="Received: .*shape"):
        kernel_distance(*(np.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("place, name", [(0, "real"), (1, "samples")])
def test_what_is_not_finite_is_an_error_and_no_distance(value, place, name):
    sets = np.random.default_rng(0).normal(size=(2, 20, 3))
    sets[place, 7, 1] = value
    for distance in (kernel_distance, squared_mmd):
        with pytest.raises(ValueError, match=f"{name}` must be finite.* 1 of 20 rows"):
            distance(*sets)


@pytest.mark.parametrize("count, size", [(20, 10), (19, 9), (40, 20), (50, 20), (3, 2)])
def test_subsets_are_no_more_than_half_of_a_set(count, size):
    x, y = np.random.default_rng(0).normal(size=(2, count, 3))
    found = kernel_distance(x, y, num_subsets=5, subset_size=20)
    assert found["kernel_distance_subset_size"] == size
    assert found["kernel_distance_spread"] > 1e-6
