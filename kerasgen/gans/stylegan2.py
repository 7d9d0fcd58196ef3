"""StyleGAN2: a generator whose convolutions are modulated by styles.

Karras, Laine, Aittala, Hellsten, Lehtinen and Aila, 2020, "Analyzing and Improving the
Image Quality of StyleGAN", https://arxiv.org/abs/1912.04958, configuration F. Official
code: NVlabs/stylegan2. With `augmentation="adaptive"`, Karras et al., 2020, "Training
Generative Adversarial Networks with Limited Data", https://arxiv.org/abs/2006.06676.

Differs from the paper:
1. The regularisers are added to the loss of the steps on which they fall, times their
   interval; the code makes updates of their own of them, and so corrects Adam's rates.
2. In the mean of path lengths and of styles each step counts, whatever its batch.
3. Sides may be any 4 to 7 times a power of 2, and differ.
4. No half precision by parts of the networks: the dtype policy holds for all.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.style_model import StyleModel
from kerasgen.layers.sizes import halvings
from kerasgen.losses.penalties import squared_gradient
from kerasgen.losses.regularizers import path_length_penalty, path_lengths
from kerasgen.networks.style import (
    MappingNetwork,
    StyleDiscriminator,
    StyleGenerator,
    SynthesisNetwork,
)
from kerasgen.registry import register


@register
class StyleGAN2(StyleModel):
    """GAN of modulated convolutions.

    A mapping network makes styles of latents; each convolution of the synthesis network
    scales its input maps by a style, and divides its outputs by what that does to their
    variance. Losses are those of Goodfellow et al.; the discriminator has R1, the
    generator a penalty of how unevenly images change with styles:
    `w E (||J^T y|| - a)^2`.

    Args:
        image_shape: tuple `(height, width, channels)`. It is halved down to 4 to 7
            pixels; 1024x1024 is the paper's.
        latent_dim: int. Size of the noise vector, and of styles. Defaults to `512`.
        max_filters: int. Most maps of a convolution. Defaults to `512`.
        filters_base: int. Maps times size of a side: `filters_base / side` maps and at
            most `max_filters`. Defaults to `32768`, configuration F.
        mapping_depth: int. Dense layers of the mapping network.
        num_classes: int or None. Makes the model conditional on labels: their embedding
            stands beside the latents, and the discriminator has a score for each class.
        residual: bool. Whether the discriminator's blocks have short ways.
        group_size: int. Of `MinibatchStddev`.
        r1_weight: float. `gamma` of R1. Defaults to `10`.
        r1_interval: int. Steps from one R1 to the next, which counts so many times.
        path_length_weight: float. `w`. Defaults to `2`; 0 leaves the penalty out.
        path_length_interval: int. Likewise.
        style_mixing: float in [0, 1]. Share of batches that mix two styles.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, with R1; `generator_loss`, with the other penalty;
        probabilities `discriminator_real` and `discriminator_fake`;
        `discriminator_penalty`, weighted, in the mean over steps; and
        `generator_path_length`, the moving mean `a`.
    Raises:  ValueError: if the image cannot be halved once.

    Example:
    >>> model = kerasgen.gans.StyleGAN2((16, 16, 3), latent_dim=8, max_filters=8)
    >>> model.sample(2, seed=0, truncation=0.7).shape
    (2, 16, 16, 3)

    Reference: [Karras et al., 2020](https://arxiv.org/abs/1912.04958), sections 2 to 4.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=512,
        max_filters=512,
        filters_base=32768,
        mapping_depth=8,
        num_classes=None,
        residual=True,
        group_size=4,
        r1_weight=10.0,
        r1_interval=16,
        path_length_weight=2.0,
        path_length_interval=4,
        style_mixing=0.9,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            style_mixing=style_mixing,
            multiple_of=2,
            minimum=8,
            **kwargs,
        )
        self.max_filters = check_int("max_filters", max_filters)
        self.filters_base = check_int("filters_base", filters_base)
        self.mapping_depth = check_int("mapping_depth", mapping_depth)
        self.residual, self.group_size = residual, check_int("group_size", group_size)
        self.r1_weight = check_number("r1_weight", r1_weight, 0.0)
        self.r1_interval = check_int("r1_interval", r1_interval)
        weight = check_number("path_length_weight", path_length_weight, 0.0)
        self.path_length_weight = weight
        self.path_length_interval = check_int(
            "path_length_interval", path_length_interval
        )
        *sides, channels = self.image_shape
        depth = halvings(*sides)
        base = tuple(side >> depth for side in sides)
        maps = [self.maps(4 << level) for level in range(depth + 1)]
        self.generator = StyleGenerator(
            MappingNetwork(latent_dim, latent_dim, mapping_depth, num_classes),
            SynthesisNetwork(latent_dim, base, maps, channels),
        )
        self.discriminator = StyleDiscriminator(
            base, maps, channels, num_classes or 1, group_size, residual
        )
        self.path_length = self._add_state("path_length", 0.0, "float32")
        self.add_players(penalized=True, generator_scalars=("loss", "path_length"))

    def maps(self, side):
        """Returns how many maps convolutions have where a side has so many pixels."""
        return max(1, min(self.filters_base // side, self.max_filters))

    def discriminate(self, x, labels, training):
        return self.score_of_class(self.discriminator(x), labels)

    def penalty(self, x, fake, labels, training):
        def critic(x):
            return self.judge(x, labels, training)

        interval = self.r1_interval if training else 1

        def r1():
            return self.r1_weight * interval * squared_gradient(critic, x)

        return self.lazily(interval, r1, 0.0)

    def compute_losses(self, phase, x, labels, training):
        losses = super().compute_losses(phase, x, labels, training)
        if phase != "generator":
            return losses
        average = ops.convert_to_tensor(self.path_length.value)
        if training and self.path_length_weight:
            penalty, average = ops.unstack(
                self.lazily(
                    self.path_length_interval,
                    lambda: self._path_length_penalty(x, labels, average),
                    ops.stack([ops.zeros_like(average), average]),
                ),
                num=2,
            )
            self.path_length.assign(ops.stop_gradient(average))
            losses["loss"] = losses["loss"] + penalty
        return {**losses, "path_length": average}

    def _path_length_penalty(self, x, labels, average):
        """Returns the weighted penalty of half a batch, and the mean length, `(2,)`."""
        half = (ops.shape(x)[0] + 1) // 2
        labels = None if labels is None else labels[:half]
        z = self.draw_latents(half, True)
        w = self.generator.spread(self.generator.mapping(z, labels))
        shape = (half, *self.image_shape)
        noise = keras.random.normal(shape, seed=self.draw_seed(True))
        grain = keras.random.normal(
            (half, self.generator.synthesis.noise_size), seed=self.draw_seed(True)
        )
        lengths = path_lengths(lambda w: self.generator.synthesis(w, grain), w, noise)
        average = average + 0.01 * (ops.mean(lengths) - average)
        weight = self.path_length_weight * self.path_length_interval
        return ops.stack([weight * path_length_penalty(lengths, average), average])

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
            for phase in self.phases
        }
