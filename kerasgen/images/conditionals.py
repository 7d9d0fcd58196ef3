"""What an autoregressive model knows before each pixel, as a picture."""

import math

import numpy as np

from kerasgen.images.labeled import labeled_grid
from kerasgen.images.values import to_float

ROW_LABELS = ("image", "expected", "entropy")


def conditionals_grid(images, probabilities, title=None):
    """Shows what an autoregressive model knows before each pixel, a column an image.

    From top to bottom: the image, the expected value of each pixel given those before
    it, and the entropy of each pixel, black where the model is certain and white where
    all levels are alike to it.

    Args:
        images: As in `grid`.
        probabilities: What `model.conditionals(images)` returns.
        title: String, above all.

    Returns:
        One `uint8` image `(height, width, channels)`, as `labeled_grid` makes it.
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
    return labeled_grid(
        cells.astype("float32"),
        columns=len(images),
        title=title,
        row_labels=ROW_LABELS,
    )
