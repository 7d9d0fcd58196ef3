"""The first layer of PixelCNN++ and PixelSNAIL: from pixels to what came before them.

Salimans, Karpathy, Chen and Kingma, 2017, "PixelCNN++", https://arxiv.org/abs/1701.05517,
and its released code. Shifts come after convolutions with bias, so the first row of
`u` is exactly zero.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.shifted_conv import ShiftedConv2D
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ShiftedInput(keras.layers.Layer):
    """Makes the stream `ul`, of earlier pixels, and `u`, of the rows above alone.

    A map of ones is joined to the input, to tell it from the padding.

    Args:
        filters: int. Maps of each stream.
        vertical: bool. Whether to make `u`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(u, ul)`, each `(batch, height, width, filters)`; `u` may be None.
    """

    def __init__(self, filters, vertical=True, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.vertical = check_int("filters", filters), vertical

        def conv(kernel_size, shift):
            return ShiftedConv2D(filters, kernel_size, shift, dtype=self.dtype_policy)

        self.u_conv = conv((2, 3), "down") if vertical else None
        self.row_conv = conv((1, 3), "down")
        self.pixel_conv = conv((2, 1), "down_right")

    def build(self, input_shape):
        self.channels = input_shape[-1] + 1
        for conv in (self.u_conv, self.row_conv, self.pixel_conv):
            if conv is not None:
                conv.build((*input_shape[:-1], self.channels))

    def call(self, x):
        x = _join_ones(x)
        above = [[0, 0], [1, 0], [0, 0], [0, 0]]
        left = [[0, 0], [0, 0], [1, 0], [0, 0]]
        u = ops.pad(self.u_conv(x), above)[:, :-1] if self.vertical else None
        ul = ops.pad(self.row_conv(x), above)[:, :-1]
        return u, ul + ops.pad(self.pixel_conv(x), left)[:, :, :-1]

    def get_config(self):
        config = {"filters": self.filters, "vertical": self.vertical}
        return {**super().get_config(), **config}

    # === One row, or one pixel, at a time ===

    def step_weights(self):
        """Returns matrices that a sampling loop only reads."""
        return {
            "u": self.u_conv.step_weights() if self.vertical else {},
            "row": self.row_conv.step_weights(),
            "pixel": self.pixel_conv.step_weights(),
        }

    def init_cache(self, batch_size, width):
        """Returns the cache before the first row.

        Args:
            batch_size: int.
            width: int.

        Returns:
            dict: `"number"` of rows begun, `"rows"`, the inputs of two rows above and
            of this one, `"left"`, the pixel before, `"above"`, what the rows above
            add to this row of `ul`.
        """
        row = self.row_conv.init_row(batch_size, width)
        shape = (width, batch_size, self.filters)
        return {
            "number": ops.zeros((), "int32"),
            "rows": ops.stack([row] * 3),
            "left": row[0],
            "above": ops.zeros(shape, self.compute_dtype),
        }

    def begin_row(self, weights, cache):
        """Returns the next row of `u` (or None) and the cache."""
        rows = ops.concatenate([cache["rows"][1:], cache["rows"][:1] * 0.0], axis=0)
        inside, zeros = cache["number"] > 0, ops.zeros_like(cache["above"])
        above = self.row_conv.row(weights["row"], None, rows[1])
        pixels = self.pixel_conv.above(weights["pixel"], rows[1])
        pixels = ops.pad(pixels, [[1, 0], [0, 0], [0, 0]])[:-1]
        u = None
        if self.vertical:
            u = self.u_conv.row(weights["u"], rows[0], rows[1])
            u = ops.where(inside, u, zeros)
        return u, {
            "number": cache["number"] + 1,
            "rows": rows,
            "left": ops.zeros_like(cache["left"]),
            "above": ops.where(inside, above, zeros) + pixels,
        }

    def read(self, weights, cache, col):
        """Returns `ul` at column `col`, `(batch, filters)`."""
        above = ops.slice(cache["above"], [col, 0, 0], (1, *cache["above"].shape[1:]))
        return cache["left"] @ weights["pixel"]["here"] + above[0]

    def write(self, cache, x, col):
        """Returns the cache after pixel `x` at column `col`."""
        x = _join_ones(ops.cast(x, self.compute_dtype))
        rows = ops.slice_update(cache["rows"], [2, col, 0, 0], x[None, None])
        return {**cache, "left": x, "rows": rows}


def _join_ones(x):
    return ops.concatenate([x, ops.ones_like(x[..., :1])], axis=-1)
