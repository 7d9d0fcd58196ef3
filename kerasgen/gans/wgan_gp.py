"""WGAN-GP: a Wasserstein GAN whose critic is held by a gradient penalty.

Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, 2017, "Improved Training of
Wasserstein GANs", https://arxiv.org/abs/1704.00028, algorithm 1.
Official code: igul222/improved_wgan_training.

Differs from the paper:
1. The generator trains on as many latents as the critic (the CIFAR code: twice).
2. Pixels are not dequantised, and the learning rate stays at algorithm 1's 1e-4
   (the code of the resnet: 2e-4, falling to 0). Adam's beta_1 is algorithm 1's 0, as
   for the resnet, but for `"mnist"`, whose code has 0.5 (so has that of the toy data).
3. Labels enter the latents and the critic's image; the paper's conditional model has
   conditional batch normalisation and an auxiliary classifier (AC-GAN).
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers.labels import join_label_maps, join_label_vector
from kerasgen.losses.penalties import require_twice_differentiable
from kerasgen.networks import wasserstein as networks
from kerasgen.registry import register

FILTERS = {"resnet": 128, "resnet_64": 64, "mnist": 64, "dcgan": 64, "mlp": 512}
ANY_SIDES = ("mnist", "mlp")  # the others halve the sides without a rest


@register
class WGANGP(TwoPlayerModel):
    """Wasserstein GAN with gradient penalty.

    The critic minimises `E C(G(z)) - E C(x) + w E (||grad C(v)|| - 1)^2` with `v` on
    the line between a real and a fake example, and has no batch normalisation.

    Args:
        image_shape: tuple `(height, width, channels)`, height and width divisible by
            4 and at least 8; at least 8 for `"mnist"`; any for `"mlp"`, which also
            takes `(features,)`: points, real vectors, such as the `mixture` data.
        latent_dim: int. Size of the noise vector `z`.
        architecture: `"resnet"`, the paper's for CIFAR-10, with as many up-sampling
            blocks as bring the sides from 4 to 7; `"resnet_64"`, that of the official
            code for 64x64, with maps that halve from block to block and a critic with
            layer normalisation; `"mnist"`, that of the official code
            for MNIST, three strided convolutions down to 4x4 and a linear layer
            against a generator that is cropped from 8x8 to 7x7; `"mlp"`, three dense
            layers, for its toy data; or `"dcgan"`, not the paper's: strided
            convolutions as many as bring the sides to 4 to 7, no normalisation.
        filters: int or None. Maps of the resnet's convolutions, of the critic's first
            one, or units of mlp's layers. Defaults to 128, the paper's, 64, 64, 512
            and 64.
        num_classes: int or None. Makes both players conditional on labels.
        critic_steps: int. The critic's updates in a step, each on a fresh batch.
        penalty_weight: float. `w`, at least 0; the paper's toy data take 0.1.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `critic_gap`, `E C(x) - E C(G(z))`, the estimate of the Wasserstein
        distance; `critic_penalty`, weighted; `critic_loss`, the penalty less the gap;
        `generator_loss`.
    Raises:  ValueError: if a convolutional architecture does not fit the image.

    Example:
    >>> model = kerasgen.gans.WGANGP(image_shape=(32, 32, 1), filters=16)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028), algorithm 1.
    """

    takes_points = True
    paper_loss = "wasserstein"
    judge_name = "critic"
    opinions = ("gap",)

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        architecture="resnet",
        filters=None,
        num_classes=None,
        critic_steps=5,
        penalty_weight=10.0,
        latent_distribution="normal",
        **kwargs,
    ):
        check_choice("architecture", architecture, tuple(FILTERS))
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            multiple_of=1 if architecture in ANY_SIDES else 4,
            minimum=1 if architecture == "mlp" else 8,
            **kwargs,
        )
        if self.is_points and architecture != "mlp":
            raise ValueError(
                '`architecture` must be "mlp" for points. '
                f"Received: architecture={architecture!r}, image_shape={image_shape}"
            )
        self.architecture = architecture
        if architecture == "mnist":
            self.data_range = (0.0, 1.0)
        self.filters = filters if filters is None else check_int("filters", filters)
        self.critic_steps = check_int("critic_steps", critic_steps)
        self.penalty_weight = check_number("penalty_weight", penalty_weight, 0.0)
        self.generator, self.critic = self._build_networks()
        require_twice_differentiable(self.critic)
        self.add_players(updates=self.critic_steps, penalized=True)

    def _build_networks(self):
        filters = self.filters or FILTERS[self.architecture]
        z = keras.Input(self.generator_input_shape)
        if self.architecture == "mlp":
            x = keras.Input((math.prod(self.image_shape) + (self.num_classes or 0),))
            fake = networks.mlp(z, filters, math.prod(self.image_shape))
            fake = layers.Reshape(self.image_shape)(fake)
            scores = networks.mlp(x, filters, 1, dtype="float32")
        else:
            *sides, channels = self.image_shape
            x = keras.Input((*sides, channels + (self.num_classes or 0)))
            make_generator, make_critic = networks.CONVOLUTIONAL[self.architecture]
            fake = make_generator(z, filters, self.image_shape)
            features = make_critic(x, filters, self.image_shape)
            scores = layers.Dense(1, dtype="float32")(features)
        output = self.fields.x.output_activation
        fake = layers.Activation(output, dtype="float32")(fake)
        generator = keras.Model(z, fake, name="generator")
        return generator, keras.Model(x, scores, name="critic")

    def discriminate(self, x, labels, training):
        """Returns the critic's scores of `x`, `(batch, 1)`."""
        if self.architecture == "mlp":
            x = ops.reshape(x, (-1, math.prod(self.image_shape)))
            x = join_label_vector(x, labels, self.num_classes)
        else:
            x = join_label_maps(x, labels, self.num_classes)
        return self.critic(x, training=training)

    def describe(self, real, fake):
        return {"gap": ops.mean(real) - ops.mean(fake)}

    def penalty(self, x, fake, labels, training):
        weights = {"gradient": self.penalty_weight}
        return self.penalize(weights, x, fake, labels, training)

    def default_optimizers(self):
        beta_1 = 0.5 if self.architecture == "mnist" else 0.0
        return {
            phase: keras.optimizers.Adam(1e-4, beta_1=beta_1, beta_2=0.9)
            for phase in self.phases
        }
