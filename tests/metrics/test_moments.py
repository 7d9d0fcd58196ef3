"""Streamed moments: those of all vectors, whatever the batches and the scale."""

import numpy as np
import pytest

from kerasgen.metrics.moments import Moments, moments_of

pytestmark = pytest.mark.any_backend


def vectors(count=37, dim=5, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, dim)) @ generator.normal(size=(dim, dim)) + 3


@pytest.mark.parametrize("batches", [(37,), (1,) * 37, (2, 30, 5), (36, 0, 1)])
def test_batches_of_any_size_give_numpys_moments(batches):
    x, moments = vectors(), Moments()
    for part in np.split(x, np.cumsum(batches)[:-1]):
        moments.update(part)
    mean, covariance = moments.result()
    np.testing.assert_allclose(mean, x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(x, rowvar=False), rtol=1e-10)


def test_many_vectors_are_added_in_parts(monkeypatch):
    monkeypatch.setattr("kerasgen.metrics.moments._COPIED", 10)
    monkeypatch.setattr("kerasgen.metrics.moments._ROWS", 4)
    x = vectors()
    mean, covariance = moments_of(x).result()
    np.testing.assert_allclose(mean, x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(x, rowvar=False), rtol=1e-10)


def test_a_matrix_of_several_blocks_is_symmetric(monkeypatch):
    monkeypatch.setattr("kerasgen.metrics.moments._MIRRORED", 3)
    x = vectors(dim=8)
    covariance = moments_of(x).result()[1]
    np.testing.assert_allclose(covariance, np.cov(x, rowvar=False), rtol=1e-10)
    np.testing.assert_array_equal(covariance, covariance.T)


@pytest.mark.parametrize("batches", [(37,), (1,) * 37, (2, 30, 5), (36, 0, 1)])
def test_the_vectors_kept_are_those_whatever_the_batches(batches):
    x, moments = vectors(), Moments(num_kept=12)
    for part in np.split(x, np.cumsum(batches)[:-1]):
        moments.update(part)
    kept = moments.kept()
    np.testing.assert_array_equal(kept, moments_of(x, 12).kept())
    where = [int(np.nonzero((x == row).all(axis=1))[0][0]) for row in kept]
    assert len(set(where)) == 12 and where == sorted(where)
    np.testing.assert_array_equal(moments_of(x, 37).kept(), x)
    np.testing.assert_array_equal(moments_of(x, 99).kept(), x)


def test_each_vector_is_kept_as_often_as_another():
    kept = np.zeros(20)
    for seed in range(400):
        moments = Moments(num_kept=5)
        moments._draws = np.random.default_rng(seed)
        moments.update(np.arange(20.0)[:, None])
        kept[moments.kept()[:, 0].astype(int)] += 1
    assert kept.sum() == 2000
    assert np.sum((kept - 100) ** 2) / (100 * 0.75) < 45.0  # chi-squared of 19 parts


def test_the_order_of_vectors_plays_no_part_in_the_whole():
    x = vectors()
    shuffled = np.random.default_rng(1).permutation(x)
    for a, b in zip(moments_of(x).result(), moments_of(shuffled).result(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_a_large_mean_does_not_wipe_out_the_covariance():
    x = vectors()
    _, covariance = moments_of(x + 1e8).result()
    np.testing.assert_allclose(covariance, np.cov(x, rowvar=False), rtol=1e-6)


def test_features_are_added_up_in_float64():
    x = vectors(4000).astype("float32")
    _, covariance = moments_of(x).result()
    expected = np.cov(x.astype("float64"), rowvar=False)
    np.testing.assert_allclose(covariance, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((3, 4)), r"shape \(n, 5\). Received: shape \(3, 4\)"),
        (np.zeros(5), r"Received: shape \(5,\)"),
        (np.full((2, 5), np.nan), "Received: x with NaN or infinity in 2 of 2 rows"),
    ],
)
def test_what_does_not_belong_is_refused_and_nothing_is_added(x, message):
    moments = moments_of(vectors())
    before = moments.result()
    with pytest.raises(ValueError, match=message):
        moments.update(x)
    for a, b in zip(before, moments.result(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("count", [0, 1])
def test_one_vector_has_no_covariance(count):
    with pytest.raises(ValueError, match=f"Received: {count} vectors"):
        moments_of(np.zeros((count, 3))).result()
