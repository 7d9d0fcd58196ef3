"""BigGAN: a wide class-conditional GAN, whose latents enter at every size.

Brock, Donahue and Simonyan, 2019, "Large Scale GAN Training for High Fidelity Natural
Image Synthesis", https://arxiv.org/abs/1809.11096.
Released code: ajbrock/BigGAN-PyTorch, by the first author.

Differs from the paper:
1. Normalisations are those of one device's batch, which the default recipe makes small.
2. Power iterations of the discriminator go on once an update, real and fake images in
   one batch (the code: on each pass).
3. Images of 8 to 63 pixels have the code's networks for CIFAR-10, of 4 filters
   everywhere, with as many doublings as bring 4 to 7 pixels to theirs.
4. The generator's last convolution has as many maps as the image has channels. In the
   paper's deep form it has 128, of which three are used.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_image_shape, check_int, check_number
from kerasgen.families.projected import ProjectedModel, network
from kerasgen.layers.conditional_batch_norm import modulated_batch_norm
from kerasgen.layers.labels import class_weights
from kerasgen.layers.sizes import halvings
from kerasgen.losses.regularizers import orthogonal_penalty
from kerasgen.networks import class_resnet as nets
from kerasgen.networks.deep_resnet import deep_growing_blocks, deep_shrinking_blocks
from kerasgen.networks.resnet import projection
from kerasgen.registry import register

# Filters of the start and after each doubling; after each block of the discriminator.
GENERATOR = {4: (16, 16, 8, 4, 2), 6: (16, 16, 8, 8, 4, 2, 1)}
GENERATOR[7] = (*GENERATOR[6], 1)
DISCRIMINATOR = {6: (1, 2, 4, 8, 8, 16, 16), 7: (1, 1, 2, 4, 8, 8, 16, 16)}


@register
class BigGAN(ProjectedModel):
    """BigGAN, and BigGAN-deep.

    The discriminator minimises `E max(0, 1 - D(x, y)) + E max(0, 1 + D(G(z, y), y))`,
    the generator `-E D(G(z, y), y) + b sum_W ||W^T W * (1 - I)||^2`. Scales and shifts
    of the generator's batch normalisations are linear in an embedding of the label,
    which all share, and in a part of `z` of the block's own (in the deep form in all
    of it). `standing_statistics` and `compile(average_decay=0.9999)` are the paper's
    for sampling.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 128x128 is the paper's.
        latent_dim: int or None. Size of the noise vector `z`; a multiple of the number
            of doublings and one, but for the deep form. None takes 20 for each of
            these, at 128 pixels 120; or 128 for the deep form.
        filters: int or None. What all numbers of maps are multiples of. None takes
            96, or 128 for the deep form.
        shared_dim: int. Size of the embedding of labels. Defaults to `128`.
        deep: bool. Whether blocks are those of BigGAN-deep, with four convolutions.
        attention_size: int or None. Shorter side of the maps that both players attend
            on, which is that of the image halved at least once. None takes the largest
            up to 64.
        num_classes: int or None. Makes both players conditional on labels.
        discriminator_steps: int. The discriminator's updates in a step, each on a
            fresh batch. Defaults to `2`; the released code's model: 1.
        orthogonal_weight: float, at least 0. `b` of all kernels of the generator but
            the embedding. Defaults to `1e-4`; the released code's model: 0.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`; `generator_loss`, with the penalty; and the means of
        `D` on images of both kinds, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice, or for latents that cannot
        be parted evenly.

    Example:
    >>> model = kerasgen.gans.BigGAN((32, 32, 3), filters=4, num_classes=10)
    >>> model.sample(3, classes=(2, 7, [0.0, 0.5, 1.0]), seed=0, truncation=1.0).shape
    (3, 32, 32, 3)

    Reference: [Brock et al., 2019](https://arxiv.org/abs/1809.11096), section 3 and
        appendices B and C.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=None,
        filters=None,
        shared_dim=128,
        deep=False,
        attention_size=None,
        num_classes=None,
        discriminator_steps=2,
        orthogonal_weight=1e-4,
        latent_distribution="normal",
        **kwargs,
    ):
        height, width, _ = check_image_shape(image_shape, 4, 8)
        count = halvings(height, width)
        if latent_dim is None:
            latent_dim = 128 if deep else 20 * (count + 1)
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        if not deep and self.latent_dim % (count + 1):
            raise ValueError(
                f"`latent_dim` must be a multiple of {count + 1}, the doublings and "
                f"one. Received: latent_dim={latent_dim}"
            )
        self.filters = filters if filters is None else check_int("filters", filters)
        self.shared_dim = check_int("shared_dim", shared_dim)
        self.deep, self.attention_size = bool(deep), attention_size
        self.discriminator_steps = check_int("discriminator_steps", discriminator_steps)
        weight = check_number("orthogonal_weight", orthogonal_weight, 0.0)
        self.orthogonal_weight = weight
        halved = count if count > 3 else min(count, 2)
        size = nets.attention_size(self.image_shape, attention_size, 64, halved)
        self.generator = self._build_generator(count, (size, "code"))
        self.discriminator = self._build_discriminator(count, halved, (size, "code"))
        self.add_players(updates=self.discriminator_steps)

    def _build_generator(self, count, attention):
        z, classes = keras.Input((self.latent_dim,)), self._class_input()
        parts = [z] if self.deep else ops.split(z, count + 1, axis=-1)
        conditions = parts if self.deep else parts[1:]
        if classes is not None:
            shared = layers.Dense(
                *(self.shared_dim, None, False, "orthogonal"), name="shared"
            )(classes)
            conditions = [ops.concatenate([shared, c], axis=-1) for c in conditions]

        def normalize(x, block=0):
            return modulated_batch_norm(x, conditions[block], "orthogonal")

        first, *maps = self._maps(GENERATOR, nets.generator_maps, count)
        x = conditions[0] if self.deep else parts[0]
        x = nets.start(x, self.image_shape, first, count, True, "orthogonal")
        if self.deep:
            x = deep_growing_blocks(x, maps, normalize, attention, "orthogonal")
        else:
            x = nets.growing_blocks(x, maps, normalize, attention, True, "orthogonal")
        x = nets.finish(x, self.image_shape[-1], 1e-5, True, "orthogonal")
        return network(z, classes, x, "generator")  # images in [-1, 1]

    def _build_discriminator(self, count, halved, attention):
        x, labels = keras.Input(self.image_shape), self.label_input()
        maps = self._maps(DISCRIMINATOR, nets.discriminator_maps, count)
        build = deep_shrinking_blocks if self.deep else nets.shrinking_blocks
        options = {"attention": attention, "initializer": "orthogonal"}
        features = nets.summed(build(x, maps, halved, **options))
        score = projection(features, labels, self.num_classes, True, "orthogonal")
        return network(x, labels, score, "discriminator")  # (b, 1)

    def _maps(self, table, rule, count):
        filters = self.filters or (128 if self.deep else 96)
        if count < 4:
            return (4 * filters,) * (count + 1 if table is GENERATOR else 4)
        if count in table:
            return tuple(filters * n for n in table[count])
        return rule(filters, count)

    def _class_input(self):
        return self.num_classes and keras.Input((self.num_classes,), name="classes")

    def generate(self, z, labels=None, training=False):
        """Returns `G(z)` of int labels `(batch,)` or weights `(batch, classes)`."""
        if self.num_classes is None:
            return self.generator(z, training=training)
        labels = ops.convert_to_tensor(labels)
        if len(labels.shape) == 1:
            labels = ops.one_hot(labels, self.num_classes, dtype="float32")
        pair = ops.convert_to_tensor(z), labels
        return self.generator(pair, training=training)

    def added_loss(self, phase):
        """Returns the generator's weighted penalty with what the base adds."""
        added = super().added_loss(phase)
        if phase != "generator" or not self.orthogonal_weight:
            return added
        penalty = sum(orthogonal_penalty(v.value) for v in self._kernels())
        return self.orthogonal_weight * penalty + (0.0 if added is None else added)

    def _kernels(self):
        """Returns the generator's weights of two axes or more, but the embedding."""
        return [
            v
            for v in self.generator.trainable_variables
            if len(v.shape) > 1 and "shared" not in v.path.split("/")
        ]

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
        truncation=None,
        classes=None,
    ):
        """Draws images, also between classes.

        Args:
            num_samples, labels, seed, batch_size, latents, weights, truncation: as in
                `AdversarialModel.sample`.
            classes: None, or in place of labels whose embedding the images have: a
                tuple `(first, second, fraction)`, two labels and how far from the first
                to the second, a float or one for each image; or weights of the
                classes, `(num_classes,)` or `(num_samples, num_classes)`.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.
        """
        if classes is None:
            return super().sample(
                num_samples, labels, seed, batch_size, latents, weights, truncation
            )
        if self.num_classes is None or labels is not None:
            raise ValueError(
                "`classes` must be None without `num_classes` and beside `labels`. "
                f"Received: num_classes={self.num_classes}, labels={labels}"
            )
        generator, _ = self.sampling_inputs(num_samples, 0, seed)
        latents = self.latents_of_sample(generator, num_samples, latents, truncation)
        rows = class_weights(classes, num_samples, self.num_classes)
        return self.run_in_batches(
            "mix", lambda *pair: self(pair), [latents, rows], batch_size, weights
        )

    def default_optimizers(self):
        rates = {"discriminator": 2e-4, "generator": 5e-5}
        return {
            phase: keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.999)
            for phase, rate in rates.items()
        }
