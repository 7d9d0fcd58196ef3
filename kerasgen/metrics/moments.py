"""Means and covariances of vectors that come in batches, in float64."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_features


class Moments:
    """The number, mean and covariance of vectors, added up batch by batch.

    Memory is that of a matrix of `dim x dim`, times `num_groups`; the vectors are not
    kept. Sums are of differences from the first batch's mean, so that none cancel.

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
        x = check_features("x", x)
        if self._centre is None:
            self._centre = x.mean(axis=0)
            dim, groups = x.shape[1], self.num_groups
            self._counts = np.zeros(groups, "int64")
            self._sums = np.zeros((groups, dim))
            self._squares = np.zeros((groups, dim, dim))
        x = x - self._centre
        for start in range(min(self.num_groups, len(x))):
            group, part = (
                (self.count + start) % self.num_groups,
                x[start :: self.num_groups],
            )
            self._counts[group] += len(part)
            self._sums[group] += part.sum(axis=0)
            self._squares[group] += part.T @ part
        self.count += len(x)

    def result(self):
        """Returns `(mean, covariance)`, the latter with a divisor of `count - 1`.

        Raises:
            ValueError: if there are fewer than two vectors.
        """
        return self._moments(slice(None))

    def without(self, group):
        """Returns `(mean, covariance)` of all vectors but those of one group."""
        return self._moments(np.arange(self.num_groups) != group)

    def _moments(self, groups):
        count = int(self._counts[groups].sum()) if self.count else 0
        if count < 2:
            raise ValueError(
                "a covariance must be of two vectors or more. "
                f"Received: {count} vectors"
            )
        mean = self._sums[groups].sum(axis=0) / count
        squares = self._squares[groups].sum(axis=0)
        covariance = (squares - count * np.outer(mean, mean)) / (count - 1)
        return self._centre + mean, covariance


def moments_of(x, num_groups=1):
    """Returns the `Moments` of one array `(n, dim)`."""
    moments = Moments(num_groups)
    moments.update(x)
    return moments
