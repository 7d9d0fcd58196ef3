"""Frechet distance between Gaussians, and between the features of two sets of images.

Heusel et al., 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local
Nash Equilibrium", https://arxiv.org/abs/1706.08500, equation 6. Official code:
https://github.com/bioinf-jku/TTUR.

It is larger for fewer samples, about as `1/n` (Chong and Forsyth, 2020,
https://arxiv.org/abs/1911.07023): compare distances of equal numbers, and of the same
features, alone.

Differs from the paper: the trace of the root of a product is that of the symmetric
`(F^T B F)^1/2` with `F F^T = A`, equal in exact arithmetic and never complex.
"""

import math

import numpy as np
from scipy.linalg import eigh

from kerasgen.metrics.moments import moments_of

GROUPS = 10  # of the jackknife
_NO_VALUE = 1e-10  # of the largest eigenvalue: below this it is rounding


def gaussian_frechet_distance(mean_a, covariance_a, mean_b, covariance_b):
    """Returns the squared Frechet distance between two Gaussians.

    It is `|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^1/2)`.

    Args:
        mean_a, mean_b: arrays `(dim,)`.
        covariance_a, covariance_b: symmetric arrays `(dim, dim)` without negative
            eigenvalues.

    Returns:
        float, at least 0.
    """
    return _distance(mean_a, covariance_a, _factor(covariance_a), mean_b, covariance_b)


def frechet_distance(real, samples):
    """Returns the Frechet distance of features, with its standard error.

    Args:
        real: array `(n, dim)` of features of real images, or their
            `kerasgen.metrics.Moments`.
        samples: array `(m, dim)`, or `Moments` of 10 groups or so, likewise.

    Returns:
        dict: `frechet_distance` and `frechet_distance_standard_error`, by the jackknife
        over groups of the samples, in which the distance is replaced by its tangent at
        the moments of all; the real images are taken as given.
    """
    real = moments_of(real) if isinstance(real, np.ndarray) else real
    if isinstance(samples, np.ndarray):
        samples = moments_of(samples, min(GROUPS, max(1, len(samples) // 2)))
    mean, covariance = real.result()
    factor = _factor(covariance)
    found = samples.result()
    _check_alike(mean, factor, *found)
    if samples.num_groups == 1:
        return {"frechet_distance": _distance(mean, covariance, factor, *found)}
    values, vectors = eigh(
        factor.T @ found[1] @ factor, overwrite_a=True, check_finite=False
    )
    distance = _from_values(mean, covariance, *found, values)
    kept = values > _NO_VALUE * values[-1]
    vectors = factor @ vectors[:, kept]
    vectors /= values[kept] ** 0.25
    slope = vectors @ vectors.T  # by B, of twice the trace of the root
    parts = []
    for group in range(samples.num_groups):
        mean_step, step = samples.without(group)
        mean_step -= found[0]
        step -= found[1]
        parts.append(
            2.0 * (found[0] - mean) @ mean_step + np.trace(step) - np.vdot(slope, step)
        )
    error = math.sqrt((len(parts) - 1) * np.var(parts))
    return {
        "frechet_distance": distance,
        "frechet_distance_standard_error": error,
    }


def _distance(mean_a, covariance_a, factor_a, mean_b, covariance_b):
    mean_a, mean_b, covariance_b = (
        np.asarray(x, "float64") for x in (mean_a, mean_b, covariance_b)
    )
    _check_alike(mean_a, factor_a, mean_b, covariance_b)
    values = np.linalg.eigvalsh(factor_a.T @ covariance_b @ factor_a)
    return _from_values(mean_a, covariance_a, mean_b, covariance_b, values)


def _from_values(mean_a, covariance_a, mean_b, covariance_b, values):
    """Returns the distance by the eigenvalues of `F^T B F`."""
    cross = np.sqrt(np.maximum(values, 0.0)).sum()
    traces = np.trace(covariance_a) + np.trace(covariance_b)
    return max(float(np.sum((mean_a - mean_b) ** 2) + traces - 2.0 * cross), 0.0)


def _check_alike(mean_a, covariance_a, mean_b, covariance_b):
    if mean_a.shape != mean_b.shape or covariance_b.shape != covariance_a.shape:
        raise ValueError(
            "both Gaussians must have one number of dimensions. Received: "
            f"means of shapes {mean_a.shape}, {mean_b.shape}, covariances of shapes "
            f"{covariance_a.shape}, {covariance_b.shape}"
        )


def _factor(covariance):
    """Returns a matrix `F` of which `F F^T` is a covariance."""
    covariance = np.asarray(covariance, "float64")
    if np.isfinite(covariance).all():
        try:
            return np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:  # not of full rank, as of few examples
            pass
    values, vectors = np.linalg.eigh(covariance)
    if values[0] < -1e-6 * max(values[-1], 1e-12) or not np.isfinite(values).all():
        raise ValueError(
            "a covariance must be symmetric, without negative eigenvalues. "
            f"Received: eigenvalues from {values[0]:g} to {values[-1]:g}"
        )
    return vectors * np.sqrt(np.maximum(values, 0.0))
