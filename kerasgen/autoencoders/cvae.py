"""CVAE: a VAE of images given their labels, with a prior for each label.

Sohn, Lee and Yan, 2015, "Learning Structured Output Representation using Deep
Conditional Generative Models",
https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html,
section 4. Official code: none read. `QuadrantCVAE` is the paper's section 5.1.

Differs from the paper:
1. Images given labels; the paper has label maps given images, and parts of images.
2. One dense network each; the paper also feeds a deterministic guess to the decoder.
3. The CVAE's objective alone, without the hybrid with `E_p(z|c) log p(x|z, c)`.
4. The convolutional form is not the paper's.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.autoencoders.quadrant_cvae import QuadrantCVAE
from kerasgen.families.conditional_vae import ConditionalVariationalModel
from kerasgen.registry import register


@register
class CVAE(ConditionalVariationalModel):
    """Conditional variational autoencoder with a learned prior, `p(z|c)`.

    The condition `c` is a label. The model maximises
    `E_q[log p(x|z, c)] - KL(q(z|x, c) || p(z|c))`.

    A code is `(z - mean) / deviation` of `p(z|c)`, so that codes are drawn from
    `N(0, I)`.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for points, real vectors of a Gaussian likelihood.
        latent_dim: int. Size of `z`. Defaults to `50`.
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        kl_annealing_steps: int. Steps of training over which the divergence's weight
            rises from 0 to 1. Defaults to `0`.
        architecture, hidden_widths: as in `kerasgen.autoencoders.VAE`, but None stands
            for `(500, 500)` where that is `"dense"`.
        prior_widths: tuple of ints. Units of the prior's hidden layers. Defaults to
            `(500,)`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        num_classes: int. At least 2.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`; and int labels `(batch,)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z, c)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z, c)]`) and `kl`, in nats an
        image.
    Raises:  ValueError: if `binarization`, `variance` or `levels` does not fit
        `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.CVAE(image_shape=(28, 28, 1), num_classes=10)
    >>> model.sample(2, labels=[3, 4], seed=0).shape
    (2, 28, 28, 1)

    Reference: [Sohn et al.,
    2015](https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html)
    """

    def __init__(
        self,
        image_shape,
        latent_dim=50,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        architecture="dense",
        hidden_widths=None,
        prior_widths=(500,),
        activation="relu",
        *,
        num_classes,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            condition_size=check_int("num_classes", num_classes, 2),
            prior_widths=prior_widths,
            likelihood=likelihood,
            binarization=binarization,
            variance=variance,
            levels=levels,
            kl_annealing_steps=kl_annealing_steps,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.add_player()

    def condition(self, labels):
        return ops.one_hot(ops.cast(labels, "int32"), self.num_classes)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Returns the model of a config; of one that has quadrants, a `QuadrantCVAE`.

        Before there was one, it was a form of this class, and files say so.
        """
        config = dict(config)
        if config.get("quadrants") is not None:
            config.pop("num_classes", None)
            return QuadrantCVAE.from_config(config, custom_objects)
        config.pop("quadrants", None)
        return super().from_config(config, custom_objects)
