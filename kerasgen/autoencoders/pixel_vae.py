"""PixelVAE: a variational autoencoder whose decoder draws pixel after pixel.

Gulrajani, Kumar, Ahmed, Taiga, Visin, Vazquez and Courville, 2017, "PixelVAE: A Latent
Variable Model for Natural Images", https://arxiv.org/abs/1611.05013, section 3.1 and
appendix. Official code: none read.

Differs from the paper:
1. One level of latents.
2. A smaller convolutional encoder, of strided 4x4 windows; no weight normalisation.
3. Grey images are binarised anew in each step; MNIST is binarised once in the paper.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.backend.seeds import numpy_generator
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.gaussian import Gaussian
from kerasgen.layers.labels import join_label_vector
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.networks.gated_network import GatedNetwork
from kerasgen.networks.image_networks import image_decoder, image_encoder
from kerasgen.registry import register


@register
class PixelVAE(VariationalModel):
    """Variational autoencoder with a conditional Gated PixelCNN as its decoder.

    `p(x|z) = prod_i p(x_i | x_1 .. x_(i-1), z)`: `z` adds a bias to both gates of every
    layer. What a few pixels tell about the next is left to the decoder, so that `z`
    holds the rest. A decoder that sees far may use no `z` at all: watch `kl`. With
    `upsample` a network like the decoder of a VAE first makes maps of `z`, so that it
    says something else to each pixel, as layers that see a few pixels need.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size.
        latent_dim: int. Size of `z`. Defaults to `16`.
        likelihood: `"bernoulli"` (binary pixels) or `"categorical"` (a logit for each
            grey level).
        binarization: of Bernoulli pixels, as in `kerasgen.autoencoders.VAE`. Must be
            None for the other likelihood.
        levels: int or None. Grey levels, a divisor of 256, of categorical pixels; None
            stands for 256 there.
        filters: int divisible by the channels. Maps of the decoder's two streams.
            Defaults to `16`.
        blocks: int. Its gated layers after the first. Defaults to `11`.
        kernel_size: odd int. Window of those layers. Defaults to `5`.
        first_kernel_size: odd int. Window of the first layer. Defaults to `7`.
        head_filters: int. Maps of the 1x1 convolution before the logits.
        upsample: bool. Whether `z` becomes `filters` maps first, by a mirror of the
            encoder. Defaults to `False`, the form that is best on MNIST in the paper.
        kl_weight: float. Weight of the divergence in `loss`. Defaults to `1.0`.
        kl_annealing_steps: int. Steps of training over which that weight rises from 0.
            Defaults to `10_000`.
        free_bits: float. Nats of each latent that cost as much in `loss` as fewer.
            Defaults to `0.0`.
        architecture: `"dense"` or `"conv"`, of the encoder and its mirror. Defaults to
            `"conv"`.
        hidden_widths: tuple of ints or None, as in `kerasgen.autoencoders.VAE`, of the
            encoder.
        activation: name of their activation. Defaults to `"elu"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 `level / (levels - 1)` in `[0, 1]`, same shape: `z` drawn
        once, then all pixels one by one.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`) and `kl` (unweighted), in
        nats an image; `loss = reconstruction + kl_weight * kl`, with annealing and
        `free_bits` in the second term. In evaluation the weight is whole.
    Raises:  ValueError: if `binarization` or `levels` does not fit `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.PixelVAE(image_shape=(28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Gulrajani et al., 2017](https://arxiv.org/abs/1611.05013)
    """

    def __init__(
        self,
        image_shape,
        latent_dim=16,
        likelihood="bernoulli",
        binarization="dynamic",
        levels=None,
        filters=16,
        blocks=11,
        kernel_size=5,
        first_kernel_size=7,
        head_filters=64,
        upsample=False,
        kl_weight=1.0,
        kl_annealing_steps=10_000,
        free_bits=0.0,
        architecture="conv",
        hidden_widths=None,
        activation="elu",
        num_classes=None,
        **kwargs,
    ):
        check_choice("likelihood", likelihood, ("bernoulli", "categorical"))
        super().__init__(
            image_shape,
            latent_dim,
            likelihood=likelihood,
            binarization=binarization,
            levels=levels,
            kl_annealing_steps=kl_annealing_steps,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.upsample, inputs = bool(upsample), self.latent_dim + (num_classes or 0)
        given = filters if upsample else inputs  # maps, or the vector itself
        levels = 2 if likelihood == "bernoulli" else self.pixels.levels
        sizes = (filters, blocks, kernel_size, first_kernel_size, head_filters, levels)
        self.decoder = GatedNetwork(
            self.image_shape, *sizes, given, dtype=self.dtype_policy, name="decoder"
        )
        self.filters, self.blocks = self.decoder.filters, self.decoder.blocks
        self.kernel_size, self.first_kernel_size = kernel_size, first_kernel_size
        self.head_filters = self.decoder.head_filters
        self.upsampler = self._make_upsampler(inputs) if upsample else None
        self.gaussian = Gaussian(kl_weight, free_bits, name="gaussian")
        self.kl_weight = self.gaussian.kl_weight
        self.free_bits = self.gaussian.free_bits
        networks = [self.encoder, self.gaussian, self.decoder, self.pixels]
        networks += [self.upsampler] if upsample else []
        self.add_phase("vae", networks, ("loss", "reconstruction", "kl"))

    def build_networks(self, encoder_units, decoder_outputs=1):
        """Builds the encoder alone."""
        self.widths = self.hidden_widths or self.default_widths[self.architecture]
        given = (self.image_shape, self.num_classes, self.widths, encoder_units)
        options = (self.activation, self.dtype_policy)
        self.encoder = image_encoder(self.architecture, *given, *options)

    def _make_upsampler(self, inputs):
        given = ((*self.image_shape[:-1], self.filters), inputs, self.widths)
        options = (self.activation, self.dtype_policy)
        return image_decoder(self.architecture, *given, *options)

    def condition(self, z, labels=None, training=False):
        """Returns what the decoder gets: `z` and label as a vector, or maps of both."""
        given = join_label_vector(z, labels, self.num_classes)
        return self.upsampler(given, training=training) if self.upsample else given

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        # Adds the weighted divergence to the loss.
        z = self.gaussian(
            (mean, log_variance), noise, annealing=self.annealing(training)
        )
        nats = -ops.mean(self.log_likelihood(x, z, labels, training))
        kl = ops.mean(gaussian_kl(mean, log_variance))
        return {"loss": nats, "reconstruction": nats, "kl": kl}

    def run_decoder(self, z, labels=None, training=False, x=None):
        """Returns what `pixels` takes, of pixels given those before them in `x`.

        Args:
            z, labels, training: as in `VariationalModel`.
            x: float tensor of images that `observe` gave.
        """
        levels = ops.cast(ops.round(x * (self.decoder.levels - 1)), "int32")
        given = self.condition(z, labels, training)
        logits = ops.cast(self.decoder(levels, given), "float32")
        if self.likelihood == "bernoulli":
            return logits[..., 1] - logits[..., 0]
        return ops.reshape(logits, (*ops.shape(logits)[:3], -1))

    def log_likelihood(self, x, z, labels=None, training=False):
        return self.pixels.log_prob(x, self.run_decoder(z, labels, training, x))

    def call(self, inputs, training=False):
        """Returns the mean of each pixel, given `z` and the pixels before it."""
        x, labels = inputs if self.num_classes else (inputs, None)
        x = self.preprocess(x)
        x = self.pixels.observe(x) if not self.pixels.observes_noise else ops.round(x)
        z = self.infer(x, labels)
        return self.pixels.mean(self.run_decoder(z, labels, training, x))

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}

    # === On arrays ===

    def decode(
        self, z, labels=None, batch_size=None, weights=None, seed=0, temperature=1.0
    ):
        """Draws the images of codes, pixel by pixel.

        Args:
            z, labels, batch_size, weights: as in `VariationalModel`.
            seed: int or None, of the pixels; None moves the model's own seed on.
            temperature: float above 0. The decoder's logits are divided by it.

        Returns:
            float32 array `(n, height, width, channels)` in `[0, 1]`.
        """
        if check_number("temperature", temperature, 0.0) == 0.0:
            raise ValueError("`temperature` must be above 0. Received: temperature=0")
        z, count = self.check_latents("z", z, len(z)), len(z)
        generator = numpy_generator(seed, self.seed_generator)
        shape = (count, *self.image_shape)
        arrays = [np.full(shape, -1, "int32"), generator.random(shape, "float32")]
        arrays += [np.full(count, temperature, "float32"), z]
        arrays += self.label_arrays(labels, count)

        def draw(known, uniform, temperature, z, labels=None):
            given = self.condition(z, labels)
            return self.decoder.draw(known, uniform, temperature, given)

        levels = self.run_in_batches("pixels", draw, arrays, batch_size, weights)
        return (levels / (self.decoder.levels - 1)).astype("float32")

    def reconstruct(self, x, labels=None, batch_size=None, weights=None, seed=0):
        """Returns images drawn from the codes of `x`; arguments as in `decode`."""
        z = self.encode(x, labels, batch_size, weights)
        return self.decode(z, labels, batch_size, weights, seed)

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
        temperature=1.0,
    ):
        """Draws images: `z ~ N(0, I)` once, then all pixels.

        Arguments as in `VariationalModel.sample`, and `temperature` as in `decode`.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        if latents is None:
            latents = self.numpy_latents(generator, num_samples, weights, labels)
        latents = self.check_latents("latents", latents, num_samples)
        seed = int(generator.integers(2**31))
        return self.decode(latents, labels, batch_size, weights, seed, temperature)
