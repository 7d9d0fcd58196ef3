"""Pictures: value ranges, grids, PNG files, animations, scatter plots and solids.

Images are channels-last, floats in [0, 1] or `uint8` in [0, 255]; nothing else is
accepted, so that a forgotten scaling is found where it happened.
"""

from kerasgen.images.conditionals import conditionals_grid
from kerasgen.images.files import png_bytes, save_animation, save_png, write_atomic
from kerasgen.images.grids import grid
from kerasgen.images.histories import history_figure
from kerasgen.images.labeled import labeled_grid
from kerasgen.images.points import points_figure
from kerasgen.images.values import to_float, to_uint8
from kerasgen.images.volumes import volume_views

__all__ = [
    "conditionals_grid",
    "grid",
    "history_figure",
    "labeled_grid",
    "png_bytes",
    "points_figure",
    "save_animation",
    "save_png",
    "to_float",
    "to_uint8",
    "volume_views",
    "write_atomic",
]


def __dir__():
    return __all__
