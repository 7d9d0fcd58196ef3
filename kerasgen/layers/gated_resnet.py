"""The gated residual block of PixelCNN++ and PixelSNAIL.

Salimans, Karpathy, Chen and Kingma, 2017, "PixelCNN++", https://arxiv.org/abs/1701.05517,
and its released code.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.layers.class_bias import label_rows
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.shifted_conv import ShiftedConv2D
from kerasgen.layers.weight_norm import WeightNormDense
from kerasgen.registry import PACKAGE

KERNELS = {"down": (2, 3), "down_right": (2, 2), "none": (1, 1)}


def concat_elu(x):
    """Returns ELU of `x` and of `-x`, side by side: twice the channels."""
    return ops.elu(ops.concatenate([x, -x], axis=-1))


ACTIVATIONS = {"concat_elu": (concat_elu, 2), "elu": (ops.elu, 1)}


@keras.saving.register_keras_serializable(PACKAGE)
class GatedResnet(keras.layers.Layer):
    """`x + a * sigmoid(b)`, with `a, b` from two convolutions of `x`.

    The first adds a 1x1 convolution of each side input; the second starts small and
    adds the class's bias.

    Args:
        shift: `"down"` for 2x3 windows, `"down_right"` for 2x2, `"none"` for 1x1.
        side_channels: tuple of ints, channels of the side inputs.
        activation: `"concat_elu"` or `"elu"`.
        dropout: float in [0, 1], after the first convolution.
        num_classes: int or None.
        seed: int or None, of the dropout.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`, and side inputs as a list.
    Output: like the input.
    """

    def __init__(
        self,
        shift,
        side_channels=(),
        activation="concat_elu",
        dropout=0.5,
        num_classes=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shift = check_choice("shift", shift, tuple(KERNELS))
        self.side_channels = tuple(check_int("side_channels", n) for n in side_channels)
        check_choice("activation", activation, tuple(ACTIVATIONS))
        self.activation, self.num_classes = activation, num_classes
        self.dropout = Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, input_shape):
        channels, (self._activate, factor) = (
            input_shape[-1],
            ACTIVATIONS[self.activation],
        )
        options, kernel_size = {"dtype": self.dtype_policy}, KERNELS[self.shift]
        shift = "down" if self.shift == "down" else "down_right"
        self.first = ShiftedConv2D(channels, kernel_size, shift, **options)
        self.second = ShiftedConv2D(
            2 * channels, kernel_size, shift, init_scale=0.1, **options
        )
        for conv in (self.first, self.second):
            conv.build((*input_shape[:-1], factor * channels))
        self.side = None
        if self.side_channels:
            self.side = WeightNormDense(channels, **options)
            self.side.build((None, factor * sum(self.side_channels)))
        if self.num_classes:
            self.class_bias = self.add_weight(
                name="class_bias",
                shape=(self.num_classes, 2 * channels),
                initializer="zeros",
            )

    def _bias_of(self, labels):
        return label_rows(self.class_bias, labels, self.compute_dtype)

    def call(self, x, sides=(), labels=None, training=False):
        y = self.first(self._activate(x))
        if self.side is not None:
            sides = [self._activate(side) for side in sides]
            y = y + self.side(ops.concatenate(sides, axis=-1))
        y = self.dropout(self._activate(y), training=training)
        y = self.second(y)
        if self.num_classes:
            y = y + self._bias_of(labels)[:, None, None]
        return x + _gate(y)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "shift": self.shift,
            "side_channels": self.side_channels,
            "activation": self.activation,
            "dropout": self.dropout.rate,
            "num_classes": self.num_classes,
            "seed": self.dropout.seed,
        }

    # === One row, or one pixel, at a time ===

    def step_weights(self, labels=None):
        """Returns matrices that a sampling loop only reads."""
        bias = self._bias_of(labels) if self.num_classes else None
        weights = {"second": self.second.step_weights(bias), "sides": []}
        bias = None
        if self.side is not None:
            (matrix, bias), start = self.side.step_weights(), 0
            factor = ACTIVATIONS[self.activation][1]
            for channels in self.side_channels:
                end = start + factor * channels
                weights["sides"].append(matrix[start:end])
                start = end
        return {**weights, "first": self.first.step_weights(bias)}

    def _add_sides(self, y, sides, matrices):
        for side, matrix in zip(sides, matrices, strict=True):
            y = y + self._activate(side) @ matrix
        return y

    def init_rows(self, batch_size, width):
        """Returns the cache of `row`: the row above, as each convolution saw it."""
        return [c.init_row(batch_size, width) for c in (self.first, self.second)]

    def row(self, weights, cache, x, sides=()):
        """Takes a row `(width, batch, channels)` and returns `(output, cache)`."""
        first = self._activate(x)
        y = self.first.row(weights["first"], cache[0], first)
        second = self._activate(self._add_sides(y, sides, weights["sides"]))
        y = self.second.row(weights["second"], cache[1], second)
        return x + _gate(y), [first, second]

    def init_cache(self, batch_size, width):
        """Returns the cache of `begin_row` and `step`."""
        return [c.init_cache(batch_size, width) for c in (self.first, self.second)]

    def begin_row(self, weights, cache, sides=()):
        """Returns the cache at the start of the next row.

        Args:
            weights, cache: as above.
            sides: list of those side inputs, the first ones, that are known for all
                of the row, each `(width, batch, channels)`.
        """
        first = self.first.begin_row(weights["first"], cache[0])
        if sides:
            matrices = weights["sides"][: len(sides)]
            above = self._add_sides(first["above"], sides, matrices)
            first = {**first, "above": above}
        return [first, self.second.begin_row(weights["second"], cache[1])]

    def step(self, weights, cache, x, col, sides=()):
        """Takes one pixel `(batch, channels)` and returns `(output, cache)`.

        Args:
            weights, cache, x: as above.
            col: int or int tensor.
            sides: list of the remaining side inputs, each `(batch, channels)`.
        """
        y, first = self.first.step(weights["first"], cache[0], self._activate(x), col)
        matrices = weights["sides"][len(weights["sides"]) - len(sides) :]
        y = self._activate(self._add_sides(y, sides, matrices))
        y, second = self.second.step(weights["second"], cache[1], y, col)
        return x + _gate(y), [first, second]


def _gate(y):
    y, gate = ops.split(y, 2, axis=-1)
    return y * ops.sigmoid(gate)
