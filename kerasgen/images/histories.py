"""Curves of a training's history."""

import math

from kerasgen.images.plots import plot

WIDTH, PANEL, EDGE = 640, 200, 60  # pixels; EDGE for the title and the axis below
MOST = 8  # panels


def history_figure(history, title=None):
    """Draws the scalars of a history over the epochs, a panel for each player.

    Args:
        history: dict from name to one number for each epoch, as `History.history` of
            `fit` has it. What is not finite is left out. Names that begin alike, up to
            the first underscore and after `val_`, are of one player; learning rates are
            by themselves.
        title: str or None, above all.

    Returns:
        `uint8` image `(height, 640, 3)`, higher for more players, at most 8.
    """
    groups = {}
    for name, values in history.items():
        finite = [
            (epoch, float(value))
            for epoch, value in enumerate(values, 1)
            if math.isfinite(float(value))
        ]
        if finite:
            rate = name.endswith("learning_rate")
            player = (
                "learning rates"
                if rate
                else name.removeprefix("val_").partition("_")[0]
            )
            groups.setdefault(player, {})[name] = finite
    if not groups:
        raise ValueError(
            "`history` must hold numbers that are finite. "
            f"Received: history with {list(history)}"
        )
    shown = list(groups.values())[:MOST]

    def draw(axes):
        axes = axes if len(shown) > 1 else [axes]
        for panel, series in zip(axes, shown, strict=True):
            for name, points in series.items():
                marker = "o" if len(points) == 1 else None
                panel.plot(*zip(*points, strict=True), label=name, marker=marker)
            panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1.02))
            panel.xaxis.get_major_locator().set_params(integer=True)
        axes[-1].set_xlabel("epoch")

    height = PANEL * len(shown) + EDGE
    place = (0.11, 42 / height, 0.53, (height - EDGE - 20) / height)
    return plot(draw, WIDTH, height, place, title, len(shown))
