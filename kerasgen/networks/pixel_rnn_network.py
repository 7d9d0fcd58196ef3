"""The network of PixelRNN, alone and given a smaller image; table 1 of the paper.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, sections 3.3 to 3.6.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.layers import channels_last
from kerasgen.layers.diagonal_lstm import DiagonalBiLSTM
from kerasgen.layers.masked_conv2d import MaskedConv2D
from kerasgen.layers.row_lstm import RowLSTM

RECURRENT_LAYERS = {"row_lstm": RowLSTM, "diagonal_bilstm": DiagonalBiLSTM}


class PixelRNNNetwork(layers.Layer):
    """A 7x7 convolution with mask A, residual LSTM blocks, two 1x1 layers, logits.

    It also has the five methods of `kerasgen.layers.raster_sampling`.

    Args:
        image_shape: tuple `(height, width, channels)`.
        layer: `"row_lstm"` or `"diagonal_bilstm"`.
        filters: int. Maps of each LSTM, half of those of the residual stream.
        blocks: int. LSTM layers.
        head_filters: int. Maps of the two 1x1 convolutions before the logits.
        levels: int. Values of a sub-pixel.
        num_classes: int or None. Adds a class's bias to all gates.
        factor: int. Above 1, an image smaller by this factor is given: a deconvolution
            network maps it to this size, and a 1x1 convolution of its output adds to
            all gates.
        context_filters: int or None. Maps of the deconvolution network.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)` in `[-1, 1]`, labels `(batch,)` or None,
        and the smaller image, likewise, or None.
    Output: logits `(batch, height, width, channels, levels)`.
    """

    def __init__(
        self,
        image_shape,
        layer,
        filters,
        blocks,
        head_filters,
        levels,
        num_classes=None,
        factor=1,
        context_filters=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = image_shape
        channels = image_shape[-1]
        check_choice("layer", layer, tuple(RECURRENT_LAYERS))
        check_int("filters", filters, channels)
        check_int("blocks", blocks, 0)
        check_int("head_filters", head_filters, channels)
        self.levels = levels
        self.factor = factor
        self.context_filters = context_filters if factor > 1 else None

        def conv(maps, kernel_size, mask_type):
            return MaskedConv2D(
                maps, kernel_size, mask_type, channels, dtype=self.dtype_policy
            )

        self.input_layer = conv(2 * filters, 7, "A")
        options = (channels, num_classes, self.context_filters)
        self.lstms = [
            RECURRENT_LAYERS[layer](filters, *options, dtype=self.dtype_policy)
            for _ in range(blocks)
        ]
        self.projections = [conv(2 * filters, 1, "B") for _ in range(blocks)]
        sizes = (head_filters, head_filters, channels * levels)
        self.head = [conv(size, 1, "B") for size in sizes]
        self.enlarge = self._make_enlarge() if factor > 1 else None

    def _make_enlarge(self):
        """Returns the deconvolution network, which has no mask."""
        options = {"padding": "same", "dtype": self.dtype_policy}
        filters, strides = self.context_filters, _prime_factors(self.factor)
        network = keras.Sequential(name="enlarge")
        network.add(channels_last.Conv2D(filters, 3, activation="relu", **options))
        for i, stride in enumerate(strides):
            kind = "relu" if i < len(strides) - 1 else None
            network.add(
                channels_last.Conv2DTranspose(
                    filters, 2 * stride, stride, activation=kind, **options
                )
            )
        return network

    def build(self, input_shape=None):
        shape = (None, *self.image_shape)
        self.input_layer.build(shape)
        shape = stream = self.input_layer.compute_output_shape(shape)
        for lstm, conv in zip(self.lstms, self.projections, strict=True):
            lstm.build(stream)
            conv.build(lstm.compute_output_shape(stream))
        for conv in self.head:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)
        if self.enlarge is not None:
            height, width, channels = self.image_shape
            sides = (-(-height // self.factor), -(-width // self.factor))
            self.enlarge.build((None, *sides, channels))

    def compute_output_shape(self, input_shape, *args):
        return (*input_shape, self.levels)

    def _context(self, small):
        """Returns maps of the smaller image at this size, or None."""
        if self.enlarge is None:
            return None
        height, width, _ = self.image_shape
        return self.enlarge(small)[:, :height, :width]

    def call(self, x, labels=None, small=None):
        context = self._context(small)
        x = self.input_layer(x)
        for lstm, conv in zip(self.lstms, self.projections, strict=True):
            x = x + conv(lstm(x, labels, context))
        for layer in self.head:
            x = layer(ops.relu(x))
        return ops.reshape(x, (-1, *self.image_shape, self.levels))

    # === One pixel at a time ===

    def step_weights(self, labels=None, small=None):
        """Returns what a sampling loop only reads."""
        weights = {
            "input": self.input_layer.step_weights(),
            "lstms": [lstm.step_weights(labels) for lstm in self.lstms],
            "projections": [conv.step_weights() for conv in self.projections],
            "head": [layer.step_weights() for layer in self.head],
        }
        if self.enlarge is not None:
            context = self._context(small)
            weights["context"] = ops.transpose(context, (1, 2, 0, 3))
        return weights

    def init_cache(self, batch_size):
        """Returns the activations before the first row."""
        width = self.image_shape[1]

        def caches(of):
            return [layer.init_cache(batch_size, width) for layer in of]

        return {
            "row": ops.zeros((), "int32"),
            "input": self.input_layer.init_cache(batch_size, width),
            "lstms": caches(self.lstms),
            "projections": caches(self.projections),
            "head": caches(self.head),
        }

    def begin_row(self, weights, cache):
        """Returns the cache at the start of the next row."""
        row, context = cache["row"], weights.get("context")
        lstms = zip(self.lstms, weights["lstms"], cache["lstms"], strict=True)
        return {
            **cache,
            "row": row + 1,
            "input": self.input_layer.begin_row(weights["input"], cache["input"]),
            "lstms": [lstm.begin_row(w, kept, row, context) for lstm, w, kept in lstms],
        }

    def step(self, weights, cache, col, channel):
        """Returns the logits of one sub-pixel, and the cache."""
        cache = {key: [*v] if isinstance(v, list) else v for key, v in cache.items()}

        def step(key, i, layer, x):
            y, cache[key][i] = layer.step(
                weights[key][i], cache[key][i], x, col, channel
            )
            return y

        x = self.input_layer.read(weights["input"], cache["input"], col, channel)
        pairs = zip(self.lstms, self.projections, strict=True)
        for i, (lstm, conv) in enumerate(pairs):
            x = x + step("projections", i, conv, step("lstms", i, lstm, x))
        for i, layer in enumerate(self.head):
            x = step("head", i, layer, ops.relu(x))
        return x, cache

    def observe(self, weights, cache, x, col, channel):
        """Returns the cache once the value of a sub-pixel is known."""
        kept = self.input_layer.write(cache["input"], x, col, channel)
        return {**cache, "input": kept}


def _prime_factors(n):
    for p in range(2, n):
        if n % p == 0:
            return [p, *_prime_factors(n // p)]
    return [n]
