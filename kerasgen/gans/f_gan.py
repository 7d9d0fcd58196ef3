"""f-GAN: a GAN that minimises any f-divergence.

Nowozin, Cseke and Tomioka, 2016, "f-GAN: Training Generative Neural Samplers using
Variational Divergence Minimization", https://arxiv.org/abs/1606.00709, section 3.
Authors' notebook: nowozin/mlss2018-madrid-gan.

Differs from the paper:
1. The discriminator's `exp(-v)` are those of the published paper: more speaks for real
   in all divergences (the notebook, as the first version: `exp(v)` in three of them).
2. Of the paper's networks for images those of `"dcgan"` are nearest; its dense ones for
   MNIST have exponential linear units in the discriminator.
3. Labels, of which the paper has none, enter the latents and the image.
"""

import dataclasses

import keras
from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.by_name import adversarial_loss
from kerasgen.losses.f_divergence import (
    F_DIVERGENCES,
    VARIANTS,
    f_divergence,
    f_generator,
)
from kerasgen.registry import register


@register
class FGAN(NamedNetworksModel):
    """GAN of an f-divergence `D_f(P || Q) = E_q f(p / q)`.

    The discriminator says a number `v`, of which `T = g_f(v)`, and maximises
    `E T(x) - E f*(T(G(z)))`, at most `D_f`, which `T = f'(p / q)` attains. Both players
    move at once, by one pass over one batch (algorithm 1).

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8; any for `"mlp"`, which also takes `(features,)`: points, real
            vectors, such as the `mixture` data.
        latent_dim: int. Size of the noise vector `z`.
        divergence: `"kl"`, `"reverse_kl"`, `"pearson"`, `"neyman"`,
            `"squared_hellinger"`, `"jeffrey"`, `"jensen_shannon"`, `"gan"` or
            `"total_variation"`.
        variant: `"non_saturating"`, whose generator maximises `E T(G(z))`, the paper's
            practical form (section 3.2); or `"minimax"`, whose generator minimises
            what the discriminator maximises (equation 7).
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
    Scalars: `discriminator_loss`, the negative of the lower bound of the divergence, in
        nats where that is; the means of `T` of both kinds, `discriminator_real` and
        `discriminator_fake`; `discriminator_accuracy`, the share of both on the right
        side of `f'(1)`; `generator_loss`.
    Raises:  ValueError: if a convolutional architecture does not fit the image.

    Example:
    >>> model = kerasgen.gans.FGAN((32, 32, 1), divergence="pearson", filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Nowozin et al., 2016](https://arxiv.org/abs/1606.00709), section 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        divergence="kl",
        variant="non_saturating",
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
        choices = tuple(F_DIVERGENCES)
        self.divergence = check_choice("divergence", divergence, choices)
        self.variant = check_choice("variant", variant, VARIANTS)
        self.add_players(simultaneous=True, measured=("accuracy",))

    @property
    def discriminator_normalization(self):
        return None if self.architecture == "mlp" else "batch"

    @property
    def paper_loss(self):
        name, variant = self.divergence, self.variant
        return dataclasses.replace(
            adversarial_loss(f"f:{name}"),
            generator=lambda real, fake: f_generator(fake, name, variant),
        )

    def measure(self, real, fake):
        kind = f_divergence(self.divergence)
        real, fake = (
            kind.activation(ops.cast(v, "float32")) > kind.threshold
            for v in (real, fake)
        )
        right = ops.concatenate([real, ops.logical_not(fake)])
        return {"accuracy": ops.mean(ops.cast(right, "float32"))}

    def default_optimizers(self):
        return {p: keras.optimizers.Adam(2e-4, beta_1=0.5) for p in self.phases}
