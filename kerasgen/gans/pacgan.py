"""PacGAN: a GAN whose discriminator sees several examples of one kind at once.

Lin, Khetan, Fanti and Oh, 2018, "PacGAN: The power of two samples in generative
adversarial networks", https://arxiv.org/abs/1712.04086, section 2.
Official code: fjxmlzn/PacGAN.

Differs from the paper:
1. A batch of `n` examples makes `n / m` packs of neighbours; the code draws `m n`
   examples, each slot of a pack from the whole data by itself. Give `m` times the
   paper's batch for as many packs.
2. Players of images also move at once, on one batch. The code moves the generator of
   stacked MNIST twice after the discriminator, with the same latents.
3. Images have the DCGAN of this library, whose depth follows the sides.
4. `beta_1` of points is the code's 0.8. By the convention of the library it ran on, of
   before 2017, it may have stood for 0.2.
5. Labels, which the paper has none of, join each example of a pack.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_int
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.layers.maxout import Maxout
from kerasgen.registry import register


@register
class PacGAN(NamedNetworksModel):
    """Packed GAN.

    The discriminator says of a pack of `m` examples, all real or all generated, which
    kind it is: what is generated without variety is told by the examples' likeness. It
    is that of a plain GAN but for the first layer, which takes the pack's examples
    side by side: the features of points, the channels of images. Both players move at
    once, by `-E log D(x_1..x_m) - E log(1 - D(G(z_1)..G(z_m)))` and
    `-E log D(G(z_1)..G(z_m))`.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8, but for `"mlp"`, which takes any, and `(features,)`: points.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`; the paper's
            points take 2.
        packing: int. `m`, the examples of a pack. With 1 it is a plain GAN. Where it
            does not divide the batch, the first examples fill the last pack.
        architecture: `"mlp"`, the paper's networks of points, four layers and batch
            normalisation against three maxout layers of five pieces; `"dcgan"`,
            `"cnn"` or `"resnet"`; None takes `"mlp"` for points, else `"dcgan"`.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units of a maxout layer, of which the generator
            has twice as many; None takes 64, 128 for the resnet, 200 for `"mlp"`.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, as the paper's images
            have it, or `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss`, in nats, means over packs; the
        mean probabilities of being real that packs of both kinds have,
        `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved, but for `"mlp"`.

    Example:
    >>> model = kerasgen.gans.PacGAN(image_shape=(32, 32, 1), packing=3, filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Lin et al., 2018](https://arxiv.org/abs/1712.04086), section 2.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        packing=2,
        architecture=None,
        filters=None,
        num_classes=None,
        latent_distribution="normal",
        **kwargs,
    ):
        self.packing = check_int("packing", packing)  # the networks are built of it
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.add_players(simultaneous=True)

    @property
    def judged_shape(self):
        *sides, last = super().judged_shape
        return (*sides, self.packing * last)

    def build_generator(self):
        if self.architecture != "mlp":
            return super().build_generator()
        units, net = 2 * (self.filters or 200), keras.Sequential(name="generator")
        net.add(keras.Input(self.generator_input_shape))
        for _ in range(4):
            net.add(layers.Dense(units, use_bias=False, kernel_initializer=_normal()))
            net.add(layers.BatchNormalization(momentum=0.95, epsilon=1e-4))
            net.add(layers.ReLU())
        outputs = math.prod(self.image_shape)
        net.add(layers.Dense(outputs, kernel_initializer=_normal()))
        net.add(layers.Reshape(self.image_shape))
        net.add(layers.Activation(self.fields.x.output_activation, dtype="float32"))
        return net  # points, or images in [-1, 1]

    def build_discriminator(self, outputs=1):
        if self.architecture != "mlp":
            return super().build_discriminator(outputs)
        net = keras.Sequential(name="discriminator")
        net.add(keras.Input(self.judged_shape))
        for _ in range(3):
            net.add(Maxout(self.filters or 200, 5, kernel_initializer=_normal()))
        net.add(layers.Dense(outputs, kernel_initializer=_normal(), dtype="float32"))
        return net  # (packs, 1), logits

    def with_labels(self, x, labels):
        return packed(super().with_labels(x, labels), self.packing)

    def examples_judged(self, x, fake, labels, training):
        """Returns packs as examples: `(packs, packing, ...)`, with one slope each."""
        count = ops.shape(x)[0]
        packs = (count + self.packing - 1) // self.packing
        order = ops.arange(packs * self.packing) % count
        labels = None if labels is None else ops.take(labels, order, axis=0)
        critic = self.critic_of(labels, training)
        shape = tuple(x.shape[1:])

        def critic_of_packs(x):
            return critic(ops.reshape(x, (-1, *shape)))

        both = (ops.take(i, order, axis=0) for i in (x, fake))
        both = (ops.reshape(i, (-1, self.packing, *shape)) for i in both)
        return critic_of_packs, *both

    def default_optimizers(self):
        rate, beta = (1e-4, 0.8) if self.architecture == "mlp" else (2e-4, 0.5)
        return {p: keras.optimizers.Adam(rate, beta_1=beta) for p in self.phases}


def packed(x, size):
    """Returns `(ceil(batch / size), ..., size * channels)`: neighbours side by side.

    Where `size` does not divide the batch, its first examples follow its last.
    """
    if size == 1:
        return x
    count = ops.shape(x)[0]
    packs = (count + size - 1) // size
    slots = [ops.arange(packs) * size + slot for slot in range(size)]
    parts = [ops.take(x, slot % count, axis=0) for slot in slots]
    return ops.concatenate(parts, axis=-1)


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)
