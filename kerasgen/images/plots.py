"""Plots: the one place that matplotlib draws in, so that all of them look alike.

Small type, left titles, no frame above and to the right, and the colours of
`kerasgen.images.palette`; a user's own settings of matplotlib change nothing.
"""

import numpy as np

from kerasgen.images.palette import colors

DPI = 100
NUM_COLORS = 8
SHARE = 0.8  # of the height of a panel where there are several
INK, FAINT = "black", "0.75"  # of text and frames; of what stands behind
POINTS = tuple(float(part) for part in colors(5)[4])  # blue, of points without classes
TITLE_SIZE, TEXT_SIZE = 11, 9
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT_SIZE,
    "axes.titlesize": TITLE_SIZE,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "0.6",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": TEXT_SIZE,
}


def plot(draw, width, height, place=(0.12, 0.1, 0.84, 0.82), title=None, panels=1):
    """Returns a plot as an image.

    Args:
        draw: function of matplotlib's axes, or of a list of them for several panels.
        width, height: int, pixels.
        place: tuple `(left, bottom, width, height)` of the axes, as shares of the
            image's; of several panels, of all of them, one below the other.
        title: str or None, above all.
        panels: int. Defaults to `1`.

    Returns:
        `uint8` image `(height, width, 3)`.
    """
    import matplotlib
    from cycler import cycler
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        cycle = cycler(color=colors(NUM_COLORS).tolist())
        matplotlib.rcParams.update({**_STYLE, "axes.prop_cycle": cycle})
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        canvas = FigureCanvasAgg(figure)
        left, bottom, wide, high = place
        step = high / panels
        tall = step if panels == 1 else SHARE * step
        bottoms = [bottom + high - i * step - tall for i in range(panels)]
        axes = [figure.add_axes((left, low, wide, tall)) for low in bottoms]
        draw(axes[0] if panels == 1 else axes)
        if title:
            shown = axes[0].set_title(title, x=0)
            edge = 8 - axes[0].get_window_extent().x0  # as left as in a grid
            shown.set_x(edge / axes[0].get_window_extent().width)
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., :3].copy()
