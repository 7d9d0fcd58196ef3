"""ALI: adversarially learned inference, a GAN with a stochastic encoder.

Dumoulin, Belghazi, Poole, Mastropietro, Lamb, Arjovsky and Courville, 2017,
"Adversarially Learned Inference", https://arxiv.org/abs/1606.00704, sections 2 and 4.
Official code: IshmaelBelghazi/ALI.

Differs from the paper:
1. `"conv"` at 32x32 is the paper's network for CIFAR-10 (table 3). At other sizes the
   sides are halved as by DCGAN, with the same units and the paper's layers for the
   code and for both.
2. Log-variances are held in [-10, 10].
3. The last bias of the generator starts at 0, not at the log-odds of the data's mean.
4. Weights start with a variance of one over the inputs of a unit (LeCun et al., 1998)
   in place of the paper's deviation of 0.01, `initial_deviation`: with few maps the
   discriminator's logits would hardly depend on what it sees, and images be grey.
"""

import math

import keras
from keras import layers

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.bidirectional import BidirectionalModel
from kerasgen.layers import channels_last
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.maxout import Maxout
from kerasgen.layers.sizes import halvings
from kerasgen.losses.likelihoods import gaussian_moments, gaussian_sample
from kerasgen.registry import register

ARCHITECTURES = ("dense", "conv")


@register
class ALI(BidirectionalModel):
    """Adversarially learned inference.

    An encoder gives `q(z|x) = N(mu(x), sigma(x)^2)` and a generator `p(x|z)`, one
    point. The discriminator tells `(x, z ~ q(z|x))`, with `z = mu + sigma e`, from
    `(G(z), z ~ N(0, I))`; it minimises `E softplus(-d(x, z)) + E softplus(d(G(z), z))`,
    generator and encoder the same with the labels exchanged. All three move at once.

    Args:
        image_shape: tuple `(height, width, channels)`, for `"conv"` with sides
            divisible by 4 and at least 8; or `(features,)` for points.
        latent_dim: int. Size of the code `z`. Defaults to `64`.
        architecture: `"conv"`; or `"dense"`, the code's for mixtures. None takes
            `"dense"` for points, else `"conv"`.
        filters: int. Maps of the first convolution, doubled by the next ones up to 16
            times as many; codes have layers of 16 times as many units, both together of
            32 times as many. Defaults to `32`.
        units: int. Of the hidden layers of `"dense"`; the discriminator's have two
            fifths. Defaults to `1000`.
        input_dropout: float in [0, 1]. Dropout on the examples and codes that the
            discriminator sees. Defaults to `0.2`.
        hidden_dropout: float in [0, 1]. Dropout on its hidden layers, but for the first
            of the convolutions, which has `input_dropout`. Defaults to `0.5`.
        initial_deviation: float or None. Standard deviation with which all kernels
            start, `0.01` in the paper; None takes what keeps signals as large as they
            are at any width.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss`, the encoder's too, in nats; the
        mean probabilities of being data that pairs of both kinds have,
        `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved twice by `"conv"`.

    Example:
    >>> model = kerasgen.gans.ALI(image_shape=(32, 32, 3), filters=4)
    >>> model.encode(np.zeros((2, 32, 32, 3), "uint8")).shape
    (2, 64)

    Reference: [Dumoulin et al., 2017](https://arxiv.org/abs/1606.00704), section 2.
    """

    data_range = (0.0, 1.0)

    def __init__(
        self,
        image_shape,
        latent_dim=64,
        architecture=None,
        filters=32,
        units=1000,
        input_dropout=0.2,
        hidden_dropout=0.5,
        initial_deviation=None,
        **kwargs,
    ):
        if architecture is None:
            points = isinstance(image_shape, (tuple, list)) and len(image_shape) == 1
            architecture = "dense" if points else "conv"
        conv = check_choice("architecture", architecture, ARCHITECTURES) == "conv"
        self.takes_points = not conv
        super().__init__(
            image_shape,
            latent_dim,
            multiple_of=4 if conv else 1,
            minimum=8 if conv else 1,
            **kwargs,
        )
        self.architecture = architecture
        self.filters = check_int("filters", filters)
        self.units = check_int("units", units, 5)
        self.input_dropout = check_number("input_dropout", input_dropout, 0.0, 1.0)
        self.hidden_dropout = check_number("hidden_dropout", hidden_dropout, 0.0, 1.0)
        self.initial_deviation = initial_deviation
        if initial_deviation is not None:
            check_number("initial_deviation", initial_deviation, 0.0)
        x, z = keras.Input(self.image_shape), keras.Input((self.latent_dim,))
        made, moments = self._up(z), self._down(x)
        activation = self.fields.x.output_activation
        made = layers.Activation(activation, dtype="float32")(made)
        self.generator = keras.Model(z, made, name="generator")
        self.encoder = keras.Model(x, moments, name="encoder")  # means, log-variances
        self.discriminator = keras.Model(
            (x, z), self._judge(x, z), name="discriminator"
        )
        self.add_three_players()

    # === Networks ===

    def _steps(self):
        """Returns kernel, stride, padding and maps of convolutions down to codes."""
        maps = [self.filters * min(2**i, 16) for i in range(9)]
        if self.image_shape[:2] == (32, 32):
            kernels = ((5, 1), (4, 2), (4, 1), (4, 2), (4, 1))
            return [(*k, "valid", n) for k, n in zip(kernels, maps, strict=False)]
        count = halvings(*self.image_shape[:2])
        return [(4, 2, "same", n) for n in maps[1 : count + 1]]

    def _down(self, x):
        outputs = self._dense(2 * self.latent_dim, dtype="float32")
        if self.architecture == "dense":
            x = channels_last.Flatten()(x)
            for _ in range(2):
                x = layers.ReLU()(
                    _normalized(self._dense(self.units, use_bias=False)(x))
                )
            return outputs(x)
        for kernel, stride, padding, maps in self._steps():
            conv = self._conv(channels_last.Conv2D, maps, kernel, stride, padding)
            x = _leaky(_normalized(conv(x)))
        x = self._dense(16 * self.filters, use_bias=False)(channels_last.Flatten()(x))
        return outputs(_leaky(_normalized(x)))

    def _up(self, z):
        *sides, channels = self.image_shape
        if self.architecture == "dense":
            for _ in range(2):
                z = layers.ReLU()(
                    _normalized(self._dense(self.units, use_bias=False)(z))
                )
            return layers.Reshape(self.image_shape)(
                self._dense(math.prod(self.image_shape))(z)
            )
        steps = self._steps()
        paper = steps[-1][2] == "valid"
        base = (4, 4) if paper else [side >> len(steps) for side in sides]
        maps = (self.filters * 8, *[n for *_, n in steps[-3::-1]], self.filters)
        maps = maps if paper else [n for *_, n in steps[::-1]] + [self.filters]
        x = self._dense(math.prod(base) * maps[0], use_bias=False)(z)
        x = _leaky(_normalized(layers.Reshape((*base, maps[0]))(x)))
        ways = [step[:3] for step in (steps[-2::-1] if paper else steps[::-1])]
        for way, n in zip(ways, maps[1:], strict=True):
            x = _leaky(
                _normalized(self._conv(channels_last.Conv2DTranspose, n, *way)(x))
            )
        x = self._conv(channels_last.Conv2D, self.filters, 1, 1, "valid")(x)
        last = channels_last.Conv2D(channels, 1, kernel_initializer=self._kernel())
        return last(_leaky(_normalized(x)))

    def _judge(self, x, z):
        self._dropouts = 0
        x, z = (self._dropped(a, self.input_dropout) for a in (x, z))
        if self.architecture == "dense":
            both = layers.Concatenate()([channels_last.Flatten()(x), z])
            widths = [2 * self.units // 5] * 2
        else:
            for i, (kernel, stride, padding, maps) in enumerate(self._steps()):
                if i:
                    first = i == 1
                    x = self._dropped(
                        x, self.input_dropout if first else self.hidden_dropout
                    )
                way, init = (kernel, stride, padding), self._kernel
                pieces = [
                    channels_last.Conv2D(maps, *way, kernel_initializer=init())(x)
                    for _ in range(2)
                ]
                x = layers.Maximum()(pieces)
            for i in range(2):
                z = self._dropped(z, self.hidden_dropout) if i else z
                z = self._maxout(16 * self.filters)(z)
            both = layers.Concatenate()([channels_last.Flatten()(x), z])
            both = self._dropped(both, self.hidden_dropout)
            widths = [32 * self.filters] * 2
        for width in widths:
            both = self._dropped(self._maxout(width)(both), self.hidden_dropout)
        return self._dense(1, dtype="float32")(both)  # (b, 1), a logit

    def _dropped(self, x, rate):
        # Other seeds than the model's own, which draws the latents.
        self._dropouts += 1
        seed = None if self.seed is None else self.seed + self._dropouts
        return Dropout(rate, seed=seed)(x)

    def _kernel(self):
        if self.initial_deviation is None:
            return keras.initializers.LecunNormal()
        return keras.initializers.RandomNormal(stddev=self.initial_deviation)

    def _dense(self, units, **options):
        return layers.Dense(units, kernel_initializer=self._kernel(), **options)

    def _conv(self, kind, maps, *way):
        options = {"use_bias": False, "kernel_initializer": self._kernel()}
        return kind(maps, *way, **options)

    def _maxout(self, units):
        return Maxout(units, 2, kernel_initializer=self._kernel())

    # === Codes ===

    def infer(self, x, labels=None, training=False):
        return gaussian_moments(self.encoder(x, training=training))[0]

    def draw_codes(self, x, training):
        """Returns draws of `q(z|x)`, through which gradients reach the encoder."""
        mean, log_variance = gaussian_moments(self.encoder(x, training=training))
        noise = self.draw_latents(mean.shape[0], training)
        return gaussian_sample(mean, log_variance, noise)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-4, beta_1=0.5) for phase in self.phases}


def _normalized(x):
    return layers.BatchNormalization(momentum=0.95, epsilon=1e-5)(x)


def _leaky(x):
    return layers.LeakyReLU(negative_slope=0.1)(x)
