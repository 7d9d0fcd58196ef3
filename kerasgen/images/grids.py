"""Grids of images."""

import math

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.images.values import to_uint8, visible_channels


def grid(images, columns=None, padding=2):
    """Lays a batch of images out in rows and columns.

    Args:
        images: Images `(n, height, width, channels)`, or grey images `(n, height,
            width)`; floats in [0, 1] or `uint8`. Of 2 channels the first one is drawn,
            of more than 3 the first three.
        columns: Integer, the number of images in a row. Defaults to the number
            that makes the grid most nearly square.
        padding: Integer, white pixels around and between the images.

    Returns:
        One `uint8` image `(height, width, channels)`. Cells without an image are
        white.
    """
    images = check_batch(images)
    n, height, width, channels = images.shape
    columns = check_columns(columns, n)
    padding = check_int("padding", padding, minimum=0)
    rows = math.ceil(n / columns)
    ends = ((0, rows * columns - n), (padding, 0), (padding, 0), (0, 0))
    cells = np.pad(images, ends, constant_values=255)
    cells = cells.reshape(rows, columns, height + padding, width + padding, channels)
    canvas = cells.transpose(0, 2, 1, 3, 4).reshape(
        rows * (height + padding), columns * (width + padding), channels
    )
    return np.pad(canvas, ((0, padding), (0, padding), (0, 0)), constant_values=255)


def check_batch(images):
    """Raises unless these are images; returns `uint8` with 1 or 3 channels to draw."""
    images = to_uint8(images)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            "`images` must have the shape (n, height, width) or (n, height, width, "
            f"channels) with n > 0. Received: images of shape {images.shape}"
        )
    return visible_channels(images)


def check_columns(columns, count):
    """Returns the number of columns of a grid of `count` images."""
    columns = math.ceil(math.sqrt(count)) if columns is None else columns
    return min(check_int("columns", columns), count)
