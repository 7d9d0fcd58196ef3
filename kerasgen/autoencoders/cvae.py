"""CVAE: a VAE of images given labels, or given some of their own quadrants.

Sohn, Lee and Yan, 2015, "Learning Structured Output Representation using Deep
Conditional Generative Models",
https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html,
sections 4 and 5.1. Official code: none read.

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

from kerasgen.arguments import check_int
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.gaussian import Gaussian
from kerasgen.layers.quadrants import PartialPixels, given_quadrants, take_pixels
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_moments, gaussian_sample
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.image_networks import check_widths
from kerasgen.registry import register


@register
class CVAE(VariationalModel):
    """Conditional variational autoencoder with a learned prior, `p(z|c)`.

    The condition `c` is a label (`num_classes`) or quadrants of the image itself
    (`quadrants`), which the model takes from `x`, so that `fit(images)` is all. It
    maximises `E_q[log p(x|z, c)] - KL(q(z|x, c) || p(z|c))`, where `x` is the image
    without the given quadrants; likelihoods are of that part.

    A code is `(z - mean) / deviation` of `p(z|c)`, so that codes are drawn from
    `N(0, I)`. With `quadrants`, `decode` and `sample` take images in the place of
    labels and read their given quadrants; None stands for black ones.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or with labels
            `(features,)` for points: real vectors, of a Gaussian likelihood.
        latent_dim: int. Size of `z`. Defaults to `50`.
        quadrants: None, or how many are given: 1 (the lower left one), 2 (and the
            upper left one) or 3 (and the lower right one).
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        kl_annealing_steps: int. Steps of training over which the divergence's weight
            rises from 0 to 1. Defaults to `0`.
        architecture, hidden_widths: as in `kerasgen.autoencoders.VAE`, but None stands
            for `(500, 500)` where that is `"dense"`.
        prior_widths: tuple of ints. Units of the prior's hidden layers. Defaults to
            `(500,)`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        num_classes: int, or None with `quadrants`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z, c)`, or drawn
        pixels with `mean=False`; given quadrants as they are.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z, c)]`) and `kl`, in nats an
        image.
    Raises:  ValueError: unless one of `num_classes` and `quadrants` is given, or if
        `binarization`, `variance` or `levels` does not fit `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.CVAE(image_shape=(28, 28, 1), num_classes=10)
    >>> model.sample(2, labels=[3, 4], seed=0).shape
    (2, 28, 28, 1)

    Reference: [Sohn et al.,
    2015](https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html)
    """

    default_widths = {**VariationalModel.default_widths, "dense": (500, 500)}
    encoding_parts = ("encoder", "prior_network")

    def __init__(
        self,
        image_shape,
        latent_dim=50,
        quadrants=None,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        architecture="dense",
        hidden_widths=None,
        prior_widths=(500,),
        activation="relu",
        num_classes=None,
        **kwargs,
    ):
        if (quadrants is None) == (num_classes is None):
            raise ValueError(
                "`quadrants` or `num_classes` must be given, not both. Received: "
                f"quadrants={quadrants}, num_classes={num_classes}"
            )
        check_int("latent_dim", latent_dim)
        given = None if quadrants is None else given_quadrants(image_shape, quadrants)
        values = 0 if given is None else int(given.sum()) * image_shape[-1]
        super().__init__(
            image_shape,
            latent_dim + values,  # what the decoder sees, labels apart
            likelihood=likelihood,
            binarization=binarization,
            variance=variance,
            levels=levels,
            kl_annealing_steps=kl_annealing_steps,
            encoder_units=2 * latent_dim,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.latent_dim, self.quadrants, self._given = latent_dim, quadrants, given
        self.prior_widths = check_widths(prior_widths or (), name="prior_widths")
        sizes = (values or num_classes, self.prior_widths, 2 * latent_dim)
        self.prior_network = dense_network(
            "prior", *sizes, activation, self.dtype_policy
        )
        if given is not None:
            self.pixels = PartialPixels(self.pixels, ~given, name="rest")
        self.gaussian = Gaussian(name="gaussian")
        networks = [self.encoder, self.prior_network, self.gaussian, self.decoder]
        scalars = ("loss", "reconstruction", "kl")
        self.add_phase("vae", [*networks, self.pixels], scalars)

    def compute_losses(self, phase, x, labels, training):
        labels = labels if self.quadrants is None else x
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        # Adds the divergence, which is the same for codes as for `z`, to the loss.
        annealing = self.annealing(training)
        z = self.gaussian((mean, log_variance), noise, annealing=annealing)
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
        }

    # === On tensors: `labels` are labels, or images whose given quadrants are read ===

    def condition(self, labels):
        """Returns the condition as vectors: one-hot labels, or the given pixels."""
        if self.quadrants is None:
            return ops.one_hot(ops.cast(labels, "int32"), self.num_classes)
        pixels = take_pixels(labels, self._given)
        return ops.reshape(pixels, (ops.shape(pixels)[0], -1))

    def prior(self, labels, training=False):
        """Returns the mean and log-variance of `p(z|c)`, `(batch, latent_dim)` each."""
        condition = self.condition(labels)
        return gaussian_moments(self.prior_network(condition, training=training))

    def posterior(self, x, labels=None, training=False):
        """Returns the mean and log-variance of the code, by the prior's scale."""
        mean, log_variance = super().posterior(x, labels, training)
        prior_mean, prior_log_variance = self.prior(labels, training)
        mean = (mean - prior_mean) * ops.exp(-0.5 * prior_log_variance)
        return mean, log_variance - prior_log_variance

    def run_decoder(self, z, labels=None, training=False):
        z = gaussian_sample(*self.prior(labels, training), z)
        if self.quadrants is not None:
            z = ops.concatenate([z, self.condition(labels)], axis=-1)
        return super().run_decoder(z, labels, training)

    def generate(self, z, labels=None):
        images = super().generate(z, labels)
        if self.quadrants is None:
            return images
        return ops.where(self._given[..., None], labels, images)

    def call(self, inputs, training=False):
        if self.quadrants is None:
            return super().call(inputs, training)
        x = self.preprocess(inputs)
        return self.generate(self.infer(x), x)

    def infer(self, x, labels=None, training=False):
        given = x if labels is None and self.quadrants is not None else labels
        return super().infer(x, given, training)

    # === On arrays ===

    def sample(self, num_samples, labels=None, seed=None, batch_size=None, **kwargs):
        images = super().sample(num_samples, labels, seed, batch_size, **kwargs)
        if self.quadrants is None:
            return images
        (given,) = self.label_arrays(labels, num_samples)
        return np.where(self._given[..., None], given, images)

    def complete(self, x, seed=None, batch_size=None, weights=None, mean=True):
        """Draws the quadrants that are not given, once for each image.

        Args:
            x: `uint8` images or floats in `[0, 1]`; what is not given is not read.
            seed, batch_size, weights, mean: as in `sample`.

        Returns:
            float32 array like `x`.
        """
        if self.quadrants is None:
            raise ValueError(
                "`complete` must be called on a model with `quadrants`. "
                "Received: quadrants=None"
            )
        return self.sample(len(x), x, seed, batch_size, weights=weights, mean=mean)

    def sampling_inputs(self, num_samples, labels, seed):
        if self.quadrants is None:
            return super().sampling_inputs(num_samples, labels, seed)
        return super().sampling_inputs(num_samples, None, seed)[0], labels

    def image_arrays(self, x, labels=None):
        arrays = super().image_arrays(x, labels)
        if self.quadrants is None:
            return arrays
        return [arrays[0], *self.label_arrays(x if labels is None else labels, len(x))]

    def label_arrays(self, labels, count):
        if self.quadrants is None:
            return super().label_arrays(labels, count)
        if labels is None:
            return [np.zeros((count, *self.image_shape), "float32")]
        from kerasgen.data import check_conditions

        images = check_conditions(labels, count, self.image_shape)
        scale = 255.0 if images.dtype == np.uint8 else 1.0
        return [(images / scale).astype("float32")]

    def bits_per_dim(self, x, labels=None, **kwargs):
        bits = super().bits_per_dim(x, labels, **kwargs)
        offset = 0.0 if self.pixels.discrete else 8.0
        if self.quadrants is None:
            return bits
        return (bits - offset) / (1.0 - self._given.mean()) + offset  # of the rest

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
