"""Precision and recall, density and coverage, realism: samples against real examples.

A set of examples stands for the region that its balls cover: one about each example,
that reaches to its k-th nearest neighbour in the set. An example is not its own
neighbour.

- Kynkaanniemi, Karras, Laine, Lehtinen and Aila, 2019, "Improved precision and recall
  metric for assessing generative models", https://arxiv.org/abs/1904.06991; code:
  https://github.com/kynkaat/improved-precision-and-recall-metric. The figures of papers
  are of the `fc2` features of VGG-16 and of 50,000 examples of each kind, with k = 3.
- Naeem, Oh, Uh, Choi and Yoo, 2020, "Reliable fidelity and diversity metrics for
  generative models", https://arxiv.org/abs/2002.09797; code:
  https://github.com/clovaai/generative-evaluation-prdc. Theirs: 10,000 of each kind,
  k = 5.

All change with k, the numbers of examples and the features: compare figures of the same
alone. Two sets of one distribution do not reach a precision of 1: of 10,000 normal
vectors of 1,000 dimensions it is 0.48 with k = 5, the density 1 and the coverage 0.97.

Standard errors are over the examples that are looked up, for the balls and the other
set as they are. Draws of both sets anew differ by more where there are many dimensions,
as a few examples are then the neighbours of many: of such normal vectors the coverage
is 0.956 in one draw and 0.974 in the README of the authors' code, each told to 0.002.
"""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.metrics.checks import check_rows, check_same_size
from kerasgen.metrics.distances import TIE, distance_blocks, neighbour_squares
from kerasgen.metrics.means import mean_figures

_LITTLE = 1e-5  # added to distances by the released code: no division by 0


def precision_recall(real, samples, k=3, block_size=None):
    """Returns which share of samples looks real, and of what is real is sampled.

    Precision is the share of samples in a ball of the real examples, their fidelity;
    recall is the share of real examples in a ball of the samples, their variety. A
    generator that draws one good image has a precision of 1 and a recall near 0. A
    point on the edge of a ball is in it.

    Args:
        real: features of real examples, `(n, d)`, finite, `n > k`.
        samples: features of samples, `(m, d)`, `m > k`.
        k: int. The neighbour that a ball reaches to. Defaults to `3`.
        block_size: int or None. Rows at once; None for as many as take 16 MB.

    Returns:
        dict: `precision` and `recall`, in `[0, 1]`, the numbers of examples of each
        and the standard errors.

    Reference: Kynkaanniemi et al., 2019, section 2, equations 1 and 2.
    """
    real, samples = _pair(real, samples, k, both=True)
    real_reach = neighbour_squares(real, k, block_size)[:, -1] * (1 + TIE)
    sample_reach = neighbour_squares(samples, k, block_size)[:, -1] * (1 + TIE)
    realistic, sampled = np.zeros(len(samples), bool), np.zeros(len(real), bool)
    for rows, columns, squares in distance_blocks(real, samples, block_size):
        realistic[columns] |= np.any(squares <= real_reach[rows, None], axis=0)
        sampled[rows] |= np.any(squares <= sample_reach[columns], axis=1)
    return mean_figures("precision", realistic) | mean_figures("recall", sampled)


def density_coverage(real, samples, k=5, block_size=None):
    """Returns how densely samples lie about real examples, and how many have one.

    Density is the number of balls of real examples that a sample lies in, over k, in
    the mean over samples: a lone outlier, whose ball is large, adds one ball. It may
    exceed 1. Coverage is the share of real examples with a sample in their own ball. A
    point on the edge of a ball is outside, so that an example with k copies has none.

    For two sets of one continuous distribution the mean of the density is 1, and that
    of the coverage `expected_coverage(n, m, k)`.

    Args:
        real, samples, block_size: as in `precision_recall`; `samples` may be few.
        k: int. The neighbour that a ball reaches to. Defaults to `5`.

    Returns:
        dict: `density`, at least 0, and `coverage`, in `[0, 1]`, the numbers of
        examples of each and the standard errors.

    Reference: Naeem et al., 2020, section 3, equations 3 and 4.
    """
    real, samples = _pair(real, samples, k)
    reach = neighbour_squares(real, k, block_size)[:, -1] * (1 - TIE)
    balls, covered = np.zeros(len(samples)), np.zeros(len(real), bool)
    for rows, columns, squares in distance_blocks(real, samples, block_size):
        inside = squares < reach[rows, None]
        balls[columns] += np.sum(inside, axis=0)
        covered[rows] |= np.any(inside, axis=1)
    return mean_figures("density", balls / k) | mean_figures("coverage", covered)


def expected_coverage(num_real, num_samples, k=5):
    """Returns the mean coverage of two sets of one continuous distribution.

    It is `1 - prod_{i < k} (n - 1 - i) / (n + m - 1 - i)`: an example is not covered
    where its `k` nearest of all are real. Near `1 - 2^-k` for two large sets of a size.

    Args:
        num_real: int, `n`.
        num_samples: int, `m`.
        k: int, less than `n`. Defaults to `5`.

    Reference: Naeem et al., 2020, section 3.
    """
    check_int("num_real", num_real, 2)
    check_int("num_samples", num_samples)
    steps = np.arange(check_int("k", k, 1, num_real - 1))
    missed = (num_real - 1.0 - steps) / (num_real + num_samples - 1.0 - steps)
    return float(1.0 - np.prod(missed))


def realism(real, samples, k=3, block_size=None):
    """Returns how real each sample looks: more than 1 where it is in a ball.

    It is the largest ratio of the radius of a ball to the distance from its centre,
    over the half of the balls with the smaller radii: large ones stand where real
    examples are few. Sort samples by it to see the best and the worst.

    The released code takes the ratio of squares, the square of what is returned here.

    Args:
        real, samples, k, block_size: as in `precision_recall`; `samples` may be few.

    Returns:
        float64 array `(m,)`, at least 0. A sample that is equal to a real example has
        the radius over 1e-5.

    Reference: Kynkaanniemi et al., 2019, section 5, equation 3.
    """
    real, samples = _pair(real, samples, k)
    radii = np.sqrt(neighbour_squares(real, k, block_size)[:, -1])
    kept = radii <= np.median(radii)
    scores, radii = np.zeros(len(samples)), radii[kept, None]
    for rows, columns, squares in distance_blocks(real[kept], samples, block_size):
        ratios = radii[rows] / (np.sqrt(squares) + _LITTLE)
        scores[columns] = np.maximum(scores[columns], np.max(ratios, axis=0))
    return scores


def _pair(real, samples, k, both=False):
    """Returns two sets of features, not copied, that have balls of `k` neighbours."""
    real, samples = check_rows("real", real), check_rows("samples", samples)
    check_same_size(real=real, samples=samples)
    few = min(len(real), len(samples)) if both else len(real)
    check_int("k", k, 1, few - 1)
    return real, samples
