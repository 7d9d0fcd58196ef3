"""Has a generator learned its training images by heart? Nearest neighbours tell.

Samples that repeat training examples lie nearer to them than examples do that were held
out. What is near depends on the space: in pixels blurred images are near to many; take
features as well, and give flipped training images among `train` where a model was
trained on them.

- Meehan, Chaudhuri and Dasgupta, 2020, "A non-parametric test to detect data-copying in
  generative models", https://arxiv.org/abs/2004.05675; code:
  https://github.com/casey-meehan/data-copying.
- Alaa, van Breugel, Saveliev and van der Schaar, 2022, "How faithful is your synthetic
  data?", https://arxiv.org/abs/2102.08921.
- Arora and Zhang, 2017, "Do GANs actually learn the distribution? An empirical study",
  https://arxiv.org/abs/1706.08224.

Differs from the papers:
1. Meehan et al. compare within cells of k-means and take the mean of the statistics;
   here all of the space is one cell. Give the examples of one class for a cell.
2. The variance of the statistic has the usual correction for ties.
3. The authors' code of Alaa et al. compares a real example with the nearest sample, and
   looks its radius up by the number of the sample; here it is as in the paper.
4. Arora and Zhang have people look for duplicates among the closest pairs of batches of
   growing size; here a distance decides, and all pairs count.
"""

import math

import numpy as np
from scipy import stats

from kerasgen.arguments import check_number
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_rows, check_same_size
from kerasgen.metrics.distances import distance_blocks, nearest_rows
from kerasgen.metrics.means import mean_figures


def nearest_distances(x, known, block_size=None):
    """Returns the distance of each example to the nearest known one, and which it is.

    Args:
        x: array `(n, ...)`: features `(n, d)`, or images, compared by their pixels:
            `uint8`, which stands for floats in `[0, 1]`, or floats.
        known: array `(m, ...)`, likewise.
        block_size: int or None. Rows at once; None for as many as take 16 MB.

    Returns:
        float64 array `(n,)`, Euclidean distances, exactly 0 between equal examples, and
        int64 array `(n,)`, numbers of known ones; of equally near ones the first.
    """
    return _nearest(*_rows(x=x, known=known), block_size=block_size)


def memorisation_scores(samples, train, held_out, block_size=None):
    """Returns how near samples are to training examples, beside held-out ones.

    All are features or images, as in `nearest_distances`.

    Args:
        samples: array `(m, ...)`, drawn from a model.
        train: array `(l, ...)`, what it was trained on, two examples or more.
        held_out: array `(n, ...)`, examples of the data that it was not trained on.
        block_size: int or None. Rows at once; None for as many as take 16 MB.

    Returns:
        dict:
        - `sample_distance`, `held_out_distance`: mean distances to the nearest training
          example, each with its number of examples and standard error;
        - `memorisation_ratio`: the median of the first over that of the second: 1 for
          samples of the data's distribution, less for copies, infinite where more than
          half of the held-out examples are copies and the samples are not;
        - `memorisation_z`: the z-score of the Mann-Whitney statistic of both kinds of
          distances, `C_T` of Meehan et al. on one cell: standard normal for samples of
          the data's distribution, far below 0 for copies, far above 0 for samples far
          from the data. `memorisation_p_value`: how often it would be as low or lower
          without copying;
        - `exact_copies`, `held_out_exact_copies`: shares at a distance of 0;
        - `authenticity`, `held_out_authenticity`: as in `authenticity`; what is held
          out has the value to compare with.
    """
    rows = _rows(samples=samples, train=train, held_out=held_out)
    samples, train, held_out = rows
    figures, distances = {}, []
    for prefix, x in (("", samples), ("held_out_", held_out)):
        found, places = _nearest(x, train, block_size=block_size)
        authentic = _authentic(found, places, train, block_size)
        figures |= mean_figures(f"{prefix or 'sample_'}distance", found)
        figures |= mean_figures(f"{prefix}exact_copies", found == 0)
        figures |= mean_figures(f"{prefix}authenticity", authentic)
        distances.append(found)
    z = mann_whitney_z(*distances)
    return {
        "memorisation_ratio": _ratio(*map(np.median, distances)),
        "memorisation_z": z,
        "memorisation_p_value": float(stats.norm.cdf(z)),
        **figures,
    }


def authenticity(samples, train, block_size=None):
    """Returns the share of samples that are not nearer to the data than the data is.

    A sample is authentic if it is further from its nearest training example than that
    one is from its own nearest. Samples of the data's distribution do not reach 1: see
    what `memorisation_scores` tells of held-out examples.

    Args:
        samples, train, block_size: as in `memorisation_scores`.

    Returns:
        dict: `authenticity`, in `[0, 1]`, its number of examples and standard error.

    Reference: Alaa et al., 2022, section 3.
    """
    samples, train = _rows(samples=samples, train=train)
    found, places = _nearest(samples, train, block_size=block_size)
    authentic = _authentic(found, places, train, block_size)
    return mean_figures("authenticity", authentic)


def birthday_support(samples, threshold, block_size=None):
    """Estimates how many different things a generator draws, from duplicates.

    Of `S` things that are equally likely, two samples are the same with probability
    `1/S`; where some are likelier, the estimate is of as many equally likely ones as
    would give as many duplicates, fewer than there are.

    Args:
        samples: array `(n, ...)`, `n > 1`: features or images, as in
            `nearest_distances`.
        threshold: float, at least 0. Samples no further apart are duplicates; 0 for
            equal ones alone. Look at pairs of about this distance before you trust it.
        block_size: as in `memorisation_scores`.

    Returns:
        dict: `birthday_pairs`, the number of pairs of duplicates; `birthday_support`,
        pairs over pairs of duplicates, infinite without any, and, of one and more,
        `birthday_support_standard_error`; `birthday_support_lower_bound`, which is
        exceeded with 95 % confidence where all are equally likely, also without a
        duplicate; `birthday_batch`, the number of samples of which two are duplicates
        with probability 1/2, about `1.177 sqrt(S)`, the figure of the paper's test.

    Reference: Arora and Zhang, 2017, section 2.
    """
    (samples,) = _rows(samples=samples)
    reach, count = check_number("threshold", threshold, 0.0) ** 2, len(samples)
    if count < 2:
        raise ValueError(f"`samples` must be two or more. Received: {count} samples")
    twins = np.zeros(count)
    for rows, columns, squares in distance_blocks(samples, samples, block_size):
        near = squares <= reach
        own = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
        near[own - rows.start, own - columns.start] = False
        twins[rows] += np.sum(near, axis=1)
    pairs, duplicates = count * (count - 1) / 2, int(round(twins.sum() / 2))
    support = pairs / duplicates if duplicates else math.inf
    figures = {"birthday_support": support, "birthday_pairs": duplicates}
    if duplicates:
        error = support**2 * _rate_error(twins, duplicates / pairs)
        figures["birthday_support_standard_error"] = error
    most = stats.chi2.ppf(0.95, 2 * (duplicates + 1)) / 2  # of a Poisson variable
    figures["birthday_support_lower_bound"] = float(pairs / most)
    figures["birthday_batch"] = 0.5 + math.sqrt(0.25 + 2 * math.log(2.0) * support)
    return figures


def mann_whitney_z(x, y):
    """Returns the z-score of how often numbers `x` are larger than numbers `y`.

    Equal ones count as half. Standard normal where both are of one distribution,
    negative where `x` are the smaller ones; 0 where all are equal.

    Args:
        x: array `(n,)`.
        y: array `(m,)`.

    Reference: Mann and Whitney, 1947, "On a test of whether one of two random variables
    is stochastically larger than the other".
    """
    n, m = len(x), len(y)
    ranks = stats.rankdata(np.concatenate([x, y]))
    larger = np.sum(ranks[:n]) - n * (n + 1) / 2
    ties = np.unique(ranks, return_counts=True)[1].astype("float64")
    total = n + m
    tied = np.sum(ties**3 - ties) / (total * (total - 1)) if total > 1 else 0.0
    variance = n * m / 12 * (total + 1 - tied)
    return float((larger - n * m / 2) / math.sqrt(variance)) if variance > 0 else 0.0


def _rows(**arrays):
    """Returns examples as checked rows, not copied."""
    found = {}
    for name, x in arrays.items():
        x = to_numpy(x)
        found[name] = check_rows(name, x.reshape(len(x), -1) if x.ndim > 2 else x)
    check_same_size(**found)
    if "train" in found and len(found["train"]) < 2:
        raise ValueError("`train` must be two examples or more. Received: 1 example")
    return tuple(found.values())


def _nearest(x, known, left_out=None, block_size=None):
    distances, places = nearest_rows(x, known, 1, left_out, block_size)
    return distances[:, 0], places[:, 0]


def _authentic(distances, places, train, block_size):
    """Returns which samples are further from their neighbour than that from its own."""
    known, of = np.unique(places, return_inverse=True)
    own, _ = _nearest(train[known], train, known, block_size)
    return distances > own[of]


def _ratio(first, second):
    if second == 0:
        return math.inf if first else 1.0
    return float(first / second)


def _rate_error(twins, rate):
    """Returns the standard error of a share of pairs, a U-statistic of degree 2.

    Its pairs share samples: things that are likelier add to the variance.
    """
    n = len(twins)
    within = rate * (1 - rate)
    # The variance over samples of the probability of a twin, without what chance adds.
    between = np.var(twins / (n - 1), ddof=1) - within / (n - 1)
    variance = (4 * (n - 2) * max(between, 0.0) + 2 * within) / (n * (n - 1))
    return float(math.sqrt(variance))
