"""Means and covariances of vectors that come in batches, in float64."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_rows

_ROWS = 512  # that wait to be added at once
_COPIED = 2048  # rows in float64


class Moments:
    """The number, mean and covariance of vectors, added up batch by batch.

    Memory is that of a matrix of `dim x dim`, and half as much for each of several
    groups, which are kept in float32; the vectors are not kept. Sums are of differences
    from the first batch's mean, so that none cancel.

    Args:
        num_groups: int. Parts of the vectors, in turn by their order, whose sums are
            kept apart, for `without`. Defaults to `1`.
    """

    def __init__(self, num_groups=1):
        self.num_groups = check_int("num_groups", num_groups)
        self.count = 0
        self._centre = None

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
            self._centre = x.mean(axis=0, dtype="float64")
            dim, groups = x.shape[1], self.num_groups
            self._counts = np.zeros(groups, "int64")
            self._sums = np.zeros((groups, dim))
            self._squares = np.zeros((dim, dim))
            if groups > 1:
                self._group_squares = np.zeros((groups, dim, dim), "float32")
            self._rows = [[] for _ in range(groups)]
        for start in range(min(self.num_groups, len(x))):
            group = (self.count + start) % self.num_groups
            rows = self._rows[group]
            rows.append(x[start :: self.num_groups].copy())
            self._counts[group] += len(rows[-1])
            if sum(map(len, rows)) >= _ROWS:
                self._add(group)
        self.count += len(x)

    def _add(self, group):
        """Adds the rows of a group that wait, many at once: matrices are large."""
        rows, self._rows[group] = self._rows[group], []
        if rows:
            rows = np.concatenate(rows) - self._centre
            squares = rows.T @ rows
            self._sums[group] += rows.sum(axis=0)
            self._squares += squares
            if self.num_groups > 1:
                self._group_squares[group] += squares

    def result(self):
        """Returns `(mean, covariance)`, the latter with a divisor of `count - 1`.

        Raises:
            ValueError: if there are fewer than two vectors.
        """
        return self._moments(None)

    def without(self, group):
        """Returns `(mean, covariance)` of all but one group, right to about 1e-6."""
        return self._moments(group)

    def _moments(self, left_out):
        count = self.count
        if left_out is not None and count:
            count -= int(self._counts[left_out])
        if count < 2:
            raise ValueError(
                "a covariance must be of two vectors or more. "
                f"Received: {count} vectors"
            )
        for group in range(self.num_groups):
            self._add(group)
        sums, squares = self._sums.sum(axis=0), self._squares.copy()
        if left_out is not None:
            sums -= self._sums[left_out]
            squares -= self._group_squares[left_out]
        mean = sums / count
        squares -= np.outer(count * mean, mean)
        squares /= count - 1
        return self._centre + mean, squares


def moments_of(x, num_groups=1):
    """Returns the `Moments` of one array `(n, dim)`."""
    moments = Moments(num_groups)
    moments.update(x)
    return moments
