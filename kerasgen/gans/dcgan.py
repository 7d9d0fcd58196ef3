"""DCGAN: a GAN of strided convolutions and batch normalisation.

Radford, Metz and Chintala, 2016, "Unsupervised Representation Learning with Deep
Convolutional Generative Adversarial Networks", https://arxiv.org/abs/1511.06434,
section 3. Official code: Newmu/dcgan_code (5x5 kernels, latents uniform on [-1, 1]).

Differs from the paper:
1. Each step trains both players on one batch; the released code alternates batches.
2. Labels enter the latents and the image only, not every layer.
3. The discriminator's first and last layer and the generator's last have biases; no
   layer of the released code has, but for those of its batch normalisation.
4. No weight decay (the released code: L2 of 1e-5, 2.5e-5 on MNIST); an epsilon of 1e-5
   in batch normalisation in place of 1e-8.
"""

import keras
from keras import layers

from kerasgen.arguments import check_int
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers import channels_last
from kerasgen.layers.sizes import halvings
from kerasgen.registry import register


@register
class DCGAN(TwoPlayerModel):
    """Deep convolutional GAN, by the guidelines of the paper.

    Strided convolutions without pooling or hidden dense layers, batch normalisation
    everywhere but at the generator's output and the discriminator's input, ReLU and
    tanh in the generator, LeakyReLU 0.2 in the discriminator, weights from
    N(0, 0.02). Depth follows the image: sides are halved down to 4 to 7.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 64x64 is the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        filters: int. Maps of the discriminator's first convolution, doubled at each
            halving up to 8 times as many. Defaults to `128`.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"uniform"` on `[-1, 1]`, `"normal"`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss` and `generator_loss` in nats, and the mean
        probabilities of being real that the discriminator gives to images of both
        kinds, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice.

    Example:
    >>> model = kerasgen.gans.DCGAN(image_shape=(32, 32, 1), filters=16)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Radford et al., 2016](https://arxiv.org/abs/1511.06434), section 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        filters=128,
        num_classes=None,
        latent_distribution="uniform",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            multiple_of=4,
            minimum=8,
            **kwargs,
        )
        self.filters = check_int("filters", filters)
        height, width, channels = self.image_shape
        widths = self._stage_widths(height, width)
        self.generator = self._build_generator(widths)
        self.discriminator = self._build_discriminator(widths)
        self.add_players()

    def _stage_widths(self, height, width):
        return [self.filters * min(2**i, 8) for i in range(halvings(height, width))]

    def _build_generator(self, widths):
        height, width, channels = self.image_shape
        base = (height // 2 ** len(widths), width // 2 ** len(widths), widths[-1])
        net = keras.Sequential(name="generator")
        net.add(keras.Input(self.generator_input_shape))
        units = base[0] * base[1] * base[2]
        net.add(layers.Dense(units, use_bias=False, kernel_initializer=_normal()))
        net.add(layers.Reshape(base))
        for maps in reversed([channels, *widths[:-1]]):
            net.add(_batch_norm())
            net.add(layers.ReLU())
            last = len(net.layers) == 3 * len(widths) + 1
            net.add(_conv(channels_last.Conv2DTranspose, maps, use_bias=last))
        net.add(layers.Activation("tanh", dtype="float32"))
        return net  # (b, height, width, channels) in [-1, 1]

    def _build_discriminator(self, widths):
        height, width, channels = self.image_shape
        net = keras.Sequential(name="discriminator")
        net.add(keras.Input((height, width, channels + (self.num_classes or 0))))
        for i, maps in enumerate(widths):
            net.add(_conv(channels_last.Conv2D, maps, use_bias=i == 0))
            if i > 0:
                net.add(_batch_norm())
            net.add(layers.LeakyReLU(negative_slope=0.2))
        net.add(channels_last.Flatten())
        net.add(layers.Dense(1, kernel_initializer=_normal(), dtype="float32"))
        return net  # (b, 1) logits

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)


def _batch_norm():
    gamma = keras.initializers.RandomNormal(mean=1.0, stddev=0.02)
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=gamma
    )


def _conv(kind, maps, use_bias):
    return kind(
        maps,
        kernel_size=5,
        strides=2,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=_normal(),
    )
