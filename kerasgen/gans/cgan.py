"""CGAN: adversarial networks that are told a label, which each maps by itself first.

Mirza and Osindero, 2014, "Conditional Generative Adversarial Nets",
https://arxiv.org/abs/1411.1784, sections 3.2 and 4.1. The authors gave no code.

Differs from the paper:
1. Momentum stays at 0.5 (the paper: it rises to 0.7), and the learning rate decays
   without its floor of 1e-6, which it would reach after 288,000 updates.
2. Dropout is on the hidden layers; the paper does not say where.
3. The generator maximises log D(G(z|y)|y), as Goodfellow et al., 2014, section 3.
4. Weights start as Keras's, but for those of labels, which start normal with a
   deviation of 0.5: Glorot's rule takes each input to be about 1, while of a label's
   only one is not 0, and both players would hardly see it. The paper does not say.
5. Of the experiments that with classes alone, not that with words for photographs.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.features.attributes import as_attributes
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.labels import one_hot_like
from kerasgen.layers.maxout import Maxout
from kerasgen.registry import register


@register
class CGAN(TwoPlayerModel):
    """Conditional GAN of dense layers, by Mirza and Osindero.

    Noise and label go through a ReLU layer each, and both together through another, to
    the generator's output. Example and label go through a maxout layer each, and both
    together through another, to the discriminator's logit. Pairs of data are real,
    `(G(z|y), y)` fake: `min_G max_D E log D(x|y) + E log(1 - D(G(z|y)|y))`.

    Args:
        image_shape: tuple `(height, width, channels)`, or `(features,)` for points, on
            which the generator's output is linear.
        num_classes: int, at least 2; or None where `attributes` are given.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        generator_units: tuple of ints. Units of the generator's layers of the noise, of
            the label and of both. Defaults to `(200, 1000, 1200)`.
        discriminator_units: tuple of ints. Units of the discriminator's layers of the
            example, of the label and of both. Defaults to `(240, 50, 240)`.
        pieces: tuple of ints. Linear maps behind a unit of each of these. Defaults to
            `(5, 5, 4)`.
        dropout: float in [0, 1]. On the hidden layers of both players. Defaults to
            `0.5`.
        generator_dropout: float in [0, 1], or None. On those of the generator, in place
            of `dropout`. What dropout varies in training stands still in samples: by
            the paper's 0.5 the digits of a class came out alike.
        latent_distribution: `"standard_uniform"` on `[0, 1]`, `"uniform"` on `[-1, 1]`,
            `"unit_variance_uniform"` or `"normal"`.
        attributes: dict or None, in the place of classes. Several attributes at once,
            by their names; of each the number of its values, the list of their names,
            or the range `(low, high)` of a continuous one.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`, and int labels `(batch,)`, or a dict of
        attributes `(batch,)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss` in nats, and the mean
        probabilities of being real that the discriminator gives to data of both
        kinds, `discriminator_real` and `discriminator_fake`.

    Example:
    >>> model = kerasgen.gans.CGAN((28, 28, 1), num_classes=10)
    >>> model.sample(2, labels=[3, 7], seed=0).shape
    (2, 28, 28, 1)
    >>> attributes = {"hair": ["dark", "fair"], "age": (0.0, 90.0)}
    >>> model = kerasgen.gans.CGAN((8, 8, 3), attributes=attributes)
    >>> model.sample(2, labels={"hair": "dark", "age": [20.0, 70.0]}, seed=0).shape
    (2, 8, 8, 3)

    Reference: [Mirza and Osindero, 2014](https://arxiv.org/abs/1411.1784), section 4.1.
    """

    data_range = (0.0, 1.0)
    takes_points = True

    def __init__(
        self,
        image_shape,
        num_classes=None,
        latent_dim=100,
        generator_units=(200, 1000, 1200),
        discriminator_units=(240, 50, 240),
        pieces=(5, 5, 4),
        dropout=0.5,
        generator_dropout=None,
        latent_distribution="standard_uniform",
        attributes=None,
        **kwargs,
    ):
        if (num_classes is None) == (attributes is None):
            raise ValueError(
                "`num_classes` must be given, or `attributes`, and not both. Received: "
                f"num_classes={num_classes}, attributes={attributes}"
            )
        if num_classes is not None:
            check_int("num_classes", num_classes, 2)
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.attributes, self.condition_size = attributes, num_classes
        if attributes is not None:
            field = as_attributes("attributes", attributes)
            self.set_fields(self.fields.x, field)
            self.condition_size = field.shape[0]
        self.generator_units = _three("generator_units", generator_units)
        self.discriminator_units = _three("discriminator_units", discriminator_units)
        self.pieces = _three("pieces", pieces)
        self.dropout = check_number("dropout", dropout, 0.0, 1.0)
        self.generator_dropout = generator_dropout
        if generator_dropout is not None:
            check_number("generator_dropout", generator_dropout, 0.0, 1.0)
        self.generator = self._build_generator()
        self.discriminator = self._build_discriminator()
        self.add_players()

    def _build_generator(self):
        z, y = keras.Input((self.latent_dim,)), keras.Input((self.condition_size,))

        def hidden(x, number):
            units, kernel = self.generator_units[number], _kernel(number)
            x = layers.Dense(units, "relu", kernel_initializer=kernel)(x)
            chosen = self.generator_dropout
            return self._dropped(x, number, self.dropout if chosen is None else chosen)

        both = layers.Concatenate()([hidden(z, 0), hidden(y, 1)])
        units = math.prod(self.image_shape)
        x = layers.Dense(units)(hidden(both, 2))
        x = layers.Reshape(self.image_shape)(x)
        x = layers.Activation(self.fields.x.output_activation, dtype="float32")(x)
        return keras.Model((z, y), x, name="generator")  # in [0, 1], or points

    def _build_discriminator(self):
        x, y = keras.Input(self.image_shape), keras.Input((self.condition_size,))

        def hidden(x, number):
            units, pieces = self.discriminator_units[number], self.pieces[number]
            maxout = Maxout(units, pieces, kernel_initializer=_kernel(number))
            return self._dropped(maxout(x), 3 + number, self.dropout)

        flat = layers.Reshape((math.prod(self.image_shape),))(x)
        both = layers.Concatenate()([hidden(flat, 0), hidden(y, 1)])
        logit = layers.Dense(1, dtype="float32")(hidden(both, 2))
        return keras.Model((x, y), logit, name="discriminator")  # (b, 1)

    def _dropped(self, x, number, rate):
        # Other seeds than the model's own, which draws the latents.
        seed = None if self.seed is None else self.seed + 1 + number
        return Dropout(rate, seed=seed)(x)

    def generate(self, z, labels=None, training=False):
        return self.generator(self._told(z, labels), training=training)

    def discriminate(self, x, labels, training):
        """Returns the logits of examples being real with their labels, `(batch, 1)`."""
        return self.discriminator(self._told(x, labels), training=training)

    def _told(self, x, labels):
        x = ops.convert_to_tensor(x)
        if self.attributes is not None:
            return x, ops.cast(labels, x.dtype)
        return x, one_hot_like(labels, self.num_classes, x)

    def default_optimizers(self):
        return {phase: _optimizer() for phase in self.phases}


def _three(name, values):
    if not isinstance(values, (tuple, list)) or len(values) != 3:
        raise ValueError(f"`{name}` must hold three ints. Received: {name}={values!r}")
    return tuple(check_int(name, value) for value in values)


def _kernel(number):
    """Returns how the kernel of the first, the label's or the third layer starts."""
    if number == 1:
        return keras.initializers.RandomNormal(stddev=0.5)
    return keras.initializers.GlorotUniform()


def _optimizer():
    # 0.1 / 1.00004^t, written in long strides as float32 cannot hold 1.00004 well.
    schedule = keras.optimizers.schedules.ExponentialDecay(
        0.1, decay_steps=25_000, decay_rate=1.00004**-25_000
    )
    return keras.optimizers.SGD(schedule, momentum=0.5)
