"""A small network that says where in an image a concept is, learned from boxes."""

import keras
import numpy as np

from kerasgen.arguments import check_int
from kerasgen.data.dataset import Dataset
from kerasgen.data.order import batches
from kerasgen.images.values import to_float
from kerasgen.layers import channels_last
from kerasgen.metrics.checks import check_images
from kerasgen.metrics.feature_networks import seeded_weights

STRIDE = 4  # pixels of a place


class ConceptDetector:
    """Says of each place of an image how likely it is inside of a concept's box.

    Three convolutions that halve the sides twice, and a logistic unit at each place of
    4x4 pixels, trained by Adam on boxes that are known. A concept is present where one
    place is more likely inside than not.

    Args:
        image_shape: `(height, width, channels)`, sides of 4 pixels or more.
        seed: int. Of the weights and the order.
    """

    def __init__(self, image_shape, seed=0):
        inputs = x = keras.Input(image_shape)
        options = {"padding": "same", "activation": "relu"}
        for maps, strides in ((16, 2), (32, 2), (32, 1), (32, 1)):
            x = channels_last.Conv2D(maps, 3, strides, **options)(x)
        x = channels_last.Conv2D(1, 1)(x)
        self.model, self.seed = keras.Model(inputs, x), check_int("seed", seed, 0)
        seeded_weights(self.model, seed)

    def fit(self, x, boxes, steps=600, batch_size=64, learning_rate=2e-3):
        """Trains it.

        Args:
            x: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
            boxes: floats `(n, boxes, 4)`: top, left, bottom and right as shares of
                height and width. One without an area is none.
            steps: int. Updates. Defaults to `600`.
            batch_size: int.
            learning_rate: float. Of Adam at the start; falls to 0 by half a cosine.

        Returns:
            self.
        """
        x, steps = check_images("x", x), check_int("steps", steps)
        rows, columns = self.model.output_shape[1:3]
        inside = inside_boxes(boxes, rows, columns)
        if len(inside) != len(x) or not inside.any():
            raise ValueError(
                "`boxes` must be boxes of each image, some of them with an area. "
                f"Received: {len(inside)} sets of boxes, {len(x)} images"
            )
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self.model.compile(
            keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(True)
        )
        targets = inside[..., None].astype("float32")
        data = Dataset(
            np.arange(len(x), dtype="float32")[:, None],
            batch_size=min(batch_size, len(x)),
            seed=self.seed,
        )
        for batch in batches(data, steps):
            chosen = np.asarray(batch[0]).ravel().astype(int)
            self.model.train_on_batch(to_float(x[chosen]), targets[chosen])
        return self

    def __call__(self, x):
        """Returns how likely places are inside, `(n, rows, columns)` in `[0, 1]`."""
        logits = self.model.predict(to_float(x), batch_size=256, verbose=0)
        return 1.0 / (1.0 + np.exp(-np.clip(logits[..., 0], -60, 60)))


def inside_boxes(boxes, rows, columns):
    """Returns which places of a grid have their centre in a box, bools.

    Args:
        boxes: floats `(n, boxes, 4)`, as in `ConceptDetector.fit`.
        rows, columns: int.

    Returns:
        array `(n, rows, columns)`.
    """
    boxes = np.asarray(boxes, "float64")
    if boxes.ndim != 3 or boxes.shape[2] != 4:
        raise ValueError(
            "`boxes` must have the shape (n, boxes, 4). "
            f"Received: boxes of shape {boxes.shape}"
        )
    y = (np.arange(rows) + 0.5)[:, None] / rows
    x = (np.arange(columns) + 0.5)[None] / columns
    top, left, bottom, right = np.moveaxis(boxes, -1, 0)[..., None, None]
    found = (y >= top) & (y < bottom) & (x >= left) & (x < right)
    return found.any(axis=1)
