"""Means and covariances of vectors that come in batches, in float64."""

import numpy as np
from scipy.linalg.blas import dsyr
from scipy.linalg.lapack import dsfrk, dtfttr

from kerasgen.arguments import check_int
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_rows

_ROWS = 512  # that wait to be added at once: passes over a large matrix are slow
_COPIED = 2048  # rows in float64
_MIRRORED = 256  # rows and columns at once


class Moments:
    """The number, mean and covariance of vectors, added up batch by batch.

    Memory is that of half a matrix of `dim x dim`, which is symmetric, and of the
    vectors that are kept. Sums are of differences from the first batch's mean, so that
    none cancel.

    Args:
        num_kept: int. Vectors kept, drawn alike from all that come, for `kept`; none
            of them plays a part in the moments. Defaults to `0`.
    """

    def __init__(self, num_kept=0):
        self.num_kept = check_int("num_kept", num_kept, 0)
        self.count = 0
        self._centre = None
        self._draws = np.random.default_rng(0)

    def update(self, x):
        """Adds vectors.

        Args:
            x: array `(n, dim)` of finite numbers.
        """
        x = to_numpy(x)
        if x.ndim != 2 or (self.count and x.shape[1] != len(self._centre)):
            wanted = len(self._centre) if self.count else "dim"
            raise ValueError(
                f"`x` must have the shape (n, {wanted}). Received: shape {x.shape}"
            )
        if not len(x):
            return
        check_rows("x", x)
        for start in range(0, len(x), _COPIED):
            self._take(x[start : start + _COPIED])

    def _take(self, x):
        if self._centre is None:
            dim = x.shape[1]
            self._centre = x.mean(axis=0, dtype="float64")
            self._sum = np.zeros(dim)
            self._squares = np.zeros(dim * (dim + 1) // 2)  # in LAPACK's RFP format
            self._waiting = []
            self._kept, self._orders = x[:0], np.zeros(0)
        self._keep(x)
        self.count += len(x)
        self._waiting.append(x.copy())
        if sum(map(len, self._waiting)) >= _ROWS:
            self._add()

    def _keep(self, x):
        """Keeps the vectors with the smallest of random numbers, one for each."""
        if not self.num_kept:
            return
        orders = self._draws.random(len(x))
        if len(self._orders) == self.num_kept:
            nearer = orders < self._orders.max()
            x, orders = x[nearer], orders[nearer]
        self._kept = np.concatenate([self._kept, x])
        self._orders = np.concatenate([self._orders, orders])
        if len(self._orders) > self.num_kept:
            first = np.argpartition(self._orders, self.num_kept - 1)[: self.num_kept]
            first.sort()
            self._kept, self._orders = self._kept[first], self._orders[first]

    def _add(self):
        waiting, self._waiting = self._waiting, []
        if waiting:
            rows = np.concatenate(waiting) - self._centre
            self._sum += rows.sum(axis=0)
            sizes = rows.shape[::-1]
            self._squares = dsfrk(
                *sizes, 1.0, rows.T, 1.0, self._squares, overwrite_c=True
            )

    def result(self):
        """Returns `(mean, covariance)`, the latter with a divisor of `count - 1`.

        Raises:
            ValueError: if there are fewer than two vectors.
        """
        count = self.count
        if count < 2:
            raise ValueError(
                "a covariance must be of two vectors or more. "
                f"Received: {count} vectors"
            )
        self._add()
        mean = self._sum / count
        squares, _ = dtfttr(len(mean), self._squares)  # the upper half
        squares = dsyr(-count, mean, a=squares, overwrite_a=True)
        squares /= count - 1
        for start in range(0, len(mean), _MIRRORED):
            rows = slice(start, start + _MIRRORED)
            squares[rows, :start] = squares[:start, rows].T
            squares[rows, rows] = np.triu(squares[rows, rows])
            squares[rows, rows] += np.triu(squares[rows, rows], 1).T
        return self._centre + mean, squares

    def kept(self):
        """Returns the vectors kept, in their order: all where no more have come."""
        return self._kept


def moments_of(x, num_kept=0):
    """Returns the `Moments` of one array `(n, dim)`."""
    moments = Moments(num_kept)
    moments.update(x)
    return moments
