"""SAGAN: a GAN whose players look over the whole image by self-attention.

Zhang, Goodfellow, Metaxas and Odena, 2019, "Self-Attention Generative Adversarial
Networks", https://arxiv.org/abs/1805.08318.
Official code: brain-research/self-attention-gan.

Differs from the paper:
1. No gradient goes through power iterations, which the discriminator makes once an
   update on real and fake images in one batch (the code: with gradient, on the real
   ones).
2. Batch normalisations keep 0.9 of their moving averages a step (the code: 0.999), for
   runs of fewer than thousands of steps.
3. Widths and depth follow the image: sides start from 4 to 7 pixels, and the widest
   maps are 16 filters, or 2 at each halving if that is less. At 128 pixels they are
   those of the code.
"""

import keras

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.projected import ProjectedModel, network
from kerasgen.layers.conditional_batch_norm import batch_normalize
from kerasgen.layers.self_attention import VARIANTS
from kerasgen.layers.sizes import halvings
from kerasgen.networks import class_resnet as nets
from kerasgen.networks.resnet import projection
from kerasgen.registry import register


@register
class SAGAN(ProjectedModel):
    """Self-attention GAN: hinge losses, spectral normalisation of both players.

    The discriminator minimises `E max(0, 1 - D(x)) + E max(0, 1 + D(G(z)))`, the
    generator `-E D(G(z))`, at a quarter of its rate. Maps of one size of both players
    get `gamma o + x`, where `o` is a mean over all places and `gamma` starts at 0.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 128x128 is the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `128`.
        filters: int. Maps of the discriminator's first block and of the generator's
            last, doubled at each halving up to 16 times as many. Defaults to `64`.
        attention_size: int or None. Shorter side of the maps that both players attend
            on, which is that of the image halved at least once. None takes the largest
            up to 32, the paper's best.
        num_classes: int or None. Makes both players conditional on labels.
        variant: `"code"`, with keys and values pooled, half of the channels in values,
            and Adam's `beta_2` of 0.999; or `"paper"`, all places, an eighth, and 0.9.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, `generator_loss`, and the means of `D` on images of
        both kinds, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice, or for a size of attention
        that the maps have not.

    Example:
    >>> model = kerasgen.gans.SAGAN(image_shape=(32, 32, 3), filters=4)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 3)

    Reference: [Zhang et al., 2019](https://arxiv.org/abs/1805.08318), sections 3 and 4.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        filters=64,
        attention_size=None,
        num_classes=None,
        variant="code",
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
        self.filters = check_int("filters", filters)
        self.variant = check_choice("variant", variant, VARIANTS)
        self.attention_size = attention_size
        size = nets.attention_size(self.image_shape, attention_size, 32)
        self.generator = self._build_generator((size, variant))
        self.discriminator = self._build_discriminator((size, variant))
        self.add_players()

    def _build_generator(self, attention):
        z, labels = keras.Input((self.latent_dim,)), self.label_input()
        count = halvings(*self.image_shape[:2])
        first, *maps = nets.generator_maps(self.filters, count)

        def normalize(x, block):
            return batch_normalize(x, labels, self.num_classes, epsilon=1e-5)

        x = nets.start(z, self.image_shape, first, count, spectral=True)
        x = nets.growing_blocks(x, maps, normalize, attention, True, "glorot_uniform")
        x = nets.finish(x, self.image_shape[-1], spectral=True)
        return network(z, labels, x, "generator")  # images in [-1, 1]

    def _build_discriminator(self, attention):
        x, labels = keras.Input(self.image_shape), self.label_input()
        count = halvings(*self.image_shape[:2])
        maps = nets.discriminator_maps(self.filters, count)
        features = nets.shrinking_blocks(
            x, maps, count, attention=attention, initializer="glorot_uniform"
        )
        score = projection(nets.summed(features), labels, self.num_classes)
        return network(x, labels, score, "discriminator")  # (b, 1)

    def default_optimizers(self):
        beta = 0.999 if self.variant == "code" else 0.9
        rates = {"discriminator": 4e-4, "generator": 1e-4}
        return {
            phase: keras.optimizers.Adam(rate, beta_1=0.0, beta_2=beta)
            for phase, rate in rates.items()
        }
