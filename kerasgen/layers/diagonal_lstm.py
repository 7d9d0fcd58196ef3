"""Diagonal BiLSTM: an LSTM along the diagonals of an image, from both upper corners.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, section 3.2 and figure 3.
"""

import keras
from keras import layers, ops

from kerasgen.layers.lstm_gates import (
    ImageLSTM,
    join,
    lstm_update,
    put,
    split_gate_groups,
    split_groups,
    take,
)
from kerasgen.registry import PACKAGE

DIRECTIONS = ("from_left", "from_right")


def skew(x):
    """Shifts row `r` by `r` columns: `(n, h, w, c)` to `(n, h, h + w - 1, c)`.

    What was a diagonal becomes a column; the places left free are zeros.
    """
    height, width, channels = x.shape[1:]
    x = ops.pad(x, [[0, 0], [0, 0], [0, height], [0, 0]])
    x = ops.reshape(x, (-1, height * (width + height), channels))
    x = x[:, : height * (width + height - 1)]
    return ops.reshape(x, (-1, height, width + height - 1, channels))


def unskew(x):
    """Undoes `skew`: `(n, h, h + w - 1, c)` to `(n, h, w, c)`."""
    height, diagonals, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height * diagonals, channels))
    x = ops.pad(x, [[0, 0], [0, height], [0, 0]])
    x = ops.reshape(x, (-1, height, diagonals + 1, channels))
    return x[:, :, : diagonals + 1 - height]


@keras.saving.register_keras_serializable(PACKAGE)
class DiagonalBiLSTM(ImageLSTM):
    """Two LSTMs over the diagonals, one from each upper corner.

    In the first, a pixel's state follows from those to the left and above, in the
    second from those to the right and above; the second counts one row later, where
    all that it has seen is past. Together a pixel sees every pixel before it. The
    state outside of the image is learned, one value a map.

    Args:
        filters: int. Maps of the state of each direction.
        channel_groups, num_classes, context_channels: as in `LSTMGates`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`, labels and a context as in `LSTMGates`.
    Output: `(batch, height, width, filters)`.

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759),
    section 3.2.
    """

    def __init__(self, filters, *args, **kwargs):
        super().__init__(filters, *args, **kwargs)
        self.gates = [self.make_gates(1, name) for name in DIRECTIONS]
        self.cell, self.rnn = self.make_scan(_DiagonalCell)

    def build(self, input_shape):
        self.channels = input_shape[-1]
        for gates in self.gates:
            gates.build(input_shape)
        self.rnn.build((None, None, 2, None, 4 * self.filters))

    def call(self, x, labels=None, context=None):
        height, size = x.shape[1], 4 * self.filters
        left, right = (gates(x, labels, context) for gates in self.gates)
        # Both directions in one scan, side by side as channels.
        both = skew(ops.concatenate([left, ops.flip(right, axis=2)], axis=-1))
        both = ops.reshape(both, (-1, height, both.shape[2], 2, size))
        state = self.cell.initial_state(ops.shape(x)[0], height)
        both = self.rnn(
            ops.transpose(both, (0, 2, 3, 1, 4)), initial_state=state
        )  # (batch, diagonals, 2, height, filters)
        both = ops.transpose(both, (0, 3, 1, 2, 4))
        both = ops.reshape(both, (-1, *both.shape[1:3], 2 * self.filters))
        left, right = ops.split(unskew(both), 2, axis=-1)
        right = ops.flip(right, axis=2)
        # A row later: what comes from the right has seen the rest of its row.
        down = ops.pad(right[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0]])
        return left + down

    # === One pixel at a time ===

    def step_weights(self, labels=None):
        """Returns what a sampling loop only reads."""
        kernel = ops.cast(self.cell.stacked_kernel(), self.compute_dtype)
        before, above = ops.split(kernel, 2, axis=1)
        left, right = (gates.step_weights(labels) for gates in self.gates)
        h, c = self.cell.initial()
        by_group = split_gate_groups(before[0], self.channel_groups)
        pairs = zip(by_group, left["here"], strict=True)
        return {
            "gates": [left, right],
            "here": [ops.concatenate(pair, axis=0) for pair in pairs],
            "right": before[1],
            "above": above,
            "h": ops.cast(h, self.compute_dtype),
            "c": c,
        }

    def init_cache(self, batch_size, width):
        """Returns the states above the first row, and zeros.

        Returns:
            dict of tensors, and of lists by colour group: `"h"`, the states from the
            left at each column, `(width, batch, maps)`; `"right"`, those from the right
            of the row above, and `"shifted"`, what they add to this row; `"above"`,
            what the row above adds to the gates; `"inputs"` of this row; `"before"` and
            `"c"`, the state of the pixel to the left, and `"pixel"`, of this one.
        """
        groups, dtype = self.channel_groups, self.compute_dtype
        h, c = self.cell.initial()
        shape = (width, batch_size, self.filters)
        states = [ops.broadcast_to(ops.cast(h[i, 0], dtype), shape) for i in range(2)]
        cell = ops.broadcast_to(c[0], shape[1:])
        return {
            "h": split_groups(states[0], groups),
            "right": states[1],
            "shifted": split_groups(ops.zeros(shape, dtype), groups),
            "above": split_gate_groups(
                ops.zeros((*shape[:2], 4 * self.filters), dtype), groups
            ),
            "inputs": split_groups(
                ops.zeros((*shape[:2], self.channels), dtype), groups
            ),
            "before": states[0][0],
            "c": split_groups(cell, groups),
            "pixel": split_groups(states[0][0], groups),
        }

    def begin_row(self, weights, cache, row, context=None):
        """Returns the cache at the start of a row.

        The states from the right of the row above, whose inputs are all known now,
        are computed here, in a loop from its last column to its first.

        Args:
            weights: dict, see `step_weights`.
            cache: dict, see `init_cache`.
            row: int or int tensor.
            context: tensor `(height, width, batch, context_channels)` or None.
        """
        started = ops.greater(row, 0)
        right = self._run_right(weights, cache, row, context)
        right = ops.where(started, right, cache["right"])
        shifted = ops.where(started, right, ops.zeros_like(right))
        above = ops.matmul(join(cache["h"]), weights["above"][0])
        above = above + self.gates[0].row_bias(weights["gates"][0], row, context)
        before = ops.broadcast_to(weights["h"][0], cache["before"].shape)
        cell = ops.broadcast_to(weights["c"][0], before.shape)
        return {
            **cache,
            "right": right,
            "shifted": split_groups(shifted, self.channel_groups),
            "above": split_gate_groups(above, self.channel_groups),
            "before": before,
            "c": split_groups(cell, self.channel_groups),
        }

    def _run_right(self, weights, cache, row, context):
        """Returns the states from the right of row `row - 1`."""
        previous = ops.maximum(row - 1, 0)
        gates = self.gates[1].convolve(join(cache["inputs"])[None])[0]
        gates = gates + ops.matmul(cache["right"], weights["above"][1])
        gates = gates + self.gates[1].row_bias(weights["gates"][1], previous, context)
        width, batch = gates.shape[:2]
        h = ops.broadcast_to(weights["h"][1], (batch, self.filters))
        c = ops.broadcast_to(weights["c"][1], (batch, self.filters))

        def column(i, state):
            h, c, states = state
            col = width - 1 - i
            total = take(gates, col) + ops.matmul(h, weights["right"])
            h, c = lstm_update(total, c)
            h = ops.cast(h, self.compute_dtype)
            return h, c, put(states, col, h)

        return ops.fori_loop(0, width, column, (h, c, cache["right"]))[2]

    def step(self, weights, cache, x, col, group=0):
        """Takes the input of one pixel and group and returns `(output, cache)`."""
        cache = {key: [*v] if isinstance(v, list) else v for key, v in cache.items()}
        seen = [take(part, col) for part in cache["inputs"][:group]]
        cache["inputs"][group] = put(cache["inputs"][group], col, x)
        gates = ops.matmul(join([cache["before"], *seen, x]), weights["here"][group])
        gates = gates + take(cache["above"][group], col)
        h, cache["c"][group] = lstm_update(gates, cache["c"][group])
        h = cache["pixel"][group] = ops.cast(h, self.compute_dtype)
        cache["h"][group] = put(cache["h"][group], col, h)
        if group == self.channel_groups - 1:
            cache["before"] = join(cache["pixel"])
        return h + take(cache["shifted"][group], col), cache


class _DiagonalCell(layers.Layer):
    """One diagonal: the states of its rows from those of the diagonal before.

    The state-to-state kernel reads rows `r` and `r - 1`, which are the pixels to the
    left and above. Until a row has begun, it keeps the learned state.
    """

    def __init__(self, filters, matmul_dtype, **kwargs):
        super().__init__(**kwargs)
        self.matmul_dtype = matmul_dtype
        self.filters = self.output_size = filters
        self.state_size = [filters, filters, 1]

    def build(self, input_shape):
        shape = (2 * self.filters, 4 * self.filters)
        self.kernels = [
            self.add_weight(name=f"kernel_{name}", shape=shape) for name in DIRECTIONS
        ]
        self.h, self.c = (
            self.add_weight(
                name=name,
                shape=(2, 1, self.filters),
                initializer="zeros",
                autocast=False,
            )
            for name in ("initial_h", "initial_c")
        )

    def stacked_kernel(self):
        """Returns the kernels of both directions, `(2, 2 * filters, 4 * filters)`."""
        return ops.stack([kernel.value for kernel in self.kernels])

    def initial(self):
        """Returns the learned states, `h` and `c`, each `(2, 1, filters)`."""
        return [x.value for x in (self.h, self.c)]

    def initial_state(self, batch_size, height):
        """Returns the learned states for all rows of a batch, and diagonal 0."""
        shape = (batch_size, 2, height, self.filters)
        states = [ops.broadcast_to(x, shape) for x in self.initial()]
        return [*states, ops.zeros((batch_size, 1, 1, 1), self.compute_dtype)]

    def call(self, x, states):
        h, c, diagonal = states
        first_h, first_c = self.initial()
        edge = ops.broadcast_to(first_h, ops.shape(h[:, :, :1]))
        above = ops.concatenate([edge, h[:, :, :-1]], axis=2)
        both = ops.cast(join([h, above]), self.matmul_dtype)
        kernel = ops.cast(self.stacked_kernel(), self.matmul_dtype)
        gates = ops.einsum("bdrk,dkg->bdrg", both, kernel)
        new_h, new_c = lstm_update(x + ops.cast(gates, x.dtype), c)
        rows = ops.reshape(ops.arange(h.shape[2], dtype=diagonal.dtype), (-1, 1))
        started = ops.greater_equal(diagonal, rows)
        h, c = ops.where(started, new_h, first_h), ops.where(started, new_c, first_c)
        return h, [h, c, diagonal + 1.0]
