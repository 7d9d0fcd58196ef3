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
from scipy.linalg import eigh, eigvalsh

from kerasgen.metrics.moments import moments_of

KEPT = 1000  # samples that the error is estimated by
_NO_VALUE = 1e-10  # of the largest eigenvalue: below this it is rounding
_ROWS = 256  # at once


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
    mean_a, covariance_a, mean_b, covariance_b = (
        np.asarray(x, "float64") for x in (mean_a, covariance_a, mean_b, covariance_b)
    )
    _check_alike(mean_a, covariance_a, mean_b, covariance_b)
    factor = _factor(covariance_a.copy())
    values = eigvalsh(factor.T @ covariance_b @ factor)
    traces = np.trace(covariance_a) + np.trace(covariance_b)
    return _from_values(mean_b - mean_a, traces, values)


def frechet_distance(real, samples):
    """Returns the Frechet distance of features, with its standard error.

    Args:
        real: array `(n, dim)` of features of real images, or their
            `kerasgen.metrics.Moments`.
        samples: array `(m, dim)`, or `Moments` that keep 1,000 or so, likewise.

    Returns:
        dict: `frechet_distance` and `frechet_distance_standard_error`, that of a mean
        over samples of what each adds to the distance by its tangent at the moments of
        all; it is estimated by 1,000 of them, and the real images are taken as given.
        Moments that keep fewer than two samples have no error.
    """
    real = moments_of(real) if isinstance(real, np.ndarray) else real
    if isinstance(samples, np.ndarray):
        samples = moments_of(samples, KEPT)
    # Matrices are large: what is computed takes the place of what it is computed from.
    mean, covariance = real.result()
    traces = np.trace(covariance)
    factor = _factor(covariance)
    found, covariance = samples.result()
    _check_alike(mean, factor, found, covariance)
    traces += np.trace(covariance)
    _multiply(covariance, factor)
    _multiply(covariance.T, factor)
    kept = samples.kept() if samples.num_kept > 1 else None
    if kept is None:
        values = eigvalsh(covariance, overwrite_a=True, check_finite=False)
    else:
        values, vectors = eigh(covariance, overwrite_a=True, check_finite=False)
    step = found - mean
    figures = {"frechet_distance": _from_values(step, traces, values)}
    if kept is not None:
        _multiply(factor, vectors)
        root = factor  # of the distance's slope by the covariance, in its columns
        positive = values > _NO_VALUE * values[-1]
        root[:, positive] /= values[positive] ** 0.25
        root[:, ~positive] = 0.0
        added = []
        for start in range(0, len(kept), _ROWS):
            rows = kept[start : start + _ROWS] - found
            changes = np.sum((rows @ root) ** 2, axis=1)
            added.append(2.0 * rows @ step + np.sum(rows**2, axis=1) - changes)
        spread = np.std(np.concatenate(added), ddof=1)
        figures["frechet_distance_standard_error"] = float(
            spread / math.sqrt(samples.count)
        )
    return figures


def _from_values(step, traces, values):
    """Returns the distance by the eigenvalues of `F^T B F`."""
    cross = np.sqrt(np.maximum(values, 0.0)).sum()
    return max(float(step @ step + traces - 2.0 * cross), 0.0)


def _check_alike(mean_a, covariance_a, mean_b, covariance_b):
    if mean_a.shape != mean_b.shape or covariance_b.shape != covariance_a.shape:
        raise ValueError(
            "both Gaussians must have one number of dimensions. Received: "
            f"means of shapes {mean_a.shape}, {mean_b.shape}, covariances of shapes "
            f"{covariance_a.shape}, {covariance_b.shape}"
        )


def _factor(covariance):
    """Returns `F` of which `F F^T` is a covariance, which may be overwritten."""
    if np.isfinite(covariance).all():
        try:
            return np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:  # not of full rank, as of few examples
            values, vectors = eigh(covariance, overwrite_a=True, check_finite=False)
    else:
        values = np.full(2, np.nan)
    if not values[0] >= -1e-6 * max(values[-1], 1e-12):
        raise ValueError(
            "a covariance must be symmetric, without negative eigenvalues. "
            f"Received: eigenvalues from {values[0]:g} to {values[-1]:g}"
        )
    vectors *= np.sqrt(np.maximum(values, 0.0))
    return vectors


def _multiply(a, b):
    """Puts `a @ b` in the place of `a`."""
    for start in range(0, len(a), _ROWS):
        a[start : start + _ROWS] = a[start : start + _ROWS] @ b
