"""Frechet distance: closed forms, SciPy's root, and its bias and error."""

import math

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import ortho_group

from kerasgen.metrics import frechet_distance, gaussian_frechet_distance
from kerasgen.metrics.moments import Moments, moments_of

pytestmark = pytest.mark.any_backend


def gaussian(dim, seed):
    generator = np.random.default_rng(seed)
    factor = generator.normal(size=(dim, dim))
    return generator.normal(size=dim), factor @ factor.T / dim


@pytest.mark.parametrize("dim", [1, 2, 7, 40])
def test_it_is_that_of_scipys_root_and_symmetric(dim):
    a, b = gaussian(dim, 0), gaussian(dim, 1)
    cross = np.trace(sqrtm(a[1] @ b[1]).real)
    expected = np.sum((a[0] - b[0]) ** 2) + np.trace(a[1] + b[1]) - 2 * cross
    assert gaussian_frechet_distance(*a, *b) == pytest.approx(expected, rel=1e-9)
    assert gaussian_frechet_distance(*b, *a) == pytest.approx(expected, rel=1e-9)


def test_closed_forms():
    eye = np.eye(5)
    assert gaussian_frechet_distance(np.zeros(5), eye, np.zeros(5), 4 * eye) == (
        pytest.approx(5.0)
    )
    found = gaussian_frechet_distance(
        np.zeros(2), np.diag([1.0, 4.0]), np.array([3.0, 4.0]), np.diag([9.0, 1.0])
    )
    assert found == pytest.approx(30.0)
    found = gaussian_frechet_distance(
        np.zeros(2), np.array([[2.0, 1.0], [1.0, 2.0]]), np.zeros(2), np.eye(2)
    )
    assert found == pytest.approx(0.535898, abs=1e-6)
    mean, covariance = gaussian(6, 0)
    assert gaussian_frechet_distance(mean, covariance, mean, covariance) < 1e-9
    shifted = gaussian_frechet_distance(mean, covariance, mean + 2.0, covariance)
    assert shifted == pytest.approx(24.0)
    # Covariances with the same axes: the sum over axes.
    a, b = np.array([1.0, 4.0, 0.0, 9.0]), np.array([4.0, 1.0, 2.0, 9.0])
    axes = ortho_group.rvs(4, random_state=0)
    found = gaussian_frechet_distance(
        np.zeros(4), (axes * a) @ axes.T, np.zeros(4), (axes * b) @ axes.T
    )
    assert found == pytest.approx(np.sum((np.sqrt(a) - np.sqrt(b)) ** 2), rel=1e-6)


def test_turning_both_changes_nothing():
    (m, c), (n, d), turn = gaussian(6, 0), gaussian(6, 1), ortho_group.rvs(6, 0)
    expected = gaussian_frechet_distance(m, c, n, d)
    found = gaussian_frechet_distance(
        turn @ m, turn @ c @ turn.T, turn @ n, turn @ d @ turn.T
    )
    assert found == pytest.approx(expected)


def test_fewer_examples_than_dimensions_are_no_error():
    x, y = np.random.default_rng(0).normal(size=(2, 10, 30))
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    # Of the product alone: its root is not to be had where it is singular.
    values = np.linalg.eigvals(a @ b).real
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(a + b)
    expected -= 2 * np.sqrt(np.maximum(values, 0)).sum()
    found = frechet_distance(x, y)["frechet_distance"]
    assert found == pytest.approx(expected, rel=1e-5)
    assert frechet_distance(x, x)["frechet_distance"] < 1e-9 * np.trace(a)


def test_arrays_and_streamed_moments_agree():
    x, y = np.random.default_rng(0).normal(size=(2, 60, 4))
    moments = Moments(num_kept=1000)
    for part in np.split(y, [7, 30]):
        moments.update(part)
    whole, streamed = frechet_distance(x, y), frechet_distance(moments_of(x), moments)
    assert whole == pytest.approx(streamed)
    assert list(whole) == ["frechet_distance", "frechet_distance_standard_error"]


def test_the_error_is_that_of_drawing_again():
    generator = np.random.default_rng(0)
    real = generator.normal(size=(4000, 3))
    found = [
        frechet_distance(real, generator.normal(size=(200, 3)) * 1.5 + 1.0)
        for _ in range(80)
    ]
    spread = np.std([f["frechet_distance"] for f in found], ddof=1)
    errors = [f["frechet_distance_standard_error"] for f in found]
    assert np.mean(errors) == pytest.approx(spread, rel=0.25)


# The tangent leaves out terms of dim / count; it is steeper where dim is more.
@pytest.mark.parametrize("count, dim, tolerance", [(900, 4, 0.01), (20, 24, 0.5)])
def test_the_error_is_that_of_leaving_samples_out(count, dim, tolerance):
    generator = np.random.default_rng(1)
    real = generator.normal(size=(1000, dim))
    samples = 1.3 * generator.normal(size=(count, dim)) + 0.2
    found = frechet_distance(real, samples)
    parts = [
        frechet_distance(real, np.delete(samples, i, axis=0))["frechet_distance"]
        for i in range(count)
    ]
    expected = math.sqrt((count - 1) * np.var(parts))
    error = found["frechet_distance_standard_error"]
    assert error == pytest.approx(expected, rel=tolerance)


def test_some_samples_tell_the_error_of_all():
    generator = np.random.default_rng(2)
    real = moments_of(generator.normal(size=(2000, 8)))
    samples = 1.3 * generator.normal(size=(5000, 8)) + 0.2
    few = frechet_distance(real, moments_of(samples, 500))
    every = frechet_distance(real, moments_of(samples, 5000))
    assert few["frechet_distance"] == every["frechet_distance"]
    errors = [f["frechet_distance_standard_error"] for f in (few, every)]
    assert errors[0] == pytest.approx(errors[1], rel=0.15)
    assert errors[0] != errors[1]
    none = frechet_distance(real, moments_of(samples))
    assert list(none) == ["frechet_distance"]


def test_the_bias_falls_with_the_number_of_samples():
    generator = np.random.default_rng(0)

    def mean_of(count):
        return np.mean(
            [
                frechet_distance(*generator.normal(size=(2, count, 4)))[
                    "frechet_distance"
                ]
                for _ in range(40)
            ]
        )

    # Of two sets of n: (2 d + d (d + 1) / 2) / n
    assert mean_of(400) == pytest.approx(18 / 400, rel=0.15)
    assert mean_of(800) == pytest.approx(18 / 800, rel=0.15)


@pytest.mark.parametrize(
    "a, b, message",
    [
        ((np.zeros(2), np.eye(2)), (np.zeros(3), np.eye(3)), "one number of dim"),
        ((np.zeros(2), -np.eye(2)), (np.zeros(2), np.eye(2)), "eigenvalues from -1"),
    ],
)
def test_what_is_no_pair_of_gaussians_is_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        gaussian_frechet_distance(*a, *b)
