"""Recurrent networks of GANs for series: a generator that hears itself, and a reader.

Mogren, 2016, "C-RNN-GAN: Continuous recurrent neural networks with adversarial
training", https://arxiv.org/abs/1611.09904, section 2. Official code:
olofmogren/c-rnn-gan.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class FeedbackLSTM(layers.Layer):
    """LSTM whose output at a step is a part of its input at the next one.

    The input of a step, noise and the output before, goes through a dense layer of
    rectified units; the output is linear in the state of the last LSTM layer. Zeros
    stand before the first output.

    Args:
        channels: int. Values of an output.
        units: int. Units of each LSTM layer, and of the dense one.
        depth: int. LSTM layers.
        **kwargs: as in `keras.layers.Layer`.

    Call:   noise `(batch, length, noise channels)` to `(batch, length, channels)`. With
        `given`, a series of that shape, its values stand in the place of the outputs
        before, so that each output is a guess of the next value of `given`.
    """

    def __init__(self, channels, units, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.channels = check_int("channels", channels)
        self.units = check_int("units", units)
        self.depth = check_int("depth", depth)
        cell = _FeedbackCell(channels, units, depth, dtype=self.dtype_policy)
        self.rnn = layers.RNN(cell, return_sequences=True, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.rnn.build((*input_shape[:-1], input_shape[-1] + self.channels + 1))

    def call(self, noise, given=None):
        shape = (ops.shape(noise)[0], noise.shape[1], self.channels)
        told = ops.zeros((*shape[:-1], 1), noise.dtype)
        if given is None:
            before = ops.zeros(shape, noise.dtype)
        else:
            before = ops.pad(ops.cast(given, noise.dtype), [[0, 0], [1, 0], [0, 0]])
            before, told = before[:, :-1], told + 1.0
        return self.rnn(ops.concatenate([noise, before, told], axis=-1))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.channels)

    def get_config(self):
        own = {"channels": self.channels, "units": self.units, "depth": self.depth}
        return {**super().get_config(), **own}


class _FeedbackCell(layers.Layer):
    """One step: noise, a value that may be given, and whether it is."""

    def __init__(self, channels, units, depth, **kwargs):
        super().__init__(**kwargs)
        self.channels = self.output_size = channels
        self.state_size = [channels, *[units] * (2 * depth)]
        policy = self.dtype_policy
        self.read = layers.Dense(units, "relu", dtype=policy)
        self.cells = [layers.LSTMCell(units, dtype=policy) for _ in range(depth)]
        self.write = layers.Dense(channels, dtype=policy)

    def build(self, input_shape):
        units = self.read.units
        self.read.build((None, input_shape[-1] - 1))
        for cell in self.cells:
            cell.build((None, units))
        self.write.build((None, units))

    def call(self, inputs, states):
        before, *states = states
        noise = inputs[:, : -self.channels - 1]
        given, told = inputs[:, -self.channels - 1 : -1], inputs[:, -1:]
        before = ops.where(told > 0.5, given, before)
        x = self.read(ops.concatenate([noise, before], axis=-1))
        after = []
        for i, cell in enumerate(self.cells):
            x, state = cell(x, states[2 * i : 2 * i + 2])
            after += state
        output = self.write(x)
        return output, [output, *after]


def bidirectional_lstm(shape, units, depth=2, name=None):
    """Returns a network that reads series forwards and backwards.

    Two stacks of LSTM layers, one in each direction, which do not meet before their
    last states are joined.

    Args:
        shape: tuple `(length, channels)`.
        units: int. Units of each layer.
        depth: int. Layers of a stack.
        name: str or None.

    Returns:
        `keras.Sequential`, to `(batch, length, 2 * units)`.
    """
    cells = [layers.LSTMCell(units) for _ in range(depth)]
    # JAX fails on a stack of one (Keras 3.15).
    stack = layers.RNN(cells if depth > 1 else cells[0], return_sequences=True)
    both = layers.Bidirectional(stack)
    return keras.Sequential([keras.Input(shape), both], name=name)
