"""Beta-TCVAE: a VAE that pays for the total correlation of its codes.

Chen, Li, Grosse and Duvenaud, 2018, "Isolating Sources of Disentanglement in
Variational Autoencoders", https://arxiv.org/abs/1802.04942, equations 2, 4 and 5.
Official code: none read.

Differs from the paper:
1. Batches are of the caller's size; the estimate is the better the larger they are (the
   paper's are of 2048 images).
2. `estimator="stratified"` (appendix C.2) averages over which image of the batch is the
   last one.
3. The decoder mirrors the encoder; theirs of dSprites has three layers of tanh. The
   convolutional form lacks the dense layer between the maps and the code.
4. With `num_classes`, the aggregated posterior is over images with their labels.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.variational_model import VariationalModel
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_sample
from kerasgen.losses.total_correlation import ESTIMATORS, kl_decomposition
from kerasgen.registry import register


@register
class BetaTCVAE(VariationalModel):
    """Variational autoencoder with a weight on each part of its divergence.

    Minimises `E_q[-log p(x|z)] + alpha MI + beta TC + gamma DKL`: the mutual
    information of code and image, the total correlation of the latents, and each
    latent's own divergence, which together are the KL. They are estimated within the
    batch, see `kerasgen.losses.total_correlation`.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        dataset_size: int. Images in the training set.
        latent_dim: int. Size of `z`. Defaults to `10`.
        alpha: float. Weight of the mutual information. Defaults to `1.0`.
        beta: float. Weight of the total correlation. Defaults to `6.0`.
        gamma: float. Weight of the dimension-wise divergence. Defaults to `1.0`.
        estimator: `"weighted"` (the paper's: the parts are off by constants) or
            `"stratified"`.
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
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`), `kl` (in closed form,
        unweighted), and its parts by the estimator, unweighted, `mutual_information`,
        `total_correlation` and `dimension_wise_kl`, in nats an image. Weighted sampling
        puts `log dataset_size` on the first, once less than there are latents on the
        second, and takes both off the third.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.BetaTCVAE((28, 28, 1), dataset_size=60_000)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Chen et al., 2018](https://arxiv.org/abs/1802.04942)
    """

    default_widths = {"dense": (1200, 1200), "conv": (32, 32, 64, 64)}

    def __init__(
        self,
        image_shape,
        dataset_size,
        latent_dim=10,
        alpha=1.0,
        beta=6.0,
        gamma=1.0,
        estimator="weighted",
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
        self.dataset_size = check_int("dataset_size", dataset_size)
        self.alpha = check_number("alpha", alpha, 0.0)
        self.beta = check_number("beta", beta, 0.0)
        self.gamma = check_number("gamma", gamma, 0.0)
        self.estimator = check_choice("estimator", estimator, ESTIMATORS)
        parts = ("mutual_information", "total_correlation", "dimension_wise_kl")
        self.add_phase(
            "vae",
            [self.encoder, self.decoder, self.pixels],
            scalars=("loss", "reconstruction", "kl", *parts),
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        z = gaussian_sample(mean, log_variance, noise)
        information, correlation, dimensions = kl_decomposition(
            z, mean, log_variance, self.dataset_size, self.estimator
        )
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        divergence = self.alpha * information + self.beta * correlation
        divergence = divergence + self.gamma * dimensions
        return {
            "loss": reconstruction + divergence,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
            "mutual_information": information,
            "total_correlation": correlation,
            "dimension_wise_kl": dimensions,
        }

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
