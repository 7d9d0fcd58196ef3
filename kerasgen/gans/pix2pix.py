"""Pix2Pix: translation learned from pairs, by a conditional GAN.

Isola, Zhu, Zhou and Efros, 2017, "Image-to-Image Translation with Conditional
Adversarial Networks", https://arxiv.org/abs/1611.07004.
Official code: phillipi/pix2pix.

Differs from the paper:
1. Pictures are not enlarged and cropped at random, nor mirrored, unless the data are
   `dataset.augmented("jitter")`.
2. The gains of batch normalisation start at 1, in the code near it, of deviation 0.02.
3. At inference each image is normalised by itself, which in batches of one, the
   paper's, is the same; `statistics="moving"` takes averages of training.
"""

import keras
from keras import ops

from kerasgen.arguments import (
    check_choice,
    check_image_shape,
    check_int,
    check_number,
)
from kerasgen.families.translation import PairedTranslationModel
from kerasgen.features import Image
from kerasgen.layers.batch_normalization import STATISTICS
from kerasgen.layers.sizes import halvings
from kerasgen.losses.adversarial import (
    logistic_discriminator,
    non_saturating_generator,
)
from kerasgen.networks.normalization import NORMALIZATIONS
from kerasgen.networks.patch import least_side, patch_discriminator
from kerasgen.networks.unet import unet
from kerasgen.registry import register


@register
class Pix2Pix(PairedTranslationModel):
    """A U-Net that translates, and a discriminator of patches of pairs.

    With the input `y`, the target `x` and noise `z`, the generator minimises
    `v E -log D(y, G(y, z)) + w E |x - G(y, z)|`, the discriminator half of
    `E -log D(y, x) + E -log(1 - D(y, G(y, z)))`, both means over all patches. The
    noise is dropout, in training and after it.

    Args:
        image_shape: tuple `(height, width, channels)` of the targets; sides that can
            be halved twice at least. 256x256 is the paper's.
        condition_shape: tuple, of the inputs, the same sides. Defaults to
            `image_shape`.
        filters: int. Maps of the first convolution of both networks.
        unet_depth: int, at least 2, or None for as many as the sides can be halved.
        depth: int. Strided convolutions of the discriminator; 3 judges 70x70 patches.
        normalization: `"batch"`, the paper's, `"instance"` or None, of both networks.
        statistics: `"image"`, the paper's, or `"moving"`: what the generator's batch
            normalisation uses at inference.
        dropout: float in [0, 1). With 0 a translation has no noise.
        skips: bool. Whether the generator has skips.
        l1_weight: float. `w`, at least 0.
        adversarial_weight: float. `v`, at least 0; 0 is the paper's L1 alone.
        conditional_discriminator: bool. Whether `D` sees the input; the paper compares
            with one that does not.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   `(targets, inputs)`, images, `uint8` or float in `[0, 1]`, see
        `kerasgen.data.pairs`.
    Sample:  none; `translate(inputs, seed=0)` gives images, float32 in `[0, 1]`.
    Scalars: `discriminator_loss`, and the means of `D` on images of both kinds,
        `discriminator_real` and `discriminator_fake`; `generator_loss` and its parts
        `generator_adversarial` and `generator_l1`, unweighted, the latter in units of
        `[-1, 1]`.
    Raises:  ValueError: if the sides do not suit the networks.

    Example:
    >>> model = kerasgen.gans.Pix2Pix((32, 32, 3), filters=8, depth=2)
    >>> model.translate(np.zeros((2, 32, 32, 3), "uint8"), seed=0).shape
    (2, 32, 32, 3)

    Reference: [Isola et al., 2017](https://arxiv.org/abs/1611.07004).
    """

    def __init__(
        self,
        image_shape,
        condition_shape=None,
        filters=64,
        unet_depth=None,
        depth=3,
        normalization="batch",
        statistics="image",
        dropout=0.5,
        skips=True,
        l1_weight=100.0,
        adversarial_weight=1.0,
        conditional_discriminator=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = check_int("filters", filters)
        self.depth = check_int("depth", depth, 0)
        if unet_depth is not None:
            check_int("unet_depth", unet_depth, 2)
        self.unet_depth = unet_depth
        multiple, least = 2 ** (unet_depth or 2), least_side(depth)
        self.image_shape = check_image_shape(image_shape, multiple, least)
        self.condition_shape = check_image_shape(
            condition_shape or image_shape, multiple, least, name="condition_shape"
        )
        if self.image_shape[:2] != self.condition_shape[:2]:
            raise ValueError(
                "`condition_shape` must have the height and width of `image_shape`. "
                f"Received: condition_shape={self.condition_shape}, "
                f"image_shape={self.image_shape}"
            )
        self.normalization = check_choice(
            "normalization", normalization, NORMALIZATIONS
        )
        self.statistics = check_choice("statistics", statistics, STATISTICS)
        self.dropout = check_number("dropout", dropout, 0.0, 0.99)
        self.skips = bool(skips)
        self.l1_weight = check_number("l1_weight", l1_weight, 0.0)
        self.adversarial_weight = check_number(
            "adversarial_weight", adversarial_weight, 0.0
        )
        self.conditional_discriminator = bool(conditional_discriminator)
        self.set_fields(
            Image(self.image_shape, self.data_range),
            Image(self.condition_shape, self.data_range),
        )
        self._build_networks()
        self.add_phase(
            "discriminator", self.discriminator, scalars=("loss", "real", "fake")
        )
        self.add_phase(
            "generator", self.generator, scalars=("loss", "adversarial", "l1")
        )

    def _build_networks(self):
        height, width, channels = self.image_shape
        self.generator = unet(
            self.condition_shape,
            channels,
            self.filters,
            self.unet_depth or halvings(height, width, least=1),
            self.normalization,
            self.statistics,
            self.dropout,
            self.skips,
        )
        if self.dropout:
            self.noise_dim = self.generator.inputs[1].shape[1]
        seen = self.condition_shape[-1] if self.conditional_discriminator else 0
        self.discriminator = patch_discriminator(
            (height, width, channels + seen),
            self.filters,
            self.depth,
            self.normalization,
        )

    def discriminate(self, x, condition, training):
        """Returns the logits of the patches, `(batch, rows, columns, 1)`."""
        if self.conditional_discriminator:
            x = ops.concatenate([condition, x], axis=-1)
        return self.discriminator(x, training=training)

    def draw_noise(self, batch_size, training):
        """Draws noise uniform on `[0, 1)`, `(batch_size, noise_dim)`, or None."""
        if self.noise_dim is None:
            return None
        shape = (batch_size, self.noise_dim)
        return keras.random.uniform(shape, seed=self.draw_seed(training))

    def translated(self, x, to="target", training=False, noise=None):
        if noise is None:
            noise = self.draw_noise(ops.shape(x)[0], training)
        inputs = x if noise is None else [x, noise]
        return self.generator(inputs, training=training)

    def compute_losses(self, phase, x, labels, training):
        if phase == "discriminator":
            return self._discriminator_losses(x, labels, training)
        # The same images as the discriminator has just learned from.
        fake = self.translated(
            labels, training=training, noise=self.carried.get("noise")
        )
        said = self.discriminate(fake, labels, training)
        adversarial = non_saturating_generator(said)
        l1 = ops.mean(ops.abs(x - fake))
        loss = self.adversarial_weight * adversarial + self.l1_weight * l1
        return {"loss": loss, "adversarial": adversarial, "l1": l1}

    def _discriminator_losses(self, x, condition, training):
        noise = self.draw_noise(ops.shape(x)[0], training)
        fake = self.translated(condition, training=training, noise=noise)
        real_said = self.discriminate(x, condition, training)
        fake_said = self.discriminate(ops.stop_gradient(fake), condition, training)
        losses = {
            "loss": 0.5 * logistic_discriminator(real_said, fake_said),
            "real": ops.mean(ops.sigmoid(real_said)),
            "fake": ops.mean(ops.sigmoid(fake_said)),
        }
        return losses, {} if noise is None else {"noise": noise}

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}
