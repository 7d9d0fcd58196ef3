"""The base of autoencoders with a posterior, a prior and a likelihood of pixels."""

import math

import keras
from keras import ops

from kerasgen.layers.pixel_likelihood import LOG_VARIANCE_RANGE, pixel_likelihood
from kerasgen.training.bounds import sampled_bound
from kerasgen.training.latent_model import LatentModel


class VariationalModel(LatentModel):
    """Base of models with `q(z|x)` Gaussian, `p(z) = N(0, I)` and a `p(x|z)`.

    Args:
        image_shape, latent_dim: as in `LatentModel`.
        likelihood: `"bernoulli"` or `"gaussian"`.
        binarization: `"dynamic"`, `"threshold"` or None, of Bernoulli pixels.
        variance: float or None (trained), of Gaussian pixels.
        architecture, hidden_widths, activation, num_classes: as in `LatentModel`.
        seed, name, dtype: as in `GenerativeModel`.
    """

    def __init__(
        self,
        image_shape,
        latent_dim,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        **kwargs,
    ):
        super().__init__(image_shape, latent_dim, **kwargs)
        self.pixels = pixel_likelihood(likelihood, binarization, variance)
        self.likelihood, self.binarization = likelihood, binarization
        self.variance = variance
        self.build_networks(2 * self.latent_dim)

    # === On tensors ===

    def observe(self, x, training):
        """Returns the pixels to be explained: binary ones drawn anew in training."""
        if not self.pixels.observes_noise:
            return self.pixels.observe(x)
        seed = self.draw_seed(training)
        return self.pixels.observe(x, keras.random.uniform(ops.shape(x), seed=seed))

    def posterior(self, x, labels=None, training=False):
        """Returns the mean and log-variance of `q(z|x)`, `(batch, latent_dim)` each."""
        outputs = self.run_encoder(x, labels, training)
        mean, log_variance = ops.split(outputs, 2, axis=-1)
        return mean, ops.clip(log_variance, *LOG_VARIANCE_RANGE)

    def moments(self, x, labels=None):
        """Returns the posterior's mean and log-variance as one tensor."""
        return ops.concatenate(self.posterior(x, labels), axis=-1)

    def draw_normal(self, mean, training):
        """Draws from `N(0, I)` in the shape of `mean`."""
        return keras.random.normal(ops.shape(mean), seed=self.draw_seed(training))

    def infer(self, x, labels=None):
        if self.binarization == "threshold":
            x = self.pixels.observe(x)
        return self.posterior(x, labels)[0]

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
            x = self.preprocess(x)
            x = self.pixels.observe(x) if self.binarization == "threshold" else x
            return self.moments(x, *labels)

        arrays = self.image_arrays(x, labels)
        both = self.run_in_batches("grey_moments", moments, arrays, batch_size, weights)
        return both[:, : self.latent_dim], both[:, self.latent_dim :]

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
            latents = self.numpy_latents(generator, num_samples)
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

        `E_q log p(x|z)` by sampling, less the divergence in closed form, unweighted.
        Dynamic binarisation draws the images once, by `seed`.

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
        nats = sampled_bound(
            self, x, labels, num_samples, seed, batch_size, weights, dequantize=True
        )
        bits = -nats / (math.prod(self.image_shape) * math.log(2.0))
        return bits if self.pixels.discrete else bits + 8.0
