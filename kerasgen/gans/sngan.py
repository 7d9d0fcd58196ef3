"""SNGAN: a GAN whose discriminator is held by spectral normalisation.

Miyato, Kataoka, Koyama and Yoshida, 2018, "Spectral Normalization for Generative
Adversarial Networks", https://arxiv.org/abs/1802.05957, with the projection
discriminator of Miyato and Koyama, 2018, https://arxiv.org/abs/1802.05637, for labels.
Official code: pfnet-research/sngan_projection.

Differs from the paper:
1. Power iterations go on once an update of the discriminator, whose real and fake
   images are one batch. In the released code each pass through it moves them, those of
   the generator's update too.
2. The generator trains on as many latents as the discriminator (the code: twice).
3. Pixels are not dequantised, and the rate stays (the code of the resnet: falls to 0
   in 50,000 steps, as it does over the recipe's epochs).
4. The generator starts from 4 to 7 pixels, whatever the size of the image.
"""

import math

import keras
from keras import layers

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.projected import ProjectedModel, network
from kerasgen.layers import channels_last
from kerasgen.layers.conditional_batch_norm import batch_normalize
from kerasgen.layers.sizes import halvings
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.networks import resnet
from kerasgen.registry import register

FILTERS = {"resnet": 128, "cnn": 64}


@register
class SNGAN(ProjectedModel):
    """GAN with a spectrally normalised discriminator and hinge losses.

    The discriminator minimises `E max(0, 1 - D(x)) + E max(0, 1 + D(G(z)))`, the
    generator `-E D(G(z))`. With labels the generator's batch normalisations are those
    of each class, and `D` adds the product of its features and the label's embedding.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 32x32 is the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `128`.
        architecture: `"resnet"`, the paper's table 4, with as many up-sampling blocks
            as bring the sides from 4 to 7; or `"cnn"`, its table 3, which halves the
            sides down to 4 to 7.
        filters: int or None. Maps of the discriminator's first convolution; the
            generator has twice as many in the resnet, up to 8 times in the cnn.
            Defaults to 128 and 64, the paper's.
        num_classes: int or None. Makes both players conditional on labels.
        discriminator_steps: int. The discriminator's updates in a step, each on a
            fresh batch.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, `generator_loss`, and the means of `D` on images of
        both kinds, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice.

    Example:
    >>> model = kerasgen.gans.SNGAN(image_shape=(32, 32, 3), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 3)

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957), sections 2 and
        4; [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637), section 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        architecture="resnet",
        filters=None,
        num_classes=None,
        discriminator_steps=5,
        latent_distribution="normal",
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
        self.architecture = check_choice("architecture", architecture, tuple(FILTERS))
        self.filters = filters if filters is None else check_int("filters", filters)
        self.discriminator_steps = check_int("discriminator_steps", discriminator_steps)
        self.generator = self._build_generator()
        self.discriminator = self._build_discriminator()
        self.add_players(updates=self.discriminator_steps)

    def _build_generator(self):
        filters = self.filters or FILTERS[self.architecture]
        z, labels = keras.Input((self.latent_dim,)), self.label_input()
        if self.architecture == "resnet":
            x = resnet.resnet_generator(
                *(z, 2 * filters, self.image_shape, labels, self.num_classes), 2e-5
            )
        else:
            height, width, channels = self.image_shape
            count = halvings(height, width)
            maps = [filters * min(2**i, 8) for i in range(count + 1)]
            base = (height // 2**count, width // 2**count, maps.pop())
            x = layers.Reshape(base)(layers.Dense(math.prod(base))(z))
            for n in reversed(maps):
                x = channels_last.Conv2DTranspose(n, 4, 2, "same")(x)
                x = layers.ReLU()(batch_normalize(x, labels, self.num_classes))
            x = channels_last.Conv2D(channels, 3, padding="same")(x)
        x = layers.Activation("tanh", dtype="float32")(x)
        return network(z, labels, x, "generator")  # images in [-1, 1]

    def _build_discriminator(self):
        filters = self.filters or FILTERS[self.architecture]
        inputs, labels = keras.Input(self.image_shape), self.label_input()
        x = inputs
        if self.architecture == "resnet":
            x = resnet.resnet_discriminator(x, filters, self.image_shape, True, "sum")
        else:
            count = halvings(*self.image_shape[:2])
            for i in range(count):
                x = _conv(x, filters * min(2**i, 8), 3, 1)
                x = _conv(x, filters * min(2**i, 8), 4, 2)
            x = channels_last.Flatten()(_conv(x, filters * min(2**count, 8), 3, 1))
        use_bias = self.architecture == "cnn"  # as in the released code
        score = resnet.projection(x, labels, self.num_classes, use_bias)
        return network(inputs, labels, score, "discriminator")  # (b, 1)

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)
            for phase in self.phases
        }


def _conv(x, maps, size, stride):
    conv = SpectralNorm(channels_last.Conv2D(maps, size, stride, "same"))
    return layers.LeakyReLU(negative_slope=0.1)(conv(x))
