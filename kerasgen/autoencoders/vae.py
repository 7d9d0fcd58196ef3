"""VAE: a latent variable model trained on its evidence lower bound.

Kingma and Welling, 2014, "Auto-Encoding Variational Bayes",
https://arxiv.org/abs/1312.6114, sections 2.3, 2.4 and 3, appendices B and C; also
Rezende, Mohamed and Wierstra, 2014, https://arxiv.org/abs/1401.4082. Official code:
none read. Labels as in Sohn, Lee and Yan, 2015, with the prior N(0, I).

Differs from the paper:
1. Adam at 1e-3 in place of Adagrad; Glorot's initial weights in place of N(0, 0.01);
   no weight decay.
2. MNIST is binarised anew in each step (Burda et al., 2016); the paper is silent.
3. A Gaussian decoder has one variance for all pixels unless `variance="predicted"`,
   which is the paper's.
4. The convolutional form is not the paper's.
"""

import keras
from keras import ops

from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.gaussian import Gaussian
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.registry import register


@register
class VAE(VariationalModel):
    """Variational autoencoder with Gaussian codes.

    The encoder gives a posterior `q(z|x) = N(mean, diag(e^log_variance))`, the decoder
    `p(x|z)`; both minimise `E_q[-log p(x|z)] + KL(q(z|x) || N(0, I))` with a single
    reparameterised sample, summed over pixels and latents, averaged over images.
    With `num_classes`, encoder and decoder take the label, too: `p(x|z, y)`.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `20`.
        likelihood: `"bernoulli"` (binary pixels, from logits), `"gaussian"`,
            `"categorical"` (a logit for each grey level) or `"discretized_logistic"`.
        binarization: of Bernoulli pixels. `"dynamic"` draws each pixel with its grey
            value as probability, anew in each training step, by a fixed seed in
            evaluation; `"threshold"` cuts at one half; None leaves grey values, which
            makes the bound no likelihood. Must be None for the other likelihoods.
        variance: float, None or `"predicted"`. The variance of Gaussian pixels, None
            for a trained one of all pixels, `"predicted"` for one that the decoder
            gives for each. Must be None for the other likelihoods.
        levels: int or None. Grey levels, a divisor of 256, of the last two
            likelihoods; None stands for 256 there.
        kl_weight: float. Weight of the divergence in `loss`. Defaults to `1.0`.
        kl_annealing_steps: int. Steps of training over which that weight rises from 0
            to `kl_weight`, by equal amounts. Defaults to `0`.
        free_bits: float. Nats of each latent's divergence, on average over a batch,
            that cost as much in `loss` as fewer (Kingma et al., 2016). Defaults to
            `0.0`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for `(500,)`,
            or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"tanh"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`) and `kl` (unweighted), in
        nats an image; `loss = reconstruction + kl_weight * kl`, with annealing and
        `free_bits` in the second term. In evaluation the weight is whole.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.VAE(image_shape=(28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Kingma and Welling, 2014](https://arxiv.org/abs/1312.6114)
    """

    def __init__(
        self,
        image_shape,
        latent_dim=20,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_weight=1.0,
        kl_annealing_steps=0,
        free_bits=0.0,
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
        self.gaussian = Gaussian(kl_weight, free_bits, name="gaussian")
        self.kl_weight = self.gaussian.kl_weight
        self.free_bits = self.gaussian.free_bits
        self.add_phase(
            "vae",
            [self.encoder, self.gaussian, self.decoder, self.pixels],
            scalars=("loss", "reconstruction", "kl"),
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        # Adds the weighted divergence to the loss.
        z = self.gaussian(
            (mean, log_variance), noise, annealing=self.annealing(training)
        )
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
        }

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
