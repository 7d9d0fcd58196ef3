"""SRGAN: super-resolution whose images a discriminator takes for real ones.

Ledig et al., 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative
Adversarial Network", https://arxiv.org/abs/1609.04802, section 2.

Differs from the paper:
1. Without weights of VGG19 its content loss is that of pixels, `content="pixels"`: they
   are a file of some 80 MB that the user gives.
2. The rate of Adam stays at 1e-4; in the paper it is 1e-5 for the second half.
"""

import os

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.super_resolution import SuperResolutionModel
from kerasgen.losses.adversarial import (
    logistic_discriminator,
    non_saturating_generator,
)
from kerasgen.losses.perceptual import VGGContent, check_weights
from kerasgen.networks.super_resolution import large_image_discriminator
from kerasgen.registry import register
from kerasgen.training.averages import Untracked

CONTENTS = ("pixels", "vgg19")


@register
class SRGAN(SuperResolutionModel):
    """Super-resolution GAN.

    The generator minimises `c + v E -log D(G(y))` of large images `x` and small ones
    `y`, the discriminator `E -log D(x) + E -log(1 - D(G(y)))`. `c` is `E (x - G(y))^2`,
    or that of features of VGG19. The paper starts from an `SRResNet`, see `start_from`:
    from nothing it learns artefacts.

    Args:
        image_shape, scale, filters, blocks: as in `SRResNet`.
        content: `"pixels"`, or `"vgg19"`: features of its last convolution before the
            fifth pooling, over 12.75, the paper's.
        content_weights: path of the weights of VGG19 without top, as
            `keras.applications` has them; needed to train by them alone, and not kept
            in files of the model.
        adversarial_weight: float. `v`, at least 0.
        discriminator_filters: int. Maps of the discriminator's first convolution.
        discriminator_units: int. Of its dense layer.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   `(large, small)`, images, `uint8` or float in `[0, 1]`, see
        `kerasgen.data.super_resolution`.
    Sample:  none; `enlarge(images)` gives images, float32 in `[0, 1]`, of any size.
    Scalars: `discriminator_loss`, and the means of `D`, `discriminator_real` and
        `discriminator_fake`; `generator_loss` and its parts, unweighted,
        `generator_content`, of values in `[-1, 1]`, and `generator_adversarial`.
    Raises:  ValueError: if the sides are not divisible by `scale`, or if there are no
        weights to train by.

    Example:
    >>> model = kerasgen.gans.SRGAN((16, 16, 3), filters=4, blocks=1,
    ...     discriminator_filters=2, discriminator_units=8)
    >>> model.enlarge(np.zeros((1, 5, 7, 3), "uint8")).shape
    (1, 20, 28, 3)

    Reference: [Ledig et al., 2017](https://arxiv.org/abs/1609.04802), section 2.
    """

    def __init__(
        self,
        image_shape,
        scale=4,
        filters=64,
        blocks=16,
        content="pixels",
        content_weights=None,
        adversarial_weight=1e-3,
        discriminator_filters=64,
        discriminator_units=1024,
        **kwargs,
    ):
        super().__init__(image_shape, scale, filters, blocks, **kwargs)
        self.content = check_choice("content", content, CONTENTS)
        self.content_weights = None if content_weights is None else str(content_weights)
        self.adversarial_weight = check_number(
            "adversarial_weight", adversarial_weight, 0.0
        )
        self.discriminator_filters = check_int(
            "discriminator_filters", discriminator_filters
        )
        self.discriminator_units = check_int("discriminator_units", discriminator_units)
        self._networks = Untracked()
        self.discriminator = large_image_discriminator(
            self.image_shape, discriminator_filters, discriminator_units
        )
        scalars = ("loss", "real", "fake")
        self.add_phase("discriminator", self.discriminator, scalars=scalars)
        scalars = ("loss", "content", "adversarial")
        self.add_phase("generator", self.generator, scalars=scalars)

    def content_loss(self, x, large, pixels):
        """Returns the content loss of two batches of images in `[-1, 1]`.

        Args:
            x, large: float tensors.
            pixels: float32 scalar, the mean of their squared differences.
        """
        if self.content == "pixels":
            return pixels
        if "vgg19" not in self._networks:
            check_weights(self.content_weights)
            raise RuntimeError("`compile` must be called once the weights are there.")
        return self._networks["vgg19"](x, large)

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        path, networks = self.content_weights, self._networks
        # A file of the model is opened without them, to enlarge images alone.
        if self.content == "vgg19" and not networks and path and os.path.isfile(path):
            networks["vgg19"] = VGGContent(path)

    def compute_losses(self, phase, x, labels, training):
        large, pixels = self.pixel_loss(x, labels, training)
        if phase == "generator":
            content = self.content_loss(x, large, pixels)
            said = self.discriminator(large, training=training)
            adversarial = non_saturating_generator(said)
            loss = content + self.adversarial_weight * adversarial
            return {"loss": loss, "content": content, "adversarial": adversarial}
        fake = self.discriminator(ops.stop_gradient(large), training=training)
        real = self.discriminator(x, training=training)
        return {
            "loss": logistic_discriminator(real, fake),
            "real": ops.mean(ops.sigmoid(real)),
            "fake": ops.mean(ops.sigmoid(fake)),
        }

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-4, beta_1=0.9) for phase in self.phases}
