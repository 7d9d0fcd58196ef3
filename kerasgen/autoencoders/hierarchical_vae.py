"""Hierarchical VAE: levels of latents, with a ladder of inference or without.

Sønderby, Raiko, Maaløe, Sønderby and Winther, 2016, "Ladder Variational Autoencoders",
https://arxiv.org/abs/1602.02282, section 2; without the ladder as in Burda, Grosse and
Salakhutdinov, 2016, https://arxiv.org/abs/1509.00519, section 5. Official code: none
read.

Differs from the paper:
1. No batch normalisation, which the paper needs for its five levels of 64 to 4
   latents; two levels of 100 and 50 by default, as in Burda et al.
2. Each level of the ladder's upward pass reads the Gaussian that the level below
   gives, which is linear in its hidden layer, in place of that layer.
3. Adam at a constant 1e-3; no annealing unless told otherwise (the paper: 200 epochs).
   Leaky rectifiers of slope 0.2 (the paper: 0.1; Burda et al.: tanh).
4. Labels reach the encoder and the decoder alone. The convolutional form is not the
   paper's.
"""

import itertools

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.latent_model import LatentModel
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.divergence import DivergenceLoss
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import (
    gaussian_log_prob,
    gaussian_moments,
    gaussian_sample,
)
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.image_networks import check_widths
from kerasgen.registry import register


@register
class HierarchicalVAE(VariationalModel):
    """Variational autoencoder with levels of Gaussian latents, `z_1` next to the image.

    The model is `p(z_L) ... p(z_1|z_2) p(x|z_1)`. The posterior goes up,
    `q(z_1|x) q(z_2|z_1) ...`, or down a ladder: each `q(z_l|x, z_{l+1})` is the prior
    `p(z_l|z_{l+1})` times what an upward pass says of `z_l`, weighted by precision.

    A code is `(z_l - mean) / deviation` of `p(z_l|z_{l+1})`, all levels in one vector,
    level 1 first. So codes are drawn from `N(0, I)`, and `decode` passes them down.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dims: tuple of two ints or more. Latents of each level, image first.
        inference: `"ladder"` or `"bottom_up"`.
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        kl_annealing_steps: int. Steps of training over which the divergence's weight
            rises from 0 to 1. Defaults to `0`.
        architecture, hidden_widths: as in `kerasgen.autoencoders.VAE`, of the networks
            between image and `z_1`, but None stands for `(200, 200)` where `"dense"`.
        level_widths: tuple of ints. Units of the dense layers between two levels on
            the way up, mirrored on the way down.
        activation: name of the hidden layers' activation. Defaults to `"leaky_relu"`.
            With `"tanh"` and the ladder the latents are easily left unused.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z_1)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z_1)]`), `kl`, and its part of
        each level, `kl_1`, `kl_2`, ..., in nats an image.
    Raises:  ValueError: if there are fewer than two levels, or `binarization`,
        `variance` or `levels` does not fit `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.HierarchicalVAE(image_shape=(28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Sønderby et al., 2016](https://arxiv.org/abs/1602.02282)
    """

    default_widths = {**VariationalModel.default_widths, "dense": (200, 200)}
    has_divergence = False
    encoding_parts = ("encoder", "upward", "downward")

    def __init__(
        self,
        image_shape,
        latent_dims=(100, 50),
        inference="ladder",
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        architecture="dense",
        hidden_widths=None,
        level_widths=(100, 100),
        activation="leaky_relu",
        num_classes=None,
        **kwargs,
    ):
        latent_dims = _check_levels(latent_dims)
        super().__init__(
            image_shape,
            latent_dims[0],  # what encoder and decoder see
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
        self.latent_dims = latent_dims
        self.latent_dim = sum(latent_dims)
        self.inference = check_choice("inference", inference, ("ladder", "bottom_up"))
        self.level_widths = check_widths(level_widths or (), name="level_widths")
        # The ladder goes up from a mean and a log-variance, the other from a draw.
        wide = 2 if inference == "ladder" else 1
        self.upward, self.downward = [], []
        for i, (low, high) in enumerate(itertools.pairwise(latent_dims)):
            up, down = self.level_widths, self.level_widths[::-1]
            options = (self.activation, self.dtype_policy)
            net = dense_network(f"upward_{i}", wide * low, up, 2 * high, *options)
            self.upward.append(net)
            net = dense_network(f"downward_{i}", high, down, 2 * low, *options)
            self.downward.append(net)
        self.divergence_loss = DivergenceLoss(name="divergence_loss")
        networks = [self.encoder, *self.upward, *self.downward, self.decoder]
        networks += [self.divergence_loss, self.pixels]
        parts = [f"kl_{i + 1}" for i in range(len(latent_dims))]
        self.add_phase("vae", networks, ("loss", "reconstruction", "kl", *parts))

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        moments = self.moments(x, labels, training)
        shape = (ops.shape(x)[0], self.latent_dim)
        noise = keras.random.normal(shape, seed=self.draw_seed(training))
        draws, _, terms = self._infer_levels(moments, noise, closed=True)
        annealing = self.annealing(training)
        z = self.divergence_loss(draws[0], sum(terms), annealing=annealing)
        outputs = super().run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        terms = [ops.mean(term) for term in terms]
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": sum(terms),
            **{f"kl_{i + 1}": term for i, term in enumerate(terms)},
        }

    # === Posterior and prior ===

    def moments(self, x, labels=None, training=False):
        """Returns what inference needs of an image: of all levels for the ladder."""
        found = [self.run_encoder(x, labels, training)]
        for net in self.upward if self.inference == "ladder" else ():
            found.append(net(found[-1]))
        return ops.concatenate(found, axis=-1)

    def _prior(self, level, above):
        """Returns mean and log-variance of `p(z_level|above)`."""
        if above is None:
            return 0.0, 0.0
        return gaussian_moments(self.downward[level](above))

    def _infer_levels(self, moments, noise, closed=False):
        """Draws all levels from the posterior.

        Returns:
            three lists by level: latents, codes, and divergences `(batch,)`, which
            are `log q - log p` of the draw, or with `closed` its mean where known.
        """
        count, ladder = len(self.latent_dims), self.inference == "ladder"
        noise, messages, draws = self._split(noise), [], [None] * (count + 1)
        if ladder:
            messages = [gaussian_moments(part) for part in self._split(moments, 2)]
        for level in range(0 if ladder else count):
            outputs = self.upward[level - 1](draws[level - 1]) if level else moments
            messages.append(gaussian_moments(outputs))
            draws[level] = gaussian_sample(*messages[level], noise[level])
        codes, terms = [], []
        for level in reversed(range(count)):
            prior, posterior = self._prior(level, draws[level + 1]), messages[level]
            if ladder:
                if level + 1 < count:
                    posterior = _product(*posterior, *prior)
                draws[level] = gaussian_sample(*posterior, noise[level])
            z = draws[level]
            if closed and (ladder or level + 1 == count):
                terms.insert(0, gaussian_kl(*posterior, *prior))
            else:  # going up, `q` knows the level below, `p` the one above
                term = gaussian_log_prob(z, *posterior) - gaussian_log_prob(z, *prior)
                terms.insert(0, term)
            codes.insert(0, (z - prior[0]) / ops.exp(0.5 * prior[1]))
        return draws[:count], codes, terms

    def _split(self, x, wide=1):
        """Splits values of all levels."""
        ends = np.cumsum(self.latent_dims)[:-1]
        return ops.split(x, [int(wide * end) for end in ends], axis=-1)

    # === Codes ===

    def draw_code(self, moments, noise, labels=None):
        _, codes, terms = self._infer_levels(moments, noise)
        return ops.concatenate(codes, axis=-1), -sum(terms)

    def infer(self, x, labels=None, training=False):
        noise = ops.zeros((ops.shape(x)[0], self.latent_dim))
        return self.draw_code(self.moments(self.grey(x), labels, training), noise)[0]

    def run_decoder(self, z, labels=None, training=False):
        """Returns the decoder's outputs for codes, passed down through the levels."""
        above = None
        for level, code in reversed(list(enumerate(self._split(z)))):
            above = gaussian_sample(*self._prior(level, above), code)
        return super().run_decoder(above, labels, training)

    def encode(self, x, labels=None, batch_size=None, weights=None):
        """Returns codes by the mean of each level in turn, as `LatentModel.encode`."""
        return LatentModel.encode(self, x, labels, batch_size, weights)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}


def _product(mean, log_variance, prior_mean, prior_log_variance):
    """Returns the normalised product of two Gaussians, weighted by precision."""
    share = ops.sigmoid(prior_log_variance - log_variance)
    precision = ops.logaddexp(-log_variance, -prior_log_variance)
    return prior_mean + share * (mean - prior_mean), -precision


def _check_levels(latent_dims):
    if not isinstance(latent_dims, (tuple, list)) or len(latent_dims) < 2:
        raise ValueError(
            "`latent_dims` must be a tuple of two ints or more. "
            f"Received: latent_dims={latent_dims!r}"
        )
    return tuple(check_int("latent_dims", size) for size in latent_dims)
