"""QuadrantCVAE: a VAE of images given some of their own quadrants.

Sohn, Lee and Yan, 2015, "Learning Structured Output Representation using Deep
Conditional Generative Models",
https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html,
sections 4 and 5.1. Official code: none read. `CVAE` is the form with labels.

Differs from the paper:
1. One dense network each; the paper also feeds a deterministic guess to the decoder.
2. The CVAE's objective alone, without the hybrid with `E_p(z|c) log p(x|z, c)`.
3. The given quadrants are read as grey values, the others are binarised.
4. The encoder reads the given quadrants as part of the image, not a second time.
5. The convolutional form is not the paper's.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.families.conditional_vae import ConditionalVariationalModel
from kerasgen.layers.quadrants import PartialPixels, given_quadrants, take_pixels
from kerasgen.registry import register


@register
class QuadrantCVAE(ConditionalVariationalModel):
    """Conditional VAE of images, of which one to three quadrants are given.

    The condition `c` is the given quadrants, which the model takes from `x`, so that
    `fit(images)` is all. It maximises `E_q[log p(x|z, c)] - KL(q(z|x, c) || p(z|c))`
    with a learned prior `p(z|c)`, where `x` is the image without the given quadrants;
    likelihoods are of that part.

    A code is `(z - mean) / deviation` of `p(z|c)`, so that codes are drawn from
    `N(0, I)`. `decode` and `sample` take images in the place of labels and read their
    given quadrants; None stands for black ones.

    Args:
        image_shape: tuple `(height, width, channels)`, of at least 2x2 pixels.
        latent_dim: int. Size of `z`. Defaults to `50`.
        quadrants: how many are given: 1 (the lower left one), 2 (and the upper left
            one) or 3 (and the lower right one). Defaults to `1`.
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        kl_annealing_steps: int. Steps of training over which the divergence's weight
            rises from 0 to 1. Defaults to `0`.
        architecture, hidden_widths: as in `kerasgen.autoencoders.VAE`, but None stands
            for `(500, 500)` where that is `"dense"`.
        prior_widths: tuple of ints. Units of the prior's hidden layers. Defaults to
            `(500,)`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Attributes:
        given: bool array `(height, width)`, where images are given.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z, c)`, or drawn
        pixels with `mean=False`; given quadrants as they are.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z, c)]`) and `kl`, in nats an
        image.
    Raises:  ValueError: if `quadrants` is none of these, or if `binarization`,
        `variance` or `levels` does not fit `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.QuadrantCVAE(image_shape=(28, 28, 1))
    >>> images = kerasgen.data.load("digits", image_size=28).spread(2)[0]
    >>> model.complete(images, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Sohn et al.,
    2015](https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html)
    """

    earlier_class = "CVAE"

    def __init__(
        self,
        image_shape,
        latent_dim=50,
        quadrants=1,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        architecture="dense",
        hidden_widths=None,
        prior_widths=(500,),
        activation="relu",
        **kwargs,
    ):
        if kwargs.get("num_classes") is not None:
            raise ValueError(
                "`num_classes` must be None: the condition is a part of the image; "
                "`kerasgen.autoencoders.CVAE` is the form with labels. "
                f"Received: num_classes={kwargs['num_classes']!r}"
            )
        given = given_quadrants(image_shape, quadrants)
        super().__init__(
            image_shape,
            latent_dim,
            condition_size=int(given.sum()) * image_shape[-1],
            prior_widths=prior_widths,
            likelihood=likelihood,
            binarization=binarization,
            variance=variance,
            levels=levels,
            kl_annealing_steps=kl_annealing_steps,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            **kwargs,
        )
        self.quadrants, self.given = quadrants, given
        self.pixels = PartialPixels(self.pixels, ~given, name="rest")
        self.add_player()

    def compute_losses(self, phase, x, labels, training):
        return super().compute_losses(phase, x, x, training)

    def condition(self, labels):
        """Returns the given pixels of images, `(batch, condition_size)`."""
        pixels = take_pixels(labels, self.given)
        return ops.reshape(pixels, (ops.shape(pixels)[0], -1))

    def generate(self, z, labels=None):
        return ops.where(self.given[..., None], labels, super().generate(z, labels))

    def call(self, inputs, training=False):
        x = self.preprocess(inputs)
        return self.generate(self.infer(x), x)

    def infer(self, x, labels=None, training=False):
        return super().infer(x, x if labels is None else labels, training)

    # === On arrays ===

    def complete(self, x, seed=None, batch_size=None, weights=None, mean=True):
        """Draws the quadrants that are not given, once for each image.

        Args:
            x: `uint8` images or floats in `[0, 1]`; what is not given is not read.
            seed, batch_size, weights, mean: as in `sample`.

        Returns:
            float32 array like `x`.
        """
        return self.sample(len(x), x, seed, batch_size, weights=weights, mean=mean)

    def sample(self, num_samples, labels=None, seed=None, batch_size=None, **kwargs):
        images = super().sample(num_samples, labels, seed, batch_size, **kwargs)
        (given,) = self.label_arrays(labels, num_samples)
        return np.where(self.given[..., None], given, images)

    def sampling_inputs(self, num_samples, labels, seed):
        return super().sampling_inputs(num_samples, None, seed)[0], labels

    def image_arrays(self, x, labels=None):
        images = super().image_arrays(x)[0]
        given = x if labels is None else labels
        return [images, *self.label_arrays(given, len(images))]

    def label_arrays(self, labels, count):
        if labels is None:
            return [np.zeros((count, *self.image_shape), "float32")]
        from kerasgen.data import check_conditions

        images = check_conditions(labels, count, self.image_shape)
        scale = 255.0 if images.dtype == np.uint8 else 1.0
        return [(images / scale).astype("float32")]

    def bits_per_dim(self, x, labels=None, **kwargs):
        """Returns bits a value of the rest of the images; see `VAE.bits_per_dim`."""
        bits = super().bits_per_dim(x, labels, **kwargs)
        offset = 0.0 if self.pixels.discrete else 8.0
        return (bits - offset) / (1.0 - self.given.mean()) + offset

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
