"""b-GAN: the discriminator estimates a ratio of densities, the generator a divergence.

Uehara, Sato, Suzuki, Nakayama and Matsuo, 2016, "Generative Adversarial Nets from a
Density Ratio Estimation Perspective", https://arxiv.org/abs/1610.02920, section 3.
No official code.

Differs from the paper:
1. The networks are this library's by name, with the optimizer of DCGAN: no settings of
   the paper's are claimed.
2. The loss of the generator with a relative ratio is `E f(r(G(z)))` as without it,
   which is `1 / (1 - a)` of what depends on the generator in the mixture's mean.
3. Labels, of which the paper has none, enter the latents and the image.
"""

import functools

import keras

from kerasgen.arguments import check_choice, check_decay
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.by_name import AdversarialLoss
from kerasgen.losses.density_ratio import (
    density_ratio_discriminator,
    density_ratio_generator,
)
from kerasgen.losses.f_divergence import F_DIVERGENCES, log_softplus
from kerasgen.losses.likelihoods import float32
from kerasgen.registry import register

DIVERGENCES = tuple(name for name in F_DIVERGENCES if name != "total_variation")
ACTIVATIONS = ("softplus", "exp")


@register
class DensityRatioGAN(NamedNetworksModel):
    """b-GAN: a GAN by density ratio estimation.

    The discriminator estimates `r = p / q` by Bregman's divergence of `f`: it minimises
    `E [f'(r) r - f(r)]` of generated examples less `E f'(r)` of real ones. Then the
    generator minimises the divergence with the estimate in the ratio's place,
    `E f(r(G(z)))`: one `f` is for both.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8; any for `"mlp"`, which also takes `(features,)`: points, real
            vectors, such as the `mixture` data.
        latent_dim: int. Size of the noise vector `z`.
        divergence: `"pearson"`, `"kl"`, `"reverse_kl"`, `"neyman"`,
            `"squared_hellinger"`, `"jeffrey"`, `"jensen_shannon"` or `"gan"`: `f`.
        relative: float in [0, 1). `a` of the relative ratio `p / (a p + (1 - a) q)`,
            at most `1 / a`, which is estimated in the place of `p / q`.
        activation: `"softplus"` or `"exp"`, of which the ratio is above 0.
        architecture: `"dcgan"`, `"cnn"`, `"resnet"` or `"mlp"`; None takes `"mlp"` for
            points, else `"dcgan"`.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units. Defaults to 64, of the resnet 128, of mlp
            512.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"uniform"` on `[-1, 1]`, `"normal"`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, the negative of the estimate of the divergence from
        below; the means of `log r` of both kinds, `discriminator_real` and
        `discriminator_fake`; `generator_loss`, the divergence by the estimate.
    Raises:  ValueError: if a convolutional architecture does not fit the image.

    Example:
    >>> model = kerasgen.gans.DensityRatioGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Uehara et al., 2016](https://arxiv.org/abs/1610.02920), section 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        divergence="pearson",
        relative=0.0,
        activation="softplus",
        architecture=None,
        filters=None,
        num_classes=None,
        latent_distribution="uniform",
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
        self.divergence = check_choice("divergence", divergence, DIVERGENCES)
        self.relative = check_decay("relative", relative)
        self.activation = check_choice("activation", activation, ACTIVATIONS)
        self.add_players()

    @property
    def discriminator_normalization(self):
        return None if self.architecture == "mlp" else "batch"

    @property
    def paper_loss(self):
        name = self.divergence
        return AdversarialLoss(
            functools.partial(
                density_ratio_discriminator, divergence=name, relative=self.relative
            ),
            lambda real, fake: density_ratio_generator(fake, name),
            lambda log_ratio: log_ratio,
        )

    def score(self, said):
        """Returns `log r` of what the discriminator says."""
        said = float32(said)
        return said if self.activation == "exp" else log_softplus(said)

    def default_optimizers(self):
        return {p: keras.optimizers.Adam(2e-4, beta_1=0.5) for p in self.phases}
