"""Drawing of many pictures at once: signed distances, soft edges, colours.

Coordinates are `(n, height, width)` arrays, or of sizes that broadcast to that; the
shorter side of a picture spans `[-1, 1]`, `x` to the right and `y` downwards.
Distances are negative inside.
"""

import copy

import numpy as np


class Canvas:
    """Pictures that are painted over one another.

    Args:
        count: int.
        image_size: tuple `(height, width)`.
        color: RGB in 0..255, `(3,)` or `(n, 3)`, or pictures `(n, height, width, 3)`.

    Attributes:
        planes: float32 `(3, n, height, width)`, the pictures by channel, in 0..255.
        x, y: float32 coordinates of the middles of pixels, `(1, 1, width)` and
            `(1, height, 1)`.
        pixel: float, the side of a pixel.
    """

    def __init__(self, count, image_size, color=(255, 255, 255)):
        height, width = image_size
        self.pixel = 2.0 / min(image_size)
        middles = [(np.arange(n, dtype="float32") + 0.5 - n / 2) for n in image_size]
        self.y = (middles[0] * self.pixel)[None, :, None]
        self.x = (middles[1] * self.pixel)[None, None, :]
        self.clip = None  # `(n, height, width)`: where it is painted at all
        self.shade = None  # `(n, height or 1, width)`: how light a shaded colour is
        self.planes = np.empty((3, count, height, width), "float32")
        self.planes[:] = _planes(color)

    def near(self, x, y, reach, reach_y=None):
        """Returns the part of the canvas about some points, and coordinates from these.

        What is painted on the part is painted on the canvas; it is much faster.

        Args:
            x, y: float or array `(n,)`, a point of each picture.
            reach, reach_y: float or array `(n,)`. How far the part goes to both sides.

        Returns:
            `Canvas`, and the coordinates in it.
        """
        reach_y = reach if reach_y is None else reach_y
        part = copy.copy(self)
        columns = _range(self.x[0, 0], np.min(x - reach), np.max(x + reach))
        rows = _range(self.y[0, :, 0], np.min(y - reach_y), np.max(y + reach_y))
        part.x, part.y = self.x[:, :, columns], self.y[:, rows]
        part.planes = self.planes[:, :, rows, columns]
        if self.clip is not None:
            part.clip = self.clip[:, rows, columns]
        if self.shade is not None:
            whole = self.shade.shape[1] == 1
            part.shade = self.shade[:, slice(None) if whole else rows, columns]
        return part, part.x - column(x), part.y - column(y)

    def clipped(self, cover):
        """Returns the canvas as one that is painted only where `cover` says."""
        part = copy.copy(self)
        part.clip = cover
        return part

    def cover(self, distance, softness=0.0):
        """Returns the share of each pixel that is inside, `(n, height, width)`.

        Args:
            distance: array of signed distances.
            softness: float. Width of a blurred edge, beyond that of a pixel.
        """
        return np.clip(0.5 - distance / (self.pixel + softness), 0.0, 1.0)

    def paint(self, cover, color, opacity=1.0, shaded=False):
        """Paints with a colour where `cover` says, and returns that cover.

        Args:
            cover: array `(n, height, width)` in `[0, 1]`.
            color: RGB, `(3,)`, `(n, 3)` or `(n, height, width, 3)`.
            opacity: float or array `(n,)`.
            shaded: bool. Whether the colour is that in the light of `shade`.
        """
        if not np.any(opacity):
            return cover * column(opacity)
        share = cover * column(opacity)
        if self.clip is not None:
            share = share * self.clip
        for plane, tone in zip(self.planes, _planes(color), strict=True):
            plane += share * ((tone * self.shade if shaded else tone) - plane)
        return share

    def pixels(self):
        """Returns the pictures, `uint8` `(n, height, width, 3)`."""
        images = np.moveaxis(self.planes, 0, -1)
        return np.clip(np.round(images), 0, 255).astype("uint8")


def _range(middles, low, high):
    """Returns the slice of pixels between two ends, one more on each side."""
    first, last = np.searchsorted(middles, (low, high))
    return slice(max(first - 2, 0), last + 2)


def column(values):
    """Returns numbers `(n,)`, one a picture, as `(n, 1, 1)`; others as they are."""
    values = np.asarray(values, "float32")
    return values[:, None, None] if values.ndim == 1 else values


def _planes(color):
    """Returns colours `(3,)`, `(n, 3)` or `(n, h, w, 3)` as `(3, n or 1, h, w)`."""
    color = np.moveaxis(np.asarray(color, "float32"), -1, 0)
    return color if color.ndim == 4 else color.reshape(3, -1, 1, 1)


def turned(x, y, angle):
    """Returns coordinates in a frame that is turned clockwise by `angle` (radians)."""
    cos, sin = np.cos(column(angle)), np.sin(column(angle))
    return x * cos + y * sin, y * cos - x * sin


def ellipse(x, y, width, height=None):
    """Returns about the distance from an ellipse of half axes `width`, `height`."""
    width = column(width)
    height = width if height is None else column(height)
    p, q = x / width, y / height
    norm = np.sqrt(p * p + q * q)
    slope = np.sqrt((p / width) ** 2 + (q / height) ** 2) + 1e-6
    return norm * (norm - 1.0) / slope


def box(x, y, width, height, rounding=0.0):
    """Returns the distance from a rectangle of half sides `width`, `height`."""
    rounding = column(rounding)
    p = np.abs(x) - column(width) + rounding
    q = np.abs(y) - column(height) + rounding
    outside = np.hypot(np.maximum(p, 0.0), np.maximum(q, 0.0))
    return outside + np.minimum(np.maximum(p, q), 0.0) - rounding


def segment(x, y, start, end, radius):
    """Returns the distance from a thick line between two points with round ends."""
    (a, b), (c, d) = ([column(v) for v in point] for point in (start, end))
    length = (c - a) ** 2 + (d - b) ** 2 + 1e-9
    along = ((x - a) * (c - a) + (y - b) * (d - b)) / length
    along = np.clip(along, 0.0, 1.0)
    return np.hypot(x - a - along * (c - a), y - b - along * (d - b)) - column(radius)


def bow(x, y, width, rise, thickness):
    """Returns about the distance from a bow: `y = rise (x / width)²`, `|x| <= width`.

    Args:
        width: half of its width.
        rise: how far its ends are below its middle; negative for above.
        thickness: half of its thickness.
    """
    width, rise = column(width), column(rise)
    inside = np.clip(x, -width, width)
    off = y - rise * (inside / width) ** 2
    slope = 2.0 * rise * inside / width**2
    off = off / np.sqrt(1.0 + slope * slope)
    return np.hypot(off, x - inside) - column(thickness)


def polygon(x, y, corners):
    """Returns the distance from the middle lines of a convex polygon's sides.

    Args:
        corners: sequence of points, clockwise as they are seen (`y` downwards).
    """
    found = None
    for (a, b), (c, d) in zip(corners, [*corners[1:], corners[0]], strict=True):
        a, b, c, d = (column(value) for value in (a, b, c, d))
        length = np.hypot(c - a, d - b) + 1e-9
        away = ((y - b) * (a - c) + (x - a) * (d - b)) / length
        found = away if found is None else np.maximum(found, away)
    return found


def star(x, y, radius, inner=0.45):
    """Returns about the distance from a star of five points, one of them up."""
    radius = column(radius)
    around = np.hypot(x, y) / radius
    angle = np.abs(np.mod(np.arctan2(x, -y), 0.4 * np.pi) - 0.2 * np.pi)
    angle = 0.2 * np.pi - angle  # 0 at a point of the star, 36 degrees between two
    valley = inner * np.exp(0.2j * np.pi)
    p, q = around * np.cos(angle), around * np.sin(angle)
    off = p * valley.imag + q * (1 - valley.real) - valley.imag
    return off / np.hypot(valley.imag, 1 - valley.real) * radius


def waves(generator, count=6, finest=3.0):
    """Returns the numbers of a smooth random surface, for `surface`: `(count, 4)`.

    Args:
        generator: `numpy.random.Generator`.
        count: int. Waves that are added.
        finest: float. Cycles over a picture, at most.
    """
    angle, phase = generator.uniform(0, 2 * np.pi, (2, count))
    cycles = generator.uniform(0.4, finest, count)
    weight = generator.uniform(0.5, 1.0, count) / cycles
    weight /= np.abs(weight).sum()
    return np.stack([np.pi * cycles * np.cos(angle), np.pi * cycles * np.sin(angle),
                     phase, weight], axis=1)  # fmt: skip


def surface(x, y, numbers):
    """Returns smooth surfaces in `[-1, 1]`, of `waves` `(n, count, 4)`."""
    found = 0.0
    for a, b, phase, weight in np.moveaxis(numbers.astype("float32"), 0, -1):
        found = found + column(weight) * np.sin(
            x * column(a) + y * column(b) + column(phase)
        )
    return found
