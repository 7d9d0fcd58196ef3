"""The family base of models that take a binary image as one vector."""

import math

from keras import ops

from kerasgen.families.autoregressive_model import AutoregressiveModel


class BinaryVectorModel(AutoregressiveModel):
    """Base class of models of vectors of zeros and ones.

    The `size` sub-pixels are in raster order, channels innermost. A model implements
    `vector_logits`; for sampling, `step_weights`, `init_cache`, `observe` and, in
    place of `step`, `next_logit`. Sums over many sub-pixels are kept in `sum_dtype`.

    Args:
        image_shape: tuple `(height, width, channels)`.
        num_classes, binarization: as in `AutoregressiveModel`.
        seed, name, dtype: as in `GenerativeModel`.
    """

    def __init__(self, image_shape, num_classes=None, binarization="dynamic", **kwargs):
        super().__init__(
            image_shape,
            levels=2,
            num_classes=num_classes,
            binarization=binarization,
            **kwargs,
        )
        self.size = math.prod(self.image_shape)

    def vector_logits(self, x, labels, training):
        """Returns the logits of ones, `(batch, size)`, in `sum_dtype`.

        Args:
            x: tensor of zeros and ones, `(batch, size)`.
            labels: int tensor `(batch,)`, or None.
            training: bool.
        """
        raise NotImplementedError

    def next_logit(self, weights, cache):
        """Returns the logit `(batch,)` of the sub-pixel that comes next."""
        raise NotImplementedError

    def scale_levels(self, levels):
        """Returns 0 and 1, the input of the network."""
        return ops.cast(levels, self.compute_dtype)

    def compute_logits(self, x, labels, training):
        x = ops.reshape(self.scale_levels(x), (-1, self.size))
        logits = two_levels(self.vector_logits(x, labels, training))
        return ops.reshape(logits, (-1, *self.image_shape, 2))

    def begin_row(self, weights, cache):
        return cache

    def step(self, weights, cache, col, channel):
        return two_levels(self.next_logit(weights, cache)), cache


def two_levels(logits):
    """Returns the logits of 0 and 1, `(..., 2)`, from those of 1."""
    return ops.stack([ops.zeros_like(logits), logits], axis=-1)
