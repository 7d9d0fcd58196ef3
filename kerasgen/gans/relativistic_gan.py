"""Relativistic GANs: is a real example more real than a generated one?

Jolicoeur-Martineau, 2019, "The relativistic discriminator: a key element missing from
standard GAN", https://arxiv.org/abs/1807.00734, sections 4.2 and 4.3.
Official code: AlexiaJM/RelativisticGAN.

Differs from the paper:
1. The generator's update sees the real examples of the discriminator's (the code: fresh
   ones).
2. Real and generated images go through the discriminator as one batch, with one power
   iteration of its spectral norms an update, and none in the generator's (the code:
   apart, with one each).
3. Labels, of which the paper has none, enter the latents and the image.
"""

import dataclasses

import keras

from kerasgen.arguments import check_choice, check_int, is_points_shape
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.by_name import adversarial_loss
from kerasgen.losses.relativistic import FORMS
from kerasgen.registry import register

VARIANTS = ("paper", "released")


@register
class RelativisticGAN(NamedNetworksModel):
    """GAN whose discriminator compares real with generated examples.

    With `f` of the form, it minimises `E f(C(x) - C(G(z)))` of pairs, the relativistic
    loss; or, on average, `E f(C(x) - E C(G(z))) + E f(E C(x) - C(G(z)))`. The generator
    minimises the same with real and generated examples exchanged. The paper's RSGAN is
    `("logistic", average=False)`, RaSGAN, RaLSGAN and RaHingeGAN are the three forms
    with `average=True`; with `penalty="gradient"` those of its tables that end in GP.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8; any for `"mlp"`, which also takes `(features,)`: points, real
            vectors, such as the `mixture` data. 32x32 is the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `128`.
        form: `"logistic"`, `f(d) = softplus(-d)`; `"least_squares"`, `(d - 1)^2`; or
            `"hinge"`, `max(0, 1 - d)`.
        average: bool. Whether each is compared with the mean of the others, or paired.
        variant: `"paper"`, or `"released"`, whose average losses are half as large.
        architecture: `"cnn"`, the code's for CIFAR-10; `"dcgan"`, `"resnet"` or
            `"mlp"`; None takes `"mlp"` for points, else `"cnn"`. All discriminators are
            spectrally normalised.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units. Defaults to 64, of the resnet 128, of mlp
            512.
        num_classes: int or None. Makes both players conditional on labels.
        discriminator_steps: int. The discriminator's updates in a step, each on a fresh
            batch.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, `generator_loss`, and the means of `C` on examples of
        both kinds, `discriminator_real` and `discriminator_fake`, of which only the
        difference means anything.
    Raises:  ValueError: if a convolutional architecture does not fit the image.

    Example:
    >>> model = kerasgen.gans.RelativisticGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Jolicoeur-Martineau, 2019](https://arxiv.org/abs/1807.00734), section 4.
    """

    judges_together = True
    discriminator_normalization = "spectral"

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        form="logistic",
        average=True,
        variant="paper",
        architecture=None,
        filters=None,
        num_classes=None,
        discriminator_steps=1,
        latent_distribution="normal",
        **kwargs,
    ):
        if architecture is None and not is_points_shape(image_shape):
            architecture = "cnn"
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.form = check_choice("form", form, FORMS)
        self.average = check_choice("average", average, (False, True))
        self.variant = check_choice("variant", variant, VARIANTS)
        self.discriminator_steps = check_int("discriminator_steps", discriminator_steps)
        self.add_players(updates=self.discriminator_steps)

    @property
    def paper_loss(self):
        kind = "_average" if self.average else ""
        tail = "" if self.form == "logistic" else f"_{self.form}"
        loss = adversarial_loss(f"relativistic{kind}{tail}")
        if not (self.average and self.variant == "released"):
            return loss
        return dataclasses.replace(
            loss,
            discriminator=lambda real, fake: 0.5 * loss.discriminator(real, fake),
            generator=lambda real, fake: 0.5 * loss.generator(real, fake),
            undecided=0.5 * loss.undecided,
        )

    def default_optimizers(self):
        return {p: keras.optimizers.Adam(2e-4, beta_1=0.5) for p in self.phases}
