"""GAN: the first generative adversarial networks, of dense layers.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville and Bengio, 2014,
"Generative Adversarial Networks", https://arxiv.org/abs/1406.2661, algorithm 1.
Official code: goodfeli/adversarial (`mnist.yaml`).

Differs from the paper:
1. Momentum stays at 0.5 (the code: 0.5 to 0.7 over 250 epochs), and the learning
   rate decays without its floor of 1e-6, which it would reach after 2.9M updates.
2. The generator's output bias starts at zero, not at the data's marginals.
3. The discriminator's loss is the sum of equation 1; the code minimises half of it.
4. Labels join the latents and the flat image (Mirza and Osindero, 2014, map them
   through layers of their own first, and draw latents that are `"uniform"`).
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.labels import join_label_vector
from kerasgen.layers.maxout import Maxout
from kerasgen.registry import register


@register
class GAN(TwoPlayerModel):
    """Generative adversarial networks of dense layers, by Goodfellow et al.

    A generator with two ReLU layers against a discriminator with two maxout layers
    and dropout, which is on whenever either of them trains.

    Args:
        image_shape: tuple `(height, width, channels)`, or `(features,)` for points:
            real vectors, such as the `mixture` data, on which the generator's output
            is linear.
        latent_dim: int. Size of the noise vector `z`.
        generator_units: int. Units of each of the generator's hidden layers.
        discriminator_units: int. Units of each of the discriminator's maxout layers.
        pieces: int. Linear maps behind a maxout unit.
        input_dropout: float in [0, 1]. Dropout on the discriminator's input.
        hidden_dropout: float in [0, 1]. Dropout on its hidden layers.
        num_classes: int or None. Makes both players conditional on labels.
        generator_loss: `"non_saturating"`, `-E log D(G(z))`, or `"minimax"`,
            `E log(1 - D(G(z)))`.
        discriminator_steps: int. The discriminator's updates in a step, each on a
            fresh batch (`k` of algorithm 1).
        latent_distribution: `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`, as the
            released code for MNIST draws them, `"uniform"` on `[-1, 1]` or `"normal"`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss` in nats, and the mean
        probabilities of being real that the discriminator gives to data of both
        kinds, `discriminator_real` and `discriminator_fake`.

    Example:
    >>> model = kerasgen.gans.GAN(image_shape=(28, 28, 1), generator_units=64)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), algorithm 1.
    """

    data_range = (0.0, 1.0)
    takes_points = True

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        generator_units=1200,
        discriminator_units=240,
        pieces=5,
        input_dropout=0.2,
        hidden_dropout=0.5,
        num_classes=None,
        generator_loss="non_saturating",
        discriminator_steps=1,
        latent_distribution="unit_variance_uniform",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.generator_units = check_int("generator_units", generator_units)
        self.discriminator_units = check_int("discriminator_units", discriminator_units)
        self.pieces = check_int("pieces", pieces)
        self.input_dropout = check_number("input_dropout", input_dropout, 0.0, 1.0)
        self.hidden_dropout = check_number("hidden_dropout", hidden_dropout, 0.0, 1.0)
        choices = ("non_saturating", "minimax")
        self.generator_loss = check_choice("generator_loss", generator_loss, choices)
        self.discriminator_steps = check_int("discriminator_steps", discriminator_steps)
        self.generator = self._build_generator()
        self.discriminator = self._build_discriminator()
        self.add_players(updates=self.discriminator_steps)

    def _build_generator(self):
        net = keras.Sequential(name="generator")
        net.add(keras.Input(self.generator_input_shape))
        for _ in range(2):
            units = self.generator_units
            net.add(layers.Dense(units, "relu", kernel_initializer=_uniform(0.05)))
        units = math.prod(self.image_shape)
        net.add(layers.Dense(units, kernel_initializer=_uniform(0.05)))
        net.add(layers.Reshape(self.image_shape))
        net.add(layers.Activation(self.fields.x.output_activation, dtype="float32"))
        return net  # (b, height, width, channels) in [0, 1], or (b, features)

    def _build_discriminator(self):
        features = math.prod(self.image_shape) + (self.num_classes or 0)
        net = keras.Sequential(name="discriminator")
        net.add(keras.Input((features,)))
        net.add(self._dropout(self.input_dropout, 1))
        for i in range(2):
            units, init = self.discriminator_units, _uniform(0.005)
            net.add(Maxout(units, self.pieces, kernel_initializer=init))
            net.add(self._dropout(self.hidden_dropout, 2 + i))
        net.add(layers.Dense(1, kernel_initializer=_uniform(0.005), dtype="float32"))
        return net  # (b, 1) logits

    def _dropout(self, rate, number):
        # Other seeds than the model's own, which draws the latents.
        return Dropout(rate, seed=None if self.seed is None else self.seed + number)

    def discriminate(self, x, labels, training):
        """Returns the logits of `x` being real, `(batch, 1)`."""
        x = ops.reshape(x, (-1, math.prod(self.image_shape)))
        x = join_label_vector(x, labels, self.num_classes)
        return self.discriminator(x, training=training)

    @property
    def paper_loss(self):
        return self.generator_loss

    def default_optimizers(self):
        return {phase: _optimizer() for phase in self.phases}


def _uniform(bound):
    return keras.initializers.RandomUniform(-bound, bound)


def _optimizer():
    # 0.1 / 1.000004^t; written in long strides, since float32 cannot hold 1.000004.
    schedule = keras.optimizers.schedules.ExponentialDecay(
        0.1, decay_steps=250_000, decay_rate=1.000004**-250_000
    )
    return keras.optimizers.SGD(schedule, momentum=0.5)
