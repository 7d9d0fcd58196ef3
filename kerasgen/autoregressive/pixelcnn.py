"""PixelCNN: masked convolutions give every pixel's conditional in one pass.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, section 3.5 and table 1.

Differs from the paper:
1. Adam with rate 1e-3; the paper used RMSProp, with rates that it does not give.
2. Binary images have a softmax over two levels, which equals the paper's sigmoid.
3. A ReLU also stands before the last convolution, the one that makes the logits.
4. `num_classes` adds a class's bias to each block, after van den Oord et al., 2016,
   "Conditional Image Generation with PixelCNN Decoders"; the paper has no labels.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_int
from kerasgen.families.autoregressive_model import AutoregressiveModel
from kerasgen.layers.class_bias import label_rows
from kerasgen.layers.masked_conv2d import MaskedConv2D
from kerasgen.registry import register


@register
class PixelCNN(AutoregressiveModel):
    """PixelCNN: a 7x7 convolution with mask A, residual blocks with mask B, a head.

    Each block has ReLU, 1x1 to `filters` maps, ReLU, 3x3, ReLU, 1x1 back to
    `2 * filters` maps, and adds its input. No batch normalisation, which would leak
    later pixels. Colours are ordered: red, green given red, blue given both. The
    receptive field has a blind spot to the upper right (a quarter of the past).

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int. Half the maps of the residual stream, `h` in the paper.
            Defaults to `128`, the paper's for CIFAR-10.
        blocks: int. Residual blocks. Defaults to `15`, the paper's for CIFAR-10.
        head_filters: int. Maps of the two 1x1 convolutions before the logits.
            Defaults to `1024`, the paper's for CIFAR-10; it has 32 for MNIST.
        levels: int that divides 256. Values of a sub-pixel: 2 for black and white
            images, 256 for all that `uint8` has.
        num_classes: int or None. Makes the model conditional on labels.
        binarization: `"dynamic"`, `"threshold"` or None: what becomes of grey images
            where `levels` is 2. `"dynamic"` draws pixels from their grey value anew
            in each training step, None refuses grey.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 `level / (levels - 1)` in `[0, 1]`, same shape.
    Scalars: `loss`, the exact negative log-likelihood in nats an image, and
        `bits_per_dim`, the same in bits a sub-pixel.
    Raises:  ValueError: if `filters` or `head_filters` is below the channels.

    Example:
    >>> model = kerasgen.autoregressive.PixelCNN((28, 28, 1), 16, 3, 32, levels=2)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759),
    section 3.5.
    """

    def __init__(
        self,
        image_shape,
        filters=128,
        blocks=15,
        head_filters=1024,
        levels=256,
        num_classes=None,
        binarization="dynamic",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            levels=levels,
            num_classes=num_classes,
            binarization=binarization,
            **kwargs,
        )
        height, width, channels = self.image_shape
        self.filters = check_int("filters", filters, channels)
        self.blocks = check_int("blocks", blocks, 0)
        self.head_filters = check_int("head_filters", head_filters, channels)
        self.input_layer = self._conv(2 * filters, 7, "A")
        self.residual_blocks = [
            _ResidualBlock(filters, channels, num_classes, dtype=self.dtype_policy)
            for _ in range(blocks)
        ]
        sizes = (head_filters, head_filters, channels * levels)
        self.head = [self._conv(size, 1, "B") for size in sizes]
        networks, shape = [self.input_layer, *self.residual_blocks, *self.head], None
        for network in networks:
            shape = shape or (None, *self.image_shape)
            network.build(shape)
            shape = network.compute_output_shape(shape)
        self.add_phase("network", networks, scalars=("loss", "bits_per_dim"))

    def _conv(self, filters, kernel_size, mask_type):
        groups = self.image_shape[-1]
        return MaskedConv2D(
            filters, kernel_size, mask_type, groups, dtype=self.dtype_policy
        )

    def compute_logits(self, x, labels, training):
        x = self.input_layer(self.scale_levels(x))
        for block in self.residual_blocks:
            x = block(x, labels)
        for layer in self.head:
            x = layer(ops.relu(x))
        return ops.reshape(x, (-1, *self.image_shape, self.levels))

    def default_optimizers(self):
        return {"network": keras.optimizers.Adam(1e-3)}

    # === One pixel at a time ===

    def step_weights(self, labels):
        return {
            "input": self.input_layer.step_weights(),
            "blocks": [b.step_weights(labels) for b in self.residual_blocks],
            "head": [layer.step_weights() for layer in self.head],
        }

    def init_cache(self, batch_size):
        width = self.image_shape[1]
        return {
            "input": self.input_layer.init_cache(batch_size, width),
            "blocks": [b.init_cache(batch_size, width) for b in self.residual_blocks],
            "head": [layer.init_cache(batch_size, width) for layer in self.head],
        }

    def begin_row(self, weights, cache):
        blocks = zip(
            self.residual_blocks, weights["blocks"], cache["blocks"], strict=True
        )
        return {
            "input": self.input_layer.begin_row(weights["input"], cache["input"]),
            "blocks": [block.begin_row(w, c) for block, w, c in blocks],
            "head": cache["head"],
        }

    def step(self, weights, cache, col, channel):
        x = self.input_layer.read(weights["input"], cache["input"], col, channel)
        blocks, head = [], []
        for i, block in enumerate(self.residual_blocks):
            kept = (weights["blocks"][i], cache["blocks"][i])
            x, kept = block.step(*kept, x, col, channel)
            blocks.append(kept)
        for i, layer in enumerate(self.head):
            kept = (weights["head"][i], cache["head"][i])
            x, kept = layer.step(*kept, ops.relu(x), col, channel)
            head.append(kept)
        return x, {**cache, "blocks": blocks, "head": head}

    def observe(self, weights, cache, x, col, channel):
        kept = self.input_layer.write(cache["input"], x, col, channel)
        return {**cache, "input": kept}


class _ResidualBlock(layers.Layer):
    """ReLU, 1x1, ReLU, 3x3, ReLU, 1x1, added to the input; figure 5 of the paper."""

    def __init__(self, filters, channel_groups, num_classes, **kwargs):
        super().__init__(name="residual_block", **kwargs)
        self.num_classes = num_classes
        self.convs = [
            MaskedConv2D(maps, size, "B", channel_groups, dtype=self.dtype_policy)
            for maps, size in ((filters, 1), (filters, 3), (2 * filters, 1))
        ]

    def build(self, input_shape):
        shape = input_shape
        for conv in self.convs:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)
        if self.num_classes:
            self.class_bias = self.add_weight(
                name="class_bias",
                shape=(self.num_classes, self.convs[1].filters),
                initializer="zeros",
            )

    def _bias_of(self, labels):
        return label_rows(self.class_bias, labels, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, x, labels=None):
        y = x
        for i, conv in enumerate(self.convs):
            y = conv(ops.relu(y))
            if i == 1 and self.num_classes:
                y = y + self._bias_of(labels)[:, None, None]
        return x + y

    def step_weights(self, labels):
        bias = self._bias_of(labels) if self.num_classes else None
        return [
            conv.step_weights(bias if i == 1 else None)
            for i, conv in enumerate(self.convs)
        ]

    def init_cache(self, batch_size, width):
        return [conv.init_cache(batch_size, width) for conv in self.convs]

    def begin_row(self, weights, cache):
        rows = zip(self.convs, weights, cache, strict=True)
        return [conv.begin_row(w, kept) for conv, w, kept in rows]

    def step(self, weights, cache, x, col, group):
        y, cache = x, list(cache)
        for i, conv in enumerate(self.convs):
            y, cache[i] = conv.step(weights[i], cache[i], ops.relu(y), col, group)
        return x + y, cache
