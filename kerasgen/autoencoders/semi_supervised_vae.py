"""Semi-supervised VAE: images with few labels, explained by a class and a style.

Kingma, Rezende, Mohamed and Welling, 2014, "Semi-Supervised Learning with Deep
Generative Models", https://arxiv.org/abs/1406.5298, sections 2 and 3, model M2.
Official code: none read.

Differs from the paper:
1. One batch mixes labelled and unlabelled images as the data do.
2. Adam at 3e-4 with the usual decay rates; Glorot's initial weights.
3. MNIST is binarised anew in each step.
4. Model M1 is `VAE`; M1+M2 is this model on its codes, with `image_shape=(features,)`,
   `likelihood="gaussian"` and `variance="predicted"`: on means, not on the posterior's
   draws.
5. The convolutional form is not the paper's.
"""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.families.partly_labeled import PartlyLabeled
from kerasgen.families.variational_model import VariationalModel
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_sample
from kerasgen.networks.image_networks import image_encoder
from kerasgen.registry import register


@register
class SemiSupervisedVAE(PartlyLabeled, VariationalModel):
    """Variational autoencoder with a class that is seen in some images alone.

    The decoder gives `p(x|y, z)` for a class `y`, uniform over `num_classes`, and a
    style `z ~ N(0, I)`; encoders give `q(z|x, y)` and `q(y|x)`. An image with its label
    minimises

    `L(x, y) = -E_q[log p(x|y, z)] - log p(y) + KL(q(z|x, y) || p(z))`,

    with one reparameterised sample, and `classification_weight * -log q(y|x)`; one
    without, of label -1, `sum_y q(y|x) L(x, y) - H(q(y|x))`, over all classes in turn.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        num_classes: int. Labels are `0..num_classes - 1`, or -1 for none.
        latent_dim: int. Size of `z`. Defaults to `50`.
        classification_weight: float. The paper's is `0.1 * N / M`, with `N` images, `M`
            of them labelled. Defaults to `0.1`, of data that are all labelled.
        likelihood, binarization, variance, levels: as in `VAE`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of both encoders' dense layers, or
            maps of their convolutions, mirrored in the decoder. None stands for
            `(500,)`, or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"softplus"`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`, and int labels `(batch,)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|y, z)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, `bound`, the mean of what labelled and unlabelled images minimise,
        and `cross_entropy`, `-log q(y|x)` of a labelled image, in nats;
        `loss = bound + classification_weight * labelled share * cross_entropy`.

    Example:
    >>> model = kerasgen.autoencoders.SemiSupervisedVAE((28, 28, 1), num_classes=10)
    >>> model.sample(2, labels=[3, 4], seed=0).shape
    (2, 28, 28, 1)

    Reference: [Kingma et al., 2014](https://arxiv.org/abs/1406.5298)
    """

    def __init__(
        self,
        image_shape,
        num_classes,
        latent_dim=50,
        classification_weight=0.1,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        architecture="dense",
        hidden_widths=None,
        activation="softplus",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            likelihood=likelihood,
            binarization=binarization,
            variance=variance,
            levels=levels,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.classification_weight = check_number(
            "classification_weight", classification_weight, 0.0
        )
        widths = self.hidden_widths
        self.label_encoder = image_encoder(
            architecture,
            self.image_shape,
            None,
            self.default_widths[architecture] if widths is None else widths,
            self.num_classes,
            activation,
            self.dtype_policy,
        )
        self.add_phase(
            "vae",
            [self.encoder, self.label_encoder, self.decoder, self.pixels],
            scalars=("loss", "bound", "cross_entropy"),
        )

    # === On tensors ===

    def class_logits(self, x, training=False):
        x = self.grey(x)
        x = ops.reshape(x, (ops.shape(x)[0], *self.label_encoder.input_shape[1:]))
        return self.label_encoder(x, training=training)

    def class_bounds(self, x, training):
        """Returns `L(x, y)` of all classes, `(batch, num_classes)`, in nats.

        Args:
            x: float tensor of observed pixels.
            training: bool.
        """
        batch, classes = ops.shape(x)[0], self.num_classes
        x = ops.repeat(x, classes, axis=0)
        labels = ops.tile(ops.arange(classes, dtype="int32"), [batch])
        mean, log_variance = self.posterior(x, labels, training)
        z = gaussian_sample(mean, log_variance, self.draw_normal(mean, training))
        outputs = self.run_decoder(z, labels, training)
        nats = gaussian_kl(mean, log_variance) - self.pixels.log_prob(x, outputs)
        return ops.reshape(nats, (batch, classes)) + math.log(classes)

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        logits = self.class_logits(x, training)
        bounds = self.class_bounds(x, training)
        log_q = ops.log_softmax(logits, axis=-1)
        unlabeled = ops.sum(ops.exp(log_q) * (bounds + log_q), axis=-1)
        known = labels >= 0
        classes = ops.maximum(ops.cast(labels, "int32"), 0)
        labeled = ops.take_along_axis(bounds, classes[:, None], axis=-1)[:, 0]
        bound = ops.mean(ops.where(known, labeled, unlabeled))
        cross_entropy = self.cross_entropy(logits, labels)
        share = ops.mean(ops.cast(known, "float32"))
        return {
            "loss": bound + self.classification_weight * share * cross_entropy,
            "bound": bound,
            "cross_entropy": cross_entropy,
        }

    def infer(self, x, labels=None, training=False):
        return super().infer(x, self.complete_labels(x, labels), training)

    def moments(self, x, labels=None):
        return super().moments(x, self.complete_labels(x, labels))

    # === On arrays ===

    def _class_bounds(self, bound, x, labels, *args):
        """Returns `bound` of the labels, or of all classes, `(n, num_classes)`."""
        if labels is not None:
            labels = self.label_arrays(labels, len(x))[0]  # none of them -1
            return bound(x, labels, *args)
        every = [np.full(len(x), label) for label in range(self.num_classes)]
        return np.stack([bound(x, labels, *args) for labels in every], axis=1)

    def elbo(
        self, x, labels=None, num_samples=1, seed=0, batch_size=None, weights=None
    ):
        """Returns the evidence lower bound of `log p(x|y)`, or of `log p(x)`, in nats.

        Without labels it is `-sum_y q(y|x) L(x, y) + H(q(y|x))`. Arguments as in
        `VAE.elbo`.
        """
        if labels is None and self.pixels.observes_noise:
            x = self._draw_binary(x, seed)  # for `q(y|x)`, too
        args = (num_samples, seed, batch_size, weights)
        bounds = self._class_bounds(super().elbo, x, labels, *args)
        if labels is not None:
            return bounds
        q = self.classify(x, batch_size, weights).astype("float64")
        log_q = np.log(np.maximum(q, 1e-30))
        return np.sum(q * (bounds - log_q), axis=1) - math.log(self.num_classes)

    def _draw_binary(self, x, seed):
        x, _ = self.image_arrays(x)
        x = x / 255.0 if x.dtype == np.uint8 else x
        draws = [np.random.default_rng([seed, i]) for i in range(len(x))]
        noise = np.stack([g.random(x.shape[1:], dtype="float32") for g in draws])
        return (noise < x).astype("float32")

    def log_prob(
        self, x, labels=None, num_samples=100, seed=0, batch_size=None, weights=None
    ):
        """Returns the importance-weighted bound of `log p(x|y)`, or of `log p(x)`.

        Without labels all classes are summed over. Arguments as in `VAE.log_prob`.
        """
        args = (num_samples, seed, batch_size, weights)
        bounds = self._class_bounds(super().log_prob, x, labels, *args)
        return bounds if labels is not None else self._mean_over_classes(bounds)

    def bits_per_dim(
        self, x, labels=None, num_samples=1, seed=0, batch_size=None, weights=None
    ):
        """Returns `-log_prob / (values an image * ln 2)`, as in `VAE.bits_per_dim`."""
        args = (num_samples, seed, batch_size, weights)
        bits = self._class_bounds(super().bits_per_dim, x, labels, *args)
        nats = math.prod(self.image_shape) * math.log(2.0)
        if labels is not None:
            return bits
        return -self._mean_over_classes(-bits * nats) / nats

    def _mean_over_classes(self, bounds):
        """Returns `log 1/K sum_y e^bounds`."""
        return np.logaddexp.reduce(bounds, axis=1) - math.log(self.num_classes)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(3e-4) for phase in self.phases}
