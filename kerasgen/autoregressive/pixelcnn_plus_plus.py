"""PixelCNN++: whole pixels as mixtures of logistics, from a causal U-net.

Salimans, Karpathy, Chen and Kingma, 2017, "PixelCNN++: Improving the PixelCNN with
Discretized Logistic Mixture Likelihood and Other Modifications",
https://arxiv.org/abs/1701.05517, and its released code.

Differs from the paper:
1. 160 filters, as in the released code; the paper names 192.
2. A level's mass is taken in closed form (`kerasgen.losses.logistic_mixture`); the
   released code has the density at the level's centre where the mass is below 1e-5.
3. Samples are levels, drawn channel by channel by the inverse distribution function of
   the mixture; the released code draws a component, then real numbers.
4. Adam of Keras, whose epsilon stands outside the square root. The rate is constant
   unless a callback lowers it; the paper's falls by 0.999995 a step. Averages of the
   weights (0.9995) are `kerasgen.callbacks.ModelAverage(0.9995)`.
5. The first batch sets scales and biases without dropout, and only where a map varies;
   without a `fit` the second convolutions of blocks start at scale 0.1.
6. Class biases start at zero, in place of normal values of deviation 0.05.
"""

import itertools

from kerasgen.arguments import check_image_shape, check_int, check_number
from kerasgen.families.logistic_mixture_model import LogisticMixtureModel
from kerasgen.layers.gated_resnet import GatedResnet
from kerasgen.layers.shifted_input import ShiftedInput
from kerasgen.networks.causal_unet import CausalUNet
from kerasgen.registry import register


@register
class PixelCNNPlusPlus(LogisticMixtureModel):
    """PixelCNN++: gated residual blocks at three resolutions, in two streams.

    Stream `u` sees the rows above, stream `ul` also the pixels to the left, and takes
    `u` in each block. The way up to full resolution takes the activations of the way
    down as side inputs, last in, first out. Weights are normalised; the first batch of
    `fit` sets their scales.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            `2 ** (resolutions - 1)`.
        filters: int. Maps of each stream. Defaults to `160`, as in the released code.
        resnets: int. Blocks at each resolution on the way down; on the way up there is
            one more, but for the lowest.
        resolutions: int. 3 is full, half and a quarter.
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
    Raises:  ValueError: if height or width is not divisible.

    Example:
    >>> model = kerasgen.autoregressive.PixelCNNPlusPlus((8, 8, 3), 8, 1, 2, 3)
    >>> model.sample(2, seed=0).shape
    (2, 8, 8, 3)

    Reference: [Salimans et al., 2017](https://arxiv.org/abs/1701.05517).
    """

    def __init__(
        self,
        image_shape,
        filters=160,
        resnets=5,
        resolutions=3,
        num_mixtures=10,
        dropout=0.5,
        levels=256,
        num_classes=None,
        binarization="dynamic",
        **kwargs,
    ):
        check_int("resolutions", resolutions)
        check_image_shape(image_shape, multiple_of=2 ** (resolutions - 1))
        super().__init__(
            image_shape,
            num_mixtures=num_mixtures,
            levels=levels,
            num_classes=num_classes,
            binarization=binarization,
            **kwargs,
        )
        self.filters = check_int("filters", filters)
        self.resnets = check_int("resnets", resnets)
        self.resolutions = resolutions
        self.dropout = check_number("dropout", dropout, 0.0, 1.0)
        numbers = itertools.count(1)

        def make(shift, sides):
            seed = None if self.seed is None else self.seed + next(numbers)
            options = {"dropout": dropout, "num_classes": num_classes, "seed": seed}
            side_channels = (filters,) * sides
            block = GatedResnet(
                shift, side_channels, dtype=self.dtype_policy, **options
            )
            block.build((None, None, None, filters))
            return block

        self.input_layer = ShiftedInput(filters, dtype=self.dtype_policy)
        self.input_layer.build((None, *self.image_shape))
        self.trunk = CausalUNet(
            filters, resnets, resolutions, make, dtype=self.dtype_policy
        )
        self.add_head(filters)
        networks = [self.input_layer, self.trunk, self.head]
        self.add_phase("network", networks, scalars=("loss", "bits_per_dim"))

    def compute_features(self, x, labels, training):
        u, ul = self.input_layer(x)
        return self.trunk(u, ul, labels, training=training)[1]

    # === One pixel at a time ===

    def feature_weights(self, labels):
        return {
            "input": self.input_layer.step_weights(),
            "trunk": self.trunk.step_weights(labels),
        }

    def init_features(self, batch_size):
        width = self.image_shape[1]
        return {
            "input": self.input_layer.init_cache(batch_size, width),
            "trunk": self.trunk.init_cache(batch_size, width),
        }

    def begin_feature_row(self, weights, cache):
        row = cache["input"]["number"]
        u, kept = self.input_layer.begin_row(weights["input"], cache["input"])
        _, trunk = self.trunk.begin_row(weights["trunk"], cache["trunk"], u, row)
        return {"input": kept, "trunk": trunk}

    def step_features(self, weights, cache, col):
        row = cache["input"]["number"] - 1
        ul = self.input_layer.read(weights["input"], cache["input"], col)
        ul, trunk = self.trunk.step(weights["trunk"], cache["trunk"], ul, row, col)
        return ul, {**cache, "trunk": trunk}

    def observe_pixel(self, weights, cache, x, col):
        return {**cache, "input": self.input_layer.write(cache["input"], x, col)}
