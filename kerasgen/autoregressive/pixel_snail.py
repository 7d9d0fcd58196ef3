"""PixelSNAIL: causal convolutions, and attention to all pixels before.

Chen, Mishra, Rohaninejad and Abbeel, 2018, "PixelSNAIL: An Improved Autoregressive
Generative Model", https://arxiv.org/abs/1712.09763, and its released code, model
`h12_noup_smallkey` with ELU.

Differs from the paper:
1. The coordinates are two maps; the released code has two for each channel.
2. Attention weights sum to 1 exactly; the released code adds 1e-6 to their sum.
3. A level's mass is taken in closed form, and samples are levels, as in
   `kerasgen.autoregressive.PixelCNNPlusPlus`.
4. Adam of Keras, whose epsilon stands outside the square root. The rate is constant
   unless a callback lowers it; the released code's falls by 0.999998 a step. Averages
   of the weights (0.9995) are `kerasgen.callbacks.ModelAverage(0.9995)`.
5. The first batch sets scales and biases without dropout, and only where a map varies;
   without a `fit` the second convolutions of blocks start at scale 0.1.
6. Class biases start at zero, in place of normal values of deviation 0.05.
"""

import itertools

from kerasgen.arguments import check_int, check_number
from kerasgen.families.logistic_mixture_model import LogisticMixtureModel
from kerasgen.layers.causal_attention import CausalAttentionBlock
from kerasgen.layers.gated_resnet import GatedResnet
from kerasgen.layers.shifted_input import ShiftedInput
from kerasgen.registry import register


@register
class PixelSNAIL(LogisticMixtureModel):
    """PixelSNAIL: blocks of gated 2x2 convolutions and one attention each.

    Keys and values come from the pixel itself, its features and its coordinates;
    queries from the features and coordinates alone. A pixel attends to the pixels
    before it. Weights are normalised; the first batch of `fit` sets their scales.
    Attention in training takes memory by the square of the number of pixels.

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int of at least 2. Maps; values of the attention have half as many.
        blocks: int. Convolutions and attention, so many times.
        resnets: int. Gated residual blocks before each attention.
        key_size: int. Size of keys and queries.
        num_mixtures: int. Logistics in the mixture of a pixel.
        dropout: float in [0, 1].
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

    Example:
    >>> model = kerasgen.autoregressive.PixelSNAIL((8, 8, 1), 8, 2, 1, levels=2)
    >>> model.sample(2, seed=0).shape
    (2, 8, 8, 1)

    Reference: [Chen et al., 2018](https://arxiv.org/abs/1712.09763).
    """

    def __init__(
        self,
        image_shape,
        filters=256,
        blocks=12,
        resnets=4,
        key_size=16,
        num_mixtures=10,
        dropout=0.5,
        levels=256,
        num_classes=None,
        binarization="dynamic",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            num_mixtures=num_mixtures,
            levels=levels,
            num_classes=num_classes,
            binarization=binarization,
            **kwargs,
        )
        self.filters = check_int("filters", filters, 2)
        self.blocks = check_int("blocks", blocks)
        self.resnets = check_int("resnets", resnets, 0)
        self.key_size = check_int("key_size", key_size)
        self.dropout = check_number("dropout", dropout, 0.0, 1.0)
        numbers = itertools.count(1)

        def make(shift, channels, side_channels=()):
            block = GatedResnet(
                shift,
                side_channels,
                activation="elu",
                dropout=dropout,
                num_classes=num_classes,
                seed=None if self.seed is None else self.seed + next(numbers),
                dtype=self.dtype_policy,
            )
            block.build((None, None, None, channels))
            return block

        self.input_layer = ShiftedInput(
            filters, vertical=False, dtype=self.dtype_policy
        )
        self.input_layer.build((None, *self.image_shape))
        self.trunk = [
            CausalAttentionBlock(
                self.image_shape,
                filters,
                resnets,
                key_size,
                make,
                dtype=self.dtype_policy,
            )
            for _ in range(blocks)
        ]
        self.add_head(filters)
        networks = [self.input_layer, *self.trunk, self.head]
        self.add_phase("network", networks, scalars=("loss", "bits_per_dim"))

    def compute_features(self, x, labels, training):
        ul = self.input_layer(x)[1]
        for block in self.trunk:
            ul = block(ul, x, labels, training=training)
        return ul

    # === One pixel at a time ===

    def feature_weights(self, labels):
        return {
            "input": self.input_layer.step_weights(),
            "blocks": [block.step_weights(labels) for block in self.trunk],
        }

    def init_features(self, batch_size):
        width = self.image_shape[1]
        return {
            "input": self.input_layer.init_cache(batch_size, width),
            "blocks": [block.init_cache(batch_size) for block in self.trunk],
        }

    def begin_feature_row(self, weights, cache):
        _, kept = self.input_layer.begin_row(weights["input"], cache["input"])
        blocks = zip(self.trunk, weights["blocks"], cache["blocks"], strict=True)
        blocks = [block.begin_row(w, c) for block, w, c in blocks]
        return {"input": kept, "blocks": blocks}

    def step_features(self, weights, cache, col):
        row = cache["input"]["number"] - 1
        ul, found = self.input_layer.read(weights["input"], cache["input"], col), []
        for block, w, c in zip(
            self.trunk, weights["blocks"], cache["blocks"], strict=True
        ):
            ul, kept = block.step(w, c, ul, row, col)
            found.append(kept)
        return ul, {**cache, "blocks": found}

    def observe_pixel(self, weights, cache, x, col):
        row = cache["input"]["number"] - 1
        blocks = zip(self.trunk, weights["blocks"], cache["blocks"], strict=True)
        blocks = [block.observe(w, c, x, row, col) for block, w, c in blocks]
        kept = self.input_layer.write(cache["input"], x, col)
        return {"input": kept, "blocks": blocks}
