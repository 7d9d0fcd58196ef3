"""Gated PixelCNN: two streams without a blind spot, gates, and conditions.

van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves and Kavukcuoglu, 2016,
"Conditional Image Generation with PixelCNN Decoders",
https://arxiv.org/abs/1606.05328, section 2.

Differs from the paper:
1. Adam with rate 1e-3; the paper does not say what it used.
2. The head, and the convolutions of the map network, have sizes that the paper does
   not give.
3. Only class biases start at zero; the gates have a bias of their own.
4. With `embedding_dim` it is a model of codes, as in the prior of VQ-VAE.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_image_shape, check_int
from kerasgen.families.autoregressive_model import AutoregressiveModel
from kerasgen.layers import channels_last
from kerasgen.layers.class_bias import label_rows
from kerasgen.layers.gated_conv import GatedConv2D
from kerasgen.layers.gated_sampling import GatedSampling
from kerasgen.layers.masked_conv2d import MaskedConv2D
from kerasgen.registry import register


@register
class GatedPixelCNN(GatedSampling, AutoregressiveModel):
    """Gated PixelCNN, `tanh(W_f * x + V_f h) * sigmoid(W_g * x + V_g h)` in each layer.

    Colours are ordered: red, green given red, blue given both.

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int divisible by the channels. Maps of each stream. Defaults to
            `384`, the paper's for ImageNet.
        blocks: int. Gated layers after the first. Defaults to `20`, the paper's for
            ImageNet.
        kernel_size: odd int. Window of those layers.
        first_kernel_size: odd int. Window of the first layer, with mask A.
        head_filters: int. Maps of the 1x1 convolution before the logits.
        levels: int that divides 256. Values of a sub-pixel, 2 to 256; with
            `embedding_dim` any number of codes.
        num_classes: int or None. Makes the model conditional on labels.
        condition_shape: tuple `(height, width, channels)` or None. Makes the model
            conditional on images, which are given in the place of labels, as in
            `fit(x, images)` and `sample(n, images)`. Height and width must divide
            those of `image_shape`.
        binarization: as in `kerasgen.autoregressive.PixelCNN`.
        embedding_dim: int or None. Makes it a model of grids of codes, `0` to
            `levels - 1` without an order, in one channel: the network sees a trained
            vector of this size for each. `fit` takes, and `sample` returns, floats
            `code / (levels - 1)`; other methods take ints as well.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 `level / (levels - 1)` in `[0, 1]`, same shape.
    Scalars: `loss`, the exact negative log-likelihood in nats an image, and
        `bits_per_dim`, the same in bits a sub-pixel.
    Raises:  ValueError: if `filters` is not divisible by the channels, a kernel size
        is even, both conditions are given, or codes have several channels.

    Example:
    >>> model = kerasgen.autoregressive.GatedPixelCNN((28, 28, 1), 16, 3, levels=2)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1606.05328),
    section 2.
    """

    def __init__(
        self,
        image_shape,
        filters=384,
        blocks=20,
        kernel_size=5,
        first_kernel_size=7,
        head_filters=1024,
        levels=256,
        num_classes=None,
        condition_shape=None,
        binarization="dynamic",
        embedding_dim=None,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            levels=levels,
            num_classes=num_classes,
            binarization=binarization,
            codes=embedding_dim is not None,
            **kwargs,
        )
        channels = self.image_shape[-1]
        self.filters = check_int("filters", filters, channels)
        self.blocks = check_int("blocks", blocks, 0)
        self.kernel_size = kernel_size
        self.first_kernel_size = first_kernel_size
        self.head_filters = check_int("head_filters", head_filters, channels)
        self.condition_shape = self._check_condition(condition_shape)
        self.map_network = self._make_map_network() if condition_shape else None
        self.gated_layers = [
            GatedConv2D(
                filters,
                size,
                mask_type,
                channels,
                num_classes,
                filters if condition_shape else None,
                dtype=self.dtype_policy,
            )
            for mask_type, size in [("A", first_kernel_size)]
            + [("B", kernel_size)] * blocks
        ]
        self.head = [
            MaskedConv2D(size, 1, "B", channels, dtype=self.dtype_policy)
            for size in (head_filters, channels * levels)
        ]
        self.embedding_dim = embedding_dim
        self.embedding = self._make_embedding() if self.takes_codes else None
        shape = (None, *self.image_shape[:2], embedding_dim or channels)
        for layer in self.gated_layers:
            layer.build(shape)
            shape = (*shape[:-1], filters)
        for layer in self.head:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        networks = [*self.gated_layers, *self.head]
        networks += [n for n in (self.map_network, self.embedding) if n is not None]
        self.add_phase("network", networks, scalars=("loss", "bits_per_dim"))

    def _check_condition(self, shape):
        if shape is None:
            return None
        shape = check_image_shape(shape, name="condition_shape")
        if self.num_classes is not None:
            raise ValueError(
                "`condition_shape` must be None for a model with `num_classes`. "
                f"Received: condition_shape={shape}, num_classes={self.num_classes}"
            )
        if any(n % m for n, m in zip(self.image_shape[:2], shape[:2], strict=True)):
            raise ValueError(
                "`condition_shape` must have a height and a width that divide those of "
                f"image_shape={self.image_shape}. Received: condition_shape={shape}"
            )
        return shape

    def _make_map_network(self):
        """The deconvolution network `s = m(h)`, which sees all of its map."""
        strides = [self.image_shape[i] // self.condition_shape[i] for i in (0, 1)]
        options = {"padding": "same", "dtype": self.dtype_policy}
        network = keras.Sequential(
            [
                channels_last.Conv2D(self.filters, 3, activation="relu", **options),
                channels_last.Conv2DTranspose(
                    self.filters,
                    [max(3, n) for n in strides],
                    strides,
                    activation="relu",
                    **options,
                ),
                channels_last.Conv2D(self.filters, 3, **options),
            ],
            name="map_network",
        )
        network.build((None, *self.condition_shape))
        return network

    def _make_embedding(self):
        if self.image_shape[-1] > 1:
            raise ValueError(
                "`embedding_dim` must be None for images of several channels. "
                f"Received: embedding_dim={self.embedding_dim}"
            )
        size = check_int("embedding_dim", self.embedding_dim)
        embedding = layers.Embedding(self.levels, size, dtype=self.dtype_policy)
        embedding.build()
        return embedding

    def scale_levels(self, levels):
        if self.embedding is None:
            return super().scale_levels(levels)
        vectors = self.embedding.embeddings
        return label_rows(vectors, levels[..., 0], self.compute_dtype)

    def _conditions(self, labels):
        """Returns labels and maps; the one that the model has not is None."""
        if self.map_network is None:
            return labels, None
        return None, self.map_network(labels)

    def compute_logits(self, x, labels, training):
        labels, maps = self._conditions(labels)
        v = h = self.scale_levels(x)
        for layer in self.gated_layers:
            v, h = layer(v, h, labels, maps)
        for layer in self.head:
            h = layer(ops.relu(h))
        return ops.reshape(h, (-1, *self.image_shape, self.levels))

    def default_optimizers(self):
        return {"network": keras.optimizers.Adam(1e-3)}

    # === One pixel at a time ===

    @property
    def input_channels(self):
        return self.embedding_dim

    def step_weights(self, labels):
        return self.gated_weights(*self._conditions(labels))
