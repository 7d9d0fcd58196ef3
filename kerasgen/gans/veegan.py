"""VEEGAN: a GAN with a network that finds the noise behind its examples.

Srivastava, Valkov, Russell, Gutmann and Sutton, 2017, "VEEGAN: Reducing Mode Collapse
in GANs using Implicit Variational Learning", https://arxiv.org/abs/1705.07761,
section 3, algorithm 1. The authors' page: akashgit/VEEGAN.

Differs from the paper:
1. The discriminator's logit is high for real pairs, as everywhere in this library; the
   paper's, which estimates the logarithm of a density ratio, is its negative.
2. The reconstructor is a network of the example alone, without noise of its own.
3. The networks, which the paper does not publish for images, are those of this
   library; the discriminator of images joins latents to the units behind convolutions.
4. Adam at 2e-4 with a beta_1 of 0.5, for points at 1e-3.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_number
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.adversarial import logistic_discriminator, wasserstein_generator
from kerasgen.losses.by_name import AdversarialLoss
from kerasgen.losses.likelihoods import float32, sum_per_example
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.players import named_discriminator
from kerasgen.registry import register

UNITS = 128  # of dense layers behind the discriminator's convolutions


@register
class VEEGAN(NamedNetworksModel):
    """GAN with a reconstructor network and a discriminator of pairs.

    A reconstructor `F` maps examples to latents. The discriminator tells real pairs
    `(F(x), x)` from generated ones `(z, G(z))` by logits `D`, and so holds the codes of
    the data against the prior. All move at once (algorithm 1): the discriminator by
    `-E log D(F(x), x) - E log(1 - D(z, G(z)))` of probabilities, the generator by
    `-E D(z, G(z)) + w E ||z - F(G(z))||^2`, the reconstructor by the last term.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8, but for `"mlp"`, which takes any, and `(features,)`: points.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        reconstruction_weight: float, `w`, at least 0. Of the squared error of a latent,
            which is a sum over its numbers. Defaults to `1.0`, the paper's.
        architecture: `"dcgan"`, `"cnn"`, `"resnet"` or `"mlp"`; None takes `"mlp"` for
            points, else `"dcgan"`.
        filters: int or None. Maps of the first convolution of the discriminator and of
            the reconstructor and before the generator's last, or units of the dense
            layers; None takes 64 for `"dcgan"` and `"cnn"`, 128 for the resnet, 512 for
            `"mlp"`.
        num_classes: int or None. Makes all networks conditional on labels.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, in nats; the mean probabilities of being real that
        pairs of both kinds have, `discriminator_real` and `discriminator_fake`;
        `generator_loss`, weighted reconstruction included; `reconstructor_loss`,
        `E ||z - F(G(z))||^2`, which is about `latent_dim` of a generator without
        variety.
    Raises:  ValueError: if the image cannot be halved, but for `"mlp"`.

    Example:
    >>> model = kerasgen.gans.VEEGAN(image_shape=(32, 32, 1), latent_dim=8, filters=8)
    >>> model.encode(model.sample(2, seed=0)).shape
    (2, 8)

    Reference: [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761), section 3.
    """

    paper_loss = AdversarialLoss(
        logistic_discriminator,
        lambda real, fake: wasserstein_generator(fake),
        ops.sigmoid,
        bounded=True,
        undecided=2.0 * math.log(2.0),
    )

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        reconstruction_weight=1.0,
        architecture=None,
        filters=None,
        num_classes=None,
        latent_distribution="normal",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        weight = check_number("reconstruction_weight", reconstruction_weight, 0.0)
        self.reconstruction_weight = weight
        self.reconstructor = self._judging("reconstructor", self.latent_dim)
        self.add_players()
        self.add_phase("reconstructor", self.reconstructor)
        self.join_phases(*self.phases)

    def _judging(self, name, outputs, shape=None):
        normalization = None if self.architecture == "mlp" else "batch"
        shape = self.judged_shape if shape is None else shape
        return named_discriminator(
            self.architecture, shape, self.filters, normalization, outputs, name
        )

    def build_discriminator(self, outputs=1):
        *sides, last = self.judged_shape
        z = keras.Input((self.latent_dim,))
        if self.architecture == "mlp":
            x = keras.Input((last,))
            net = self._judging("pairs", outputs, (last + self.latent_dim,))
            said = net(layers.Concatenate()([x, z]))
        else:
            x = keras.Input((*sides, last))
            features = layers.LeakyReLU(0.2)(self._judging("features", UNITS)(x))
            head = dense_network("pairs", UNITS + self.latent_dim, (UNITS,), outputs)
            said = head(layers.Concatenate()([features, z]))
        return keras.Model([x, z], said, name="discriminator")  # (b, 1), logits

    def reconstruct_latents(self, x, labels, training):
        """Returns `F(x)`, `(batch, latent_dim)`, of examples in `data_range`."""
        x = self.with_labels(x, labels)
        return float32(self.reconstructor(x, training=training))

    def discriminate(self, x, labels, training, z=None):
        """Returns the logits of pairs of examples and latents being real, `(b, 1)`.

        Args:
            x, labels, training: as in `TwoPlayerModel`.
            z: latents, `(batch, latent_dim)`, or None for `F(x)`, as constants.
        """
        if z is None:
            z = ops.stop_gradient(self.reconstruct_latents(x, labels, training))
        return self.discriminator([self.with_labels(x, labels), z], training=training)

    def compute_losses(self, phase, x, labels, training):
        return self.compute_joint_losses(self.phases, x, labels, training)[phase]

    def compute_joint_losses(self, phases, x, labels, training):
        z = self.draw_latents(ops.shape(x)[0], training)
        fake = self.generate(z, labels, training)
        seen = self.disturbed(fake, training)
        said = self.discriminate(seen, labels, training, z)
        real = self.judge(x, labels, training)
        judged = self._judgement(real, said, x, fake, labels, training)
        found = self.reconstruct_latents(fake, labels, training)
        error = ops.mean(sum_per_example(ops.square(z - found)))
        loss = self._generator_loss(said, real, training)
        return {
            "discriminator": judged,
            "generator": {"loss": loss + self.reconstruction_weight * error},
            "reconstructor": {"loss": error},
        }

    def encode(self, x, labels=None, batch_size=None, weights=None):
        """Returns the latents that the reconstructor finds.

        Args:
            x: `uint8` images or floats in `[0, 1]`, or points, `(n, ...)`.
            labels: ints `(n,)`, for a conditional model.
            batch_size: int or None. Examples a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(n, latent_dim)`.
        """

        def encode(x, *labels):
            labels = labels[0] if labels else None
            return self.reconstruct_latents(self.preprocess(x), labels, False)

        x, labels = self.tidy(x, labels)
        self.check_batch(x, labels)
        arrays = [x] if labels is None else [x, labels]
        return self.run_in_batches("encode", encode, arrays, batch_size, weights)

    def default_optimizers(self):
        rate = 1e-3 if self.architecture == "mlp" else 2e-4
        return {p: keras.optimizers.Adam(rate, beta_1=0.5) for p in self.phases}
