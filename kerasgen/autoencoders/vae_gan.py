"""VAE/GAN: a VAE whose decoder is a GAN's generator, and whose likelihood is learned.

Larsen, Sonderby, Larochelle and Winther, 2016, "Autoencoding beyond pixels using a
learned similarity metric", https://arxiv.org/abs/1512.09300, section 3, algorithm 1.
Official code: andersbll/autoencoding_beyond_pixels.

Differs from the paper:
1. The three players move in turn, not at once, each on losses of the others as they
   stand by then.
2. The decoder minimises `-E log D` of what it makes (`generator_loss="minimax"`:
   `E log(1 - D)`, the paper's).
3. Adam in place of RMSProp; no batch normalisation; 4x4 kernels in place of 5x5, fewer
   maps, no dense layer before the code.
4. The discriminator has leaky ReLU, halves from its first convolution on, and ends in
   the logit; the official one has ReLU, a first convolution of stride 1 and a dense
   layer of 512.
5. All players move in each step; in the official code the decoder or the discriminator
   waits while it leads. No weight decay (official: 1e-5).
6. Labels join all three networks; the paper conditions on attributes in section 4.2.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import (
    check_choice,
    check_image_shape,
    check_int,
    check_number,
)
from kerasgen.families.latent_model import LatentModel
from kerasgen.layers import channels_last
from kerasgen.layers.gaussian import Gaussian
from kerasgen.layers.labels import join_label_maps, join_label_vector
from kerasgen.losses.adversarial import (
    logistic_discriminator,
    minimax_generator,
    non_saturating_generator,
)
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_moments, sum_per_example
from kerasgen.registry import register


@register
class VAEGAN(LatentModel):
    """Variational autoencoder that compares images by a discriminator's features.

    With the features `f(x)` of one hidden layer of the discriminator, the similarity is
    `S = 1/2 ||f(x) - f(x')||^2`, of an image and its reconstruction `x'`, summed over
    features: `-log N(f(x); f(x'), I)` but for a constant. Then

    - the encoder minimises `KL(q(z|x) || N(0, I)) + S`;
    - the decoder `gamma * S`, and what a generator minimises, of reconstructions and
      of images from `N(0, I)` alike;
    - the discriminator `-log D(x) - log(1 - D(x')) - log(1 - D(x_p))`, and no `S`.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size.
        latent_dim: int. Size of `z`. Defaults to `128`.
        gamma: float. Weight of the similarity for the decoder. Defaults to `0.01`.
        feature_layer: int or None. The hidden layer of the discriminator that compares,
            counted from 1; 0 compares pixels. None stands for the last.
        generator_loss: `"non_saturating"` or `"minimax"`.
        kl_weight: float. Weight of the divergence. Defaults to `1.0`.
        architecture: `"conv"` (4x4 convolutions of stride 2) or `"dense"`.
        hidden_widths: tuple of ints or None. Maps of the encoder's and the
            discriminator's convolutions, or units of their dense layers, mirrored in
            the decoder. None stands for `(64, 128, 256)`, or `(500,)` for `"dense"`.
        activation: name of the encoder's and decoder's hidden activation. The
            discriminator's is leaky ReLU.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `encoder_loss`, `encoder_similarity`, `encoder_kl` (unweighted, nats);
        `decoder_loss`, `decoder_similarity` (unweighted), `decoder_adversarial`;
        `discriminator_loss` in nats, and the mean probabilities of being real that it
        gives to data and to both kinds of made images, `discriminator_real` and
        `discriminator_fake`.
    Raises:  ValueError: if `feature_layer` is not a layer of the discriminator.

    Example:
    >>> model = kerasgen.autoencoders.VAEGAN(image_shape=(64, 64, 3))
    >>> model.sample(2, seed=0).shape
    (2, 64, 64, 3)

    Reference: [Larsen et al., 2016](https://arxiv.org/abs/1512.09300)
    """

    data_range = (-1.0, 1.0)
    default_widths = {"dense": (500,), "conv": (64, 128, 256)}

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        gamma=0.01,
        feature_layer=None,
        generator_loss="non_saturating",
        kl_weight=1.0,
        architecture="conv",
        hidden_widths=None,
        activation="relu",
        num_classes=None,
        **kwargs,
    ):
        super().__init__(
            check_image_shape(image_shape),  # no points
            latent_dim,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.gamma = check_number("gamma", gamma, 0.0)
        choices = ("non_saturating", "minimax")
        self.generator_loss = check_choice("generator_loss", generator_loss, choices)
        widths = self.hidden_widths
        widths = self.default_widths[architecture] if widths is None else widths
        if feature_layer is not None and (
            check_int("feature_layer", feature_layer, 0) > len(widths)
        ):
            raise ValueError(
                f"`feature_layer` must be at most {len(widths)}, the discriminator's "
                f"hidden layers. Received: feature_layer={feature_layer}"
            )
        self.feature_layer = feature_layer
        self.build_networks(2 * self.latent_dim)
        self.discriminator = self._build_discriminator(widths)
        self.gaussian = Gaussian(kl_weight, name="gaussian")
        self.kl_weight = self.gaussian.kl_weight
        self.add_phase(
            "encoder",
            [self.encoder, self.gaussian],
            scalars=("loss", "similarity", "kl"),
        )
        self.add_phase(
            "decoder", self.decoder, scalars=("loss", "similarity", "adversarial")
        )
        self.add_phase(
            "discriminator", self.discriminator, scalars=("loss", "real", "fake")
        )

    def _build_discriminator(self, widths):
        policy, classes = self.dtype_policy, self.num_classes or 0
        dense = self.architecture == "dense"
        height, width, channels = self.image_shape
        shape = (height, width, channels + classes)
        x = keras.Input((math.prod(self.image_shape) + classes,) if dense else shape)
        net, hidden = x, [x]
        for units in widths:
            if dense:
                net = layers.Dense(units, dtype=policy)(net)
            else:
                options = {"padding": "same", "dtype": policy}
                net = channels_last.Conv2D(units, 4, 2, **options)(net)
            net = layers.LeakyReLU(0.2, dtype=policy)(net)
            hidden.append(net)
        features = hidden[-1 if self.feature_layer is None else self.feature_layer]
        if not dense:
            net = channels_last.Flatten(dtype=policy)(net)
        logit = layers.Dense(1, dtype="float32")(net)
        return keras.Model(x, [features, logit], name="discriminator")

    def discriminate(self, x, labels, training):
        """Returns the features and the logits of being real of images."""
        if self.architecture == "dense":
            x = ops.reshape(x, (ops.shape(x)[0], math.prod(self.image_shape)))
            x = join_label_vector(x, labels, self.num_classes)
        else:
            x = join_label_maps(x, labels, self.num_classes)
        return self.discriminator(x, training=training)

    def posterior(self, x, labels=None, training=False):
        """Returns the mean and log-variance of `q(z|x)`, `(batch, latent_dim)` each."""
        return gaussian_moments(self.run_encoder(x, labels, training))

    def infer(self, x, labels=None, training=False):
        return self.posterior(x, labels, training)[0]

    def generate_raw(self, z, labels, training):
        """Returns the images of codes, in `[-1, 1]`."""
        return ops.tanh(self.run_decoder(z, labels, training))

    def compute_losses(self, phase, x, labels, training):
        mean, log_variance = self.posterior(x, labels, training)
        shape = ops.shape(mean)
        noise = keras.random.normal(shape, seed=self.draw_seed(training))
        # Adds the weighted divergence to the loss of the encoder, which owns the layer.
        z = self.gaussian((mean, log_variance), noise)
        reconstruction = self.generate_raw(z, labels, training)
        if phase == "discriminator":
            reconstruction = ops.stop_gradient(reconstruction)
        features, real = self.discriminate(x, labels, training)
        compared, fake = self.discriminate(reconstruction, labels, training)
        difference = ops.cast(features, "float32") - ops.cast(compared, "float32")
        similarity = 0.5 * ops.mean(sum_per_example(ops.square(difference)))
        if phase == "encoder":
            kl = ops.mean(gaussian_kl(mean, log_variance))
            return {"loss": similarity, "similarity": similarity, "kl": kl}
        noise = keras.random.normal(shape, seed=self.draw_seed(training))
        drawn = self.generate_raw(noise, labels, training)
        if phase == "discriminator":
            drawn = ops.stop_gradient(drawn)
        _, made = self.discriminate(drawn, labels, training)
        if phase == "decoder":
            minimax = self.generator_loss == "minimax"
            loss = minimax_generator if minimax else non_saturating_generator
            adversarial = loss(fake) + loss(made)
            return {
                "loss": self.gamma * similarity + adversarial,
                "similarity": similarity,
                "adversarial": adversarial,
            }
        # Twice the mean over both kinds of made images is the sum of their means.
        fakes = ops.concatenate([fake, made], axis=0)
        loss = logistic_discriminator(real, fakes) + ops.mean(ops.softplus(fakes))
        return {
            "loss": loss,
            "real": ops.mean(ops.sigmoid(real)),
            "fake": ops.mean(ops.sigmoid(fakes)),
        }

    def output_images(self, outputs):
        return self.to_images(ops.tanh(outputs))

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(3e-4, beta_1=0.5) for phase in self.phases}
