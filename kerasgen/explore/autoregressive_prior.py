"""An autoregressive density of codes: each latent given those before it.

Uria, Murray and Larochelle, 2013, "RNADE: The real-valued neural autoregressive
density-estimator", https://arxiv.org/abs/1306.0186, section 3 (a mixture of Gaussians
for each value); in place of NADE's recurrence the masks of Germain et al., 2015,
https://arxiv.org/abs/1502.03509, section 3.
"""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.backend.seeds import numpy_generator
from kerasgen.layers.masked_dense import MaskedDense, conditional_masks
from kerasgen.losses.likelihoods import float32
from kerasgen.registry import PACKAGE
from kerasgen.training.generative_model import GenerativeModel

LOG_DEVIATION_RANGE = (-7.0, 3.0)  # of a component, where codes have deviation 1


@keras.saving.register_keras_serializable(PACKAGE)
class AutoregressivePrior(GenerativeModel):
    """Density of vectors, `p(z) = p(z_1) p(z_2|z_1) p(z_3|z_1, z_2) ...`.

    Each factor is a mixture of Gaussians, of which one pass of a masked network gives
    all. `standardize` sets what codes are shifted and divided by before it.

    Args:
        latent_dim: int. Size of a code.
        components: int. Gaussians of each latent's mixture. Defaults to `10`.
        hidden_widths: tuple of one or more ints. Units of the ReLU layers.
        mask_seed: int. Seed of the masks.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   codes, float `(batch, latent_dim)`, of any range.
    Scalars: `loss`, `-log p(z)` in nats a code.

    Example:
    >>> prior = kerasgen.explore.AutoregressivePrior(latent_dim=8)
    >>> prior.draw(2, seed=0).shape
    (2, 8)

    Reference: [Uria et al., 2013](https://arxiv.org/abs/1306.0186), section 3.
    """

    def __init__(
        self,
        latent_dim,
        components=10,
        hidden_widths=(128, 128),
        mask_seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.latent_dim = check_int("latent_dim", latent_dim)
        self.image_shape = (self.latent_dim,)
        self.components = check_int("components", components)
        self.hidden_widths = tuple(check_int("hidden_widths", n) for n in hidden_widths)
        if not self.hidden_widths:
            raise ValueError("`hidden_widths` must not be empty. Received: ()")
        self.mask_seed = check_int("mask_seed", mask_seed, 0)
        outputs = 3 * self.components  # weights, means, deviations
        self.masks = conditional_masks(
            self.latent_dim, self.hidden_widths, outputs, mask_seed
        )
        widths = (self.latent_dim, *self.hidden_widths, outputs * self.latent_dim)
        self.dense = [MaskedDense(n, dtype=self.dtype_policy) for n in widths[1:]]
        for layer, units in zip(self.dense, widths, strict=False):
            layer.build((None, units))
        options = {"shape": (self.latent_dim,), "trainable": False}
        self.center = self.add_weight(name="center", initializer="zeros", **options)
        self.spread = self.add_weight(name="spread", initializer="ones", **options)
        self.add_phase("network", self.dense)

    def standardize(self, codes):
        """Makes the mean 0 and the deviation 1 of these codes `(n, latent_dim)`."""
        self.center.assign(np.mean(codes, axis=0))
        self.spread.assign(np.maximum(np.std(codes, axis=0), 1e-6))

    def preprocess(self, x):
        return float32(x)

    def conditionals(self, z):
        """Returns logits, means and log-deviations of standardised codes.

        Each `(batch, components, latent_dim)`; values at place `d` see those before it.
        """
        y = z
        for layer, mask in zip(self.dense[:-1], self.masks[:-1], strict=True):
            y = ops.relu(layer(y, mask))
        y = float32(self.dense[-1](y, self.masks[-1]))
        y = ops.reshape(y, (-1, 3, self.components, self.latent_dim))
        return y[:, 0], y[:, 1], ops.clip(y[:, 2], *LOG_DEVIATION_RANGE)

    def compute_log_prob(self, codes):
        """Returns `log p(z)` in nats, `(batch,)`."""
        z = (codes - self.center) / self.spread
        logits, means, log_deviations = self.conditionals(z)
        whitened = (z[:, None] - means) * ops.exp(-log_deviations)
        terms = ops.log_softmax(logits, axis=1) - log_deviations
        terms = terms - 0.5 * (ops.square(whitened) + math.log(2.0 * math.pi))
        terms = ops.logsumexp(terms, axis=1) - ops.log(self.spread)
        return ops.sum(terms, axis=-1)

    def compute_losses(self, phase, x, labels, training):
        return {"loss": -ops.mean(self.compute_log_prob(x))}

    def default_optimizers(self):
        return {"network": keras.optimizers.Adam(1e-3)}

    # === On arrays ===

    def log_prob(self, codes, batch_size=None):
        """Returns `log p(z)` of codes `(n, latent_dim)`, in nats, float32 `(n,)`."""
        codes = np.asarray(codes, "float32")
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise ValueError(
                f"`codes` must have shape (n, {self.latent_dim}). "
                f"Received: codes of shape {codes.shape}"
            )
        return self.run_in_batches(
            "log_prob", self.compute_log_prob, [codes], batch_size
        )

    def draw(self, num_samples, seed=0, batch_size=None):
        """Draws codes, for `model.sample(n, latents=prior.draw(n))`.

        Args:
            num_samples: int.
            seed: int. The same seed gives the same codes. Defaults to `0`.
            batch_size: int or None. Codes a call; it does not change them.

        Returns:
            float32 array `(num_samples, latent_dim)`, latent by latent, each by one
            pass of the network.
        """
        check_int("num_samples", num_samples)
        generator = numpy_generator(check_int("seed", seed, 0), None)
        uniform = generator.random((self.latent_dim, num_samples))
        normal = generator.standard_normal((self.latent_dim, num_samples))

        def conditionals(z):
            return ops.stack(self.conditionals(z), axis=1)

        z = np.zeros((num_samples, self.latent_dim), "float32")
        rows = np.arange(num_samples)
        for d in range(self.latent_dim):
            found = self.run_in_batches("conditionals", conditionals, [z], batch_size)
            logits, means, log_deviations = np.moveaxis(found[..., d], 1, 0)
            weights = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=float)
            shares = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
            k = np.sum(uniform[d][:, None] >= shares[:, :-1], axis=1)
            deviations = np.exp(log_deviations[rows, k])
            z[:, d] = means[rows, k] + deviations * normal[d]
        center, spread = (ops.convert_to_numpy(v) for v in (self.center, self.spread))
        return (z * spread + center).astype("float32")
