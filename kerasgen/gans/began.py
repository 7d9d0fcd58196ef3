"""BEGAN: an autoencoder judges; a controller balances it with the generator.

Berthelot, Schumm and Metz, 2017, "BEGAN: Boundary Equilibrium Generative Adversarial
Networks", https://arxiv.org/abs/1703.10717, section 3. The authors released no code;
"released" is carpedm20/BEGAN-tensorflow, the one in common use.

Differs from the paper:
1. The learning rate stays; the paper halves it where the convergence measure stalls
   (released: every 100,000 steps), which `ReduceLROnPlateau` of Keras does on
   `discriminator_convergence`.
2. Sides are halved down to 8 to 15; the paper's are powers of 2.
3. No skip connections and vanishing residuals, which the paper has as an option.
4. The convergence measure that is logged, and it alone, is of the images that the
   discriminator was trained on.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers import channels_last
from kerasgen.layers.sizes import halvings
from kerasgen.losses.by_name import AdversarialLoss
from kerasgen.losses.energy import (
    convergence_measure,
    equilibrium_discriminator,
    equilibrium_generator,
    next_balance,
)
from kerasgen.losses.likelihoods import float32
from kerasgen.registry import register


@register
class BEGAN(TwoPlayerModel):
    """Boundary equilibrium GAN.

    The discriminator is an autoencoder with an error `L(v) = mean |v - D(v)|`. It
    minimises `L(x) - k L(G(z))`, the generator `L(G(z))`, and after both have moved
    `k <- clip(k + lambda (gamma L(x) - L(G(z))), 0, 1)`, from 0: a controller that
    holds `E L(G(z)) = gamma E L(x)`. `M = L(x) + |gamma L(x) - L(G(z))|` tells
    convergence.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width at least 8.
        latent_dim: int. Size of the noise vector `z`, and of the autoencoder's code.
            Defaults to `64`.
        filters: int. Maps of all convolutions but the encoder's, which has as many more
            after each halving. Defaults to `128`.
        gamma: float in [0, 1], the diversity ratio; less gives better images and less
            variety.
        balance_rate: float, at least 0, `lambda`.
        variant: `"paper"`, whose players move in turn, each on latents of its own; or
            `"released"`, which move at once, on the same ones.
        latent_distribution: `"uniform"` on `[-1, 1]`, `"normal"`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss` and `generator_loss`; the errors of images of both
        kinds, `discriminator_real` and `discriminator_fake`, in units of pixels from -1
        to 1; `discriminator_balance`, `k`; `discriminator_convergence`, `M`.
    Raises:  ValueError: if a number is out of range.

    Example:
    >>> model = kerasgen.gans.BEGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Berthelot et al., 2017](https://arxiv.org/abs/1703.10717), section 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=64,
        filters=128,
        gamma=0.5,
        balance_rate=0.001,
        variant="paper",
        latent_distribution="uniform",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            latent_distribution=latent_distribution,
            minimum=8,
            **kwargs,
        )
        self.filters = check_int("filters", filters)
        self.gamma = check_number("gamma", gamma, 0.0, 1.0)
        self.balance_rate = check_number("balance_rate", balance_rate, 0.0)
        self.variant = check_choice("variant", variant, ("paper", "released"))
        self.balance = self._add_state("balance", 0.0, "float32")  # k
        self.generator = self._build_decoder("generator")
        encoder, decoder = self._build_encoder(), self._build_decoder("decoder")
        x = keras.Input(self.image_shape)
        self.discriminator = keras.Model(x, decoder(encoder(x)), name="discriminator")
        self.add_players(
            simultaneous=variant == "released", measured=("balance", "convergence")
        )

    @property
    def _halvings(self):
        return halvings(*self.image_shape[:2], least=8)

    def _build_encoder(self):
        net = keras.Sequential([keras.Input(self.image_shape)], name="encoder")
        net.add(_conv(self.filters))
        for level in range(self._halvings + 1):
            maps = (level + 1) * self.filters
            net.add(_conv(maps))
            net.add(_conv(maps))
            if level < self._halvings:
                net.add(_conv(maps, strides=2))
        net.add(channels_last.Flatten())
        net.add(layers.Dense(self.latent_dim))
        return net

    def _build_decoder(self, name):
        height, width, channels = self.image_shape
        count = self._halvings
        base = (height >> count, width >> count, self.filters)
        net = keras.Sequential([keras.Input((self.latent_dim,))], name=name)
        net.add(layers.Dense(base[0] * base[1] * base[2]))
        net.add(layers.Reshape(base))
        for level in range(count + 1):
            net.add(_conv(self.filters))
            net.add(_conv(self.filters))
            if level < count:
                net.add(channels_last.UpSampling2D(2))
        net.add(channels_last.Conv2D(channels, 3, padding="same", dtype="float32"))
        return net  # images about [-1, 1]

    @property
    def paper_loss(self):
        return AdversarialLoss(
            lambda real, fake: equilibrium_discriminator(
                real, fake, self.balance.value
            ),
            lambda real, fake: equilibrium_generator(fake),
            lambda error: error,
        )

    def discriminate(self, x, labels, training):
        """Returns the error `L(x)` of each image, float32 `(batch,)`."""
        error = ops.abs(float32(x) - self.discriminator(x, training=training))
        return ops.mean(error, axis=(1, 2, 3))

    def score(self, said):
        # A loss of scores takes what is low of real images with the other sign.
        return said if self.loss is None else -said

    def opinion(self, said):
        return said

    def measure(self, real, fake):
        convergence = convergence_measure(real, fake, self.gamma)
        return {"balance": self.balance.value, "convergence": convergence}

    def compute_losses(self, phase, x, labels, training):
        losses = super().compute_losses(phase, x, labels, training)
        kind = "real" if phase == "discriminator" else "fake"
        return losses, {kind: losses["real" if kind == "real" else "loss"]}

    def compute_joint_losses(self, phases, x, labels, training):
        losses = super().compute_joint_losses(phases, x, labels, training)
        judged = losses["discriminator"]
        return losses, {kind: judged[kind] for kind in ("real", "fake")}

    def moved(self, phase):
        """Moves `k` when both players have moved, unless another loss has no `k`."""
        super().moved(phase)
        if phase == "generator" and self.loss is None:
            errors = self.carried["real"], self.carried["fake"]
            balance = ops.convert_to_tensor(self.balance.value)
            moved = next_balance(balance, *errors, self.gamma, self.balance_rate)
            self.balance.assign(moved)

    def separation(self, scalars):
        return None  # errors have no bound

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-4) for phase in self.phases}


def _conv(maps, strides=1):
    return channels_last.Conv2D(maps, 3, strides, "same", activation="elu")
