"""BiGAN: a GAN with an encoder, whose discriminator sees examples with their codes.

Donahue, Krahenbuhl and Darrell, 2017, "Adversarial Feature Learning",
https://arxiv.org/abs/1605.09782, sections 3 and 4. Official code: jeffdonahue/bigan.

Differs from the paper:
1. `"conv"` is not its AlexNet: DCGAN's strided convolutions, whose features the code
   joins as it does those of `"dense"`.
2. The learning rate stays; the recipe lets it fall, as the code does.
3. Dense kernels start as Keras's do.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.bidirectional import BidirectionalModel
from kerasgen.layers import channels_last
from kerasgen.layers.batch_normalization import gainless_norm
from kerasgen.losses.regularizers import half_square
from kerasgen.networks.players import named_discriminator, named_generator
from kerasgen.registry import register

ARCHITECTURES = ("dense", "conv")


@register
class BiGAN(BidirectionalModel):
    """Bidirectional GAN: it learns the inverse of its generator while it trains.

    A deterministic encoder `E` gives codes. The discriminator minimises
    `-E log D(x, E(x)) - E log(1 - D(G(z), z))`, generator and encoder the same with the
    labels exchanged, `-E log(1 - D(x, E(x))) - E log D(G(z), z)`. All three move at
    once, by one pass over one batch. Where both kinds of pairs are alike, `E` is the
    inverse of `G` (theorem 2).

    Args:
        image_shape: tuple `(height, width, channels)`, for `"conv"` with sides
            divisible by 4 and at least 8; or `(features,)` for points.
        latent_dim: int. Size of the code `z`. Defaults to `50`.
        architecture: `"dense"`, the paper's for MNIST, which sees no order of pixels;
            or `"conv"`.
        units: int. Of each hidden dense layer. Defaults to `1024`.
        filters: int. Maps of the first convolution of `"conv"`. Defaults to `64`.
        weight_decay: float, at least 0. Half of it times the squared kernels of a
            player is added to its loss. Defaults to `2.5e-5`.
        one_batch: bool. Whether pairs of both kinds go through the discriminator as one
            batch (the code's option `cat_inputs`), so that its normalisation keeps what
            differs between them; False is the code's default, by which the digits of
            the recipe stayed noise. Defaults to `True`.
        latent_distribution: `"uniform"` on `[-1, 1]` or another that is bounded, which
            bounds codes by a sigmoid; or `"normal"`, which leaves them unbounded.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss`, the encoder's too, in nats, with
        the weight decay; the mean probabilities of being data that pairs of both kinds
        have, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice by `"conv"`.

    Example:
    >>> model = kerasgen.gans.BiGAN(image_shape=(28, 28, 1), units=64)
    >>> codes = model.encode(np.zeros((2, 28, 28, 1), "uint8"))
    >>> codes.shape, model.sample(2, latents=codes).shape
    ((2, 50), (2, 28, 28, 1))

    Reference: [Donahue et al., 2017](https://arxiv.org/abs/1605.09782), section 3.
    """

    data_range = (0.0, 1.0)
    takes_points = True

    def __init__(
        self,
        image_shape,
        latent_dim=50,
        architecture="dense",
        units=1024,
        filters=64,
        weight_decay=2.5e-5,
        one_batch=True,
        latent_distribution="uniform",
        **kwargs,
    ):
        check_choice("architecture", architecture, ARCHITECTURES)
        conv = architecture == "conv"
        self.takes_points = not conv
        super().__init__(
            image_shape,
            latent_dim,
            latent_distribution=latent_distribution,
            multiple_of=4 if conv else 1,
            minimum=8 if conv else 1,
            **kwargs,
        )
        self.architecture = architecture
        self.units = check_int("units", units)
        self.filters = check_int("filters", filters)
        self.weight_decay = check_number("weight_decay", weight_decay, 0.0)
        self.judges_together = self.one_batch = bool(one_batch)
        self.generator = self._build_generator()
        self.encoder = self._build_encoder()
        self.discriminator = self._build_discriminator()
        self.add_three_players()

    def _build_generator(self):
        activation = self.fields.x.output_activation
        if self.architecture == "conv":
            return named_generator(
                "dcgan", self.latent_dim, self.image_shape, self.filters, activation
            )
        net = keras.Sequential(name="generator")
        net.add(keras.Input((self.latent_dim,)))
        for _ in range(2):
            net.add(layers.Dense(self.units, use_bias=False))
            net.add(gainless_norm())
            net.add(layers.ReLU())
        net.add(layers.Dense(math.prod(self.image_shape)))
        net.add(layers.Reshape(self.image_shape))
        net.add(layers.Activation(activation, dtype="float32"))
        return net  # (b, height, width, channels) in [0, 1], or (b, features)

    def _build_encoder(self):
        x = keras.Input(self.image_shape)
        if self.architecture == "conv":
            return self._convolutions(self.latent_dim, "encoder")
        h = layers.Dense(self.units)(channels_last.Flatten()(x))
        h = layers.Dense(self.units, use_bias=False)(_leaky(h))
        codes = layers.Dense(self.latent_dim, dtype="float32")
        return keras.Model(x, codes(_leaky(gainless_norm()(h))), name="encoder")

    def _build_discriminator(self):
        x, z = keras.Input(self.image_shape), keras.Input((self.latent_dim,))
        if self.architecture == "conv":
            h = self._convolutions(self.units, "features")(x)
        else:
            h = layers.Dense(self.units)(channels_last.Flatten()(x))
        h = _leaky(layers.Add()([h, layers.Dense(self.units)(z)]))
        h = layers.Dense(self.units)(h)
        h = layers.Add()([h, layers.Dense(self.units, use_bias=False)(z)])
        logit = layers.Dense(1, dtype="float32")(_leaky(gainless_norm()(h)))
        return keras.Model((x, z), logit, name="discriminator")  # (b, 1)

    def _convolutions(self, outputs, name):
        shape = self.image_shape
        return named_discriminator("dcgan", shape, self.filters, "batch", outputs, name)

    def infer(self, x, labels=None, training=False):
        codes = self.encoder(x, training=training)
        if self.latent_range is None:
            return codes
        low, high = self.latent_range
        return low + (high - low) * ops.sigmoid(codes)

    def added_loss(self, phase):
        term = super().added_loss(phase)
        if not self.weight_decay:
            return term
        kernels = [v for v in self.phase_variables(phase) if len(v.shape) > 1]
        decay = self.weight_decay * half_square(kernels)
        return decay if term is None else term + decay

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}


def _leaky(x):
    return layers.LeakyReLU(negative_slope=0.2)(x)
