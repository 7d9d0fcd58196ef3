"""InfoVAE: a VAE that matches all codes together to the prior, by their MMD.

Zhao, Song and Ermon, 2017, "InfoVAE: Information Maximizing Variational Autoencoders",
https://arxiv.org/abs/1706.02262, section 3 (with `alpha=1` the MMD-VAE). Official code:
none read.

Differs from the paper:
1. The maximum mean discrepancy is the paper's third choice of a divergence; its
   adversarial and Stein forms are not here.
2. The kernel's scale is `2 latent_dim`, the mean squared distance of two draws from the
   prior, unless told otherwise; the paper does not fix it.
3. Adam at 1e-3; the architecture is the VAE's, not the paper's DCGAN.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.gaussian import Gaussian
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.mmd import KERNELS, mmd
from kerasgen.registry import register


@register
class InfoVAE(VariationalModel):
    """Variational autoencoder with a divergence of single codes and one of them all.

    Minimises `E_q[-log p(x|z)] + (1 - alpha) KL(q(z|x) || N(0, I))
    + (alpha + lambda - 1) MMD^2(q(z), N(0, I))`, with the aggregated posterior `q(z)`
    and the prior by one draw an image. With `alpha=0, lambda_=1` it is the VAE; with
    `alpha=1` nothing keeps a code from telling its image.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `20`.
        alpha: float, at most 1. Preference for informative codes. Defaults to `0.0`.
        lambda_: float, at least `1 - alpha`. Preference for a `q(z)` near the prior.
            Defaults to `1000.0`.
        kernel: `"rbf"` or `"imq"`, see `kerasgen.losses.mmd`.
        kernel_scale: float or None. Squared distance over which the kernel falls. None
            stands for `2 latent_dim`.
        likelihood: `"bernoulli"` (binary pixels, from logits), `"gaussian"`,
            `"categorical"` or `"discretized_logistic"`.
        binarization: `"dynamic"`, `"threshold"` or None, of Bernoulli pixels. Must be
            None for the other likelihoods.
        variance: float, None (trained) or `"predicted"`, of Gaussian pixels.
        levels: int or None. Grey levels of the last two likelihoods; None stands for
            256 there.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for `(500,)`,
            or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`) and `kl` (unweighted), in
        nats an image, and `mmd`, the biased estimate of the squared discrepancy, at
        least 0 and about `2 / batch` where both are alike.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`, or `lambda_` is below `1 - alpha`.

    Example:
    >>> model = kerasgen.autoencoders.InfoVAE((28, 28, 1), alpha=1.0)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Zhao et al., 2017](https://arxiv.org/abs/1706.02262)
    """

    def __init__(
        self,
        image_shape,
        latent_dim=20,
        alpha=0.0,
        lambda_=1000.0,
        kernel="rbf",
        kernel_scale=None,
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
        self.alpha = check_number("alpha", alpha, maximum=1.0)
        self.lambda_ = check_number("lambda_", lambda_, 1.0 - self.alpha)
        self.kernel = check_choice("kernel", kernel, KERNELS)
        if kernel_scale is not None:
            kernel_scale = check_number("kernel_scale", kernel_scale, 1e-6)
        self.kernel_scale = kernel_scale
        self.gaussian = Gaussian(1.0 - self.alpha, name="gaussian")
        self.add_phase(
            "vae",
            [self.encoder, self.gaussian, self.decoder, self.pixels],
            scalars=("loss", "reconstruction", "kl", "mmd"),
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        # Adds the weighted divergence to the loss.
        z = self.gaussian((mean, log_variance), noise)
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        prior = self.draw_normal(mean, training)
        scale = self.kernel_scale or 2.0 * self.latent_dim
        discrepancy = mmd(z, prior, self.kernel, scale, unbiased=False)
        weight = self.alpha + self.lambda_ - 1.0
        return {
            "loss": reconstruction + weight * discrepancy,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
            "mmd": discrepancy,
        }

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
