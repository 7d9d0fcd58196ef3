"""ACGAN: a GAN whose discriminator also says of which class an image is.

Odena, Olah and Shlens, 2017, "Conditional Image Synthesis with Auxiliary Classifier
GANs", https://arxiv.org/abs/1610.09585, section 3 and appendix A. The authors gave no
code.

Differs from the paper:
1. The networks for CIFAR-10, whatever the size of the image: the generator starts from
   4 to 7 pixels, the discriminator halves the sides three times at most.
2. The generator's class is that of the real image beside it, not drawn anew.
3. No noise is added to activations.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers import channels_last
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.sizes import halvings
from kerasgen.registry import register


@register
class ACGAN(TwoPlayerModel):
    """GAN with an auxiliary classifier.

    The discriminator sees no label. One linear layer ends in a logit of being real and
    in logits of the classes. Both players maximise the log-likelihood of the class of
    real and of generated images: the discriminator minimises
    `-E log D(x) - E log(1 - D(G(z, c))) - w E log P(c | x) - w E log P(c | G(z, c))`,
    the generator `-E log D(G(z, c)) - w E log P(c | G(z, c))`.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 32x32 is the paper's for CIFAR-10.
        num_classes: int. At least 2.
        latent_dim: int. Size of the noise vector `z`, to which the class is joined.
            Defaults to `100`, with 10 classes the paper's 110.
        filters: int. Maps of the discriminator's first convolution, doubled by each of
            the next; the generator starts from 24 times as many. Defaults to `16`.
        class_weight: float. `w`, at least 0; 0 leaves a GAN whose generator is free to
            ignore the class. Defaults to `1.0`.
        dropout: float in [0, 1]. After each convolution of the discriminator. Defaults
            to `0.5`.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss` and `generator_loss` in nats; the mean probabilities
        of being real, `discriminator_real` and `discriminator_fake`; the class losses
        of images of both kinds, not weighted, in nats, `discriminator_class_real` and
        `discriminator_class_fake`.
    Raises:  ValueError: if the image cannot be halved twice.

    Example:
    >>> model = kerasgen.gans.ACGAN((32, 32, 3), num_classes=10, filters=4)
    >>> model.sample(2, labels=[3, 7], seed=0).shape
    (2, 32, 32, 3)

    Reference: [Odena et al., 2017](https://arxiv.org/abs/1610.09585), section 3.
    """

    def __init__(
        self,
        image_shape,
        num_classes,
        latent_dim=100,
        filters=16,
        class_weight=1.0,
        dropout=0.5,
        latent_distribution="normal",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=check_int("num_classes", num_classes, 2),
            latent_distribution=latent_distribution,
            multiple_of=4,
            minimum=8,
            **kwargs,
        )
        self.filters = check_int("filters", filters)
        self.class_weight = check_number("class_weight", class_weight, 0.0)
        self.dropout = check_number("dropout", dropout, 0.0, 1.0)
        self.generator = self._build_generator()
        self.discriminator = self._build_discriminator()
        self.add_players(measured=("class_real", "class_fake"))

    def _build_generator(self):
        height, width, channels = self.image_shape
        depth = halvings(height, width)
        base = (height >> depth, width >> depth, 24 * self.filters)
        net = keras.Sequential(name="generator")
        net.add(keras.Input(self.generator_input_shape))
        net.add(layers.Dense(math.prod(base), "relu", kernel_initializer=_normal()))
        net.add(layers.Reshape(base))
        for level in range(1, depth):
            maps = 24 * self.filters // 2 ** min(level, 3)
            net.add(_conv(channels_last.Conv2DTranspose, maps, 5, 2, use_bias=False))
            net.add(_normalization())
            net.add(layers.ReLU())
        net.add(_conv(channels_last.Conv2DTranspose, channels, 5, 2))
        net.add(layers.Activation("tanh", dtype="float32"))
        return net  # (b, height, width, channels) in [-1, 1]

    def _build_discriminator(self):
        net = keras.Sequential(name="discriminator")
        net.add(keras.Input(self.image_shape))
        depth = min(3, halvings(*self.image_shape[:2]))
        for level in range(2 * depth):
            maps, stride = self.filters * 2**level, 1 if level % 2 else 2
            net.add(_conv(channels_last.Conv2D, maps, 3, stride, use_bias=level == 0))
            if level:
                net.add(_normalization())
            net.add(layers.LeakyReLU(negative_slope=0.2))
            # Other seeds than the model's own, which draws the latents.
            seed = None if self.seed is None else self.seed + 1 + level
            net.add(Dropout(self.dropout, seed=seed))
        net.add(channels_last.Flatten())
        units = 1 + self.num_classes
        net.add(layers.Dense(units, kernel_initializer=_normal(), dtype="float32"))
        return net  # (b, 1 + classes) logits

    def discriminate(self, x, labels, training):
        """Returns the logits of being real, `(batch, 1)`, and `-log P(c | x)` in nats.

        Without labels the second is None.
        """
        logits = self.discriminator(x, training=training)
        if labels is None:
            return logits[:, :1], None
        labels = ops.one_hot(ops.cast(labels, "int32"), self.num_classes)
        losses = ops.categorical_crossentropy(labels, logits[:, 1:], from_logits=True)
        return logits[:, :1], losses

    def discriminator_objective(self, real, fake):
        classes = ops.mean(real[1]) + ops.mean(fake[1])
        return super().discriminator_objective(real, fake) + self.class_weight * classes

    def generator_objective(self, fake, real=None):
        classes = self.class_weight * ops.mean(fake[1])
        return super().generator_objective(fake, real) + classes

    def score(self, said):
        return said[0]

    def measure(self, real, fake):
        return {"class_real": ops.mean(real[1]), "class_fake": ops.mean(fake[1])}

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)


def _conv(kind, maps, size, stride, **kwargs):
    return kind(maps, size, stride, "same", kernel_initializer=_normal(), **kwargs)


def _normalization():
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
