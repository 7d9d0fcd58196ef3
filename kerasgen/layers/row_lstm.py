"""Row LSTM: a convolutional LSTM that takes an image row by row.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, section 3.1.
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


@keras.saving.register_keras_serializable(PACKAGE)
class RowLSTM(ImageLSTM):
    """LSTM over the rows of an image, all columns of a row at once.

    A pixel sees a triangle: its own row up to itself within the window of the
    input-to-state convolution (mask B), and one column more to each side with every
    row above. The state before the first row is learned, one value a map.

    Args:
        filters: int. Maps of the state.
        channel_groups, num_classes, context_channels: as in `LSTMGates`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`, labels and a context as in `LSTMGates`.
    Output: `(batch, height, width, filters)`.

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759),
    section 3.1.
    """

    def __init__(self, filters, *args, **kwargs):
        super().__init__(filters, *args, **kwargs)
        self.gates = self.make_gates(3)
        self.cell, self.rnn = self.make_scan(_RowCell)

    def build(self, input_shape):
        self.channels = input_shape[-1]
        self.gates.build(input_shape)
        self.rnn.build(self.gates.compute_output_shape(input_shape))

    def call(self, x, labels=None, context=None):
        gates = self.gates(x, labels, context)
        state = self.cell.initial_state(ops.shape(x)[0], x.shape[2])
        return self.rnn(gates, initial_state=state)

    # === One pixel at a time ===

    def step_weights(self, labels=None):
        """Returns what a sampling loop only reads."""
        kernel = ops.cast(self.cell.kernel, self.compute_dtype)
        return {"gates": self.gates.step_weights(labels), "state": kernel}

    def init_cache(self, batch_size, width):
        """Returns the state before the first row, and zeros.

        Returns:
            dict: `"h"` and `"c"`, the state at each column `(width, batch, maps)` by
            colour group; `"above"`, what it adds to the gates of this row, likewise;
            `"left"`, the input of the pixel before, and `"pixel"`, of this one.
        """
        h, c = (
            ops.broadcast_to(x, (width, batch_size, self.filters))
            for x in self.cell.initial()
        )
        above = ops.zeros((width, batch_size, 4 * self.filters), self.compute_dtype)
        left = ops.zeros((batch_size, self.channels), self.compute_dtype)
        return {
            "h": split_groups(ops.cast(h, self.compute_dtype), self.channel_groups),
            "c": split_groups(c, self.channel_groups),
            "above": split_gate_groups(above, self.channel_groups),
            "left": left,
            "pixel": split_groups(left, self.channel_groups),
        }

    def begin_row(self, weights, cache, row, context=None):
        """Returns the cache at the start of a row.

        Args:
            weights: dict, see `step_weights`.
            cache: dict, see `init_cache`.
            row: int or int tensor.
            context: tensor `(height, width, batch, context_channels)` or None.
        """
        above = ops.matmul(_windows(join(cache["h"]), 0), weights["state"])
        above = above + self.gates.row_bias(weights["gates"], row, context)
        above = split_gate_groups(above, self.channel_groups)
        return {**cache, "above": above, "left": ops.zeros_like(cache["left"])}

    def step(self, weights, cache, x, col, group=0):
        """Takes the input of one pixel and group and returns `(output, cache)`."""
        cache = {key: [*v] if isinstance(v, list) else v for key, v in cache.items()}
        cache["pixel"][group] = x
        seen = join([cache["left"], *cache["pixel"][: group + 1]])
        gates = ops.matmul(seen, weights["gates"]["here"][group])
        gates = gates + take(cache["above"][group], col)
        h, c = lstm_update(gates, take(cache["c"][group], col))
        h = ops.cast(h, self.compute_dtype)
        cache["h"][group] = put(cache["h"][group], col, h)
        cache["c"][group] = put(cache["c"][group], col, c)
        if group == self.channel_groups - 1:
            cache["left"] = join(cache["pixel"])
        return h, cache


class _RowCell(layers.Layer):
    """One row: the state-to-state convolution, 3 wide, without a mask."""

    def __init__(self, filters, matmul_dtype, **kwargs):
        super().__init__(**kwargs)
        self.matmul_dtype = matmul_dtype
        self.filters = self.output_size = filters
        self.state_size = [filters, filters]

    def build(self, input_shape):
        shape = (3 * self.filters, 4 * self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.h, self.c = (
            self.add_weight(
                name=name,
                shape=(self.filters,),
                initializer="zeros",
                autocast=False,
            )
            for name in ("initial_h", "initial_c")
        )

    def initial(self):
        """Returns the learned state, `h` and `c`."""
        return [ops.convert_to_tensor(x) for x in (self.h, self.c)]

    def initial_state(self, batch_size, width):
        """Returns the learned state for all columns of a batch."""
        shape = (batch_size, width, self.filters)
        return [ops.broadcast_to(x, shape) for x in self.initial()]

    def call(self, x, states):
        h, c = states
        windows = ops.cast(_windows(h, 1), self.matmul_dtype)
        kernel = ops.cast(self.kernel, self.matmul_dtype)
        h, c = lstm_update(x + ops.cast(ops.matmul(windows, kernel), x.dtype), c)
        return h, [h, c]


def _windows(h, axis):
    """Joins the states of a column and of its two neighbours, zeros outside."""
    edge = ops.zeros_like(h[:1] if axis == 0 else h[:, :1])
    before = h[:-1] if axis == 0 else h[:, :-1]
    after = h[1:] if axis == 0 else h[:, 1:]
    return join(
        [
            ops.concatenate([edge, before], axis=axis),
            h,
            ops.concatenate([after, edge], axis=axis),
        ]
    )
