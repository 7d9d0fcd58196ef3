"""The layer of Gated PixelCNN: two streams of masked convolutions, joined by gates.

van den Oord et al., 2016, "Conditional Image Generation with PixelCNN Decoders",
https://arxiv.org/abs/1606.05328, section 2.2 and figure 2.
"""

import itertools

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.class_bias import ClassBias
from kerasgen.layers.masked_conv2d import MaskedConv2D
from kerasgen.registry import PACKAGE


def gate(x, groups=1):
    """Returns `tanh(f) * sigmoid(g)` of `(..., 2p)` maps as `(..., p)`.

    Each colour group's block holds its own `f` and then its own `g`: halves of all
    maps together would let the groups of `f` and `g` slip against each other.
    """
    if groups == 1:
        f, g = ops.split(x, 2, axis=-1)
        return ops.tanh(f) * ops.sigmoid(g)
    blocks = ops.split(x, groups, axis=-1)
    return ops.concatenate([gate(block) for block in blocks], axis=-1)


@keras.saving.register_keras_serializable(PACKAGE)
class GatedConv2D(keras.layers.Layer):
    """A vertical stream of all rows above, a horizontal one of this row to the left.

    The vertical stream at row `r` sees rows up to `r`; before its gate it is moved down
    a row and added to the horizontal one, so that together they see the whole past.

    Args:
        filters: int divisible by `channel_groups`. Maps of each stream.
        kernel_size: odd int, of the full window.
        mask_type: `"A"` for the first layer, which has no residual; `"B"`.
        channel_groups: int. Colour groups, see `MaskedConv2D`.
        num_classes: int or None. Adds a class's bias to both gates.
        condition_channels: int or None. Adds 1x1 convolutions of a map to both gates.
        **kwargs: as in `keras.layers.Layer`.

    Input:  vertical and horizontal stream, `(batch, height, width, channels)` each,
        labels or None, map `(batch, height, width, condition_channels)` or None.
    Output: both streams, `(batch, height, width, filters)` each.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        mask_type,
        channel_groups=1,
        num_classes=None,
        condition_channels=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.channel_groups = check_int("channel_groups", channel_groups)
        self.filters = check_int("filters", filters, channel_groups)
        if filters % channel_groups:
            raise ValueError(
                f"`filters` must be divisible by the {channel_groups} colours. "
                f"Received: filters={filters}"
            )
        self.kernel_size = check_int("kernel_size", kernel_size, 3)
        if kernel_size % 2 == 0:
            raise ValueError(
                f"`kernel_size` must be odd. Received: kernel_size={kernel_size}"
            )
        self.mask_type = mask_type
        self.num_classes = num_classes
        self.condition_channels = condition_channels
        self.side = kernel_size // 2

        def conv(maps, size, mask_type):
            return MaskedConv2D(
                maps, size, mask_type, channel_groups, dtype=self.dtype_policy
            )

        self.row = conv(2 * filters, (1, kernel_size), mask_type)
        self.out = conv(filters, 1, "B")
        self.biases = [
            ClassBias(2 * filters, num_classes, dtype=self.dtype_policy)
            for _ in range(2)
        ]

    def build(self, input_shape):
        channels, double = input_shape[-1], 2 * self.filters
        self.row.build(input_shape)
        self.out.build((*input_shape[:-1], self.filters))
        window = (self.side + 1, self.kernel_size, channels, double)
        self.vertical = self.add_weight(name="vertical", shape=window)
        self.down = self.add_weight(name="down", shape=(double, double))
        if self.condition_channels:
            shape = (2, self.condition_channels, double)
            self.condition = self.add_weight(name="condition", shape=shape)

    def call(self, vertical, horizontal, labels=None, condition=None):
        groups, of = self.channel_groups, self._added(labels, condition)
        pads = [[0, 0], [self.side, 0], [self.side, self.side], [0, 0]]
        kernel = ops.cast(self.vertical, self.compute_dtype)
        x = ops.pad(vertical, pads)
        v = ops.conv(x, kernel, padding="valid", data_format="channels_last")
        above = ops.pad(v, [[0, 0], [1, 0], [0, 0], [0, 0]])[:, :-1]
        # Not `@`, TensorFlow's own product: it damages the memory where images have one
        # row (2.21, oneDNN).
        above = ops.matmul(above, ops.cast(self.down, self.compute_dtype))
        h = self.row(horizontal) + above
        h = self.out(gate(h + of[1], groups))
        return gate(v + of[0]), h if self.mask_type == "A" else horizontal + h

    def _added(self, labels, condition):
        """Returns what conditions add to the gates of both streams, `(b, h, w, 2p)`."""
        added = [
            ops.cast(bias(labels), self.compute_dtype)[:, None, None]
            for bias in self.biases
        ]
        if self.condition_channels:
            weights = ops.cast(self.condition, self.compute_dtype)
            added = [a + ops.matmul(condition, weights[i]) for i, a in enumerate(added)]
        return added

    # === One row, or one pixel, at a time ===

    def step_weights(self, labels=None, condition=None):
        """Returns the tensors that the loop over the pixels only reads."""
        added = self._added(labels, condition)
        return {
            "row": self.row.step_weights(),
            "out": self.out.step_weights(),
            "vertical": ops.reshape(
                ops.cast(self.vertical, self.compute_dtype), (-1, 2 * self.filters)
            ),
            "down": ops.cast(self.down, self.compute_dtype),
            # `(height or 1, width or 1, batch or 1, 2p)`
            "added": [ops.transpose(a, (1, 2, 0, 3)) for a in added],
        }

    def init_cache(self, batch_size, width):
        """Returns zeros for the last rows of the vertical stream, and for this one."""
        channels = self.row.channels
        rows = (self.side + 1, width + 2 * self.side, batch_size, channels)
        return {
            "row": self.row.init_cache(batch_size, width),
            "out": self.out.init_cache(batch_size, width),
            "rows": ops.zeros(rows, self.compute_dtype),
            "above": ops.zeros(
                (width, batch_size, 2 * self.filters), self.compute_dtype
            ),
        }

    def begin_row(self, weights, cache, x, row):
        """Moves the vertical stream on by the row that was just finished.

        Args:
            weights, cache: as made above.
            x: the vertical stream's input at row `row - 1`, `(width, batch, channels)`.
            row: int or int tensor. The row that begins.

        Returns:
            The vertical stream's output at row `row - 1`, and the cache.
        """
        width, side = x.shape[0], self.side
        x = ops.pad(x, [[side, side], [0, 0], [0, 0]])
        rows = ops.concatenate([cache["rows"][1:], x[None]], axis=0)
        taps = itertools.product(range(side + 1), range(self.kernel_size))
        patches = [rows[i, j : j + width] for i, j in taps]
        v = ops.concatenate(patches, axis=-1) @ weights["vertical"]
        # Above the first row there is nothing: zeros, not what conditions would make.
        exists = ops.cast(row > 0, self.compute_dtype)
        vertical, horizontal = weights["added"]
        above = v @ weights["down"] + _row_of(horizontal, row)
        v = gate(v + _row_of(vertical, ops.maximum(row - 1, 0))) * exists
        kept = self.row.begin_row(weights["row"], cache["row"])
        above = above + ops.zeros_like(cache["above"])  # to its full width and batch
        return v, {**cache, "row": kept, "rows": rows, "above": above}

    def step(self, weights, cache, x, col, group=0):
        """Takes one pixel and colour group of the horizontal stream; `(out, cache)`.

        With mask A `x` is None: the pixel becomes known later, see `observe`.
        """
        size = 2 * self.filters // self.channel_groups
        if self.mask_type == "A":
            h = self.row.read(weights["row"], cache["row"], col, group)
        else:
            h, kept = self.row.step(weights["row"], cache["row"], x, col, group)
            cache = {**cache, "row": kept}
        batch = cache["above"].shape[1]
        place = [col, 0, group * size]
        h = gate(h + ops.slice(cache["above"], place, (1, batch, size))[0])
        h, kept = self.out.step(weights["out"], cache["out"], h, col, group)
        return h if self.mask_type == "A" else x + h, {**cache, "out": kept}

    def observe(self, cache, x, col, group=0):
        """Returns the cache of a layer with mask A once a pixel's group is known."""
        return {**cache, "row": self.row.write(cache["row"], x, col, group)}

    def get_config(self):
        names = ("filters", "kernel_size", "mask_type", "channel_groups")
        names += ("num_classes", "condition_channels")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}


def _row_of(added, row):
    """Returns one row of `(height or 1, width or 1, batch or 1, maps)`."""
    if added.shape[0] == 1:
        return added[0]
    return ops.slice(added, [row, 0, 0, 0], (1, *added.shape[1:]))[0]
