"""CycleGAN: translation between two domains without pairs.

Zhu, Park, Isola and Efros, 2017, "Unpaired Image-to-Image Translation using
Cycle-Consistent Adversarial Networks", https://arxiv.org/abs/1703.10593.
Official code: junyanz/CycleGAN.

Differs from the paper:
1. Pictures are not enlarged and cropped at random, nor mirrored, unless the data are
   `dataset.augmented("jitter")`.
2. `default_optimizers` keep their rate; the recipe lets it fall as the paper does.
"""

import keras
from keras import ops

from kerasgen.arguments import (
    check_choice,
    check_image_shape,
    check_int,
    check_number,
)
from kerasgen.families.translation import TranslationModel
from kerasgen.features import Image
from kerasgen.layers.image_pool import ImagePool
from kerasgen.losses.adversarial import (
    least_squares_discriminator,
    least_squares_generator,
)
from kerasgen.networks.normalization import NORMALIZATIONS
from kerasgen.networks.patch import least_side, patch_discriminator
from kerasgen.networks.resnet_translator import LEAST_SIDE, resnet_translator
from kerasgen.registry import register


@register
class CycleGAN(TranslationModel):
    """Two generators that undo each other, and a discriminator for each domain.

    With `G` from domain `a` to `b` and `F` back, the generators minimise
    `E (D_b(G(a)) - 1)^2 + E (D_a(F(b)) - 1)^2 + w (E |F(G(a)) - a| + E |G(F(b)) - b|)`,
    plus `w v (E |G(b) - b| + E |F(a) - a|)` where `v` is not 0; each discriminator
    half of `E (D(x) - 1)^2 + E D(fake)^2`, with fakes of a pool of past ones.

    Args:
        image_shape: tuple `(height, width, channels)` of domain `a`, sides divisible
            by 4.
        target_shape: tuple, of domain `b`, the same sides. Defaults to `image_shape`.
        filters: int. Maps of the first convolution of all networks.
        blocks: int. Residual blocks of a generator; the paper has 6 for images of 128
            pixels, 9 above.
        depth: int. Strided convolutions of a discriminator; 3 judges 70x70 patches.
        normalization: `"instance"`, the paper's, `"batch"` or None, of all networks.
        cycle_weight: float. `w`, at least 0.
        identity_weight: float. `v`, at least 0; the paper has 0.5 for paintings.
        pool_size: int. Past fakes of each domain that are kept; 0 shows new ones alone.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   `{"a": images, "b": images}`, `uint8` or float in `[0, 1]`, see
        `kerasgen.data.unpaired`.
    Sample:  none; `translate(images, to="b")` gives images, float32 in `[0, 1]`.
    Scalars: `generators_loss` and its parts `generators_adversarial`,
        `generators_cycle`, `generators_identity`, unweighted, in units of `[-1, 1]`;
        `discriminator_a_loss`, `discriminator_b_loss`.
    Raises:  ValueError: if the sides do not suit the networks.

    Example:
    >>> model = kerasgen.gans.CycleGAN((32, 32, 3), filters=8, blocks=2, depth=2)
    >>> model.translate(np.zeros((2, 32, 32, 3), "uint8"), to="b").shape
    (2, 32, 32, 3)

    Reference: [Zhu et al., 2017](https://arxiv.org/abs/1703.10593).
    """

    def __init__(
        self,
        image_shape,
        target_shape=None,
        filters=64,
        blocks=9,
        depth=3,
        normalization="instance",
        cycle_weight=10.0,
        identity_weight=0.0,
        pool_size=50,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = check_int("filters", filters)
        self.blocks = check_int("blocks", blocks, 0)
        self.depth = check_int("depth", depth, 0)
        least = max(LEAST_SIDE, least_side(depth))
        self.image_shape = check_image_shape(image_shape, 4, least)
        self.target_shape = check_image_shape(
            target_shape or image_shape, 4, least, name="target_shape"
        )
        self.normalization = check_choice(
            "normalization", normalization, NORMALIZATIONS
        )
        self.cycle_weight = check_number("cycle_weight", cycle_weight, 0.0)
        self.identity_weight = check_number("identity_weight", identity_weight, 0.0)
        self.pool_size = check_int("pool_size", pool_size, 0)
        self._check_shapes()
        shapes = {"a": self.image_shape, "b": self.target_shape}
        self.set_fields({k: Image(v, self.data_range) for k, v in shapes.items()})
        self.generator_b = self._make_generator("a", "b")
        self.generator_a = self._make_generator("b", "a")
        self.discriminator_a, self.discriminator_b = (
            patch_discriminator(
                shape, filters, depth, normalization, f"discriminator_{name}"
            )
            for name, shape in shapes.items()
        )
        seed = self.seed
        self.pool_a, self.pool_b = (
            ImagePool(shape, pool_size, seed=None if seed is None else seed + i)
            for i, shape in enumerate(shapes.values())
        )
        self.add_phase(
            "generators",
            [self.generator_b, self.generator_a],
            scalars=("loss", "adversarial", "cycle", "identity"),
        )
        self.add_phase("discriminator_a", self.discriminator_a)
        self.add_phase("discriminator_b", self.discriminator_b)

    def _check_shapes(self):
        same = self.image_shape == self.target_shape
        if self.image_shape[:2] != self.target_shape[:2]:
            raise ValueError(
                "`target_shape` must have the height and width of `image_shape`. "
                f"Received: target_shape={self.target_shape}, "
                f"image_shape={self.image_shape}"
            )
        if self.identity_weight and not same:
            raise ValueError(
                "`identity_weight` must be 0 for domains of other channels. "
                f"Received: identity_weight={self.identity_weight}, "
                f"image_shape={self.image_shape}, target_shape={self.target_shape}"
            )

    def _make_generator(self, source, to):
        shapes = {name: field.shape for name, field in self.fields.x.items()}
        return resnet_translator(
            shapes[source],
            shapes[to][-1],
            self.filters,
            self.blocks,
            self.normalization,
            name=f"generator_{to}",
        )

    def translators(self):
        return {"b": self.generator_b, "a": self.generator_a}

    def compute_losses(self, phase, x, labels, training):
        if phase == "generators":
            return self._generator_losses(x, training)
        name = phase[-1]
        discriminate = getattr(self, phase)
        pool = getattr(self, f"pool_{name}")
        fake = pool(self.carried[name], training=training)
        real = discriminate(x[name], training=training)
        fake = discriminate(fake, training=training)
        return {"loss": least_squares_discriminator(real, fake)}

    def _generator_losses(self, x, training):
        adversarial = cycle = identity = 0.0
        fakes = {}
        for to in ("b", "a"):
            source = self.source_of(to)
            fake = fakes[to] = self.translated(x[source], to, training)
            judged = getattr(self, f"discriminator_{to}")(fake, training=training)
            adversarial += 2.0 * least_squares_generator(judged)
            back = self.translated(fake, source, training)
            cycle += ops.mean(ops.abs(back - x[source]))
            if self.identity_weight:
                kept = self.translated(x[to], to, training)
                identity += ops.mean(ops.abs(kept - x[to]))
        weighted = cycle + self.identity_weight * identity
        losses = {
            "loss": adversarial + self.cycle_weight * weighted,
            "adversarial": adversarial,
            "cycle": cycle,
            "identity": ops.convert_to_tensor(identity),
        }
        return losses, fakes

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}
