"""Shifted convolutions: windows that end in the pixel's row, without masks.

Salimans, Karpathy, Chen and Kingma, 2017, "PixelCNN++", https://arxiv.org/abs/1701.05517,
section 2.3 and figure 2.

A window that is shifted `"down"` is centred on the pixel's column; one that is shifted
`"down_right"` ends there. For sampling, rows are `(width, batch, channels)` and pixels
`(batch, channels)`; methods are called as `kerasgen.layers.raster_sampling` says.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.layers.weight_norm import WeightNorm
from kerasgen.registry import PACKAGE

SHIFTS = ("down", "down_right")


@keras.saving.register_keras_serializable(PACKAGE)
class ShiftedConv2D(WeightNorm):
    """Weight-normalised convolution that sees no row below and, if told, none right.

    Args:
        filters: int. Number of output maps.
        kernel_size: tuple `(height, width)` of the window, height 1 or 2.
        shift: `"down"` or `"down_right"`.
        strides: int. 2 halves the image.
        init_scale: float. As in `WeightNorm`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height / strides, width / strides, filters)`.
    """

    def __init__(
        self, filters, kernel_size, shift, strides=1, init_scale=1.0, **kwargs
    ):
        super().__init__(filters, init_scale, **kwargs)
        self.kernel_size = tuple(check_int("kernel_size", n) for n in kernel_size)
        if self.kernel_size[0] > 2:
            raise ValueError(
                "`kernel_size` must have a height of 1 or 2. "
                f"Received: kernel_size={kernel_size!r}"
            )
        self.shift = check_choice("shift", shift, SHIFTS)
        self.strides = check_int("strides", strides)
        side = self.kernel_size[1] - 1
        self.sides = (side // 2, side // 2) if shift == "down" else (side, 0)

    def build(self, input_shape):
        self.channels = input_shape[-1]
        self.add_kernel((*self.kernel_size, self.channels))

    def call(self, x):
        kernel = self.normalized_kernel()
        if self.kernel_size == (1, 1) and self.strides == 1:
            return self.add_bias(ops.matmul(x, kernel[0, 0]))
        above = [self.kernel_size[0] - 1, 0]
        x = ops.pad(x, [[0, 0], above, list(self.sides), [0, 0]])
        y = ops.conv(
            x,
            kernel,
            strides=self.strides,
            padding="valid",
            data_format="channels_last",
        )
        return self.add_bias(y)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        height, width = (n and -(-n // self.strides) for n in (height, width))
        return (batch, height, width, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "shift": self.shift,
            "strides": self.strides,
        }

    # === One row, or one pixel, at a time ===

    def step_weights(self, bias=None):
        """Returns the kernel as matrices: of the row above, and of the own row.

        Args:
            bias: tensor to add to every output, or None.
        """
        kernel = self.normalized_kernel()
        own = ops.cast(self.bias, self.compute_dtype)[None]
        weights = {
            "here": ops.reshape(kernel[-1], (-1, self.filters)),
            "bias": own if bias is None else own + bias,
        }
        if self.kernel_size[0] > 1:
            weights["above"] = ops.reshape(kernel[-2], (-1, self.filters))
        return weights

    def _taps(self, row):
        """Returns the inputs of each output: `(width', batch, taps * channels)`."""
        width = row.shape[0]
        row = ops.pad(row, [list(self.sides), [0, 0], [0, 0]])
        taps = range(self.kernel_size[1])
        taps = [row[i : i + width : self.strides] for i in taps]
        return taps[0] if len(taps) == 1 else ops.concatenate(taps, axis=-1)

    def above(self, weights, previous):
        """Returns what the row above and the bias add to each output of a row."""
        return self._taps(previous) @ weights["above"] + weights["bias"]

    def row(self, weights, previous, row):
        """Returns the outputs of a row.

        Args:
            weights: what `step_weights` returns.
            previous: tensor, the inputs of the row above, unused for height 1.
            row: tensor, the inputs of this row.
        """
        rest = weights["bias"]
        if self.kernel_size[0] > 1:
            rest = self.above(weights, previous)
        return self._taps(row) @ weights["here"] + rest

    def init_row(self, batch_size, width):
        """Returns zeros for the inputs of one row."""
        return ops.zeros((width, batch_size, self.channels), self.compute_dtype)

    def init_cache(self, batch_size, width):
        """Returns zeros for what later pixels need; nothing for a 1x1 window.

        Args:
            batch_size: int.
            width: int, of the input.

        Returns:
            dict: `"left"`, the input of the pixel before, `"row"`, the inputs of this
            row and, right of the pixel, of the row above, and `"above"`, what the row
            above and the bias add to the outputs of this row.
        """
        if self.kernel_size == (1, 1):
            return {}
        shape = (width // self.strides, batch_size, self.filters)
        return {
            "left": ops.zeros((batch_size, self.channels), self.compute_dtype),
            "row": self.init_row(batch_size, width),
            "above": ops.zeros(shape, self.compute_dtype),
        }

    def begin_row(self, weights, cache):
        """Returns the cache at the start of the next row of outputs."""
        if self.kernel_size == (1, 1):
            return cache
        left, above = ops.zeros_like(cache["left"]), self.above(weights, cache["row"])
        return {**cache, "left": left, "above": above}

    def read(self, weights, cache, x, col):
        """Returns the output at column `col` of the outputs, for input `x` there."""
        if self.kernel_size == (1, 1):
            return x @ weights["here"] + weights["bias"]
        above = ops.slice(cache["above"], [col, 0, 0], (1, *cache["above"].shape[1:]))
        here = ops.concatenate([cache["left"], x], axis=-1)
        return here @ weights["here"] + above[0]

    def write(self, cache, x, col):
        """Returns the cache after input `x` at column `col` of the inputs."""
        if self.kernel_size == (1, 1):
            return cache
        row = ops.slice_update(cache["row"], [col, 0, 0], x[None])
        return {**cache, "left": x, "row": row}

    def step(self, weights, cache, x, col):
        """Takes the input of one pixel and returns `(output, cache)`."""
        return self.read(weights, cache, x, col), self.write(cache, x, col)


@keras.saving.register_keras_serializable(PACKAGE)
class ShiftedConv2DTranspose(WeightNorm):
    """Weight-normalised transposed convolution that doubles the image.

    Args:
        filters: int. Number of output maps.
        shift: `"down"`, a 2x3 window that reaches one column to each side, or
            `"down_right"`, a 2x2 window.
        init_scale, **kwargs: as in `WeightNorm`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, 2 height, 2 width, filters)`.
    """

    def __init__(self, filters, shift, init_scale=1.0, **kwargs):
        super().__init__(filters, init_scale, **kwargs)
        self.shift = check_choice("shift", shift, SHIFTS)

    def build(self, input_shape):
        width = 3 if self.shift == "down" else 2
        self.add_kernel((2, width, input_shape[-1]))

    def call(self, x):
        batch, height, width = (ops.shape(x)[i] for i in range(3))
        y = self._spread(x, self._matrix(), axis=2)  # (b, h, w, column, row, filters)
        y = ops.transpose(y, (0, 1, 4, 2, 3, 5))
        y = ops.reshape(y, (batch, 2 * height, 2 * width, self.filters))
        return self.add_bias(y)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, height and 2 * height, width and 2 * width, self.filters)

    def get_config(self):
        return {**super().get_config(), "shift": self.shift}

    def _matrix(self):
        """Returns the kernel as a matrix from an input to its whole window."""
        kernel = ops.transpose(self.normalized_kernel(), (2, 1, 0, 3))
        return ops.reshape(kernel, (kernel.shape[0], -1))

    def _spread(self, x, matrix, axis):
        """Returns the two columns of two outputs that each input stands for.

        Args:
            x: tensor `(..., channels)`.
            matrix: what `_matrix` returns.
            axis: int. Where `x` has its columns.
        """
        y = ops.matmul(x, matrix)
        y = ops.reshape(y, (*ops.shape(x)[:-1], -1, 2, self.filters))
        if self.shift == "down_right":
            return y
        left, centre, right = (y[..., i, :, :] for i in range(3))
        shift = [[0, 0]] * len(left.shape)
        shift[axis] = [0, 1]  # the left column of an input is the last one's right
        after = (slice(None),) * axis + (slice(1, None),)
        right = right + ops.pad(left, shift)[after]
        return ops.stack([centre, right], axis=-3)

    # === One row, or one pixel, at a time ===

    def step_weights(self):
        """Returns `(matrix, bias)`, which a sampling loop only reads."""
        return self._matrix(), ops.cast(self.bias, self.compute_dtype)

    def rows(self, weights, row):
        """Returns the two rows that one row becomes: `(2, 2 width, batch, filters)`."""
        width, batch, _ = row.shape
        y = self._spread(row, weights[0], axis=0)  # (width, batch, column, row, f)
        y = ops.transpose(y, (3, 0, 2, 1, 4)) + weights[1]
        return ops.reshape(y, (2, 2 * width, batch, self.filters))

    def block(self, weights, x):
        """Returns the 2x2 pixels that one becomes: `(2, 2, batch, filters)`."""
        y = self._spread(x, weights[0], axis=0)  # (batch, column, row, filters)
        return ops.transpose(y, (2, 1, 0, 3)) + weights[1]
