"""The network of a Gated PixelCNN that is given a vector or a map, as one layer.

van den Oord et al., 2016, "Conditional Image Generation with PixelCNN Decoders",
https://arxiv.org/abs/1606.05328, section 2.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.gated_conv import GatedConv2D
from kerasgen.layers.gated_sampling import GatedSampling
from kerasgen.layers.masked_conv2d import MaskedConv2D
from kerasgen.layers.raster_sampling import RasterSampling
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class GatedNetwork(GatedSampling, RasterSampling, keras.layers.Layer):
    """Gated layers of two streams and a head: levels and a condition to logits.

    The condition adds a linear bias to both gates of every layer. It is not masked. The
    network has what `kerasgen.layers.raster_sampling` asks for to draw pixel by
    pixel.

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int divisible by the channels. Maps of each stream.
        blocks: int. Gated layers after the first.
        kernel_size: odd int. Window of those layers.
        first_kernel_size: odd int. Window of the first layer, with mask A.
        head_filters: int. Maps of the 1x1 convolution before the logits.
        levels: int. Values of a sub-pixel.
        condition_channels: int. Size of the condition, of each pixel if it is a map.
        **kwargs: as in `keras.layers.Layer`.

    Input:  int levels `(batch, height, width, channels)`, and the condition
        `(batch, condition_channels)` or `(batch, height, width, condition_channels)`.
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
        condition = ops.cast(condition, self.compute_dtype)
        return condition[:, None, None] if len(condition.shape) == 2 else condition

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
        return self.gated_weights(None, self._map(condition))

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
