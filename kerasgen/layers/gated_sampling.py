"""One pixel at a time through gated layers of two streams and a head."""

from keras import ops


class GatedSampling:
    """Mixin of a Gated PixelCNN: the cache that `raster_sampling` asks for.

    The class has `image_shape`, `gated_layers`, `head`, a `compute_dtype`, and
    `step_weights`; where the first layer sees something else than the sub-pixels,
    `input_channels` says how many values a pixel has.
    """

    input_channels = None

    def gated_weights(self, *conditions):
        """Returns what `step` needs of all layers, given labels and a map or None."""
        return {
            "layers": [x.step_weights(*conditions) for x in self.gated_layers],
            "head": [layer.step_weights() for layer in self.head],
        }

    def init_cache(self, batch_size):
        width, channels = self.image_shape[1:]
        shape = (width, batch_size, self.input_channels or channels)
        return {
            "row": ops.zeros((), "int32"),
            "pixels": ops.zeros(shape, self.compute_dtype),
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
