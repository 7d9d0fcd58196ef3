"""The network of a Gated PixelCNN that is given a vector or a map, as one layer.

van den Oord et al., 2016, "Conditional Image Generation with PixelCNN Decoders",
https://arxiv.org/abs/1606.05328, section 2.
"""

import keras
from keras import ops

from kerasgen.layers.gated_conv import GatedConv2D
from kerasgen.layers.masked_conv2d import MaskedConv2D
from kerasgen.registry import PACKAGE
from kerasgen.training.arguments import check_int
from kerasgen.training.raster_sampling import RasterSampling


@keras.saving.register_keras_serializable(PACKAGE)
class GatedNetwork(RasterSampling, keras.layers.Layer):
    """Gated layers of two streams and a head: levels and a condition to logits.

    The condition adds a linear bias to both gates of every layer. It is not masked. The
    network has what `kerasgen.training.raster_sampling` asks for to draw pixel by
    pixel.

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int divisible by the channels. Maps of each stream.
        blocks: int. Gated layers after the first.
        kernel_size: odd int. Window of those layers.
        first_kernel_size: odd int. Window of the first layer, with mask A.
        head_filters: int. Maps of the 1x1 convolution before the logits.
        levels: int. Values of a sub-pixel.
        condition_channels: int. Size of the condition.
        **kwargs: as in `keras.layers.Layer`.

    Input:  int levels `(batch, height, width, channels)`, and the condition
        `(batch, condition_channels)`.
    Output: logits `(batch, height, width, channels, levels)`.
    """

    def __init__(
        self,
        image_shape,
        filters,
        blocks,
        kernel_size,
        first_kernel_size,
        head_filters,
        levels,
        condition_channels,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.image_shape = tuple(image_shape)
        channels = self.image_shape[-1]
        self.filters = check_int("filters", filters, channels)
        self.blocks = check_int("blocks", blocks, 0)
        self.kernel_size, self.first_kernel_size = kernel_size, first_kernel_size
        self.head_filters = check_int("head_filters", head_filters, channels)
        self.levels, self.condition_channels = levels, condition_channels
        sizes = [("A", first_kernel_size)] + [("B", kernel_size)] * blocks
        self.gated_layers = [
            GatedConv2D(
                filters,
                size,
                mask_type,
                channels,
                condition_channels=condition_channels,
                dtype=self.dtype_policy,
            )
            for mask_type, size in sizes
        ]
        self.head = [
            MaskedConv2D(size, 1, "B", channels, dtype=self.dtype_policy)
            for size in (head_filters, channels * levels)
        ]
        shape = (None, *self.image_shape)
        for layer in self.gated_layers:
            layer.build(shape)
            shape = (*shape[:-1], filters)
        for layer in self.head:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.built = True

    def scale_levels(self, levels):
        """Maps levels to `[-1, 1]`."""
        return ops.cast(levels, self.compute_dtype) * (2.0 / (self.levels - 1)) - 1.0

    def _map(self, condition):
        return ops.cast(condition, self.compute_dtype)[:, None, None]

    def call(self, levels, condition):
        condition = self._map(condition)
        v = h = self.scale_levels(levels)
        for layer in self.gated_layers:
            v, h = layer(v, h, None, condition)
        for layer in self.head:
            h = layer(ops.relu(h))
        return ops.reshape(h, (-1, *self.image_shape, self.levels))

    def compute_logits(self, levels, condition, training=False):
        """Returns what a call does, under the name that full passes know."""
        return self(levels, condition)

    # === One pixel at a time ===

    def step_weights(self, condition):
        condition = self._map(condition)
        return {
            "layers": [x.step_weights(None, condition) for x in self.gated_layers],
            "head": [layer.step_weights() for layer in self.head],
        }

    def init_cache(self, batch_size):
        width, channels = self.image_shape[1:]
        return {
            "row": ops.zeros((), "int32"),
            "pixels": ops.zeros((width, batch_size, channels), self.compute_dtype),
            "layers": [x.init_cache(batch_size, width) for x in self.gated_layers],
            "head": [layer.init_cache(batch_size, width) for layer in self.head],
        }

    def begin_row(self, weights, cache):
        v, kept = cache["pixels"], []
        for i, layer in enumerate(self.gated_layers):
            own = weights["layers"][i], cache["layers"][i]
            v, own = layer.begin_row(*own, v, cache["row"])
            kept.append(own)
        return {**cache, "layers": kept, "row": cache["row"] + 1}

    def step(self, weights, cache, col, channel):
        h, kept, head = None, [], []
        for i, layer in enumerate(self.gated_layers):
            own = weights["layers"][i], cache["layers"][i]
            h, own = layer.step(*own, h, col, channel)
            kept.append(own)
        for i, layer in enumerate(self.head):
            own = weights["head"][i], cache["head"][i]
            h, own = layer.step(*own, ops.relu(h), col, channel)
            head.append(own)
        return h, {**cache, "layers": kept, "head": head}

    def observe(self, weights, cache, x, col, channel):
        pixels = ops.slice_update(cache["pixels"], [col, 0, channel], x[None])
        first = self.gated_layers[0].observe(cache["layers"][0], x, col, channel)
        return {**cache, "pixels": pixels, "layers": [first, *cache["layers"][1:]]}

    def draw(self, known, uniform, temperature, condition):
        """Returns levels by one cached pass over the pixels.

        Args:
            known: int tensor of levels `(batch, height, width, channels)`, -1 for those
                to be drawn.
            uniform: float tensor in `[0, 1)` like `known`.
            temperature: float tensor `(batch,)`. Logits are divided by it.
            condition: as in a call.
        """
        return self._draw_cached(known, uniform, temperature, condition)

    def get_config(self):
        names = ("image_shape", "filters", "blocks", "kernel_size", "levels")
        names += ("first_kernel_size", "head_filters", "condition_channels")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}
