"""Grids of images."""

import math

import numpy as np

from kerasgen.images.values import to_float, to_uint8
from kerasgen.training.arguments import check_int


def grid(images, columns=None, padding=2):
    """Lays a batch of images out in rows and columns.

    Args:
        images: Images `(n, height, width, channels)` with 1 or 3 channels, or
            grey images `(n, height, width)`; floats in [0, 1] or `uint8`.
        columns: Integer, the number of images in a row. Defaults to the number
            that makes the grid most nearly square.
        padding: Integer, white pixels around and between the images.

    Returns:
        One `uint8` image `(height, width, channels)`. Cells without an image are
        white.
    """
    images = to_uint8(images)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            "`images` must have the shape (n, height, width) or (n, height, width, "
            "channels) with n > 0 and 1 or 3 channels. "
            f"Received: images of shape {images.shape}"
        )
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else columns
    columns = min(check_int("columns", columns), n)
    padding = check_int("padding", padding, minimum=0)
    rows = math.ceil(n / columns)
    ends = ((0, rows * columns - n), (padding, 0), (padding, 0), (0, 0))
    cells = np.pad(images, ends, constant_values=255)
    cells = cells.reshape(rows, columns, height + padding, width + padding, channels)
    canvas = cells.transpose(0, 2, 1, 3, 4).reshape(
        rows * (height + padding), columns * (width + padding), channels
    )
    return np.pad(canvas, ((0, padding), (0, padding), (0, 0)), constant_values=255)


def conditionals_grid(images, probabilities, padding=2):
    """Shows what an autoregressive model knows before each pixel, a column an image.

    From top to bottom: the image, the expected value of each pixel given those before
    it, and the entropy of each pixel, black where the model is certain and white where
    all levels are alike to it.

    Args:
        images: As in `grid`.
        probabilities: What `model.conditionals(images)` returns.
        padding: Integer, white pixels around and between the images.

    Returns:
        One `uint8` image `(height, width, channels)`.
    """
    images, p = to_float(images), np.asarray(probabilities, "float64")
    if p.shape[:-1] != images.shape or p.shape[-1] < 2:
        raise ValueError(
            f"`probabilities` must have the shape {(*images.shape, 'levels')}. "
            f"Received: probabilities of shape {p.shape}"
        )
    levels = p.shape[-1]
    expected = p @ (np.arange(levels) / (levels - 1))
    entropy = -np.sum(p * np.log(np.maximum(p, 1e-30)), axis=-1) / math.log(levels)
    cells = np.concatenate([images, expected, entropy]).clip(0.0, 1.0)
    return grid(cells.astype("float32"), columns=len(images), padding=padding)
