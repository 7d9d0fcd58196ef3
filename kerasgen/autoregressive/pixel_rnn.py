"""PixelRNN: LSTM layers over a whole image, by rows or by diagonals.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, sections 2 and 3, table 1. Official code: none.

Differs from the paper:
1. RMSprop with rate 1e-3 and Keras's decay of 0.9 and epsilon; the paper used RMSProp,
   of Torch, where the decay is 0.99, with rates that it does not give.
2. Binary images have a softmax over two levels, which equals the paper's sigmoid.
3. A ReLU also stands before the last convolution, the one that makes the logits.
4. No connections that skip from every layer to the output, which the paper found
   to gain 0.01 bits a dimension beside the residual ones.
5. `num_classes` adds a class's bias to the gates of each layer, after van den Oord et
   al., 2016, "Conditional Image Generation with PixelCNN Decoders"; the paper has no
   labels.
6. The learned state of the Diagonal BiLSTM stands for all that is outside of the
   image, above it, too; the paper says only that initial states are learned.
"""

import keras

from kerasgen.families.autoregressive_model import AutoregressiveModel
from kerasgen.networks.pixel_rnn_network import PixelRNNNetwork
from kerasgen.registry import register


@register
class PixelRNN(AutoregressiveModel):
    """PixelRNN: a 7x7 convolution with mask A, residual LSTM layers, a head.

    A Row LSTM sees a triangle above each pixel. A Diagonal BiLSTM sees all that comes
    before, already in its first layer, but for one pixel: the last of the row above,
    where it is more than 3 columns away, since mask A hides it in its own place and no
    place of its row follows. Each layer maps `2 * filters` maps to the four gates of an
    LSTM with `filters` maps, and its output by 1x1 back to `2 * filters`, which adds to
    the input. Colours are ordered: red, green given red, blue given both. Training
    takes `height` steps a Row LSTM, `height + width - 1` a Diagonal BiLSTM, one after
    the other; sampling one pixel's work a pixel, in both.

    Args:
        image_shape: tuple `(height, width, channels)`.
        layer: `"diagonal_bilstm"` or `"row_lstm"`.
        filters: int. Maps of each LSTM, `h` in the paper. Defaults to `128`, the
            paper's for CIFAR-10; it has 16 for MNIST.
        blocks: int. LSTM layers. Defaults to `12`, the paper's for CIFAR-10; it has 7
            for MNIST.
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
    >>> model = kerasgen.autoregressive.PixelRNN(
    ...     (28, 28, 1), filters=16, blocks=7, head_filters=32, levels=2
    ... )
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759)
    """

    def __init__(
        self,
        image_shape,
        layer="diagonal_bilstm",
        filters=128,
        blocks=12,
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
        self.layer = layer
        self.filters = filters
        self.blocks = blocks
        self.head_filters = head_filters
        self.network = PixelRNNNetwork(
            self.image_shape,
            layer,
            filters,
            blocks,
            head_filters,
            self.levels,
            num_classes,
            dtype=self.dtype_policy,
        )
        self.network.build()
        self.add_phase("network", self.network, scalars=("loss", "bits_per_dim"))

    def compute_logits(self, x, labels, training):
        return self.network(self.scale_levels(x), labels)

    def default_optimizers(self):
        return {"network": keras.optimizers.RMSprop(1e-3)}

    # === One pixel at a time ===

    def step_weights(self, labels):
        return self.network.step_weights(labels)

    def init_cache(self, batch_size):
        return self.network.init_cache(batch_size)

    def begin_row(self, weights, cache):
        return self.network.begin_row(weights, cache)

    def step(self, weights, cache, col, channel):
        return self.network.step(weights, cache, col, channel)

    def observe(self, weights, cache, x, col, channel):
        return self.network.observe(weights, cache, x, col, channel)
