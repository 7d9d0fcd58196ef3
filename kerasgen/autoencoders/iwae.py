"""IWAE: a VAE trained on the importance-weighted bound.

Burda, Grosse and Salakhutdinov, 2016, "Importance Weighted Autoencoders",
https://arxiv.org/abs/1509.00519, section 3; the gradient `"dreg"` is that of Tucker,
Lawson, Gu and Maddison, 2019, https://arxiv.org/abs/1810.04152. Official code: none
read.

Differs from the paper:
1. One layer of latents; `HierarchicalVAE` has the paper's two.
2. Adam at a constant 1e-3; the paper lowers it from 1e-3 to 1e-4 over 3280 epochs of
   batches of 20 (the recipe lowers it, too). Keras's epsilon of 1e-7 in place of 1e-4.
3. The decoder's output bias starts at zero, not at the logits of the mean image.
4. The convolutional form and labels are not the paper's.
"""

import math

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.variational_model import VariationalModel
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_log_prob, gaussian_sample
from kerasgen.registry import register


@register
class IWAE(VariationalModel):
    """Importance-weighted autoencoder with Gaussian codes.

    An encoder and a decoder as of a VAE maximise, in nats, over `k` codes an image,

        L_k = E log 1/k sum_i w_i,  w_i = p(x|z_i) p(z_i) / q(z_i|x),  z_i ~ q(z|x),

    which is the evidence lower bound with `k = 1` and rises with `k` to `log p(x)`.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `50`.
        num_samples: int. Codes an image in training, `k`. Memory grows with it.
        estimator: of the encoder's gradient: `"reparameterised"`, that of the bound
            itself, or `"dreg"`, which has the same mean and less variance, for one
            more pass of the decoder.
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for
            `(200, 200)`, or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"tanh"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, which is `-L_k`, and the two parts of the `-L_1` of the same
        codes, `reconstruction` (`E_q[-log p(x|z)]`) and `kl`, in nats an image.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.IWAE(image_shape=(28, 28, 1), num_samples=5)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Burda et al., 2016](https://arxiv.org/abs/1509.00519)
    """

    default_widths = {**VariationalModel.default_widths, "dense": (200, 200)}

    def __init__(
        self,
        image_shape,
        latent_dim=50,
        num_samples=50,
        estimator="reparameterised",
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
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
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.num_samples = check_int("num_samples", num_samples)
        estimators = ("reparameterised", "dreg")
        self.estimator = check_choice("estimator", estimator, estimators)
        self.add_phase(
            "iwae",
            [self.encoder, self.decoder, self.pixels],
            scalars=("loss", "reconstruction", "kl"),
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        divergence = ops.mean(gaussian_kl(mean, log_variance))
        x, labels, mean, log_variance = [
            None if t is None else ops.repeat(t, self.num_samples, axis=0)
            for t in (x, labels, mean, log_variance)
        ]
        z = gaussian_sample(mean, log_variance, self.draw_normal(mean, training))
        if self.estimator == "dreg":
            # The encoder is reached through the codes alone: sum_i w_i^2 dlog w_i/dz_i
            # with normalised weights, one of which the bound itself puts in.
            mean, log_variance = map(ops.stop_gradient, (mean, log_variance))
            likelihood = self.pixels.log_prob(x, self.run_decoder(z, labels, training))
            weights = self._log_weights(likelihood, z, mean, log_variance)
            weights = weights - ops.logsumexp(weights, axis=1, keepdims=True)
            z = _scale_gradient(z, ops.reshape(ops.exp(weights), (-1, 1)))
        likelihood = self.pixels.log_prob(x, self.run_decoder(z, labels, training))
        weights = self._log_weights(likelihood, z, mean, log_variance)
        bound = ops.logsumexp(weights, axis=1) - math.log(self.num_samples)
        return {
            "loss": -ops.mean(bound),
            "reconstruction": -ops.mean(likelihood),
            "kl": divergence,
        }

    def _log_weights(self, likelihood, z, mean, log_variance):
        """Returns `log p(x|z) + log p(z) - log q(z|x)`, `(batch, num_samples)`."""
        prior = gaussian_log_prob(z, ops.zeros_like(z), 0.0)
        posterior = gaussian_log_prob(z, mean, log_variance)
        return ops.reshape(likelihood + prior - posterior, (-1, self.num_samples))

    def default_optimizers(self):
        adam = keras.optimizers.Adam
        return {phase: adam(1e-3, epsilon=1e-4) for phase in self.phases}


def _scale_gradient(x, scale):
    """Returns `x`, whose gradient is multiplied by `scale`."""
    fixed = ops.stop_gradient(x)
    return fixed + ops.stop_gradient(scale) * (x - fixed)
