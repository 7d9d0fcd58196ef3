"""Scatter plots."""

import numpy as np

from kerasgen.images.values import as_float, to_numpy


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = _check_points("points", points)
    figure = Figure(figsize=(5.12, 5.12), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.12, 0.07, 0.84, 0.86))
    if reference is not None:
        reference = _check_points("reference", reference)
        axes.scatter(*reference.T, s=4, c="0.75", linewidths=0)
    limits = points if reference is None else reference
    limits = limits[np.isfinite(limits).all(axis=1)]
    if len(limits):
        centre = (limits.max(axis=0) + limits.min(axis=0)) / 2
        half = max(0.6 * np.ptp(limits, axis=0).max(), 1e-3)
        axes.set_xlim(centre[0] - half, centre[0] + half)
        axes.set_ylim(centre[1] - half, centre[1] + half)
    axes.scatter(*points.T, s=4, c="tab:blue", linewidths=0)
    axes.set_aspect("equal")
    if title:
        axes.set_title(title, fontsize=11, loc="left", x=-0.12)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()


def _check_points(name, points):
    points = as_float(to_numpy(points))
    if points.ndim != 2 or points.shape[-1] != 2:
        raise ValueError(
            f"`{name}` must have the shape (n, 2). "
            f"Received: {name} of shape {points.shape}"
        )
    return points
