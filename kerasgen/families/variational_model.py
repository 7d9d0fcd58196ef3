"""The base of autoencoders with a posterior, a prior and a likelihood of pixels."""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.families.bounds import sampled_bound
from kerasgen.families.latent_model import LatentModel
from kerasgen.layers.pixel_likelihood import pixel_likelihood
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import (
    gaussian_log_prob,
    gaussian_moments,
    gaussian_sample,
)


class VariationalModel(LatentModel):
    """Base of models with a posterior `q(z|x)`, a prior `p(z)` and a `p(x|z)`.

    Here the posterior is a diagonal Gaussian and the prior `N(0, I)`. A model with
    others overrides `draw_code` and `numpy_latents`, `divergence` (or sets
    `has_divergence` to False), and if need be `moments` and `noise_size`.

    Args:
        image_shape, latent_dim: as in `LatentModel`.
        likelihood: `"bernoulli"`, `"gaussian"` (the one for points),
            `"categorical"` or `"discretized_logistic"`.
        binarization: `"dynamic"`, `"threshold"` or None, of Bernoulli pixels.
        variance: float, None (trained) or `"predicted"`, of Gaussian pixels.
        levels: int or None (256), of the last two likelihoods.
        kl_annealing_steps: int. Steps over which `annealing` rises to 1.
        encoder_units: int or None. Outputs of the encoder; None for a mean and a
            log-variance of each latent.
        architecture, hidden_widths, activation, num_classes, decoder_inputs: as in
            `LatentModel`.
        seed, name, dtype: as in `GenerativeModel`.
    """

    has_divergence = True  # whether `divergence` is in closed form

    def __init__(
        self,
        image_shape,
        latent_dim,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        encoder_units=None,
        **kwargs,
    ):
        super().__init__(image_shape, latent_dim, **kwargs)
        if self.is_points and likelihood != "gaussian":
            raise ValueError(
                "`likelihood` must be 'gaussian' for points, which have no range. "
                f"Received: likelihood={likelihood!r}"
            )
        self.pixels = pixel_likelihood(
            likelihood, binarization, variance, levels, bounded=not self.is_points
        )
        self.likelihood, self.binarization = likelihood, binarization
        self.variance, self.levels = variance, levels
        self.kl_annealing_steps = check_int("kl_annealing_steps", kl_annealing_steps, 0)
        if encoder_units is None:
            encoder_units = 2 * self.latent_dim
        self.build_networks(encoder_units, self.pixels.outputs)

    @property
    def noise_size(self):
        """int. Values of `N(0, 1)` that drawing one code takes."""
        return self.latent_dim

    # === On tensors ===

    def observe(self, x, training):
        """Returns the pixels to be explained: binary ones drawn anew in training."""
        if not self.pixels.observes_noise:
            return self.pixels.observe(x)
        seed = self.draw_seed(training)
        return self.pixels.observe(x, keras.random.uniform(ops.shape(x), seed=seed))

    def posterior(self, x, labels=None, training=False):
        """Returns the mean and log-variance of `q(z|x)`, `(batch, latent_dim)` each."""
        return gaussian_moments(self.run_encoder(x, labels, training))

    def moments(self, x, labels=None):
        """Returns all that `draw_code` needs to know of images, `(batch, values)`.

        Here the posterior's means and then its log-variances.
        """
        return ops.concatenate(self.posterior(x, labels), axis=-1)

    def draw_code(self, moments, noise, labels=None):
        """Draws codes from the posterior.

        Args:
            moments: tensor `(batch, values)`, what `moments` returns.
            noise: tensor `(batch, noise_size)`, from `N(0, I)`.
            labels: int tensor `(batch,)`, or None.

        Returns:
            codes `z`, `(batch, latent_dim)`, and `log p(z) - log q(z|x)`, `(batch,)`,
            in nats.
        """
        mean, log_variance = ops.split(moments, 2, axis=-1)
        z = gaussian_sample(mean, log_variance, noise)
        # Both constants cancel, and (z - mean) / deviation is the noise.
        ratio = log_variance + ops.square(noise) - ops.square(z)
        return z, 0.5 * ops.sum(ratio, axis=-1)

    def log_prior(self, z):
        """Returns `log p(z)` of codes `(batch, latent_dim)`, `(batch,)`, in nats."""
        return gaussian_log_prob(z, ops.zeros_like(z), ops.zeros_like(z))

    def divergence(self, moments, labels=None):
        """Returns `KL(q(z|x) || p(z))` in closed form, `(batch,)`, in nats."""
        mean, log_variance = ops.split(moments, 2, axis=-1)
        return gaussian_kl(mean, log_variance)

    def log_likelihood(self, x, z, labels=None, training=False):
        """Returns `log p(x|z)` of pixels that `observe` gave, `(batch,)`, in nats."""
        return self.pixels.log_prob(x, self.run_decoder(z, labels, training))

    def annealing(self, training):
        """Returns the share of its weight that the divergence has by now.

        `min(1, (step + 1) / kl_annealing_steps)` in training, 1 in evaluation.
        """
        if not (training and self.kl_annealing_steps):
            return 1.0
        step = ops.cast(self.steps.value, "float32") + 1.0
        return ops.minimum(step / self.kl_annealing_steps, 1.0)

    def draw_normal(self, mean, training):
        """Draws from `N(0, I)` in the shape of `mean`."""
        return keras.random.normal(ops.shape(mean), seed=self.draw_seed(training))

    def infer(self, x, labels=None, training=False):
        return self.posterior(self.grey(x), labels, training)[0]

    def grey(self, x):
        """Returns the pixels to be encoded: as in training, but none drawn."""
        return x if self.pixels.observes_noise else self.pixels.observe(x)

    def output_images(self, outputs):
        return self.pixels.mean(outputs)

    # === On arrays ===

    def encode(self, x, labels=None, batch_size=None, weights=None, distribution=False):
        """Returns the codes of images: the means of their posteriors.

        Grey images are not made binary by chance first: the same images always have
        the same codes.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            labels: ints `(n,)`, for a conditional model.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.
            distribution: bool. Whether to return the log-variances, too.

        Returns:
            float32 array `(n, latent_dim)`, or two with `distribution=True`.
        """
        if not distribution:
            return super().encode(x, labels, batch_size, weights)

        def moments(x, *labels):
            return self.moments(self.grey(self.preprocess(x)), *labels)

        arrays = self.image_arrays(x, labels)
        both = self.run_in_batches("grey_moments", moments, arrays, batch_size, weights)
        return tuple(np.split(both, 2, axis=-1))

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
        mean=True,
    ):
        """Draws images: `z ~ N(0, I)`, decoded once.

        Args:
            num_samples: int.
            labels: int or ints, for a conditional model; None draws them.
            seed: int or None. The same seed gives the same noise on every backend;
                None moves the model's own seed on.
            batch_size: int or None. Images a call; it does not change them.
            latents: array `(num_samples, latent_dim)`, in place of drawn ones.
            weights: `"average"`, `"raw"`, or None for the averages where kept.
            mean: bool. True gives the mean of `p(x|z)`, which is smooth; False draws
                the pixels, too, as the model defines images.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        if latents is None:
            latents = self.numpy_latents(generator, num_samples, weights, labels)
        latents = self.check_latents("latents", latents, num_samples)
        if mean:
            return self.decode(latents, labels, batch_size, weights)
        shape = (num_samples, *self.image_shape)
        if self.pixels.noise == "uniform":
            noise = generator.random(shape, dtype="float32")
        else:
            noise = generator.standard_normal(shape, dtype="float32")

        def draw(z, noise, *labels):
            return self.pixels.sample(self.run_decoder(z, *labels), noise)

        arrays = [latents, noise, *self.label_arrays(labels, num_samples)]
        return self.run_in_batches("draw", draw, arrays, batch_size, weights)

    def elbo(
        self, x, labels=None, num_samples=1, seed=0, batch_size=None, weights=None
    ):
        """Returns the evidence lower bound of images, in nats.

        `E_q log p(x|z)` by sampling, less the divergence, unweighted: in closed form
        where there is one, by the same samples elsewhere. Dynamic binarisation draws
        the images once, by `seed`.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            labels: ints `(n,)`: the bound is then of `log p(x|label)`.
            num_samples: int. Codes an image.
            seed: int. Image `i` gets the same noise whatever the batch size.
            batch_size: int or None. Codes decoded in a call. Defaults to 1024.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float64 array `(n,)`.
        """
        return sampled_bound(
            self, x, labels, num_samples, seed, batch_size, weights, closed_kl=True
        )

    def log_prob(
        self, x, labels=None, num_samples=100, seed=0, batch_size=None, weights=None
    ):
        """Returns the importance-weighted bound of `log p(x)` of images, in nats.

        `log 1/k sum_k p(x|z_k) p(z_k) / q(z_k|x)` with `k = num_samples` (Burda et
        al., 2016, https://arxiv.org/abs/1509.00519, eq. 8). It is a lower bound in
        expectation that rises with `k`: name `k` (the literature's is 5000) beside
        the figure. Memory does not grow with `k`. Arguments and result as in `elbo`.
        """
        return sampled_bound(self, x, labels, num_samples, seed, batch_size, weights)

    def bits_per_dim(
        self, x, labels=None, num_samples=1, seed=0, batch_size=None, weights=None
    ):
        """Returns `-log_prob / (values an image * ln 2)`, an upper bound, `(n,)`.

        Under a Gaussian likelihood the 256 grey levels are dequantised uniformly, so
        that the density bounds the probability of the 8-bit image. Arguments as in
        `log_prob`.
        """
        if self.is_points:
            raise ValueError(
                "`bits_per_dim` must be asked of a model of images. "
                f"Received: image_shape={self.image_shape}"
            )
        nats = sampled_bound(
            self, x, labels, num_samples, seed, batch_size, weights, dequantize=True
        )
        bits = -nats / (math.prod(self.image_shape) * math.log(2.0))
        return bits if self.pixels.discrete else bits + 8.0
