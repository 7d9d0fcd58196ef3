"""Mode coverage: which of the things that the data is made of a generator draws.

- Mixtures of Gaussians: Srivastava, Valkov, Russell, Gutmann and Sutton, 2017,
  "VEEGAN", https://arxiv.org/abs/1705.07761, section 4.1: 2,500 samples, each belongs
  to its nearest mode and is of high quality within three standard deviations; a mode is
  hit that has a sample of high quality.
- The reverse divergence, of the modes of samples from those of the data: Lin, Khetan,
  Fanti and Oh, 2018, "PacGAN", https://arxiv.org/abs/1712.04086, section 4.1; of
  samples of high quality alone, as in https://github.com/fjxmlzn/PacGAN.
- Classes as modes, such as the 1,000 triples of digits of stacked MNIST, told by a
  classifier: Metz, Poole, Pfau and Sohl-Dickstein, 2017, "Unrolled GANs",
  https://arxiv.org/abs/1611.02163, section 3.3.3.

All depend on the number of samples: of 1,000 modes a perfect generator hits 918 by
2,500 samples, all by 26,000. `num_modes_expected` tells what it would hit.
"""

import math

import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_features, check_same_size
from kerasgen.metrics.distances import nearest_rows
from kerasgen.metrics.means import mean_figures


def mode_coverage(samples, centers, std=None, num_stds=3.0, minimum=1):
    """Returns how many modes of a mixture of Gaussians are hit, and how well.

    Of the mixture itself a share of `1 - exp(-num_stds^2 / 2)` is of high quality in
    two dimensions: 0.9889 within three standard deviations.

    Args:
        samples: points `(n, d)`, finite. VEEGAN and PacGAN take 2,500.
        centers: array `(modes, d)` of different points, the means of equally likely
            modes; or a data set that has `centers` and `std`, as `data.mixture` does
            for `"ring"` and `"grid"`.
        std: float > 0, the standard deviation of each mode along each axis; None for
            that of the data set.
        num_stds: float > 0. A sample is of high quality no further from its mode.
            Defaults to `3`.
        minimum: int. Samples of high quality that a mode must have to be hit. Defaults
            to `1`; some papers take 20.

    Returns:
        dict: `high_quality`, a share, with its number of examples and standard error;
        then as `class_coverage` of the samples of high quality: `modes` and so on.
        Without any of them `reverse_kl` and `mode_entropy` are NaN.
    """
    if hasattr(centers, "centers"):
        std = centers.std if std is None else std
        centers = centers.centers
        if centers is None:
            raise ValueError(
                "`centers` must be a data set that has modes. "
                "Received: one whose centers are None"
            )
    samples, centers = check_features("samples", samples), _centers(centers)
    check_same_size(samples=samples, centers=centers)
    reach = check_number("std", std, 1e-12) * check_number("num_stds", num_stds, 1e-12)
    check_int("minimum", minimum)
    distances, modes = (found[:, 0] for found in nearest_rows(samples, centers))
    good = distances <= reach
    counts = np.bincount(modes[good], minlength=len(centers))
    return mean_figures("high_quality", good) | _coverage(
        counts, np.full(len(centers), 1 / len(centers)), minimum, len(samples)
    )


def class_coverage(classes, num_classes, proportions=None, minimum=1):
    """Returns how many classes samples are of, and how evenly.

    A classifier that errs adds classes that are not there: 1,000 modes need one that is
    right in more than 99 of 100.

    Args:
        classes: ints `(n,)`, the class of each sample by a classifier; or `(n, c)`, for
            the combinations of `c` classes as modes: digits of the channels of stacked
            MNIST.
        num_classes: int. Classes, of each column, numbered from 0.
        proportions: array of the shares of all modes in the data, not negative and with
            the sum 1, `(num_classes,)` or `(num_classes ** c,)`, in which the last
            column counts on; None for equal ones.
        minimum: int. Samples that a mode must have to be hit. Defaults to `1`.

    Returns:
        dict:
        - `modes`, those that are hit, `num_modes`, those that there are, and
          `num_modes_expected`, what as many samples of the data would hit on average;
        - `mode_entropy`, of the samples' modes, nats, at most `log(num_modes)`;
        - `reverse_kl`, their divergence from the proportions, nats: 0 at best,
          `log(num_modes)` for one of equally likely modes, infinite where a mode that
          the data lacks is drawn. Of the data itself it is not 0 but about
          `(num_modes - 1) / (2 n)`;
        - `reverse_kl_standard_error`, where it is finite.
    """
    check_int("num_classes", num_classes)
    check_int("minimum", minimum)
    classes = to_numpy(classes)
    if classes.ndim not in (1, 2) or not classes.size or classes.dtype.kind not in "iu":
        raise ValueError(
            "`classes` must be ints (n,) or (n, columns). "
            f"Received: classes of shape {classes.shape}, dtype {classes.dtype}"
        )
    if classes.min() < 0 or classes.max() >= num_classes:
        raise ValueError(
            f"`classes` must be in [0, {num_classes - 1}]. "
            f"Received: classes from {classes.min()} to {classes.max()}"
        )
    columns = classes.reshape(len(classes), -1).astype("int64")
    num_modes = num_classes ** columns.shape[1]
    modes = columns @ num_classes ** np.arange(columns.shape[1])[::-1]
    counts = np.bincount(modes, minlength=num_modes)
    return _coverage(
        counts, _proportions(proportions, num_modes), minimum, len(columns)
    )


def _coverage(counts, proportions, minimum, num_samples):
    missed = num_samples * np.log1p(-np.minimum(proportions, 1 - 1e-16))
    figures = {
        "modes": int(np.sum(counts >= minimum)),
        "num_modes": len(counts),
        "num_modes_expected": float(np.sum(-np.expm1(missed))),
    }
    total = counts.sum()
    if not total:
        return figures | {"mode_entropy": math.nan, "reverse_kl": math.nan}
    shares = counts[counts > 0] / total
    figures["mode_entropy"] = float(-np.sum(shares * np.log(shares))) + 0.0
    known = proportions[counts > 0]
    if not known.all():
        return figures | {"reverse_kl": math.inf}
    ratios = np.log(shares / known)
    divergence = np.sum(shares * ratios)
    # Near the proportions 2 n times the divergence has the chi-squared distribution, of
    # which chance also puts the mean into the variance of the logarithms.
    freedom = (np.count_nonzero(proportions) - 1) / total**2
    spread = (np.sum(shares * ratios**2) - divergence**2) / total
    variance = max(spread - freedom, 0.0) + freedom / 2
    figures["reverse_kl"] = float(max(divergence, 0.0))
    figures["reverse_kl_standard_error"] = float(math.sqrt(variance))
    return figures


def _centers(centers):
    centers = check_features("centers", centers)
    if len(np.unique(centers, axis=0)) < len(centers):
        raise ValueError(
            "`centers` must be different points. "
            f"Received: {len(centers)} centers, some of them equal"
        )
    return centers


def _proportions(proportions, num_modes):
    if proportions is None:
        return np.full(num_modes, 1 / num_modes)
    proportions = np.asarray(proportions, "float64")
    right = proportions.shape == (num_modes,) and np.min(proportions) >= 0
    if not right or not math.isclose(proportions.sum(), 1.0, abs_tol=1e-6):
        raise ValueError(
            f"`proportions` must be {num_modes} shares, not negative, with the sum 1. "
            f"Received: proportions of shape {proportions.shape}, "
            f"sum {proportions.sum():g}"
        )
    return proportions
