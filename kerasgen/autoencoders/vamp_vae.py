"""VampVAE: a VAE whose prior is a mixture of its own posteriors.

Tomczak and Welling, 2018, "VAE with a VampPrior", https://arxiv.org/abs/1705.07120,
section 2. Official code: none read.

Differs from the paper:
1. One level of latents; plain tanh layers in place of gated ones.
2. Pseudo-inputs are sigmoids of trained values, so that they stay images; their first
   values are random, not near the mean image.
3. Adam at 1e-3 in place of 5e-4; no warm-up unless told otherwise (the paper: 100
   epochs).
4. With labels, pseudo-input `k` has the label `k mod num_classes` and the prior is the
   same for all labels. The convolutional form is not the paper's.
"""

import math

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.divergence import DivergenceLoss
from kerasgen.losses.likelihoods import gaussian_log_prob, gaussian_sample
from kerasgen.registry import register


@register
class VampVAE(VariationalModel):
    """Variational autoencoder with a variational mixture of posteriors as prior.

    `p(z) = 1/K sum_k q(z|u_k)`, where the pseudo-inputs `u_k` are images that are
    trained with the networks. The divergence is estimated by the sample.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `40`.
        num_components: int. Pseudo-inputs, `K`. Defaults to `500`.
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        kl_annealing_steps: int. Steps of training over which the divergence's weight
            rises from 0 to 1. Defaults to `0`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for
            `(300, 300)`, or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"tanh"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z)`, or drawn
        pixels with `mean=False`. `z` is drawn from the posterior of a pseudo-input
        that is drawn uniformly.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`) and `kl` (sampled), in nats
        an image.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.VampVAE((28, 28, 1), num_components=50)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Tomczak and Welling, 2018](https://arxiv.org/abs/1705.07120)
    """

    default_widths = {**VariationalModel.default_widths, "dense": (300, 300)}
    has_divergence = False

    def __init__(
        self,
        image_shape,
        latent_dim=40,
        num_components=500,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        architecture="dense",
        hidden_widths=None,
        activation="tanh",
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
            kl_annealing_steps=kl_annealing_steps,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.num_components = check_int("num_components", num_components)
        self.pseudo_inputs = _PseudoInputs(
            (num_components, *self.image_shape),
            bounded=not self.is_points,
            name="pseudo_inputs",
        )
        self.divergence_loss = DivergenceLoss(name="divergence_loss")
        networks = [self.encoder, self.pseudo_inputs, self.decoder]
        self.add_phase(
            "vae",
            [*networks, self.divergence_loss, self.pixels],
            scalars=("loss", "reconstruction", "kl"),
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        z = gaussian_sample(mean, log_variance, self.draw_normal(mean, training))
        kl = gaussian_log_prob(z, mean, log_variance) - self.log_prior(z, training)
        z = self.divergence_loss(z, kl, annealing=self.annealing(training))
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": ops.mean(kl),
        }

    # === The prior ===

    def components(self, training=False):
        """Returns means and log-variances of the prior's Gaussians, `(K, latent_dim)`.

        They are the posteriors of the pseudo-inputs.
        """
        labels = None
        if self.num_classes is not None:
            labels = ops.arange(self.num_components, dtype="int32") % self.num_classes
        return self.posterior(self.pseudo_inputs.images(), labels, training)

    def log_prior(self, z, training=False):
        """Returns `log p(z)` of codes `(batch, latent_dim)`, `(batch,)`, in nats."""
        mean, log_variance = self.components(training)
        distance = ops.square(z[:, None] - mean) * ops.exp(-log_variance)
        terms = ops.sum(distance + log_variance + math.log(2.0 * math.pi), axis=-1)
        return ops.logsumexp(-0.5 * terms, axis=-1) - math.log(self.num_components)

    def draw_code(self, moments, noise, labels=None):
        mean, log_variance = ops.split(moments, 2, axis=-1)
        z = gaussian_sample(mean, log_variance, noise)
        return z, self.log_prior(z) - gaussian_log_prob(z, mean, log_variance)

    def numpy_latents(self, generator, num_samples, weights=None, labels=None):
        """Draws a component for each code, and then the code, `N(mean, variance)`."""
        which = generator.integers(0, self.num_components, num_samples).astype("int32")
        noise = super().numpy_latents(generator, num_samples, weights)

        def draw(which, noise):
            moments = ops.concatenate(self.components(), axis=-1)
            mean, log_variance = ops.split(ops.take(moments, which, axis=0), 2, axis=-1)
            return gaussian_sample(mean, log_variance, noise)

        return self.run_in_batches("latents", draw, [which, noise], None, weights)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}


class _PseudoInputs(keras.layers.Layer):
    """Trained images: sigmoids, or real vectors where not `bounded`."""

    def __init__(self, shape, bounded, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.bounded = bounded
        mean = -2.0 if bounded else 0.0
        initializer = keras.initializers.RandomNormal(mean, 1.0)
        self.values = self.add_weight(
            name="values", shape=shape, initializer=initializer
        )
        self.built = True

    def images(self):
        """Returns the images, `(K, height, width, channels)`."""
        values = self.values.value
        return ops.sigmoid(values) if self.bounded else values
