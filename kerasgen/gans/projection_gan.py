"""Projection discriminator: labels enter by a product with the features of an image.

Miyato and Koyama, 2018, "cGANs with Projection Discriminator",
https://arxiv.org/abs/1802.05637. Official code: pfnet-research/sngan_projection.

Differs from the paper:
1. Power iterations go on once an update of the discriminator, whose real and fake
   images are one batch. In the released code each pass through it moves them, those of
   the generator's update too.
2. The generator trains on as many latents as the discriminator (the code: twice).
3. Pixels are not dequantised, and the rate stays (the paper: it falls to 0 from the
   400,000th of 450,000 updates on).
4. Widths and depth follow the image: sides start from 4 to 7 pixels, and the widest
   maps are 16 filters, or 2 at each halving if that is less. At 64 and 128 pixels they
   are those of the code. SNGAN has the paper's networks for CIFAR-10.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.projected import ProjectedModel, network
from kerasgen.layers.conditional_batch_norm import batch_normalize
from kerasgen.layers.sizes import halvings
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.networks import class_resnet as nets
from kerasgen.networks.resnet import projection
from kerasgen.registry import register


@register
class ProjectionGAN(ProjectedModel):
    """Class-conditional GAN with the projection discriminator of its paper.

    Where the classes' log-likelihoods are linear in features `f(x)`, so is what tells
    real from generated pairs: `D(x, y) = <V y, f(x)> + psi(f(x))`. The discriminator
    minimises `E max(0, 1 - D(x, y)) + E max(0, 1 + D(G(z, y), y))`, the generator
    `-E D(G(z, y), y)`. The generator's batch normalisations have a scale and a shift
    for each class.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 64x64 and 128x128 are the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `128`.
        filters: int. Maps of the discriminator's first block and of the generator's
            last, doubled at each halving up to 16 times as many. Defaults to `64`.
        num_classes: int or None. Makes both players conditional on labels; None leaves
            `psi(f(x))` and plain batch normalisation.
        conditioning: `"projection"`, or `"concatenation"`, with which the paper
            compares. With it an embedding of the label stands at each place behind the
            maps of the third block, or of the last but one where there are fewer.
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
    >>> model = kerasgen.gans.ProjectionGAN((32, 32, 3), filters=4, num_classes=10)
    >>> model.sample(2, labels=[3, 8], seed=0).shape
    (2, 32, 32, 3)

    Reference: [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637), sections 3
        and 4.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        filters=64,
        num_classes=None,
        conditioning="projection",
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
        self.filters = check_int("filters", filters)
        self.conditioning = check_choice(
            "conditioning", conditioning, ("projection", "concatenation")
        )
        self.discriminator_steps = check_int("discriminator_steps", discriminator_steps)
        self.generator = self._build_generator()
        self.discriminator = self._build_discriminator()
        self.add_players(updates=self.discriminator_steps)

    def _build_generator(self):
        z, labels = keras.Input((self.latent_dim,)), self.label_input()
        count = halvings(*self.image_shape[:2])
        first, *maps = nets.generator_maps(self.filters, count)
        x = nets.start(z, self.image_shape, first, count)
        x = nets.growing_blocks(
            x, maps, lambda x, block: batch_normalize(x, labels, self.num_classes)
        )
        x = nets.finish(x, self.image_shape[-1], epsilon=2e-5)
        return network(z, labels, x, "generator")  # images in [-1, 1]

    def _build_discriminator(self):
        x, labels = keras.Input(self.image_shape), self.label_input()
        count = halvings(*self.image_shape[:2])
        maps = nets.discriminator_maps(self.filters, count)
        # All blocks halve, to 2 or 3 pixels, but the last at 128 pixels and above.
        halved = min(count + 1, max(count, 5))
        if self.conditioning == "projection" or labels is None:
            features = nets.shrinking_blocks(x, maps, halved, wide=False)
            score = projection(nets.summed(features), labels, self.num_classes)
        else:
            before = min(3, len(maps) - 1)
            h = nets.shrinking_blocks(x, maps[:before], halved, wide=False)
            h = _with_embedding(h, labels, self.num_classes)
            h = nets.shrinking_blocks(
                h, maps[before:], halved - before, wide=False, first=False
            )
            score = projection(nets.summed(h))
        return network(x, labels, score, "discriminator")  # (b, 1)

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)
            for phase in self.phases
        }


def _with_embedding(x, labels, num_classes, size=128):
    """Returns maps with a label's embedding, of the paper's size, behind each place."""
    table = layers.Embedding(num_classes, size, embeddings_initializer="glorot_uniform")
    rows = ops.reshape(SpectralNorm(table)(labels), (-1, 1, 1, size))
    rows = ops.tile(rows, (1, *x.shape[1:3], 1))
    return ops.concatenate([x, rows], axis=-1)
