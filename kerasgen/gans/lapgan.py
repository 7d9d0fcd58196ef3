"""LAPGAN: a GAN for each level of a Laplacian pyramid, from coarse to fine.

Denton, Chintala, Szlam and Fergus, 2015, "Deep Generative Image Models using a
Laplacian Pyramid of Adversarial Networks", https://arxiv.org/abs/1506.05751, sections 2
and 4. Official code: facebook/eyescream.

Differs from the paper:
1. All levels are trained in one `fit`, by the same batches. None sees what another
   made: it is the training of each by itself.
2. Of a batch the first half is real and the other half lends its low-pass images to
   fakes, as in the code; the paper throws a coin for each image.
3. Momentum and learning rate stay as they start. The paper lets momentum rise by 0.0008
   an epoch up to 0.8 (the code: 0.7) and divides the rate by 1 + 4e-5 (1.000004, or
   1.00004 with labels).
4. Images are in `[-1, 1]`; the code makes each channel's mean 0 and variance 1.
5. The networks for CIFAR-10 and STL at each level, not those for LSUN; no crops.
6. The pyramid reduces images by a tent, which the paper asks for a blur and the code
   for a bilinear scaling.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.layers.labels import one_hot_like
from kerasgen.layers.laplacian_pyramid import gaussian_pyramid, level_sizes, resize
from kerasgen.losses.adversarial import logistic_discriminator, non_saturating_generator
from kerasgen.networks.pyramid import (
    LEAST_SIDE,
    PyramidGenerator,
    dense_networks,
    residual_networks,
)
from kerasgen.registry import register


@register
class LAPGAN(AdversarialModel):
    """Laplacian pyramid of adversarial networks.

    Images `I_0` are reduced level by level, `I_{k+1} = d(I_k)`. A GAN makes images of
    the coarsest level `K` from noise. That of each finer level gets the enlarged image
    `l_k = u(I_{k+1})` and a plane of noise, and makes the residual `h_k = G_k(z_k,
    l_k)`; its discriminator sees `l_k + h_k`, real where `h_k = I_k - l_k`. In training
    `I_{k+1}` is that of data, in sampling that of the level before (eq. 5).

    Args:
        image_shape: tuple `(height, width, channels)`.
        heights: tuple of ints, those of the coarser levels' images, the smallest first;
            widths are in proportion, rounded. `(8, 14)` is the paper's for images of
            28x28 pixels, cut out of CIFAR-10; `()` leaves a plain GAN. None halves
            sides down to 8 to 15.
        latent_dim: int. Size of the coarsest level's noise. Defaults to `100`.
        num_classes: int or None. Makes all levels conditional on labels.
        generator_units, discriminator_units: int or None. Of both hidden layers at the
            coarsest level. None for the variant's, 1200 and 600 or 8000 and 1600.
        filters: int. Maps of the convolutions at finer levels. Defaults to `64`.
        dropout: float in [0, 1]. In discriminators. Defaults to `0.5`.
        variant: `"paper"` or `"released"`. The latter has sigmoid units in the second
            layer of the coarsest generator and other first weights, unless there are
            labels; their planes are rectified and stand beside the inputs, in the paper
            beside the maps of the first convolution.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: for each level, by its height, such as 16: `discriminator_16_loss`, in nats
        an image, and `generator_16_loss`, in nats; the mean probabilities of being real
        that images of both kinds have, `discriminator_16_real` and
        `discriminator_16_fake`.
    Raises:  ValueError: if heights do not rise, or a level above the coarsest has less
        than 9 pixels a side.

    Example:
    >>> model = kerasgen.gans.LAPGAN((16, 16, 1), filters=4, generator_units=8)
    >>> [x.shape for x in model.sample_levels(2, seed=0)]
    [(2, 8, 8, 1), (2, 16, 16, 1)]

    Reference: [Denton et al., 2015](https://arxiv.org/abs/1506.05751), section 2.
    """

    def __init__(
        self,
        image_shape,
        heights=None,
        latent_dim=100,
        num_classes=None,
        generator_units=None,
        discriminator_units=None,
        filters=64,
        dropout=0.5,
        variant="paper",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes,
            latent_distribution="uniform",
            **kwargs,
        )
        self.heights = heights if heights is None else tuple(heights)
        self.sizes = level_sizes(*self.image_shape[:2], self.heights, LEAST_SIDE)
        self.generator_units = _units("generator_units", generator_units)
        self.discriminator_units = _units("discriminator_units", discriminator_units)
        self.filters = check_int("filters", filters)
        self.dropout = check_number("dropout", dropout, 0.0, 1.0)
        self.variant = check_choice("variant", variant, ("paper", "released"))
        pairs = [self._networks(level) for level in range(len(self.sizes))]
        generators, self.discriminators = map(list, zip(*pairs, strict=True))
        self.generator = PyramidGenerator(
            generators, self.sizes, self.latent_dim, num_classes
        )
        self.add_augmenter()
        self.level_names = [str(height) for height, _ in self.sizes]
        for name, *networks in zip(
            self.level_names, self.discriminators, generators, strict=True
        ):
            scalars = ("loss", "real", "fake")
            self.add_phase(f"discriminator_{name}", networks[0], scalars)
            self.add_phase(f"generator_{name}", networks[1])

    def _networks(self, level):
        """Returns the generator and the discriminator of a level."""
        options = {
            "shape": (*self.sizes[level], self.image_shape[-1]),
            "released": self.variant == "released",
            "dropout": self.dropout,
            "seed": None if self.seed is None else self.seed + 1 + 2 * level,
            "num_classes": self.num_classes,
        }
        if level:
            return residual_networks(self.filters, **options)
        units = (self.generator_units, self.discriminator_units)
        return dense_networks(self.latent_dim, *units, **options)

    @property
    def latent_shape(self):
        return (self.generator.noise_size,)

    # === Images ===

    def generate(self, z, labels=None, training=False):
        return self.generator(z, labels, training=training)[-1]

    def sample_levels(self, num_samples, labels=None, seed=None, start=None, **options):
        """Draws images of all levels, each made from the one before.

        Args:
            num_samples, labels, seed: as in `sample`.
            start: array of images `(num_samples, height, width, channels)` in `[0, 1]`
                or None. Images of the size of one level, at which drawing starts.
            **options: `batch_size` and `weights`, as in `sample`.

        Returns:
            list of float32 arrays in `[0, 1]`, one a level, the coarsest first; with
            `start` those from its level on.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        arrays = {"z": self.latents_of_sample(generator, num_samples)}
        if labels is not None:
            arrays["labels"] = labels
        level = 0
        if start is not None:
            level = self._level_of(start, num_samples)
            arrays["start"] = start.astype("float32")
        names = tuple(arrays)

        def drawn(*given):
            given = dict(zip(names, given, strict=True))
            images = []
            if start is not None:
                images = [self.preprocess(given["start"])] * (level + 1)
            images = self.generator.finer(images, given["z"], given.get("labels"))
            return [self.to_images(x) for x in images[level:]]

        key = ("levels", names, level)
        return self.run_in_batches(key, drawn, list(arrays.values()), **options)

    def _level_of(self, images, count):
        shapes = [(count, *size, self.image_shape[-1]) for size in self.sizes]
        if images.shape not in shapes:
            raise ValueError(
                f"`start` must have one of the shapes {shapes}. "
                f"Received: start of shape {images.shape}"
            )
        return shapes.index(images.shape)

    # === Losses ===

    def judge(self, level, image, labels, training):
        """Returns the logits of a level's images, `l_k + h_k`, being real."""
        given = [self.disturbed(image, training)]
        if labels is not None:
            given.append(one_hot_like(labels, self.num_classes, image))
        return self.discriminators[level](given, training=training)

    def compute_losses(self, phase, x, labels, training):
        player, name = phase.split("_")
        level = self.level_names.index(name)
        images = gaussian_pyramid(x, self.sizes)[max(level - 1, 0) : level + 1]
        if player == "generator":
            fake = self._fake(level, images[0], labels, training)
            said = self.judge(level, fake, labels, training)
            return {"loss": non_saturating_generator(said)}
        half = (ops.shape(x)[0] + 1) // 2
        labels, others = _halves(labels, half)
        coarser, image = _halves(images[0], half)[1], _halves(images[-1], half)[0]
        fake = self._fake(level, coarser, others, training)
        fake = self.judge(level, ops.stop_gradient(fake), others, training)
        real = self.judge(level, image, labels, training)
        if training:
            self.observe(real)
        return {
            "loss": 0.5 * logistic_discriminator(real, fake),
            "real": ops.mean(ops.sigmoid(real)),
            "fake": ops.mean(ops.sigmoid(fake)),
        }

    def _fake(self, level, coarser, labels, training):
        """Returns images of a level, made from coarser ones of data."""
        shape = (ops.shape(coarser)[0], self.generator.counts[level])
        noise = keras.random.uniform(shape, -1.0, 1.0, seed=self.draw_seed(training))
        low = resize(coarser, self.sizes[level]) if level else None
        return self.generator.image(level, noise, low, labels, training)

    def separation(self, scalars):
        """Returns the mean over levels of `D(x) - D(G(z))`; None without figures."""
        pairs = [
            [scalars.get(f"discriminator_{name}_{kind}") for kind in ("real", "fake")]
            for name in self.level_names
        ]
        if any(None in pair for pair in pairs):
            return None
        return sum(real - fake for real, fake in pairs) / len(pairs)

    def default_optimizers(self):
        return {p: keras.optimizers.SGD(0.02, momentum=0.5) for p in self.phases}


def _halves(x, count):
    """Returns the first and the last rows of a batch, or None twice of None."""
    return (None, None) if x is None else (x[:count], x[-count:])


def _units(name, units):
    return None if units is None else check_int(name, units)
