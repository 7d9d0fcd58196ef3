"""Scatter plots."""

import numpy as np

from kerasgen.images.plots import FAINT, POINTS, plot
from kerasgen.images.values import as_float, to_numpy

SIDE = 512  # pixels


def points_figure(points, reference=None, title=None):
    """Draws 2-D points as a scatter plot.

    Args:
        points: Array `(n, 2)`, drawn in colour.
        reference: Optional array `(m, 2)`, drawn below in grey. It then sets the
            limits of the axes, so that figures of one run can be compared.
        title: String, above all.

    Returns:
        A `uint8` image `(512, 512, 3)`.
    """
    points = _check_points("points", points)
    if reference is not None:
        reference = _check_points("reference", reference)

    def draw(axes):
        if reference is not None:
            axes.scatter(*reference.T, s=4, color=FAINT, linewidths=0)
        limits = points if reference is None else reference
        limits = limits[np.isfinite(limits).all(axis=1)]
        if len(limits):
            centre = (limits.max(axis=0) + limits.min(axis=0)) / 2
            half = max(0.6 * np.ptp(limits, axis=0).max(), 1e-3)
            axes.set_xlim(centre[0] - half, centre[0] + half)
            axes.set_ylim(centre[1] - half, centre[1] + half)
        axes.scatter(*points.T, s=4, color=POINTS, linewidths=0)
        axes.set_aspect("equal")

    return plot(draw, SIDE, SIDE, (0.12, 0.07, 0.84, 0.86), title)


def _check_points(name, points):
    points = as_float(to_numpy(points))
    if points.ndim != 2 or points.shape[-1] != 2:
        raise ValueError(
            f"`{name}` must have the shape (n, 2). "
            f"Received: {name} of shape {points.shape}"
        )
    return points
