"""Clusters against classes: each cluster is given one class."""

import numpy as np

from kerasgen.images.values import to_numpy


def match_clusters(clusters, classes, num_clusters=None, num_classes=None):
    """Returns the class of each cluster, the one-to-one choice with most hits.

    Where there are more clusters than classes, the others are given -1, as every
    example of them is wrong.

    Args:
        clusters: ints `(n,)`, the cluster of each example.
        classes: ints `(n,)`, its class.
        num_clusters, num_classes: int or None, for the largest that is met.

    Returns:
        int32 array `(num_clusters,)`.

    Reference: Kuhn, 1955, "The Hungarian method for the assignment problem".
    """
    from scipy.optimize import linear_sum_assignment

    clusters, classes = (
        _whole(name, x) for name, x in (("clusters", clusters), ("classes", classes))
    )
    if len(clusters) != len(classes):
        raise ValueError(
            "`classes` must have one entry for each of `clusters`. "
            f"Received: {len(clusters)} clusters, {len(classes)} classes"
        )
    rows = _count("num_clusters", num_clusters, clusters)
    columns = _count("num_classes", num_classes, classes)
    table = np.zeros((rows, columns), "int64")
    np.add.at(table, (clusters, classes), 1)
    found = np.full(rows, -1, "int32")
    row, column = linear_sum_assignment(table, maximize=True)
    found[row] = column
    return found


def own_is_nearest(found, targets):
    """Returns for each of `found` whether, of all `targets`, its own is the nearest.

    Args:
        found: array `(n, ...)`, such as translations.
        targets: array of the same shape and scale, the true one of each in its place.

    Returns:
        bool array `(n,)`: whether no other target has a smaller, or as small, sum of
        squared differences. Chance finds one of `n`.
    """
    found, targets = (to_numpy(x).astype("float64") for x in (found, targets))
    if found.shape != targets.shape or not found.ndim or not len(found):
        raise ValueError(
            "`targets` must have the shape of `found`, with n > 0. "
            f"Received: targets of shape {targets.shape}, found of shape {found.shape}"
        )
    found, targets = (x.reshape(len(x), -1) for x in (found, targets))
    own = ((found - targets) ** 2).sum(axis=1)
    others = np.stack([((x - targets) ** 2).sum(axis=1) for x in found])
    np.fill_diagonal(others, np.inf)
    return own < others.min(axis=1)


def _whole(name, values):
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "iu" or not len(values):
        raise ValueError(
            f"`{name}` must be one or more ints. "
            f"Received: shape {values.shape}, dtype {values.dtype}"
        )
    return values


def _count(name, count, values):
    low, high = int(values.min()), int(values.max())
    count = high + 1 if count is None else int(count)
    if low < 0 or high >= count:
        raise ValueError(
            f"`{name}` must be more than every one, and none negative. "
            f"Received: {name}={count}, values from {low} to {high}"
        )
    return count
