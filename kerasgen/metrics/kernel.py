"""Kernel distance: the squared maximum mean discrepancy of features, unbiased.

Binkowski, Sutherland, Arbel and Gretton, 2018, "Demystifying MMD GANs",
https://arxiv.org/abs/1801.01401, section 4. Official code:
https://github.com/mbinkowski/MMD-GAN.
"""

import math

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.metrics.checks import check_rows, check_same_size

_ROWS = 1024


def squared_mmd(real, samples, degree=3, scale=None, shift=1.0):
    """Returns the unbiased estimate of the squared maximum mean discrepancy.

    The kernel is `(a . b / scale + shift)^degree`. The estimate's mean is 0 for two
    sets from one distribution, so that it is negative as often as not.

    Products are taken in the dtype of the floats that are given, and summed in float64:
    their rounding in float32 is less than a thousandth of the estimate's error.

    Args:
        real: finite numbers `(n, dim)`, `n > 1`.
        samples: finite numbers `(m, dim)`, `m > 1`.
        degree: int, at least 1. Defaults to `3`.
        scale: float, or None for `dim`.
        shift: float. Defaults to `1.0`.

    Returns:
        float.
    """
    real, samples = (_as_floats(x) for x in _checked(real, samples))
    check_int("degree", degree)
    scale = real.shape[1] if scale is None else scale

    def mean(a, b, same):
        total = 0.0
        for start in range(0, len(a), _ROWS):
            products = a[start : start + _ROWS] @ b.T / scale + shift
            # Several times as fast as a power, for the cube that is the default.
            kernel = math.prod([products] * degree)
            total += kernel.sum(dtype="float64")
        if not same:
            return total / (len(a) * len(b))
        norms = np.einsum("ij,ij->i", a, a, dtype="float64")
        own = ((norms / scale + shift) ** degree).sum()
        return (total - own) / (len(a) * (len(a) - 1))

    within = mean(real, real, True) + mean(samples, samples, True)
    return float(within - 2.0 * mean(real, samples, False))


def kernel_distance(real, samples, num_subsets=100, subset_size=1000, seed=0):
    """Returns the mean of `squared_mmd` over subsets of both sets, and its spread.

    Args:
        real: finite numbers `(n, dim)`, features of real images.
        samples: finite numbers `(m, dim)`, features of samples.
        num_subsets: int. Defaults to `100`.
        subset_size: int. Examples of each set in a subset, drawn without replacement;
            no more than half of the smaller set, so that subsets differ. Defaults to
            `1000`.
        seed: int. Of the subsets.

    Returns:
        dict: `kernel_distance`; `kernel_distance_spread`, the standard deviation over
        the subsets, which is that of one subset and no standard error of the mean; and
        `kernel_distance_subset_size`.
    """
    real, samples = _checked(real, samples)
    check_int("num_subsets", num_subsets)
    half = max(2, min(len(real), len(samples)) // 2)
    size = min(check_int("subset_size", subset_size, 2), half)
    generator = np.random.default_rng(seed)
    parts = [
        squared_mmd(
            *(x[generator.choice(len(x), size, replace=False)] for x in (real, samples))
        )
        for _ in range(num_subsets)
    ]
    return {
        "kernel_distance": math.fsum(parts) / num_subsets,
        "kernel_distance_spread": float(np.std(parts)),
        "kernel_distance_subset_size": size,
    }


def _as_floats(x):
    return x if x.dtype in ("float32", "float64") else x.astype("float64")


def _checked(real, samples):
    real, samples = check_rows("real", real), check_rows("samples", samples)
    check_same_size(real=real, samples=samples)
    if min(len(real), len(samples)) < 2:
        raise ValueError(
            "`real` and `samples` must be two rows of features or more each. "
            f"Received: shapes {real.shape} and {samples.shape}"
        )
    return real, samples
