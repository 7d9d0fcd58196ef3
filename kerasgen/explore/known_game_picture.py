"""The picture of a known game, as figure 1 of Goodfellow et al., 2014."""

import math

import numpy as np

from kerasgen.images.palette import colors
from kerasgen.images.plots import plot

WIDTH, HEIGHT = 640, 480


def game_figure(game, frame):
    """Returns a frame of a `KnownGame`, `uint8` `(480, 640, 3)`.

    Densities of the data (black, dotted) and of the generator (green), the
    discriminator (blue, dashed) and what it should be (blue, thin); below, where the
    generator takes codes to.

    Args:
        game: `KnownGame`.
        frame: int.
    """
    text = f"step {game.steps[frame]}: value {game.values[frame]:.3f}"
    title = f"{text}   (−log 4 = {-math.log(4):.3f})"

    def draw(axes):
        _draw_densities(game, frame, axes[0])
        _draw_mapping(game, frame, axes[1])

    return plot(draw, WIDTH, HEIGHT, title=title, panels=2)


def _draw_densities(game, frame, above):
    above.set_position((0.09, 0.38, 0.82, 0.53))
    palette = colors(5)
    green, blue = palette[2], palette[4]
    right = above.twinx()
    right.spines["right"].set_visible(True)
    q = game.generator[frame]
    above.plot(game.x, game.data, ":", color="black", lw=2, label="data p(x)")
    above.plot(game.x, q, "-", color=green, lw=2, label="generator q(x)")
    said = {"color": blue, "ls": (0, (4, 2)), "lw": 2, "label": "D(x)"}
    right.plot(game.x, game.discriminator[frame], **said)
    best = {"color": blue, "lw": 0.8, "alpha": 0.7, "label": "p / (p + q)"}
    right.plot(game.x, game.optimum[frame], **best)
    above.set_ylim(0, 1.3 * max(game.data.max(), game.generator[0].max()))
    above.set_ylabel("density")
    right.set_ylim(0, 1.3)
    right.set_yticks([0, 0.5, 1])
    right.set_ylabel("D(x)")
    lines = above.get_lines() + right.get_lines()
    above.legend(
        lines,
        [line.get_label() for line in lines],
        ncols=4,
        loc="upper center",
        fontsize=8,
        frameon=False,
    )
    above.set_xlim(game.x[0], game.x[-1])


def _draw_mapping(game, frame, below):
    below.set_position((0.09, 0.06, 0.82, 0.22))
    green = colors(5)[2]
    ends = game.x[0], game.x[-1]
    below.set_xlim(*ends)
    below.set_ylim(-0.1, 1.1)
    below.axhline(1.0, color="black", lw=1)
    # Codes have a scale of their own, spread over the middle of the picture.
    middle, half = np.mean(ends), 0.3 * (ends[1] - ends[0])
    places = middle + half * game.z / np.abs(game.z).max()
    below.axhline(0.0, color="black", lw=1)
    for z, x in zip(places, game.mapped[frame], strict=True):
        arrow = {"arrowstyle": "->", "color": green, "lw": 1}
        below.annotate("", (np.clip(x, *ends), 1.0), (z, 0.0), arrowprops=arrow)
    for y, name in ((1.0, "x"), (0.0, "z")):
        below.text(ends[0], y + 0.03, f" {name}", fontsize=10, va="bottom")
    below.set_axis_off()
