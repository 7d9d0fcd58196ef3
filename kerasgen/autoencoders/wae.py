"""WAE: an autoencoder whose codes together are led to the prior.

Tolstikhin, Bousquet, Gelly and Schoelkopf, 2018, "Wasserstein Auto-Encoders",
https://arxiv.org/abs/1711.01558, equation 4, algorithms 1 (WAE-GAN) and 2 (WAE-MMD).
Official code: none read.

Differs from the paper:
1. The discriminator's loss lacks the weight lambda, which the optimizer would undo, and
   its logit lacks the prior's log-density.
2. Convolutions have no batch normalisation, and the dense form is not the paper's.
3. Learning rates do not decay. Labels, with `num_classes`, join both networks' input.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.families.latent_model import LatentModel
from kerasgen.losses.adversarial import logistic_discriminator, non_saturating_generator
from kerasgen.losses.likelihoods import sum_per_example
from kerasgen.losses.mmd import KERNELS, mmd
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.image_networks import check_widths
from kerasgen.registry import register


@register
class WAE(LatentModel):
    """Autoencoder with one code an image and a penalty on all codes together.

    Minimises `E |x - g(f(x))|^2 + lambda D(q(z), p(z))`, the squared error summed over
    an image, with the codes `f(x) ~ q(z)` and the prior `p(z) = N(0, s^2 I)`. `D` is
    the unbiased estimate of their squared maximum mean discrepancy, or `-E log D(f(x))`
    of a discriminator that tells draws from the prior from codes. Codes are not
    random, so that the model has no likelihood and no bound.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a linear output and dense layers.
        latent_dim: int. Size of the code. Defaults to `8`.
        penalty: `"mmd"` or `"gan"`.
        penalty_weight: float. The paper's lambda: 10 on MNIST, 100 for the discrepancy
            and 1 for the discriminator on faces. Defaults to `10.0`.
        prior_variance: float. The paper's `s^2`: 1 on MNIST, 2 on faces. Defaults to
            `1.0`.
        kernel: `"imq"` or `"rbf"`, of the discrepancy, see `kerasgen.losses.mmd`.
        kernel_scale: float or None. Squared distance over which the kernel falls. None
            stands for `2 latent_dim prior_variance`, the paper's.
        discriminator_widths: tuple of ints. Units of the discriminator's ReLU layers.
            Without meaning for the discrepancy.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for `(500,)`,
            or `(128, 256, 512, 1024)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `loss`, `reconstruction` (the squared error an image) and `penalty`
        (unweighted; the discrepancy may be below 0). With `"gan"`,
        `autoencoder_loss`, `autoencoder_reconstruction`, `autoencoder_penalty`, and
        `discriminator_loss` in nats (`2 ln 2` where it knows nothing), with the mean
        probabilities of being the prior's that it gives to both,
        `discriminator_prior` and `discriminator_codes`.

    Example:
    >>> model = kerasgen.autoencoders.WAE((28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Tolstikhin et al., 2018](https://arxiv.org/abs/1711.01558)
    """

    default_widths = {"dense": (500,), "conv": (128, 256, 512, 1024)}

    def __init__(
        self,
        image_shape,
        latent_dim=8,
        penalty="mmd",
        penalty_weight=10.0,
        prior_variance=1.0,
        kernel="imq",
        kernel_scale=None,
        discriminator_widths=(512,) * 4,
        architecture="dense",
        hidden_widths=None,
        activation="relu",
        num_classes=None,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.penalty = check_choice("penalty", penalty, ("mmd", "gan"))
        self.penalty_weight = check_number("penalty_weight", penalty_weight, 0.0)
        self.prior_variance = check_number("prior_variance", prior_variance, 1e-6)
        self.kernel = check_choice("kernel", kernel, KERNELS)
        if kernel_scale is not None:
            kernel_scale = check_number("kernel_scale", kernel_scale, 1e-6)
        self.kernel_scale = kernel_scale
        self.discriminator_widths = check_widths(
            discriminator_widths or (), name="discriminator_widths"
        )
        self.build_networks(self.latent_dim)
        if penalty == "gan":
            # Gives the logit of being a draw from the prior.
            self.discriminator = dense_network(
                "discriminator",
                self.latent_dim,
                self.discriminator_widths,
                units=1,
                dtype=self.dtype_policy,
            )
            self.add_phase(
                "discriminator", self.discriminator, ("loss", "prior", "codes")
            )
        self.add_phase(
            "autoencoder",
            [self.encoder, self.decoder],
            scalars=("loss", "reconstruction", "penalty"),
        )

    def draw_prior(self, z, training):
        """Draws from the prior in the shape of `z`."""
        normal = keras.random.normal(ops.shape(z), seed=self.draw_seed(training))
        return self.prior_variance**0.5 * normal

    def compute_losses(self, phase, x, labels, training):
        z = self.run_encoder(x, labels, training)
        if phase == "discriminator":
            prior = self.draw_prior(z, training)
            return self._discriminator_losses(prior, ops.stop_gradient(z), training)
        difference = x - self.output_images(self.run_decoder(z, labels, training))
        reconstruction = ops.mean(sum_per_example(ops.square(difference)))
        if self.penalty == "gan":
            penalty = non_saturating_generator(self.discriminator(z, training=training))
        else:
            prior = self.draw_prior(z, training)
            scale = self.kernel_scale or 2.0 * self.latent_dim * self.prior_variance
            penalty = mmd(z, prior, self.kernel, scale)
        return {
            "loss": reconstruction + self.penalty_weight * penalty,
            "reconstruction": reconstruction,
            "penalty": penalty,
        }

    def _discriminator_losses(self, prior, codes, training):
        prior = self.discriminator(prior, training=training)
        codes = self.discriminator(codes, training=training)
        return {
            "loss": logistic_discriminator(prior, codes),
            "prior": ops.mean(ops.sigmoid(prior)),
            "codes": ops.mean(ops.sigmoid(codes)),
        }

    def numpy_latents(self, generator, num_samples, weights=None, labels=None):
        normal = super().numpy_latents(generator, num_samples, weights)
        return (self.prior_variance**0.5 * normal).astype("float32")

    def default_optimizers(self):
        optimizers = {
            "autoencoder": keras.optimizers.Adam(1e-3, beta_1=0.5),
            "discriminator": keras.optimizers.Adam(5e-4, beta_1=0.5),
        }
        return {phase: optimizers[phase] for phase in self.phases}
