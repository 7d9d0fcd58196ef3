"""StyleGAN: a generator of styles that scale its normalised maps, and of noise.

Karras, Laine and Aila, 2019, "A Style-Based Generator Architecture for Generative
Adversarial Networks", https://arxiv.org/abs/1812.04948, configuration F. Official code:
NVlabs/stylegan.

Differs from the paper:
1. One batch size and one learning rate for all sizes; the paper's batches shrink as
   images grow, and rates rise from 0.001 to 0.003 above 64x64.
2. Sides may be any 4 to 7 times a power of 2, and differ.
3. Enlargement and halving are steps of their own beside convolutions; the code joins
   them from 128x128 on, for speed.
4. Latents and the embedding of labels are scaled apart, as in StyleGAN2; the code
   scales both as one vector.
5. In the mean of styles each step counts, whatever its batch.
"""

import keras

from kerasgen.arguments import check_int, check_number
from kerasgen.families.growing import Growing
from kerasgen.families.style_model import StyleModel
from kerasgen.networks.adaptive_style import BLUR, AdaptiveSynthesis
from kerasgen.networks.progressive import ProgressiveDiscriminator, enlarge, shrink
from kerasgen.networks.style import MappingNetwork, StyleGenerator
from kerasgen.registry import register


@register
class StyleGAN(Growing, StyleModel):
    """Style-based GAN.

    A mapping network makes styles `w` of latents. The synthesis network starts from a
    learned constant; after each convolution come noise and adaptive instance
    normalisation, `y_s (x - mean x) / deviation x + y_b` with `(y_s, y_b)` an affine
    map of `w` (eq. 1). Losses are those of Goodfellow et al., with R1 of real images,
    `gamma / 2 E ||grad D(x)||^2`. Networks grow as those of ProGAN do, from the second
    size on. Pictures of the paper are samples with `truncation=0.7` and
    `truncated_styles=8`.

    Args:
        image_shape: tuple `(height, width, channels)`. It is halved down to 4 to 7
            pixels; 1024x1024 is the paper's.
        latent_dim: int. Size of the noise vector, and of styles. Defaults to `512`.
        max_filters: int. Most maps of a convolution. Defaults to `512`.
        filters_base: int. Maps times size: `filters_base / 2^(level + 1)` maps at a
            level, and at most `max_filters`. Defaults to `8192`.
        mapping_depth: int. Dense layers of the mapping network.
        num_classes: int or None. Makes the model conditional on labels: their embedding
            stands beside the latents, and the discriminator has a score for each class.
        growing: bool. Whether training begins with images of 8 to 15 pixels a side and
            networks grow. Defaults to `True`.
        fade_images: int. Images over which a block fades in.
        stable_images: int. Images seen at each size without a fade.
        group_size: int. Of `MinibatchStddev`.
        r1_weight: float. `gamma`. Defaults to `10`.
        style_mixing: float in [0, 1]. Share of batches that mix two styles.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, with R1, and `generator_loss`, in nats; probabilities
        `discriminator_real` and `discriminator_fake`; `discriminator_penalty`,
        weighted.
    Raises:  ValueError: if the image cannot be halved once.

    Example:
    >>> model = kerasgen.gans.StyleGAN((16, 16, 3), latent_dim=8, max_filters=8)
    >>> model.sample(2, seed=0, truncation=0.7).shape
    (2, 16, 16, 3)

    Reference: [Karras et al., 2019](https://arxiv.org/abs/1812.04948), sections 2 to 4.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=512,
        max_filters=512,
        filters_base=8192,
        mapping_depth=8,
        num_classes=None,
        growing=True,
        fade_images=600_000,
        stable_images=600_000,
        group_size=4,
        r1_weight=10.0,
        style_mixing=0.9,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            style_mixing=style_mixing,
            multiple_of=2,
            minimum=8,
            **kwargs,
        )
        self.max_filters = check_int("max_filters", max_filters)
        self.filters_base = check_int("filters_base", filters_base)
        self.mapping_depth = check_int("mapping_depth", mapping_depth)
        self.growing, self.group_size = growing, check_int("group_size", group_size)
        self.r1_weight = check_number("r1_weight", r1_weight, 0.0)
        self.first_level = 1 if growing else self.doublings
        maps = [self.maps(level) for level in range(self.doublings + 1)]
        shape = (self.base, maps, self.image_shape[-1])
        self.generator = StyleGenerator(
            MappingNetwork(latent_dim, latent_dim, mapping_depth, num_classes),
            AdaptiveSynthesis(latent_dim, *shape),
        )
        self.discriminator = ProgressiveDiscriminator(
            *shape, self.maps(-1), group_size, BLUR, num_classes or 1
        )
        self.add_players(penalized=True)
        self.add_growth(fade_images, stable_images)

    @property
    def used_styles(self):
        return 2 * self.level + 2

    def synthesize(self, w, noise=None):
        image = self.generator.synthesis(w, noise, **self.grown)
        return enlarge(image, self.block)

    def discriminate(self, x, labels, training):
        scores = self.discriminator(shrink(x, self.block), **self.grown)
        return self.score_of_class(scores, labels)

    def penalty(self, x, fake, labels, training):
        return self.penalize({"r1": self.r1_weight}, x, fake, labels, training)

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
            for phase in self.phases
        }
