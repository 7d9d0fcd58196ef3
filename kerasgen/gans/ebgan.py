"""EBGAN: a discriminator that is an energy, the error of an autoencoder.

Zhao, Mathieu and LeCun, 2017, "Energy-based Generative Adversarial Network",
https://arxiv.org/abs/1609.03126, section 2. The authors released no code.

Differs from the paper:
1. The generator is the DCGAN of this library; the autoencoder halves sides by 4x4
   convolutions as often, with a dense code, and has no batch normalisation. The paper's
   networks of MNIST are dense.
2. The energy is the Euclidean norm that the paper writes, by default, of images from -1
   to 1; the margin of 10, the paper's of MNIST, is in its units.
3. No dropout, no semi-supervised ladder network.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers.sizes import halvings
from kerasgen.losses.by_name import AdversarialLoss
from kerasgen.losses.energy import (
    energy_discriminator,
    energy_generator,
    repelling_term,
)
from kerasgen.losses.likelihoods import float32, sum_per_example
from kerasgen.networks.image_networks import image_decoder, image_encoder
from kerasgen.networks.players import named_generator
from kerasgen.registry import register


@register
class EBGAN(TwoPlayerModel):
    """Energy-based GAN.

    The energy of an image is the error of an autoencoder, `e(x) = ||Dec(Enc(x)) - x||`.
    The discriminator minimises `e(x) + max(0, m - e(G(z)))`: it shapes energies below
    the margin `m` only. The generator minimises `e(G(z)) + w PT`, with the pulling-away
    term `PT`, the mean squared cosine between the codes `Enc(G(z))` of a batch, which
    holds samples apart.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        code_dim: int. Size of the autoencoder's code. Defaults to `32`.
        filters: int. Maps of the encoder's first convolution and before the last ones
            of decoder and generator, doubled at each halving. Defaults to `64`.
        margin: float, `m`, above 0, in units of the energy. Defaults to `10.0`.
        repelling_weight: float, `w`, at least 0. Defaults to `0.0`; EBGAN-PT has 0.1.
        energy: `"norm"`, or `"mean_squared"`, the mean of squares over pixels and
            channels, of which a margin is to be much smaller.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss`, which is `m` at the equilibrium (theorem 1), and
        `generator_loss`; the mean energies of images of both kinds,
        `discriminator_real` and `discriminator_fake`; `discriminator_inside`, the share
        of generated images below the margin; `discriminator_repelling`, `PT` without
        its weight.
    Raises:  ValueError: if the image cannot be halved, or of `top_k` with a
        `repelling_weight`.

    Example:
    >>> model = kerasgen.gans.EBGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Zhao et al., 2017](https://arxiv.org/abs/1609.03126), section 2.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        code_dim=32,
        filters=64,
        margin=10.0,
        repelling_weight=0.0,
        energy="norm",
        latent_distribution="normal",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            latent_distribution=latent_distribution,
            multiple_of=4,
            minimum=8,
            **kwargs,
        )
        self.code_dim = check_int("code_dim", code_dim)
        self.filters = check_int("filters", filters)
        self.margin = check_number("margin", margin, minimum=1e-6)
        self.repelling_weight = check_number("repelling_weight", repelling_weight, 0.0)
        if self.repelling_weight and self.top_k < 1.0:
            raise ValueError(
                "`top_k` must be 1 with a `repelling_weight`, whose term is of pairs. "
                f"Received: top_k={self.top_k}, "
                f"repelling_weight={self.repelling_weight}"
            )
        self.energy = check_choice("energy", energy, ("norm", "mean_squared"))
        self.generator = named_generator(
            "dcgan", self.latent_dim, self.image_shape, self.filters, "tanh"
        )
        self.discriminator = self._build_autoencoder()
        self.add_players(measured=("inside", "repelling"))

    def _build_autoencoder(self):
        count = halvings(*self.image_shape[:2])
        widths = tuple(self.filters * min(2**level, 8) for level in range(count))
        policy = self.dtype_policy
        options = ("conv", self.image_shape)
        encoder = image_encoder(*options, None, widths, self.code_dim, "relu", policy)
        decoder = image_decoder(*options, self.code_dim, widths, "relu", policy)
        x = keras.Input(self.image_shape)
        codes = encoder(x)
        return keras.Model(x, [decoder(codes), codes], name="discriminator")

    @property
    def paper_loss(self):
        return AdversarialLoss(
            lambda real, fake: energy_discriminator(real, fake, self.margin),
            lambda real, fake: energy_generator(fake),
            lambda energy: energy,
            undecided=self.margin,
        )

    def discriminate(self, x, labels, training):
        """Returns the energy of each image, `(batch,)`, and its code, float32."""
        image, codes = self.discriminator(x, training=training)
        squares = ops.square(float32(image) - float32(x))
        if self.energy == "mean_squared":
            return ops.mean(squares, axis=(1, 2, 3)), codes
        return ops.sqrt(sum_per_example(squares) + 1e-12), codes

    def score(self, said):
        # A loss of scores takes what is low of real images with the other sign.
        return said[0] if self.loss is None else -said[0]

    def opinion(self, said):
        return said[0]

    def generator_objective(self, fake, real=None):
        loss = super().generator_objective(fake, real)
        if self.repelling_weight:
            loss = loss + self.repelling_weight * repelling_term(fake[1])
        return loss

    def measure(self, real, fake):
        inside = ops.cast(fake[0] < self.margin, "float32")
        return {"inside": ops.mean(inside), "repelling": repelling_term(fake[1])}

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
