"""C-RNN-GAN: a GAN of recurrent networks, for series of real numbers such as melodies.

Mogren, 2016, "C-RNN-GAN: Continuous recurrent neural networks with adversarial
training", https://arxiv.org/abs/1611.09904, sections 2 and 3.
Official code: olofmogren/c-rnn-gan.

Differs from the paper:
1. The generator descends `-log D(G(z))`, as the released code does; the paper has
   `log(1 - D(G(z)))`, which is negative, and cannot be held to 70 % of another loss.
2. Freezing looks at the losses of the step itself, without the squares of weights; the
   released code looks at those of the step before, with them.
3. Zeros stand before the first output, random numbers in the released code. Weights
   start as Keras's do; there those of dense layers have a standard deviation of 1.
4. Parts of series for pretraining begin at one place, drawn, in all series of a batch.
5. One tone a step. No dropout, which the released code has. The squares of the biases
   do not count.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.features.series import Series, check_series_shape
from kerasgen.losses.adversarial import logistic_discriminator, non_saturating_generator
from kerasgen.networks.recurrent import FeedbackLSTM, bidirectional_lstm
from kerasgen.registry import register

STRONG = 2.0  # losses above are those of weak players, in the released code


@register
class CRNNGAN(AdversarialModel):
    """Continuous recurrent GAN.

    The generator, an LSTM, makes a step of a series from noise of that step and from
    the step before. The discriminator, LSTMs in both directions, gives each step a
    probability of being real, and their mean to the series.

    First the generator alone learns to guess the next step of real series, by squared
    error, from parts of them that grow longer by and by. After that both move at once,
    but for one whose loss is less than `freeze_ratio` times the other's: it stays as it
    is in this step.

    Args:
        series_shape: tuple `(length, channels)`.
        bounds: the range `(low, high)` of all channels, or a list of one for each, as
            in `kerasgen.features.Series`. Networks see `[0, 1]`.
        channel_names: list of str or None, as there.
        latent_dim: int or None. Size of the noise of a step; None for `channels`.
        units: int. Units of each LSTM layer. Defaults to `350`.
        depth: int. LSTM layers. Defaults to `2`.
        feature_matching: bool. Whether the generator, in place of its loss, descends
            the mean over a batch of `|R(x) - R(G(z))|^2`, `R` the outputs of the
            discriminator's LSTMs, of real and generated series in pairs.
        freeze_ratio: float. 0 never stops a player. Defaults to `0.7`.
        l2_weight: float. Times half of the sum of the squares of a player's weights,
            which is added to its loss. Defaults to `0.1`, the released code's.
        pretraining_lengths: tuple of ints, steps of the parts of series that it learns
            from, stage by stage, at most all; `()` for no pretraining.
        pretraining_examples: int. Series of each of these stages. Defaults to `3697`,
            the number of pieces that the paper has.
        variant: `"paper"`, or `"released"`: there weights of the discriminator are not
            decayed; it stops only if one of the losses is below 2; and the generator
            whenever one is, by a slip of indentation.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   series, floats within `bounds`, `(batch, length, channels)`.
    Sample:  series, float32 within `bounds`, same shape.
    Scalars: `discriminator_loss` and `generator_loss`; the latter in pretraining the
        mean squared error, in units of `[0, 1]`; both with the squares of weights.
        `discriminator_real` and `discriminator_fake`, mean probabilities of being real;
        `generator_adversarial`, in nats; `discriminator_moves` and `generator_moves`,
        the shares of the steps in which a player was not stopped.
    Example:
    >>> model = kerasgen.gans.CRNNGAN(series_shape=(16, 4), units=8)
    >>> model.sample(2, seed=0).shape
    (2, 16, 4)

    Reference: [Mogren, 2016](https://arxiv.org/abs/1611.09904), sections 2 and 3.
    """

    def __init__(
        self,
        series_shape,
        bounds=(0.0, 1.0),
        channel_names=None,
        latent_dim=None,
        units=350,
        depth=2,
        feature_matching=False,
        freeze_ratio=0.7,
        l2_weight=0.1,
        pretraining_lengths=(4, 8, 12, 16, 20, 24),
        pretraining_examples=3697,
        variant="paper",
        **kwargs,
    ):
        length, channels = check_series_shape("series_shape", series_shape)
        field = Series((length, channels), bounds, channel_names)
        super().__init__(
            field,
            channels if latent_dim is None else latent_dim,
            latent_distribution="standard_uniform",
            **kwargs,
        )
        self.series_shape, self.bounds = field.shape, field.bounds
        self.channel_names = field.names
        self.units = check_int("units", units)
        self.depth = check_int("depth", depth)
        self.feature_matching = bool(feature_matching)
        self.freeze_ratio = check_number("freeze_ratio", freeze_ratio, 0.0, 1.0)
        self.l2_weight = check_number("l2_weight", l2_weight, 0.0)
        self.pretraining_lengths = tuple(
            min(check_int("pretraining_lengths", n), length)
            for n in pretraining_lengths
        )
        self.variant = check_choice("variant", variant, ("paper", "released"))
        self.writer = FeedbackLSTM(channels, units, depth)
        noise = keras.Input(self.latent_shape)
        self.generator = keras.Sequential([noise, self.writer], name="generator")
        self.reader = bidirectional_lstm((length, channels), units, depth, "reader")
        self.head = keras.layers.Dense(1, dtype="float32")
        self.head.build((None, length, 2 * units))
        self.add_augmenter()
        self.add_phase(
            "discriminator",
            [self.reader, self.head],
            scalars=("loss", "real", "fake", "moves"),
        )
        self.add_phase(
            "generator", self.generator, scalars=("loss", "adversarial", "moves")
        )
        self.join_phases("discriminator", "generator")
        check_int("pretraining_examples", pretraining_examples)
        self.add_stages([pretraining_examples] * len(self.pretraining_lengths))

    @property
    def latent_shape(self):
        return (self.fields.x.shape[0], self.latent_dim)

    def discriminate(self, x, training):
        """Returns the logit of the mean probability, `(batch, 1)`, and `R(x)`."""
        features = self.reader(x, training=training)  # (b, length, 2 * units)
        logits = self.head(features)
        real, fake = (ops.log_sigmoid(sign * logits) for sign in (1.0, -1.0))
        said = ops.logsumexp(real, axis=1) - ops.logsumexp(fake, axis=1)
        return said, features

    def compute_joint_losses(self, phases, x, labels, training):
        if self.stage < len(self.pretraining_lengths):
            return self._pretraining_losses(x, training)
        both = ops.concatenate([x, self.generate_like(x, labels, training)])
        said, read = self.discriminate(self.disturbed(both, training), training)
        count = ops.shape(x)[0]
        real, fake = said[:count], said[count:]
        loss = logistic_discriminator(real, fake)
        adversarial = aim = non_saturating_generator(fake)
        moves, generator_moves = self.moving(loss, adversarial)
        if self.feature_matching:
            distance = ops.cast(read[:count] - read[count:], "float32")
            aim = ops.mean(ops.sum(ops.square(distance), axis=(1, 2)))
        decayed = self.variant == "paper"
        return {
            "discriminator": {
                "loss": loss + self.decay("discriminator") if decayed else loss,
                "real": ops.mean(ops.sigmoid(real)),
                "fake": ops.mean(ops.sigmoid(fake)),
                "moves": moves,
            },
            "generator": {
                "loss": aim + self.decay("generator"),
                "adversarial": adversarial,
                "moves": generator_moves,
            },
        }

    def _pretraining_losses(self, x, training):
        """Returns the losses of guessing the next step, which the generator alone has.

        Of a part of the series, as long as this stage says.
        """
        length = self.pretraining_lengths[self.stage]
        places, seed = x.shape[1] - length + 1, self.draw_seed(training)
        start = ops.floor(places * keras.random.uniform((), seed=seed))
        steps = ops.minimum(ops.cast(start, "int32"), places - 1) + ops.arange(length)
        x = ops.take(x, steps, axis=1)
        noise = self.draw_latents(ops.shape(x)[0], training)[:, :length]
        guess = ops.cast(self.writer(noise, given=x), "float32")
        error, zero = ops.mean(ops.square(guess - x)), 0.0 * self.decay("discriminator")
        return {
            "discriminator": dict.fromkeys(("loss", "real", "fake", "moves"), zero),
            "generator": {
                "loss": error + self.decay("generator"),
                "adversarial": zero,
                "moves": ops.ones(()),
            },
        }

    def decay(self, phase):
        """Returns half of the squares of a player's weights, times `l2_weight`."""
        weights = [v for v in self.phase_variables(phase) if len(v.shape) > 1]
        squares = [ops.sum(ops.square(ops.cast(v, "float32"))) for v in weights]
        return 0.5 * self.l2_weight * sum(squares)

    def moving(self, discriminator, generator):
        """Returns 1.0 or 0.0 for each player, by both losses: whether it moves."""
        stops = discriminator < self.freeze_ratio * generator
        generator_stops = generator < self.freeze_ratio * discriminator
        if self.variant == "released":
            strong = ops.minimum(discriminator, generator) < STRONG
            stops, generator_stops = ops.logical_and(stops, strong), strong
        return [1.0 - ops.cast(stop, "float32") for stop in (stops, generator_stops)]

    def gate(self, phase, scalars):
        return scalars["moves"] > 0.5

    def default_optimizers(self):
        rates = {"discriminator": 0.05, "generator": 0.1}
        return {
            phase: keras.optimizers.SGD(rate, global_clipnorm=5.0)
            for phase, rate in rates.items()
        }
