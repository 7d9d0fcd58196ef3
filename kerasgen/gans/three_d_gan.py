"""3D-GAN: a GAN of volumes, whose discriminator rests while it is far ahead.

Wu, Zhang, Xue, Freeman and Tenenbaum, 2016, "Learning a Probabilistic Latent Space of
Object Shapes via 3D Generative-Adversarial Modeling",
https://arxiv.org/abs/1610.07584, sections 3.1 and 3.2, appendix A.1.
Official code: zck119/3dgan-release (a trained generator and its layers, no training).

Differs from the paper:
1. The generator maximises log D(G(z)), where the paper prints that it minimises
   log(1 - D(G(z))): see Goodfellow et al., 2014, section 3.
2. Depth follows the volume: sides are halved down to 4 to 7 (the paper: 64 to 4), with
   64 maps at the outer halving, doubled at each further one.
3. The accuracy, of which the paper gives no formula, is that over the real and the
   generated volumes of a batch, half of each, a probability of 0.5 being the border.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.features.volume import Volume, check_volume_shape
from kerasgen.layers import channels_last
from kerasgen.layers.sizes import halvings
from kerasgen.layers.strided_conv3d import DoublingConv3D, HalvingConv3D
from kerasgen.registry import register


@register
class ThreeDGAN(TwoPlayerModel):
    """3D generative adversarial network.

    Both players are volumetric convolutions alone, of 4x4x4 kernels and strides of 2,
    without biases. In a step the discriminator moves only if it judged no more than
    `max_accuracy` of the last step's volumes right; the generator always moves. (The
    moving statistics of its batch normalisation, which serve `evaluate`, always move.)

    Args:
        volume_shape: tuple `(depth, height, width)`, or an int, the side of a cube;
            sides divisible by 4 and at least 8. 64 is the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `200`.
        filters: int. Maps of the discriminator's first convolution. Defaults to `64`.
        max_accuracy: float in [0, 1]; with 1 the discriminator never rests. Defaults to
            `0.8`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   volumes, `bool`, 0 and 1, or floats in `[0, 1]`,
        `(batch, depth, height, width)`.
    Sample:  volumes, float32 probabilities of being full, in `[0, 1]`, same shape.
    Scalars: `discriminator_loss` and `generator_loss`, in nats; the mean probabilities
        of being real that volumes of both kinds have, `discriminator_real` and
        `discriminator_fake`; the share of both that it judges right,
        `discriminator_accuracy`, and of steps in which it moves,
        `discriminator_updated`.
    Raises:  ValueError: if the volume cannot be halved.

    Example:
    >>> model = kerasgen.gans.ThreeDGAN(volume_shape=16, filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 16, 16, 16)

    Reference: [Wu et al., 2016](https://arxiv.org/abs/1610.07584), section 3.
    """

    def __init__(
        self, volume_shape, latent_dim=200, filters=64, max_accuracy=0.8, **kwargs
    ):
        shape = check_volume_shape(volume_shape, multiple_of=4, minimum=8)
        super().__init__(
            Volume(shape),
            latent_dim,
            latent_distribution="standard_uniform",
            **kwargs,
        )
        self.volume_shape = shape
        self.filters = check_int("filters", filters)
        self.max_accuracy = check_number("max_accuracy", max_accuracy, 0.0, 1.0)
        self.last_accuracy = self._add_state("last_accuracy", 0.0, "float32")
        maps = [self.filters * 2**level for level in range(halvings(*shape))]
        base = tuple(side >> len(maps) for side in shape)
        self.generator = self._build_generator(base, maps)
        self.discriminator = self._build_discriminator(base, maps)
        self.add_players(measured=("accuracy", "updated"))

    def _build_generator(self, base, maps):
        net = keras.Sequential(name="generator")
        net.add(keras.Input((self.latent_dim,)))
        # A transposed convolution of one cell is a dense layer.
        net.add(layers.Dense(math.prod(base) * maps[-1], use_bias=False))
        net.add(layers.Reshape((*base, maps[-1])))
        for filters in [*maps[-2::-1], 1]:
            net.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
            net.add(layers.ReLU())
            net.add(DoublingConv3D(filters, use_bias=False))
        net.add(layers.Activation("sigmoid", dtype="float32"))
        net.add(layers.Reshape(self.volume_shape, dtype="float32"))
        return net  # (b, depth, height, width) in [0, 1]

    def _build_discriminator(self, base, maps):
        net = keras.Sequential(name="discriminator")
        net.add(keras.Input(self.volume_shape))
        net.add(layers.Reshape((*self.volume_shape, 1)))
        for level, filters in enumerate(maps):
            net.add(HalvingConv3D(filters, use_bias=False))
            if level:
                net.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
            net.add(layers.LeakyReLU(negative_slope=0.2))
        net.add(channels_last.Flatten())  # a convolution over all cells is dense, too
        net.add(layers.Dense(1, use_bias=False, dtype="float32"))
        return net  # (b, 1), a logit

    def measure(self, real, fake):
        right = [ops.cast(real > 0.0, "float32"), ops.cast(fake < 0.0, "float32")]
        return {
            "accuracy": ops.mean(ops.concatenate(right)),
            "updated": ops.cast(self._is_open(), "float32"),
        }

    def gate(self, phase, scalars):
        if phase != "discriminator":
            return None
        is_open = self._is_open()
        self.last_accuracy.assign(scalars["accuracy"])
        return is_open

    def _is_open(self):
        return ops.convert_to_tensor(self.last_accuracy.value) <= self.max_accuracy

    def default_optimizers(self):
        rates = {"discriminator": 1e-5, "generator": 2.5e-3}
        return {p: keras.optimizers.Adam(rates[p], beta_1=0.5) for p in self.phases}
