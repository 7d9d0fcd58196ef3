"""What boxes and keypoints share: their checks, and a canvas they are drawn on."""

import numpy as np

from kerasgen.features.checks import check_finite
from kerasgen.images.palette import PAPER
from kerasgen.images.values import to_float, visible_channels

SIDE = 64  # pixels of a canvas without images


def is_ragged(value):
    """Returns whether a value is a list of arrays or lists of different lengths."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    if not all(hasattr(part, "__len__") for part in value):
        return False
    return len({len(part) for part in value}) > 1


def check_marks(value, name, places, flag):
    """Raises unless rows hold places in `[0, 1]` and a flag of 0 or 1 behind them.

    Args:
        value: float array `(n, rows, columns)`.
        name: str. What errors call it.
        places: int. Columns of places, the first ones.
        flag: int. Column of the flag; rows of flag 0 must be 0 throughout.
    """
    check_flags(value, name, flag)
    part = value[..., :places]
    if part.min() < -1e-4 or part.max() > 1 + 1e-4:
        raise ValueError(
            f"`{name}` must be in [0, 1], shares of the height and the width; divide "
            f"pixels by these. Received: {name} from {part.min():g} to {part.max():g}"
        )


def check_flags(value, name, flag, absent="in rows that hold nothing"):
    """Raises unless rows are finite floats, and all 0 where their flag is not 1.

    Args:
        value: array `(..., columns)`.
        name: str. What errors call it.
        flag: int. Column of the flag, which is 0 or 1.
        absent: str. Where flags are 0, in words.
    """
    if value.dtype.kind != "f":
        raise ValueError(
            f"`{name}` must be floats. Received: {name} of dtype {value.dtype}"
        )
    check_finite(value, name)
    flags = value[..., flag]
    if not np.isin(flags, (0, 1)).all():
        wrong = flags[~np.isin(flags, (0, 1))][0]
        raise ValueError(
            f"`{name}` must say by 1 or 0, in column {flag}, what is there. "
            f"Received: {name} with {wrong:g}"
        )
    if (value[flags == 0] != 0).any():
        raise ValueError(
            f"`{name}` must be 0 throughout {absent}. "
            f"Received: {name} with other values where column {flag} is 0"
        )


class Canvas:
    """Images that frames and dots are drawn on.

    Args:
        count: int.
        on: images `(n, height, width, c)`, or None for pale ones of 64x64.

    Attributes:
        images: float32 `(n, height, width, 3)` in `[0, 1]`.
    """

    def __init__(self, count, on=None):
        if on is None:
            paper = np.array(PAPER, "float32") / np.float32(255)
            self.images = np.tile(paper, (count, SIDE, SIDE, 1))
            return
        on = visible_channels(to_float(on))
        if len(on) != count:
            raise ValueError(
                f"`on` must be {count} images. Received: on of shape {on.shape}"
            )
        self.images = np.repeat(on, 3 // on.shape[3], axis=3)

    @property
    def size(self):
        return np.array(self.images.shape[1:3])

    @property
    def width(self):
        """int. Pixels of a line: one, more on large images."""
        return max(1, int(self.size.min()) // 64)

    def frame(self, index, box, color):
        """Draws a frame of `ymin, xmin, ymax, xmax`, shares of the sides."""
        size, width = self.size, self.width
        low = np.floor(np.clip(box[:2], 0, 1) * size).astype(int)
        top, left = np.minimum(low, size - 1)
        bottom, right = np.ceil(np.clip(box[2:], 0, 1) * size).astype(int)
        part = self.images[index, top:bottom, left:right]
        part[:width] = part[-width:] = color
        part[:, :width] = part[:, -width:] = color

    def dot(self, index, place, color):
        """Draws a dot at `y, x`, shares of the sides."""
        centre = np.floor(np.clip(place, 0, 0.999) * self.size).astype(int)
        top, left = np.maximum(centre - self.width, 0)
        bottom, right = centre + self.width + 1
        self.images[index, top:bottom, left:right] = color
