"""Geometric GAN: a discriminator that is a support vector machine of its features.

Lim and Ye, 2017, "Geometric GAN", https://arxiv.org/abs/1705.02894.
Official code: lim0606/pytorch-geometric-gan.

Differs from the paper:
1. Depth follows the image: sides are halved down to 4 to 7 (the code: 64 or another
   multiple of 16, to 4). The last convolution, over all of a map, is a dense layer.
2. The batch in the weight of the last layer's norm is the one at hand, not the nominal.
3. The generator's updates in a step draw latents anew, but with the same labels, where
   there are any. The paper has none.
"""

import keras
from keras import initializers, layers, ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers import channels_last
from kerasgen.layers.labels import join_label_vector
from kerasgen.layers.sizes import halvings
from kerasgen.registry import register
from kerasgen.training.pytorch_rmsprop import pytorch_rmsprop


@register
class GeometricGAN(TwoPlayerModel):
    """Geometric GAN.

    The discriminator `D(x) = w . f(x) + b` separates real from fake features with a
    soft margin: of a batch of `n` it minimises
    `E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))) + |w|^2 / (2 C n)`, which is `1 / (C n)`
    of the machine's `|w|^2 / 2 + C sum(hinges)`. The generator minimises `-E D(G(z))`:
    it moves features along the normal `w`.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 64x64 is the paper's. Or `(features,)`: points, real
            vectors, such as the `mixture` data.
        latent_dim: int. Size of the noise vector `z`; the paper's points take 4.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, doubled at each halving. Defaults to 64. Or units of
            the three hidden layers for points, 128.
        num_classes: int or None. Makes both players conditional on labels.
        generator_updates: int. The generator's updates in a step, after one of the
            discriminator. Defaults to `10`; the paper's points take 1.
        cost: float. `C`, the weight of the hinges against the norm, above 0.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, with the norm; `generator_loss`; the means of `D` of
        both kinds, `discriminator_real` and `discriminator_fake`;
        `discriminator_outside`, the share of both outside the margin, which have no
        gradient; `discriminator_penalty`, `|w|^2 / (2 C n)`.
    Raises:  ValueError: if the image cannot be halved.

    Example:
    >>> model = kerasgen.gans.GeometricGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Lim and Ye, 2017](https://arxiv.org/abs/1705.02894).
    """

    takes_points = True
    paper_loss = "hinge"

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        filters=None,
        num_classes=None,
        generator_updates=10,
        cost=1.0,
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
        self.filters = filters if filters is None else check_int("filters", filters)
        self.generator_updates = check_int("generator_updates", generator_updates)
        self.cost = check_number("cost", cost, minimum=1e-6)
        build = self._build_of_points if self.is_points else self._build_of_images
        self.generator, self.discriminator = build()
        self.add_players(penalized=True, measured=("outside",))

    def _build_of_images(self):
        filters, (height, width, channels) = self.filters or 64, self.image_shape
        depth, normal = halvings(height, width), initializers.RandomNormal

        def conv(layer, maps):
            kernel = normal(stddev=0.02)
            options = {"use_bias": False, "kernel_initializer": kernel}
            return layer(maps, 4, 2, "same", **options)

        def dense(units, **options):
            kernel = normal(stddev=0.02)
            return layers.Dense(
                units, use_bias=False, kernel_initializer=kernel, **options
            )

        base = (height >> depth, width >> depth, filters << (depth - 1))
        generator = keras.Sequential(name="generator")
        generator.add(keras.Input(self.generator_input_shape))
        generator.add(dense(base[0] * base[1] * base[2]))
        generator.add(layers.Reshape(base))
        for level in reversed(range(depth)):
            generator.add(_batch_normalization(0.02))
            generator.add(layers.ReLU())
            maps = filters << (level - 1) if level else channels
            generator.add(conv(channels_last.Conv2DTranspose, maps))
        generator.add(layers.Activation("tanh", dtype="float32"))

        judged = (height, width, channels + (self.num_classes or 0))
        discriminator = keras.Sequential(name="discriminator")
        discriminator.add(keras.Input(judged))
        for level in range(depth):
            discriminator.add(conv(channels_last.Conv2D, filters << level))
            if level:
                discriminator.add(_batch_normalization(0.02))
            discriminator.add(layers.LeakyReLU(negative_slope=0.2))
        discriminator.add(channels_last.Flatten())
        discriminator.add(dense(1, dtype="float32"))
        return generator, discriminator  # images in [-1, 1]; (b, 1)

    def _build_of_points(self):
        units, (features,) = self.filters or 128, self.image_shape

        def dense(units, **options):
            kernel = initializers.RandomNormal(stddev=0.01)
            return layers.Dense(units, kernel_initializer=kernel, **options)

        generator = keras.Sequential(name="generator")
        generator.add(keras.Input(self.generator_input_shape))
        for _ in range(3):
            generator.add(dense(units, use_bias=False))
            generator.add(_batch_normalization(0.01))
            generator.add(layers.ReLU())
        generator.add(dense(features, dtype="float32"))

        discriminator = keras.Sequential(name="discriminator")
        discriminator.add(keras.Input((features + (self.num_classes or 0),)))
        for _ in range(3):
            discriminator.add(dense(units, activation="relu"))
        discriminator.add(dense(1, dtype="float32"))
        return generator, discriminator  # points; (b, 1)

    def discriminate(self, x, labels, training):
        if not self.is_points:
            return super().discriminate(x, labels, training)
        x = join_label_vector(x, labels, self.num_classes)
        return self.discriminator(x, training=training)

    def penalty(self, x, fake, labels, training):
        normal = self.discriminator.layers[-1].kernel
        count = ops.cast(ops.shape(x)[0], "float32")
        return ops.sum(ops.square(normal)) / (2.0 * self.cost * count)

    def measure(self, real, fake):
        outside = ops.concatenate([real >= 1.0, fake <= -1.0])
        return {"outside": ops.mean(ops.cast(outside, "float32"))}

    def update(self, phase, x, labels):
        for _ in range(self.generator_updates if phase == "generator" else 1):
            super().update(phase, x, labels)

    def default_optimizers(self):
        rate = 1e-3 if self.is_points else 2e-4
        return {p: pytorch_rmsprop(rate) for p in self.phases}


def _batch_normalization(stddev):
    scale = initializers.RandomNormal(1.0, stddev)
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=scale
    )
