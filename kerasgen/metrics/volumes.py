"""Measures of volumes: whether each is one thing, and how near to others it comes."""

import numpy as np

from kerasgen.images.values import to_numpy


def largest_component_shares(volumes, threshold=0.5):
    """Returns which share of each volume's full cells hang together.

    Cells hang together through their faces, not through edges and corners.

    Args:
        volumes: array `(n, depth, height, width)` of occupancies in `[0, 1]`, or bool.
        threshold: float. A cell is full where its value is at least this much.

    Returns:
        float64 array `(n,)`: the number of cells of the largest connected component, as
        a share of all that are full; 0 for a volume without any.
    """
    from scipy import ndimage

    shares = []
    for full in _full("volumes", volumes, threshold):
        parts, count = ndimage.label(full)
        sizes = np.bincount(parts.ravel(), minlength=2)[1:]
        shares.append(sizes.max() / sizes.sum() if count else 0.0)
    return np.array(shares)


def nearest_overlaps(volumes, others, threshold=0.5):
    """Returns how much each volume overlaps the one of `others` that is most like it.

    Args:
        volumes: array `(n, depth, height, width)`, as in `largest_component_shares`.
        others: array `(m, depth, height, width)`.
        threshold: float. As there.

    Returns:
        float64 array `(n,)`: the largest intersection over union, the number of cells
        that are full in both as a share of those that are in either; 1 where both are
        empty.
    """
    first = _full("volumes", volumes, threshold)
    second = _full("others", others, threshold)
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(
            f"`others` must be volumes of shape {first.shape[1:]}. "
            f"Received: others of shape {second.shape}"
        )
    first, second = (
        full.reshape(len(full), -1).astype("float32") for full in (first, second)
    )
    both = (first @ second.T).astype("float64")
    either = first.sum(axis=1)[:, None] + second.sum(axis=1) - both
    overlaps = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    return overlaps.max(axis=1)


def _full(name, volumes, threshold):
    volumes = to_numpy(volumes)
    if volumes.ndim != 4 or 0 in volumes.shape or volumes.dtype.kind not in "biuf":
        raise ValueError(
            f"`{name}` must be numbers of shape (n, depth, height, width) with n > 0. "
            f"Received: {name} of shape {volumes.shape}, dtype {volumes.dtype}"
        )
    return volumes >= threshold
