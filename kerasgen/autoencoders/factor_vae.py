"""FactorVAE: a VAE whose codes a discriminator cannot tell from shuffled ones.

Kim and Mnih, 2018, "Disentangling by Factorising", https://arxiv.org/abs/1802.05983,
equations 2 and 3, algorithms 1 and 2. Official code: none read.

Differs from the paper:
1. The discriminator's codes are drawn from the batch that the VAE was trained on, the
   shuffled ones by noise of their own; the paper shuffles codes of a second batch.
2. The discriminator sees the codes of the encoder as updated in the same step.
3. One logit in place of two, whose difference it is.
4. The dense network, the default, is that of beta-VAE, with a decoder that mirrors the
   encoder. The paper's for 2-D shapes is convolutional, of 32, 32, 64 and 64 maps and a
   dense layer of 128 before the code and after it; `"conv"` lacks the dense layers.
5. With `num_classes`, the aggregated posterior is over images with their labels.
"""

import keras
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.gaussian import Gaussian
from kerasgen.losses.adversarial import logistic_discriminator
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_sample
from kerasgen.losses.total_correlation import permute_latents
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.image_networks import check_widths
from kerasgen.registry import register


@register
class FactorVAE(VariationalModel):
    """Variational autoencoder with an adversarial penalty of total correlation.

    Minimises `E_q[-log p(x|z)] + KL(q(z|x) || N(0, I)) + gamma TC`, with
    `TC = KL(q(z) || prod_j q(z_j))` as `E_q(z) log D(z) / (1 - D(z))`: the logit of a
    discriminator `D` that tells codes from codes of which each latent was shuffled over
    the batch on its own.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `10`.
        gamma: float. Weight of the total correlation. Defaults to `35.0`.
        discriminator_widths: tuple of ints. Units of the discriminator's hidden
            layers, of leaky rectifiers. Defaults to six times `1000`.
        likelihood: `"bernoulli"` (binary pixels, from logits), `"gaussian"`,
            `"categorical"` or `"discretized_logistic"`.
        binarization: `"dynamic"`, `"threshold"` or None, of Bernoulli pixels. Must be
            None for the other likelihoods.
        variance: float, None (trained) or `"predicted"`, of Gaussian pixels.
        levels: int or None. Grey levels of the last two likelihoods; None stands for
            256 there.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for
            `(1200, 1200)`, or `(32, 32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z)`, or drawn
        pixels with `mean=False`.
    Scalars: `vae_loss`, `vae_reconstruction` (`E_q[-log p(x|z)]`), `vae_kl`
        (unweighted) and `vae_total_correlation` (unweighted, by the discriminator), in
        nats an image; `discriminator_loss`, `ln 2` where it knows nothing, and
        `discriminator_accuracy`, its share of right answers.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.FactorVAE((28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Kim and Mnih, 2018](https://arxiv.org/abs/1802.05983)
    """

    default_widths = {"dense": (1200, 1200), "conv": (32, 32, 64, 64)}

    def __init__(
        self,
        image_shape,
        latent_dim=10,
        gamma=35.0,
        discriminator_widths=(1000,) * 6,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        architecture="dense",
        hidden_widths=None,
        activation="relu",
        num_classes=None,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            likelihood=likelihood,
            binarization=binarization,
            variance=variance,
            levels=levels,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.gamma = check_number("gamma", gamma, 0.0)
        self.discriminator_widths = check_widths(
            discriminator_widths or (), name="discriminator_widths"
        )
        self.gaussian = Gaussian(name="gaussian")
        # Gives the logit of being a code; leaky rectifiers of slope 0.2.
        self.discriminator = dense_network(
            "discriminator",
            self.latent_dim,
            self.discriminator_widths,
            units=1,
            activation="leaky_relu",
            dtype=self.dtype_policy,
        )
        self.add_phase(
            "vae",
            [self.encoder, self.gaussian, self.decoder, self.pixels],
            scalars=("loss", "reconstruction", "kl", "total_correlation"),
        )
        self.add_phase(
            "discriminator", self.discriminator, scalars=("loss", "accuracy")
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        if phase == "discriminator":
            return self._discriminator_losses(mean, log_variance, noise, training)
        # Adds the divergence to the loss.
        z = self.gaussian((mean, log_variance), noise)
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        correlation = ops.mean(self.discriminator(z, training=training))
        return {
            "loss": reconstruction + self.gamma * correlation,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
            "total_correlation": correlation,
        }

    def _discriminator_losses(self, mean, log_variance, noise, training):
        z = gaussian_sample(mean, log_variance, noise)
        other = gaussian_sample(mean, log_variance, self.draw_normal(mean, training))
        seed = self.draw_seed(training)
        uniform = keras.random.uniform(ops.shape(mean), seed=seed)
        shuffled = permute_latents(other, uniform)
        codes, others = (
            self.discriminator(ops.stop_gradient(z), training=training)
            for z in (z, shuffled)
        )
        right = ops.concatenate([codes > 0.0, others < 0.0])
        return {
            "loss": 0.5 * logistic_discriminator(codes, others),
            "accuracy": ops.mean(ops.cast(right, "float32")),
        }

    def default_optimizers(self):
        return {
            "vae": keras.optimizers.Adam(1e-4),
            "discriminator": keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.9),
        }
