"""DRAGAN: a GAN whose discriminator has slopes of 1 near the real data.

Kodali, Abernethy, Hays and Kira, 2017, "On Convergence and Stability of GANs",
https://arxiv.org/abs/1705.07215, algorithm 1.
Official code: kodalinaveen3/DRAGAN.

Differs from the paper:
1. The variance `c` of the noise is left to the user, as the authors' notes do, who
   tune it to the range of the data; 0.1 is this library's, for images in [-1, 1].
2. The gradient is that of the logit, as in the released code; the generator maximises
   log D(G(z)).
3. `"mlp"` has three hidden layers of 512 units (the code: one of 128).
4. Labels, of which the paper has none, enter the latents and the image.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.by_name import PENALTIES
from kerasgen.losses.penalties import norm_penalty, normally_perturbed
from kerasgen.registry import register

VARIANTS = ("paper", "released")


@register
class DRAGAN(NamedNetworksModel):
    """GAN with a gradient penalty around real examples.

    To the discriminator's loss is added `w E (||grad D(x + n)|| - 1)^2`, of its logit,
    at real examples with noise `n`: no slope is steep where the data are. The
    discriminator has no batch normalisation.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8; any for `"mlp"`, which also takes `(features,)`: points, real
            vectors, such as the `mixture` data.
        latent_dim: int. Size of the noise vector `z`.
        variant: `"paper"`, normal noise of variance `noise_variance`; or `"released"`,
            the code's `a s u / 2`: `s` the standard deviation of the batch, `u` uniform
            on `[0, 1]` for each number, `a` for each example.
        penalty_weight: float. `w`, at least 0.
        noise_variance: float, at least 0. `c` of the paper's noise, in the square of
            the units that the discriminator sees, in which images span 2.
        architecture: `"dcgan"`, `"cnn"`, `"resnet"` or `"mlp"`; None takes `"mlp"` for
            points, else `"dcgan"`.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units. Defaults to 64, of the resnet 128, of mlp
            512.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"uniform"` on `[-1, 1]`, `"normal"`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, in nats, with the penalty; the mean probabilities of
        being real of both kinds, `discriminator_real` and `discriminator_fake`;
        `discriminator_penalty`, weighted; `generator_loss`, in nats.
    Raises:  ValueError: if a convolutional architecture does not fit the image.

    Example:
    >>> model = kerasgen.gans.DRAGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Kodali et al., 2017](https://arxiv.org/abs/1705.07215), algorithm 1.
    """

    discriminator_normalization = None
    normalizes_mlp = False

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        variant="paper",
        penalty_weight=10.0,
        noise_variance=0.1,
        architecture=None,
        filters=None,
        num_classes=None,
        latent_distribution="uniform",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.variant = check_choice("variant", variant, VARIANTS)
        self.penalty_weight = check_number("penalty_weight", penalty_weight, 0.0)
        self.noise_variance = check_number("noise_variance", noise_variance, 0.0)
        self.add_players(penalized=True)

    def penalty(self, x, fake, labels, training):
        def logit(x):
            return self.score(self.judge(x, labels, training))

        seed = self.draw_seed(training)
        if self.variant == "released":
            penalty = PENALTIES["dragan"].function(logit, x, None, seed)
        else:
            noise = keras.random.normal(ops.shape(x), dtype="float32", seed=seed)
            points = normally_perturbed(x, noise, self.noise_variance)
            penalty = norm_penalty(logit, points)
        return self.penalty_weight * penalty

    def default_optimizers(self):
        return {
            phase: keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.9)
            for phase in self.phases
        }
