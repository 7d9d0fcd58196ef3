"""What the LSTM layers of PixelRNN share: their gates, and the update of the state.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, section 3.1 and equation 3.
"""

import itertools

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.class_bias import ClassBias
from kerasgen.layers.masked_conv2d import group_bounds
from kerasgen.registry import PACKAGE


def lstm_update(gates, c):
    """Returns the state `(h, c)` after gates `(..., 4 * filters)`.

    In the order of the paper: output, forget, input and content.
    """
    output, forget, into, content = ops.split(ops.cast(gates, c.dtype), 4, axis=-1)
    c = ops.sigmoid(forget) * c + ops.sigmoid(into) * ops.tanh(content)
    return ops.sigmoid(output) * ops.tanh(c), c


def split_groups(x, groups):
    """Cuts maps `(..., filters)` into a list by colour group."""
    bounds = group_bounds(x.shape[-1], groups)
    return [x[..., a:b] for a, b in itertools.pairwise(bounds)]


def split_gate_groups(gates, groups):
    """Cuts `(..., 4 * filters)` into a list by colour group, four gates in each."""
    parts = [split_groups(gate, groups) for gate in ops.split(gates, 4, axis=-1)]
    return [join(part) for part in zip(*parts, strict=True)]


def join(parts):
    """Joins maps along the last axis."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)


def take(row, col):
    """Returns column `col` of `(width, batch, maps)`."""
    return ops.slice(row, [col, 0, 0], (1, *row.shape[1:]))[0]


def put(row, col, x):
    """Returns `(width, batch, maps)` with `(batch, maps)` in column `col`."""
    return ops.slice_update(row, [col, 0, 0], x[None])


@keras.saving.register_keras_serializable(PACKAGE)
class LSTMGates(keras.layers.Layer):
    """Input-to-state: a convolution along the row, with mask B, to four gates.

    Each gate is cut in the same colour groups: a cut of all `4 * filters` maps at once
    would run through the midst of a gate, and let blue into red. A class and a
    context, which come from outside of the image, add to the gates without a mask.

    Args:
        filters: int. Maps of each gate.
        kernel_size: int. Width of the window, of which the left half and the middle
            are seen.
        channel_groups: int. Colour groups, see `MaskedConv2D`.
        num_classes: int or None. Adds a bias by label.
        context_channels: int or None. Adds a 1x1 convolution of a context.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`, labels `(batch,)` or None, and a context
        `(batch, height, width, context_channels)` or None.
    Output: `(batch, height, width, 4 * filters)`, gate by gate, see `lstm_update`.

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759),
    equation 3 and section 3.6.
    """

    def __init__(
        self,
        filters,
        kernel_size=1,
        channel_groups=1,
        num_classes=None,
        context_channels=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.channel_groups = channel_groups
        self.num_classes = num_classes
        self.context_channels = context_channels
        self.left = kernel_size // 2
        self.bias = ClassBias(4 * filters, num_classes, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.channels = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=((self.left + 1) * self.channels, 4 * self.filters),
        )
        if self.context_channels:
            self.context_kernel = self.add_weight(
                name="context_kernel",
                shape=(self.context_channels, 4 * self.filters),
            )

    def compute_output_shape(self, input_shape, *args):
        return (*input_shape[:-1], 4 * self.filters)

    def call(self, x, labels=None, context=None):
        bias = ops.cast(self.bias(labels), self.compute_dtype)
        gates = self.convolve(x) + bias[:, None, None]
        if self.context_channels:
            kernel = ops.cast(self.context_kernel, self.compute_dtype)
            gates = gates + ops.matmul(context, kernel)
        return gates

    def convolve(self, x):
        """Returns the gates of `(batch, height, width, channels)`, without a bias."""
        if self.left:
            width = x.shape[2]
            x = ops.pad(x, [[0, 0], [0, 0], [self.left, 0], [0, 0]])
            x = join([x[:, :, i : i + width] for i in range(self.left + 1)])
        return ops.matmul(x, self._masked_kernel())

    def _masked_kernel(self):
        kernel = ops.cast(self.kernel, self.compute_dtype)
        return kernel * ops.convert_to_tensor(self.mask(), self.compute_dtype)

    def mask(self):
        """Returns the mask of the kernel, zeros and ones: of one gate, four times."""
        before = np.ones((self.left * self.channels, self.filters), "float32")
        own = self._groups_of(self.channels)[:, None] <= self._groups_of(self.filters)
        return np.tile(np.concatenate([before, own]), (1, 4))

    def _groups_of(self, maps):
        bounds = group_bounds(maps, self.channel_groups)
        return np.repeat(np.arange(self.channel_groups), np.diff(bounds))

    # === One pixel at a time ===

    def step_weights(self, labels=None):
        """Returns what a sampling loop only reads.

        Returns:
            dict: `"here"`, a matrix for each colour group, from the inputs that it sees
            in this row to its gates; `"bias"`; `"context"` where there is one.
        """
        here = split_gate_groups(self._masked_kernel(), self.channel_groups)
        bounds = group_bounds(self.channels, self.channel_groups)
        seen = [self.left * self.channels + bound for bound in bounds[1:]]
        weights = {
            "here": [kernel[:n] for kernel, n in zip(here, seen, strict=True)],
            "bias": ops.cast(self.bias(labels), self.compute_dtype),
        }
        if self.context_channels:
            weights["context"] = ops.cast(self.context_kernel, self.compute_dtype)
        return weights

    def row_bias(self, weights, row, context=None):
        """Returns what labels and context add to the gates of a row.

        Args:
            weights: dict, see `step_weights`.
            row: int or int tensor.
            context: tensor `(height, width, batch, context_channels)` or None.

        Returns:
            tensor that broadcasts to `(width, batch, 4 * filters)`.
        """
        if not self.context_channels:
            return weights["bias"]
        here = ops.slice(context, [row, 0, 0, 0], (1, *context.shape[1:]))[0]
        return weights["bias"] + ops.matmul(here, weights["context"])

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "channel_groups": self.channel_groups,
            "num_classes": self.num_classes,
            "context_channels": self.context_channels,
        }


class ImageLSTM(keras.layers.Layer):
    """Base class of LSTM layers over images: arguments, shapes and config.

    For sampling pixel by pixel they have `step_weights`, `init_cache`, `begin_row` and
    `step`, called as in `kerasgen.training`.

    Args:
        filters: int. Maps of the state.
        channel_groups, num_classes, context_channels: as in `LSTMGates`.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(
        self,
        filters,
        channel_groups=1,
        num_classes=None,
        context_channels=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.channel_groups = check_int("channel_groups", channel_groups)
        self.filters = check_int("filters", filters, channel_groups)
        self.num_classes = num_classes
        self.context_channels = context_channels

    def make_gates(self, kernel_size, name=None):
        """Returns the layer of the input-to-state."""
        return LSTMGates(
            self.filters,
            kernel_size,
            self.channel_groups,
            self.num_classes,
            self.context_channels,
            dtype=self.dtype_policy,
            name=name,
        )

    def make_scan(self, cell_class):
        """Returns `(cell, layer that runs it over axis 1)`.

        The state stays in float32 in mixed precision. `ops.scan` would do but for
        TensorFlow, where XLA refuses its gradient (Keras 3.15).
        """
        dtype = self.dtype_policy.variable_dtype
        cell = cell_class(self.filters, self.compute_dtype, dtype=dtype)
        scan = keras.layers.RNN(cell, return_sequences=True, dtype=self.dtype_policy)
        return cell, scan

    def compute_output_shape(self, input_shape, *args):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "channel_groups": self.channel_groups,
            "num_classes": self.num_classes,
            "context_channels": self.context_channels,
        }
