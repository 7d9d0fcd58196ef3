"""Frechet distance between Gaussians, and between the features of two sets of images.

Heusel et al., 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local
Nash Equilibrium", https://arxiv.org/abs/1706.08500, equation 6. Official code:
https://github.com/bioinf-jku/TTUR.

It is larger for fewer samples, about as `1/n` (Chong and Forsyth, 2020,
https://arxiv.org/abs/1911.07023): compare distances of equal numbers, and of the same
features, alone.

Differs from the paper: the trace of the root of a product is that of the symmetric
`(A^1/2 B A^1/2)^1/2`, equal in exact arithmetic and never complex.
"""

import math

import numpy as np

from kerasgen.metrics.moments import moments_of

GROUPS = 10  # of the jackknife


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
    return _distance(mean_a, covariance_a, _root(covariance_a), mean_b, covariance_b)


def frechet_distance(real, samples):
    """Returns the Frechet distance of features, with its standard error.

    Args:
        real: array `(n, dim)` of features of real images, or their
            `kerasgen.metrics.Moments`.
        samples: array `(m, dim)`, or `Moments` of 10 groups or so, likewise.

    Returns:
        dict: `frechet_distance` and `frechet_distance_standard_error`, by the jackknife
        over groups of the samples; the real images are taken as given.
    """
    real = moments_of(real) if isinstance(real, np.ndarray) else real
    if isinstance(samples, np.ndarray):
        samples = moments_of(samples, min(GROUPS, max(1, len(samples) // 2)))
    mean, covariance = real.result()
    root = _root(covariance)
    found = _distance(mean, covariance, root, *samples.result())
    figures = {"frechet_distance": found}
    groups = samples.num_groups
    if groups > 1:
        parts = [
            _distance(mean, covariance, root, *samples.without(group))
            for group in range(groups)
        ]
        error = math.sqrt((groups - 1) * np.var(parts))
        figures["frechet_distance_standard_error"] = error
    return figures


def _distance(mean_a, covariance_a, root_a, mean_b, covariance_b):
    mean_a, mean_b, covariance_b = (
        np.asarray(x, "float64") for x in (mean_a, mean_b, covariance_b)
    )
    if mean_a.shape != mean_b.shape or covariance_b.shape != root_a.shape:
        raise ValueError(
            "both Gaussians must have one number of dimensions. Received: "
            f"means of shapes {mean_a.shape}, {mean_b.shape}, covariances of shapes "
            f"{root_a.shape}, {covariance_b.shape}"
        )
    values = np.linalg.eigvalsh(root_a @ covariance_b @ root_a)
    cross = np.sqrt(np.maximum(values, 0.0)).sum()
    traces = np.trace(covariance_a) + np.trace(covariance_b)
    return max(float(np.sum((mean_a - mean_b) ** 2) + traces - 2.0 * cross), 0.0)


def _root(covariance):
    """Returns the symmetric root of a covariance."""
    covariance = np.asarray(covariance, "float64")
    values, vectors = np.linalg.eigh(covariance)
    if values[0] < -1e-6 * max(values[-1], 1e-12) or not np.isfinite(values).all():
        raise ValueError(
            "a covariance must be symmetric, without negative eigenvalues. "
            f"Received: eigenvalues from {values[0]:g} to {values[-1]:g}"
        )
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
