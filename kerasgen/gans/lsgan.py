"""LSGAN: a GAN with squares in the place of cross-entropies.

Mao, Li, Xie, Lau, Wang and Smolley, 2017, "Least Squares Generative Adversarial
Networks", https://arxiv.org/abs/1611.04076, section 3 and figure 1.
Official code: xudonmao/LSGAN.

Differs from the paper:
1. Losses are means over a batch; the released code takes half of the sums.
2. Depth follows the image: sides are halved twice at least, and on down to 4 to 7 (the
   paper: 112 to 7).
3. The generator trains on latents of its own, not on those of the discriminator.
4. Labels enter the latents and the image only, not every layer.
"""

import keras
from keras import layers

from kerasgen.arguments import check_int, check_numbers
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers import channels_last
from kerasgen.layers.sizes import halvings
from kerasgen.losses.choices import least_squares_loss
from kerasgen.registry import register


@register
class LSGAN(TwoPlayerModel):
    """Least squares GAN.

    With targets `(a, b, c)` the discriminator minimises
    `(E (D(x) - b)^2 + E (D(G(z)) - a)^2) / 2`, the generator
    `E (D(G(z)) - c)^2 / 2`. For `(-1, 1, 0)` they minimise the Pearson chi-squared
    divergence; the paper trains with `(0, 1, 1)`.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 112x112 is the paper's.
        latent_dim: int. Size of the noise vector `z`. Defaults to `1024`.
        filters: int. Maps of the discriminator's first convolution, doubled at each
            halving up to 8 times as many; the generator has 4 times as many at most.
        num_classes: int or None. Makes both players conditional on labels.
        targets: three floats `a`, `b` and `c`.
        latent_distribution: `"uniform"` on `[-1, 1]`, `"normal"`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, `generator_loss`, and the means of `D` on images of
        both kinds, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice.

    Example:
    >>> model = kerasgen.gans.LSGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Mao et al., 2017](https://arxiv.org/abs/1611.04076), section 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=1024,
        filters=64,
        num_classes=None,
        targets=(0.0, 1.0, 1.0),
        latent_distribution="uniform",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            multiple_of=4,
            minimum=8,
            **kwargs,
        )
        self.filters = check_int("filters", filters)
        self.targets = check_numbers("targets", targets, 3)
        depth = max(2, halvings(*self.image_shape[:2]))
        self.generator = self._build_generator(depth)
        self.discriminator = self._build_discriminator(depth)
        self.add_players()

    def _build_generator(self, depth):
        height, width, channels = self.image_shape
        net = keras.Sequential(name="generator")
        net.add(keras.Input(self.generator_input_shape))
        base = (height >> depth, width >> depth, 4 * self.filters)
        net.add(layers.Dense(base[0] * base[1] * base[2], use_bias=False))
        net.add(layers.Reshape(base))
        for level in reversed(range(depth)):
            maps = self.filters * min(2**level, 4)
            for stride in (2, 1) if level >= 2 else (2,):
                _normalize(net)
                net.add(_deconvolution(maps, stride, use_bias=False))
        _normalize(net)
        net.add(_deconvolution(channels, 1))
        net.add(layers.Activation("tanh", dtype="float32"))
        return net  # (b, height, width, channels) in [-1, 1]

    def _build_discriminator(self, depth):
        height, width, channels = self.image_shape
        net = keras.Sequential(name="discriminator")
        net.add(keras.Input((height, width, channels + (self.num_classes or 0))))
        for level in range(depth):
            maps = self.filters * min(2**level, 8)
            net.add(channels_last.Conv2D(maps, 5, 2, "same", use_bias=level == 0))
            if level:
                net.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
            net.add(layers.LeakyReLU(negative_slope=0.2))
        net.add(channels_last.Flatten())
        net.add(layers.Dense(1, dtype="float32"))
        return net  # (b, 1), no probability

    @property
    def paper_loss(self):
        return least_squares_loss(*self.targets)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3, beta_1=0.5) for phase in self.phases}


def _normalize(net):
    net.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
    net.add(layers.ReLU())


def _deconvolution(maps, stride, use_bias=True):
    return channels_last.Conv2DTranspose(maps, 3, stride, "same", use_bias=use_bias)
