"""The parts of the divergence: a known Gaussian, brute force, and their sum."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses.total_correlation import (
    aggregate_log_densities,
    kl_decomposition,
    permute_latents,
)


def _gaussian_codes(count=2000, noise=0.5, seed=0):
    """Codes whose aggregated posterior is a Gaussian of known covariance.

    `mean = A u` with `u ~ N(0, I)` and posteriors of variance `noise`.
    """
    generator = np.random.default_rng(seed)
    mixing = np.array([[0.8, 0.0, 0.0], [0.7, 0.3, 0.0], [0.0, 0.0, 0.9]])
    u = generator.standard_normal((count, 3))
    u = (u - u.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(u.T))).T
    mean = u @ mixing.T
    z = mean + np.sqrt(noise) * generator.standard_normal(mean.shape)
    covariance = mixing @ mixing.T + noise * np.eye(3)
    log_variance = np.full_like(mean, np.log(noise))
    return [a.astype("float32") for a in (z, mean, log_variance)], covariance


def _arrays(parts):
    return [ops.convert_to_numpy(part) for part in parts]


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_parts_of_a_known_gaussian(estimator):
    """MI = 1/2 log(|S| / s^6), TC = 1/2 log(prod S_jj / |S|), KL_j in closed form."""
    codes, covariance = _gaussian_codes()
    count, diagonal = len(codes[0]), np.diag(covariance)
    determinant = np.linalg.det(covariance)
    expected = np.array(
        [
            0.5 * np.log(determinant / 0.5**3),
            0.5 * np.log(np.prod(diagonal) / determinant),
            0.5 * np.sum(diagonal - 1 - np.log(diagonal)),
        ]
    )
    assert expected[1] > 0.1
    found = np.array(_arrays(kl_decomposition(*codes, count, estimator)))
    if estimator == "weighted":  # its constants, for all images in one batch
        found -= np.log(count) * np.array([1.0, 2.0, -3.0])
    np.testing.assert_allclose(found, expected, atol=0.05)


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_parts_sum_to_the_sampled_divergence(estimator):
    generator = np.random.default_rng(1)
    z, mean, log_variance = generator.standard_normal((3, 7, 4)).astype("float32")
    parts = _arrays(kl_decomposition(z, mean, log_variance, 1000, estimator))
    log_q = -0.5 * ((z - mean) ** 2 / np.exp(log_variance) + log_variance)
    expected = np.mean(np.sum(log_q + 0.5 * z**2, axis=1))
    assert sum(parts) == pytest.approx(expected, rel=1e-4)


@pytest.mark.any_backend
@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_densities_equal_brute_force(estimator):
    generator = np.random.default_rng(2)
    z, mean, log_variance = generator.standard_normal((3, 4, 2)).astype("float32")
    size, batch = 50, 4
    joint, marginals = np.zeros(batch), np.zeros((batch, 2))
    for i in range(batch):
        for k in range(batch):
            variance = np.exp(log_variance[k])
            density = np.exp(-((z[i] - mean[k]) ** 2) / (2 * variance))
            density = density / np.sqrt(2 * np.pi * variance)
            weight = 1 / (size * batch)
            if estimator == "stratified":
                weight = 1 / size if i == k else (size - 1) / (size * (batch - 1))
            joint[i] += weight * np.prod(density)
            marginals[i] += weight * density
    found = _arrays(aggregate_log_densities(z, mean, log_variance, size, estimator))
    np.testing.assert_allclose(found[0], np.log(joint), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1], np.log(marginals), rtol=1e-4, atol=1e-5)


def test_stratified_sampling_is_unbiased_of_the_aggregated_density():
    """The mean over all batches that hold an image is `q(z)`."""
    import itertools

    generator = np.random.default_rng(3)
    z, mean, log_variance = generator.standard_normal((3, 6, 2)).astype("float32")
    whole = aggregate_log_densities(z, mean, log_variance, 6, "stratified")
    expected = np.exp(ops.convert_to_numpy(whole[0])[0])
    found = []
    for others in itertools.combinations(range(1, 6), 2):
        rows = [0, *others]
        batch = (z[rows], mean[rows], log_variance[rows])
        joint, _ = aggregate_log_densities(*batch, 6, "stratified")
        found.append(np.exp(ops.convert_to_numpy(joint)[0]))
    assert np.mean(found) == pytest.approx(expected, rel=1e-4)


@pytest.mark.any_backend
def test_one_image_is_finite():
    one = np.zeros((1, 2), "float32")
    for estimator in ("weighted", "stratified"):
        assert np.all(
            np.isfinite(_arrays(kl_decomposition(one, one, one, 9, estimator)))
        )
    with pytest.raises(ValueError, match="Received: estimator='exact'"):
        kl_decomposition(one, one, one, 9, "exact")


@pytest.mark.every_backend
def test_permutation_keeps_every_marginal_and_breaks_their_bond():
    generator = np.random.default_rng(4)
    z = np.repeat(np.arange(500, dtype="float32")[:, None], 3, axis=1)
    shuffled = permute_latents(z, generator.random(z.shape).astype("float32"))
    shuffled = ops.convert_to_numpy(shuffled)
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), z)
    correlation = np.corrcoef(np.hstack([z[:, :1], shuffled]).T)
    off = correlation[np.triu_indices(4, 1)]
    assert np.abs(off).max() < 5 / np.sqrt(500)
