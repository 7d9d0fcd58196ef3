"""Beta-VAE: a VAE whose divergence weighs more, or is held at a capacity.

Higgins et al., 2017, "beta-VAE: Learning Basic Visual Concepts with a Constrained
Variational Framework", https://openreview.net/forum?id=Sy2fzU9gl, equation 4; with
`capacity`, Burgess et al., 2018, "Understanding disentangling in beta-VAE",
https://arxiv.org/abs/1804.03599, equation 8. Official code: none read.

Differs from the paper:
1. Adam at 1e-4 everywhere; Higgins et al. train dSprites with Adagrad at 1e-2.
2. The decoder mirrors the encoder; theirs of dSprites has three layers of tanh.
3. The absolute value is of the batch's mean divergence, so that images may take more or
   fewer nats than the capacity.
4. The convolutional form has 32, 32, 64 and 64 maps and lacks the dense layers between
   the maps and the code (Higgins et al.: one of 256; Burgess et al.: four times 32 maps
   and two of 256).
"""

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.divergence import DivergenceLoss
from kerasgen.losses.divergences import gaussian_kl, gaussian_kl_terms
from kerasgen.losses.likelihoods import gaussian_sample
from kerasgen.registry import register


@register
class BetaVAE(VariationalModel):
    """Variational autoencoder with a weighted, or a controlled, divergence.

    Minimises `E_q[-log p(x|z)] + beta KL(q(z|x) || N(0, I))`, or, with `capacity`,
    `E_q[-log p(x|z)] + gamma |KL - C(t)|`, where `C(t)` rises from 0 to `capacity` by
    equal amounts a step. All are summed over pixels and latents: a `beta` of papers
    that average over pixels means another number here.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `10`.
        beta: float. Weight of the divergence; 1 is the VAE. Without meaning if
            `capacity` is given. Defaults to `4.0`.
        capacity: float or None. Nats that the divergence is led to. None stands for
            the first form.
        capacity_steps: int. Steps until `C(t)` is `capacity`. Defaults to `100_000`.
        gamma: float. Weight of the distance from `C(t)`. Defaults to `1000.0`.
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
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`) and `kl` (unweighted), in
        nats an image. In evaluation `C` is whole.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.BetaVAE((28, 28, 1), beta=6.0)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Higgins et al., 2017](https://openreview.net/forum?id=Sy2fzU9gl),
        [Burgess et al., 2018](https://arxiv.org/abs/1804.03599)
    """

    default_widths = {"dense": (1200, 1200), "conv": (32, 32, 64, 64)}

    def __init__(
        self,
        image_shape,
        latent_dim=10,
        beta=4.0,
        capacity=None,
        capacity_steps=100_000,
        gamma=1000.0,
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
        self.beta = check_number("beta", beta, 0.0)
        if capacity is not None:
            capacity = check_number("capacity", capacity, 0.0)
        self.capacity = capacity
        self.capacity_steps = check_int("capacity_steps", capacity_steps)
        self.gamma = check_number("gamma", gamma, 0.0)
        weight = self.beta if capacity is None else self.gamma
        self.penalty = DivergenceLoss(weight, name="penalty")
        self.add_phase(
            "vae",
            [self.encoder, self.penalty, self.decoder, self.pixels],
            scalars=("loss", "reconstruction", "kl"),
        )

    def current_capacity(self, training):
        """Returns `C(t)`, in nats; all of it in evaluation."""
        if not training:
            return self.capacity
        step = ops.cast(self.steps.value, "float32")
        return self.capacity * ops.minimum(step / self.capacity_steps, 1.0)

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        cost = ops.sum(ops.mean(gaussian_kl_terms(mean, log_variance), axis=0))
        if self.capacity is not None:
            cost = ops.abs(cost - self.current_capacity(training))
        z = gaussian_sample(mean, log_variance, noise)
        z = self.penalty(z, cost)  # adds the weighted cost to the loss
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
        }

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-4) for phase in self.phases}
