"""R3GAN: a relativistic GAN with penalties at real and at generated examples.

Huang, Gokaslan, Kuleshov and Tompkin, 2024, "The GAN is dead; long live the GAN! A
Modern GAN Baseline", https://arxiv.org/abs/2501.05441, sections 2 to 4.
Official code: brownvc/R3GAN.

Differs from the paper:
1. Rates, `gamma`, beta_2 and the average of weights stay, at the values that CIFAR-10
   begins with; in the code they follow cosines over 20M images. No augmentation.
2. The generator's step has the real examples of the discriminator's, not new ones.
3. Sides are halved down to 4 to 7 (the code: to 4). Latents of a conditional model are
   joined by one-hot labels and the discriminator by maps of them; the code embeds
   labels and projects on them.
4. As in the code the generator swaps the two kinds; the paper prints a game of sum 0.
5. Points have dense layers in place of convolutions.
"""

import keras
from keras import layers

from kerasgen.arguments import check_int, check_number, is_points_shape
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers.labels import join_label_vector
from kerasgen.layers.sizes import halvings
from kerasgen.networks.players import named_discriminator, named_generator
from kerasgen.networks.r3 import r3_discriminator, r3_generator
from kerasgen.registry import register


@register
class R3GAN(TwoPlayerModel):
    """Relativistic GAN with `R1` and `R2`, and residual networks without normalisation.

    With logits `D` of pairs of a real and a generated example the discriminator
    minimises `E softplus(D(G(z)) - D(x)) + gamma / 2 (E ||grad D(x)||^2 +
    E ||grad D(G(z))||^2)`, the generator `E softplus(D(x) - D(G(z)))`.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. Or `(features,)`: points, real vectors.
        latent_dim: int. Size of the noise vector `z`. Defaults to `64`.
        gamma: float, at least 0, the weight of both penalties.
        filters: int or None. Maps of the first four stages, up to 32 pixels, a multiple
            of 8, half as many at each further doubling; or units of three dense layers
            of points. None takes 768, the paper's, or 512.
        blocks: int. Residual blocks of a stage. Defaults to `2`.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, penalties included, and `generator_loss`, in nats;
        the means of `D` on examples of both kinds, `discriminator_real` and
        `discriminator_fake`, which matter by their difference alone;
        `discriminator_penalty`, weighted.
    Raises:  ValueError: if the image cannot be halved, or `filters` do not fit it.

    Example:
    >>> model = kerasgen.gans.R3GAN(image_shape=(32, 32, 1), filters=8, blocks=1)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Huang et al., 2024](https://arxiv.org/abs/2501.05441), sections 2 to 4.
    """

    takes_points = True
    paper_loss = "relativistic"

    def __init__(
        self,
        image_shape,
        latent_dim=64,
        gamma=0.05,
        filters=None,
        blocks=2,
        num_classes=None,
        latent_distribution="normal",
        **kwargs,
    ):
        points = is_points_shape(image_shape)
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            multiple_of=1 if points else 4,
            minimum=1 if points else 8,
            **kwargs,
        )
        self.gamma = check_number("gamma", gamma, 0.0)
        self.filters = filters if filters is None else check_int("filters", filters)
        self.blocks = check_int("blocks", blocks)
        if not points and (filters or 8) % 8:
            raise ValueError(
                f"`filters` must be a multiple of 8. Received: filters={filters}"
            )
        build = self._build_of_points if points else self._build_of_images
        self.generator, self.discriminator = build()
        self.add_players(penalized=True)

    def _build_of_images(self):
        height, width, channels = self.image_shape
        count = halvings(height, width) + 1
        stages = (self.filters or 768, count, self.blocks)
        base = (height >> (count - 1), width >> (count - 1))
        z = keras.Input(self.generator_input_shape)
        x = r3_generator(z, base, *stages, channels)
        x = layers.Activation("linear", dtype="float32")(x)  # images about [-1, 1]
        judged = keras.Input((height, width, channels + (self.num_classes or 0)))
        said = r3_discriminator(judged, *stages)
        return (
            keras.Model(z, x, name="generator"),
            keras.Model(judged, said, name="discriminator"),
        )

    def _build_of_points(self):
        (features,), units = self.image_shape, self.filters
        size = self.generator_input_shape[0]
        judged = (features + (self.num_classes or 0),)
        return (
            named_generator("mlp", size, (features,), units, "linear", None),
            named_discriminator("mlp", judged, units),
        )

    def discriminate(self, x, labels, training):
        if not self.is_points:
            return super().discriminate(x, labels, training)
        x = join_label_vector(x, labels, self.num_classes)
        return self.discriminator(x, training=training)

    def penalty(self, x, fake, labels, training):
        weights = {"r1": self.gamma, "r2": self.gamma}
        return self.penalize(weights, x, fake, labels, training)

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9, epsilon=1e-8)
            for phase in self.phases
        }
