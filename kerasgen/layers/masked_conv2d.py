"""Masked convolution: an output sees only what comes before it in raster order.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, section 3.4 and figure 2.
"""

import itertools

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int


def group_bounds(channels, groups):
    """Returns where the colour groups start and end among `channels` maps.

    Group `g` is the block `bounds[g]:bounds[g + 1]`, in every layer of every model:
    blocks that were cut differently in two layers would let blue into red.
    """
    return [-(-g * channels // groups) for g in range(groups + 1)]


@keras.saving.register_keras_serializable("kerasgen")
class MaskedConv2D(keras.layers.Layer):
    """2-D convolution whose outputs depend on earlier pixels only.

    Pixels come row by row, and within a pixel colour group by colour group. Rows
    below the centre of the window are not stored at all: the kernel has
    `height // 2 + 1` rows, and a mask over the last one.

    For sampling pixel by pixel the layer has `step_weights`, `init_cache`,
    `begin_row`, `write`, `read` and `step`, called as in `kerasgen.training`.

    Args:
        filters: int. Number of output maps.
        kernel_size: odd int, or two odd ints `(height, width)`, of the full window.
        mask_type: `"A"` hides the pixel's own group and later ones (for the first
            layer), `"B"` only later ones.
        channel_groups: int. Colour groups: 3 for red, green, blue one after the
            other, 1 where all maps belong to the whole pixel.
        use_bias: bool.
        kernel_initializer: initializer of the kernel.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height, width, filters)`.

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759),
    section 3.4.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        mask_type,
        channel_groups=1,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.channel_groups = check_int("channel_groups", channel_groups)
        self.filters = check_int("filters", filters, self.channel_groups)
        self.kernel_size = _check_kernel_size(kernel_size)
        self.mask_type = check_choice("mask_type", mask_type, ("A", "B"))
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if self.mask_type == "A" and self.kernel_size[1] == 1:
            raise ValueError(
                "`kernel_size` must be wider than 1 with mask A, which would hide "
                f"the whole row. Received: kernel_size={kernel_size!r}"
            )
        self.rows_above = self.kernel_size[0] // 2
        self.side = self.kernel_size[1] // 2

    def build(self, input_shape):
        self.channels = check_int("channels", input_shape[-1], self.channel_groups)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(
                self.rows_above + 1,
                self.kernel_size[1],
                self.channels,
                self.filters,
            ),
            initializer=self.kernel_initializer,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def call(self, x):
        kernel = self._masked_kernel()
        if self.kernel_size == (1, 1):
            y = ops.matmul(x, kernel[0, 0])
        else:
            sides = [self.side, self.side]
            x = ops.pad(x, [[0, 0], [self.rows_above, 0], sides, [0, 0]])
            y = ops.conv(x, kernel, padding="valid", data_format="channels_last")
        return y + ops.cast(self.bias, y.dtype) if self.use_bias else y

    def _masked_kernel(self):
        kernel = ops.cast(self.kernel, self.compute_dtype)
        return kernel * ops.convert_to_tensor(self.mask(), self.compute_dtype)

    def mask(self):
        """Returns the mask, zeros and ones, an array that broadcasts to the kernel."""
        if (self.kernel_size, self.mask_type, self.channel_groups) == ((1, 1), "B", 1):
            return np.ones((1, 1, 1, 1), "float32")
        mask = np.ones((self.rows_above + 1, self.kernel_size[1], 1, 1), "float32")
        mask[-1, self.side :] = 0.0
        if (self.mask_type, self.channel_groups) == ("A", 1):
            return mask
        groups_in = _channel_groups(self.channels, self.channel_groups)
        groups_out = _channel_groups(self.filters, self.channel_groups)
        seen = groups_in[:, None] < groups_out + (self.mask_type == "B")
        mask = np.tile(mask, (1, 1, *seen.shape))
        mask[-1, self.side] = seen
        return mask

    # === One pixel at a time ===

    def step_weights(self, bias=None):
        """Returns the kernel as matrices, which a sampling loop only reads.

        Args:
            bias: tensor `(batch, filters)` to add to every output, or None.

        Returns:
            dict: `"here"`, a matrix for each colour group, from the inputs that it
            sees in this row to its outputs; `"above"`, one matrix for the rows
            above; `"bias"`.
        """
        kernel = ops.cast(self.kernel, self.compute_dtype)
        left = ops.reshape(kernel[-1, : self.side], (-1, self.filters))
        here = []
        for group in range(self.channel_groups):
            seen = self._bounds(self.channels)[self._groups_seen(group)]
            outputs = self._outputs(group)
            centre = kernel[-1, self.side, :seen, outputs]
            here.append(ops.concatenate([left[:, outputs], centre], axis=0))
        own = ops.zeros((1, self.filters), self.compute_dtype)
        if self.use_bias:
            own = ops.cast(self.bias, self.compute_dtype)[None]
        above = ops.reshape(kernel[:-1], (-1, self.filters))
        return {
            "here": here,
            "above": above,
            "bias": own if bias is None else own + bias,
        }

    def init_cache(self, batch_size, width):
        """Returns zeros for what later pixels need.

        Args:
            batch_size: int.
            width: int, of the image.

        Returns:
            dict of tensors, a few or none: `"pixel"`, the inputs of this pixel by
            colour group, `"left"`, those of the pixels before it in the window,
            `"rows"` `(rows, padded width, batch, channels)`, those of the last rows
            with this row behind, and `"above"` `(width, batch, filters)`, what the
            rows above and the bias add to the outputs of this row.
        """

        def zeros(*shape):
            return ops.zeros(shape, self.compute_dtype)

        if self._pointwise:
            return {}
        bounds = self._bounds(self.channels)
        sizes = [b - a for a, b in itertools.pairwise(bounds)]
        cache = {
            "pixel": [zeros(batch_size, size) for size in sizes],
            "left": [zeros(batch_size, self.channels) for _ in range(self.side)],
        }
        if self.rows_above:
            padded = width + 2 * self.side
            rows = zeros(self.rows_above + 1, padded, batch_size, self.channels)
            cache["rows"] = rows
            cache["above"] = zeros(width, batch_size, self.filters)
        return cache

    def begin_row(self, weights, cache):
        """Returns the cache at the start of the next row."""
        cache = {**cache}
        if self.side:
            cache["left"] = [ops.zeros_like(x) for x in cache["left"]]
        if self.rows_above:
            rows, width = cache["rows"][1:], cache["above"].shape[0]
            taps = itertools.product(range(self.rows_above), range(self.kernel_size[1]))
            patches = [rows[i, j : j + width] for i, j in taps]
            patches = ops.concatenate(patches, axis=-1)  # (width, batch, taps * c)
            cache["above"] = patches @ weights["above"] + weights["bias"]
            cache["rows"] = ops.concatenate([rows, ops.zeros_like(rows[:1])], axis=0)
        return cache

    def write(self, cache, x, col, group=0):
        """Returns the cache after input `x` of one colour group at column `col`.

        Args:
            cache: dict, see `init_cache`.
            x: tensor `(batch, channels of the group)`.
            col: int or int tensor.
            group: int. A pixel's groups come in order.
        """
        if self._pointwise:
            return cache
        pixel = list(cache["pixel"])
        pixel[group] = x
        cache = {**cache, "pixel": pixel}
        if group == self.channel_groups - 1:
            x = _join(pixel)
            if self.side:
                cache["left"] = [*cache["left"][1:], x]
            if self.rows_above:
                place = [self.rows_above, col + self.side, 0, 0]
                cache["rows"] = ops.slice_update(cache["rows"], place, x[None, None])
        return cache

    def read(self, weights, cache, col, group=0):
        """Returns the outputs `(batch, filters of the group)` at column `col`.

        It comes after the group's `write` with mask B, before it with mask A.
        """
        return self._read(weights, cache, cache["left"], col, group)

    def _read(self, weights, cache, left, col, group):
        seen = [*left, *cache["pixel"][: self._groups_seen(group)]]
        outputs = self._outputs(group)
        if self.rows_above:
            size = outputs.stop - outputs.start
            place, batch = [col, 0, outputs.start], cache["above"].shape[1]
            rest = ops.slice(cache["above"], place, (1, batch, size))[0]
        else:
            rest = weights["bias"][:, outputs]
        return _join(seen) @ weights["here"][group] + rest

    def step(self, weights, cache, x, col, group=0):
        """Takes the input of one pixel and group and returns `(output, cache)`."""
        if self._pointwise:
            return x @ weights["here"][0] + weights["bias"], cache
        left = cache["left"]
        cache = self.write(cache, x, col, group)
        return self._read(weights, cache, left, col, group), cache

    @property
    def _pointwise(self):
        """Whether an output depends on the input at the same place alone."""
        return self.kernel_size == (1, 1) and self.channel_groups == 1

    def _bounds(self, channels):
        return group_bounds(channels, self.channel_groups)

    def _groups_seen(self, group):
        """How many groups of its own pixel an output of `group` sees."""
        return group + (self.mask_type == "B")

    def _outputs(self, group):
        return slice(*self._bounds(self.filters)[group : group + 2])

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "mask_type": self.mask_type,
            "channel_groups": self.channel_groups,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _join(parts):
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def _channel_groups(channels, groups):
    bounds = group_bounds(channels, groups)
    return np.searchsorted(bounds, np.arange(channels), side="right") - 1


def _check_kernel_size(kernel_size):
    sizes = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    sizes = tuple(check_int("kernel_size", size) for size in sizes)
    if len(sizes) != 2 or any(size % 2 == 0 for size in sizes):
        raise ValueError(
            "`kernel_size` must be an odd int or two odd ints. "
            f"Received: kernel_size={kernel_size!r}"
        )
    return sizes
