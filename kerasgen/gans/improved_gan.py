"""Improved GAN: feature matching, minibatch discrimination, and few labels.

Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, 2016, "Improved Techniques for
Training GANs", https://arxiv.org/abs/1606.03498, sections 3 and 5.
Official code: openai/improved-gan (`mnist_svhn_cifar10/`).

Differs from the paper:
1. One batch mixes labelled and unlabelled images as the data do; the code draws a batch
   of each.
2. The generator of `"conv"` ends in a plain transposed convolution, not one with weight
   normalisation.
3. Weights are set from the first batch, not from 500 images.
4. At sizes other than the code's, 32x32 for `"conv"`, the sides are halved twice as
   there, and the generator starts from 4 to 7 pixels.
5. Rates stay; the code of `"conv"` lets them fall.
"""

import dataclasses

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.families.classifying import Classifying
from kerasgen.layers.weight_norm import initializing_from_data
from kerasgen.networks.weight_normalized import (
    weight_normalized_discriminator,
    weight_normalized_generator,
)
from kerasgen.registry import register

MATCHINGS = ("squared", "mean_squared", "mean_absolute")


@register
class ImprovedGAN(Classifying, TwoPlayerModel):
    """GAN trained by the techniques of Salimans et al., with labels or without.

    With `known_classes=K` the discriminator is a classifier of K + 1 classes, the last
    of which, generated, has the logit 0, so that `D(x) = Z(x) / (Z(x) + 1)` with
    `Z = sum_k exp l_k(x)`. It minimises the cross entropy of images with a label, and
    `w (-E log D(x) - E log(1 - D(G(z))))` of all. Without classes `D` has one logit.

    The generator matches features `f` of the discriminator's last hidden layer,
    `||E f(x) - E f(G(z))||^2`, or plays the adversarial game. `label_smoothing` and
    `historical_averaging` are the paper's sections 3.4 and 3.3.

    Args:
        image_shape: tuple `(height, width, channels)`, for `"conv"` with sides
            divisible by 4 and at least 12; or `(features,)` for points.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        known_classes: int or None. Classes that the discriminator tells. Labels are
            `0..known_classes - 1`, or -1 for none. Images are generated without.
        architecture: `"dense"`, the code's for MNIST, or `"conv"`, that for CIFAR-10.
        filters: int or None. Maps of the discriminator's first convolution, 96 by
            default, or units of its first dense layer, 1000; the others have as many
            times more or fewer as there.
        generator_loss: `"feature_matching"`, or `"adversarial"`, that of `loss`.
        matching: how features are compared: `"squared"`, summed over features, the
            paper's; or `"mean_squared"` or `"mean_absolute"`, the code's for MNIST and
            CIFAR-10.
        unsupervised_weight: float, at least 0. `w`: 1 in the paper, 0.5 in the code;
            0 learns from labels alone. Defaults to `1.0`.
        num_kernels: int. Of minibatch discrimination; 0 for none. Defaults to `0`.
        minibatch_variant: `"paper"` or `"code"`, see
            `kerasgen.layers.minibatch_discrimination.MinibatchDiscrimination`.
        reference_size: int. Latents of the reference batch, by which virtual batch
            normalisation takes the place of batch normalisation in the generator; 0
            for batch normalisation. Defaults to `0`.
        latent_distribution: `"standard_uniform"` on `[0, 1]` or another.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`; with classes int labels `(batch,)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` in nats, and `generator_loss`; the mean `D` of images
        of both kinds, `discriminator_real` and `discriminator_fake`; with classes
        `discriminator_cross_entropy`, a mean over labelled images, in nats.

    Example:
    >>> model = kerasgen.gans.ImprovedGAN((28, 28, 1), known_classes=10, filters=100)
    >>> model.classify(np.zeros((2, 28, 28, 1), "uint8")).shape
    (2, 10)

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), sections 3, 5.
    """

    takes_points = True

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        known_classes=None,
        architecture="dense",
        filters=None,
        generator_loss="feature_matching",
        matching="squared",
        unsupervised_weight=1.0,
        num_kernels=0,
        minibatch_variant="paper",
        reference_size=0,
        latent_distribution="standard_uniform",
        **kwargs,
    ):
        check_choice("architecture", architecture, ("dense", "conv"))
        conv = architecture == "conv"
        self.takes_points = not conv
        super().__init__(
            image_shape,
            latent_dim,
            latent_distribution=latent_distribution,
            multiple_of=4 if conv else 1,
            minimum=12 if conv else 1,
            **kwargs,
        )
        self.data_range = (-1.0, 1.0) if conv else (0.0, 1.0)
        self.learn_classes(known_classes)
        self.architecture = architecture
        self.filters = filters if filters is None else check_int("filters", filters)
        choices = ("feature_matching", "adversarial")
        self.generator_loss = check_choice("generator_loss", generator_loss, choices)
        self.matching = check_choice("matching", matching, MATCHINGS)
        weight = check_number("unsupervised_weight", unsupervised_weight, 0.0)
        self.unsupervised_weight = weight
        self.num_kernels = check_int("num_kernels", num_kernels, 0)
        self.minibatch_variant = minibatch_variant
        self.reference_size = check_int("reference_size", reference_size, 0)
        self.generator = weight_normalized_generator(
            architecture,
            self.latent_dim,
            self.image_shape,
            self.filters,
            self.fields.x.output_activation,
            self.reference_size,
            self.latent_range,
        )
        minibatch = {"num_kernels": num_kernels, "variant": minibatch_variant}
        self.discriminator = weight_normalized_discriminator(
            architecture,
            self.image_shape,
            self.filters,
            self.known_classes or 1,
            minibatch if num_kernels else None,
            self.seed,
        )
        self.add_players(measured=("cross_entropy",) if known_classes else ())
        if generator_loss == "feature_matching":
            if self.top_k < 1.0:
                raise ValueError(
                    "`top_k` must be 1 for feature matching, which takes the means of "
                    f"batches. Received: top_k={self.top_k}"
                )
            loss = dataclasses.replace(self.adversarial_loss, needs_real=True)
            self.adversarial_loss = loss

    def initialize_from(self, x, labels):
        with initializing_from_data():
            self.discriminator(x)

    # === Losses ===

    def discriminate(self, x, labels=None, training=False):
        """Returns logits, features, and of a batch with labels these as well."""
        said = tuple(self.discriminator(x, training=training))
        return said if labels is None else (*said, labels)

    def class_logits(self, x, training=False):
        return self.discriminator(x, training=training)[0]

    def score(self, said):
        """Returns the logit of `D`: `log Z` of the classes' logits, `(batch, 1)`."""
        if self.known_classes is None:
            return said[0]
        return ops.logsumexp(said[0], axis=-1, keepdims=True)

    def discriminator_objective(self, real, fake):
        loss = self.unsupervised_weight * super().discriminator_objective(real, fake)
        if self.known_classes is None:
            return loss
        return loss + self.cross_entropy(real[0], real[2])

    def measure(self, real, fake):
        if self.known_classes is None:
            return {}
        return {"cross_entropy": self.cross_entropy(real[0], real[2])}

    def generator_objective(self, fake, real=None):
        if self.generator_loss == "adversarial":
            return super().generator_objective(fake, real)
        means = (
            ops.mean(ops.cast(said[1], "float32"), axis=0) for said in (real, fake)
        )
        real_mean, fake_mean = means
        apart = ops.stop_gradient(real_mean) - fake_mean
        if self.matching == "mean_absolute":
            return ops.mean(ops.abs(apart))
        over = ops.sum if self.matching == "squared" else ops.mean
        return over(ops.square(apart))

    def default_optimizers(self):
        rate = 3e-3 if self.architecture == "dense" else 3e-4
        return {p: keras.optimizers.Adam(rate, beta_1=0.5) for p in self.phases}
