"""ProGAN: a GAN whose networks grow, from small images to large ones.

Karras, Aila, Laine and Lehtinen, 2018, "Progressive Growing of GANs for Improved
Quality, Stability, and Variation", https://arxiv.org/abs/1710.10196, sections 2 to 4
and appendix A. Official code: tkarras/progressive_growing_of_gans.

Differs from the paper:
1. One batch size and one learning rate for all sizes; the paper's batches shrink as
   images grow, and the rate of the largest is 0.0015 in the code.
2. Defaults are those of the released code: stages of 600 thousand images and groups of
   4 (the paper: 800 thousand and 16).
3. No labels; the code can add the classes' cross-entropy of Odena et al.
4. Sides may be any 4 to 7 times a power of 2.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.families.growing import Growing
from kerasgen.networks.progressive import (
    ProgressiveDiscriminator,
    ProgressiveGenerator,
    enlarge,
    shrink,
)
from kerasgen.registry import register


@register
class ProGAN(Growing, TwoPlayerModel):
    """Progressively growing GAN.

    Training begins with images of the smallest size. When `stable_images` of them were
    seen, both networks grow by a block of twice the size, which fades in over
    `fade_images`; then the next `stable_images` are seen, and so on up to
    `image_shape`. Both optimizers begin anew with each of these stages. Until then
    images are blocks of equal pixels, in samples as in what is trained on.

    Args:
        image_shape: tuple `(height, width, channels)`. It is halved down to 4 to 7
            pixels; 1024x1024 is the paper's.
        latent_dim: int. Size of the noise vector. Defaults to `512`.
        max_filters: int. Most maps of a convolution. Defaults to `512`.
        filters_base: int. Maps times size: `filters_base / 2^(level + 1)` maps at a
            level, and at most `max_filters`. Defaults to `8192`.
        fade_images: int. Images over which a block fades in.
        stable_images: int. Images seen at each size without a fade.
        group_size: int. Of `MinibatchStddev`.
        penalty_weight: float. Weight of the gradient penalty. Defaults to `10`.
        drift_weight: float. Weight of the mean square of the scores of real images.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, with penalty and drift, `generator_loss`, mean scores
        `discriminator_real` and `discriminator_fake`, `discriminator_penalty`.
    Raises:  ValueError: if the image cannot be halved once.

    Example:
    >>> model = kerasgen.gans.ProGAN(image_shape=(16, 16, 1), max_filters=16)
    >>> model.sample(2, seed=0).shape
    (2, 16, 16, 1)

    Reference: [Karras et al., 2018](https://arxiv.org/abs/1710.10196), section 2.
    """

    paper_loss = "wasserstein"

    def __init__(
        self,
        image_shape,
        latent_dim=512,
        max_filters=512,
        filters_base=8192,
        fade_images=600_000,
        stable_images=600_000,
        group_size=4,
        penalty_weight=10.0,
        drift_weight=1e-3,
        **kwargs,
    ):
        super().__init__(image_shape, latent_dim, multiple_of=2, minimum=8, **kwargs)
        self.max_filters = check_int("max_filters", max_filters)
        self.filters_base = check_int("filters_base", filters_base)
        self.group_size = check_int("group_size", group_size)
        self.penalty_weight = check_number("penalty_weight", penalty_weight, 0.0)
        self.drift_weight = check_number("drift_weight", drift_weight, 0.0)
        maps = [self.maps(level) for level in range(self.doublings + 1)]
        shape = (self.base, maps, self.image_shape[-1])
        self.generator = ProgressiveGenerator(self.latent_dim, *shape)
        self.discriminator = ProgressiveDiscriminator(
            *shape, self.maps(-1), self.group_size
        )
        self.add_players(penalized=True)
        self.add_growth(fade_images, stable_images)

    def generate(self, z, labels=None, training=False):
        image = self.generator(z, **self.grown)
        return enlarge(image, self.block)

    def discriminate(self, x, labels, training):
        image = shrink(x, self.block)
        return self.discriminator(image, **self.grown)

    def discriminator_objective(self, real, fake):
        drift = self.drift_weight * ops.mean(ops.square(real))
        return super().discriminator_objective(real, fake) + drift

    def penalty(self, x, fake, labels, training):
        weights = {"gradient": self.penalty_weight}
        return self.penalize(weights, x, fake, labels, training)

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
            for phase in self.phases
        }
