"""Autoencoder: a narrow code that its decoder can turn back into the image.

Hinton and Salakhutdinov, 2006, "Reducing the Dimensionality of Data with Neural
Networks", Science 313, https://doi.org/10.1126/science.1127647 (784-1000-500-250-30 on
MNIST); with `noise`, the denoising autoencoder of Vincent, Larochelle, Bengio and
Manzagol, 2008, "Extracting and Composing Robust Features with Denoising Autoencoders",
section 2; convolutional after Masci et al., 2011; sparse after Ng, 2011; contractive
after Rifai et al., 2011. Official code: none read.

Differs from the paper:
1. Trained at once by Adam, without layer-wise pre-training by restricted Boltzmann
   machines and conjugate gradients; rectifiers in place of sigmoids; no tied weights.
2. `sample` draws codes from a Gaussian with the codes' running mean and covariance; the
   papers draw no images.
3. Rates of the sparse one are means over a batch, not over the data. The penalty of a
   contractive encoder of several layers is estimated by one random direction an image.
"""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.families.latent_model import LatentModel
from kerasgen.losses.likelihoods import bernoulli_log_prob, sum_per_example
from kerasgen.losses.sparsity import (
    estimated_jacobian_norm,
    rate_divergence,
    sigmoid_jacobian_norm,
)
from kerasgen.registry import register

_CODE_DECAY = 0.99  # of the running mean and covariance of the codes


@register
class Autoencoder(LatentModel):
    """Dense or convolutional autoencoder; denoising, sparse or contractive on demand.

    Minimises the cross entropy of an image, or its squared error
    `sum_d (x_d - g(f(x))_d)^2`: *summed* over the pixels of an image, averaged over
    images. A linear one (`hidden_widths=(), output_activation="linear"`) learns
    principal components.

    With `noise`, the encoder sees images corrupted anew in each training step and the
    loss compares with the clean ones: `"masking"` sets each value to 0 with probability
    `noise_level` (and does not rescale the rest), `"gaussian"` adds
    `noise_level * N(0, 1)`. Evaluation corrupts nothing. Also `fit(noisy, clean)`.

    Codes are linear, or sigmoid ones, of which `sparsity_weight` adds the divergence of
    their rates of firing from `sparsity_target`, `contraction_weight` the squared norm
    of the encoder's Jacobian: see `kerasgen.losses.sparsity`.

    There is no prior. `sample` draws codes from a Gaussian with the running mean and
    covariance of those seen in training, whatever the labels; before, from N(0, I).

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a linear output and dense layers.
        latent_dim: int. Size of the code. Defaults to `30`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for
            `(1000, 500, 250)`, or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"relu"`.
        reconstruction_loss: `"cross_entropy"`, in nats, or `"squared_error"`.
        output_activation: `"sigmoid"` or, for the squared error, `"linear"`.
        noise: None, `"masking"` or `"gaussian"`.
        noise_level: float. See above; without `noise` it is not used.
        code_activation: `"linear"` or `"sigmoid"`.
        sparsity_weight: float. Of sigmoid codes. Defaults to `0.0`.
        sparsity_target: float in (0, 1). Share of images for which a unit fires.
        contraction_weight: float. Defaults to `0.0`.
        num_classes: int or None. Joins labels to the encoder's and decoder's input.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `loss`, the `reconstruction_loss` an image (of grey images, the cross
        entropy does not reach 0: its floor is their entropy), and `squared_error`, the
        squared error an image; unweighted, `sparsity` and `contraction`, where they
        have a weight.
    Raises:  ValueError: if the cross entropy is asked of a linear output, or sparsity
        of linear codes.

    Example:
    >>> model = kerasgen.autoencoders.Autoencoder((28, 28, 1), latent_dim=8)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Hinton and Salakhutdinov, 2006](https://doi.org/10.1126/science.1127647)
    """

    takes_targets = True
    default_widths = {"dense": (1000, 500, 250), "conv": (32, 64, 64)}

    def __init__(
        self,
        image_shape,
        latent_dim=30,
        architecture="dense",
        hidden_widths=None,
        activation="relu",
        reconstruction_loss="cross_entropy",
        output_activation="sigmoid",
        noise=None,
        noise_level=0.25,
        code_activation="linear",
        sparsity_weight=0.0,
        sparsity_target=0.05,
        contraction_weight=0.0,
        num_classes=None,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        losses, kinds = ("cross_entropy", "squared_error"), ("sigmoid", "linear")
        check_choice("reconstruction_loss", reconstruction_loss, losses)
        check_choice("output_activation", output_activation, kinds)
        check_choice("code_activation", code_activation, kinds)
        self.reconstruction_loss = reconstruction_loss
        self.output_activation = output_activation
        self.code_activation = code_activation
        if (reconstruction_loss, output_activation) == ("cross_entropy", "linear"):
            raise ValueError(
                "`output_activation` must be 'sigmoid' for the cross entropy. "
                f"Received: output_activation={output_activation!r}"
            )
        if self.is_points and output_activation != "linear":
            raise ValueError(
                "`output_activation` must be 'linear' for points, which have no range. "
                f"Received: output_activation={output_activation!r}"
            )
        self.noise = check_choice("noise", noise, (None, "masking", "gaussian"))
        highest = 1.0 if noise == "masking" else None
        self.noise_level = check_number("noise_level", noise_level, 0.0, highest)
        weights = {"sparsity": sparsity_weight, "contraction": contraction_weight}
        for key, weight in weights.items():
            setattr(self, f"{key}_weight", check_number(f"{key}_weight", weight, 0.0))
        if sparsity_weight and code_activation != "sigmoid":
            raise ValueError(
                "`code_activation` must be 'sigmoid' for sparsity. "
                f"Received: code_activation={code_activation!r}"
            )
        limits = 1e-6, 1.0 - 1e-6
        self.sparsity_target = check_number("sparsity_target", sparsity_target, *limits)
        self.build_networks(self.latent_dim)
        if self.code_activation == "sigmoid":
            self.encoder.add(keras.layers.Activation("sigmoid", dtype="float32"))
        self.code_mean = self._code_state("code_mean", (latent_dim,), "zeros")
        self.code_covariance = self._code_state(
            "code_covariance", (latent_dim, latent_dim), "identity"
        )
        scalars = ("loss", "squared_error", *[n for n, w in weights.items() if w])
        self.add_phase("autoencoder", [self.encoder, self.decoder], scalars)

    def _code_state(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype="float32",
            trainable=False,
            initializer=initializer,
            aggregation="mean",
        )

    def corrupt(self, x):
        """Returns images with fresh noise, as the encoder sees them in training."""
        seed = self.draw_seed(training=True)
        if self.noise == "masking":
            kept = keras.random.uniform(ops.shape(x), seed=seed) >= self.noise_level
            return ops.where(kept, x, 0.0)
        return x + self.noise_level * keras.random.normal(ops.shape(x), seed=seed)

    def compute_losses(self, phase, x, labels, training):
        target, labels = self.split_target(x, labels)
        noisy = self.corrupt(x) if training and self.noise else x
        z = self.run_encoder(noisy, labels, training)
        outputs = self.run_decoder(z, labels, training)
        if training:
            self._track_codes(ops.stop_gradient(z))
        errors = ops.square(target - self._activate(outputs))
        squared_error = ops.mean(sum_per_example(errors))
        loss = squared_error
        if self.reconstruction_loss == "cross_entropy":
            loss = -ops.mean(bernoulli_log_prob(target, outputs))
        scalars = {"squared_error": squared_error}
        if self.sparsity_weight:
            scalars["sparsity"] = rate_divergence(z, self.sparsity_target)
            loss = loss + self.sparsity_weight * scalars["sparsity"]
        if self.contraction_weight:
            scalars["contraction"] = self._contraction(noisy, z, labels, training)
            loss = loss + self.contraction_weight * scalars["contraction"]
        return {"loss": loss, **scalars}

    def _contraction(self, x, z, labels, training):
        """Returns the mean of `||J||_F^2` of the encoder, or an estimate of it."""
        dense = self.architecture == "dense" and self.hidden_widths == ()
        if dense and self.code_activation == "sigmoid":
            kernel = self.encoder.layers[0].kernel[: math.prod(self.image_shape)]
            return ops.mean(sigmoid_jacobian_norm(z, kernel))
        noise = keras.random.normal(ops.shape(z), seed=self.draw_seed(training))

        def encoder(x):
            return self.run_encoder(x, labels, training)

        return ops.mean(estimated_jacobian_norm(encoder, x, noise))

    def _track_codes(self, z):
        # An average over all steps at first, exponential later.
        rate = 1.0 / (ops.cast(self.steps.value, "float32") + 1.0)
        rate = ops.maximum(rate, 1.0 - _CODE_DECAY)
        mean = ops.mean(z, axis=0)
        centred = z - mean
        covariance = ops.matmul(ops.transpose(centred), centred) / ops.cast(
            ops.shape(z)[0], "float32"
        )
        shift = mean - self.code_mean.value
        between = (1.0 - rate) * shift[:, None] * shift[None, :]
        change = covariance + between - self.code_covariance.value
        self.code_covariance.assign(self.code_covariance.value + rate * change)
        self.code_mean.assign(self.code_mean.value + rate * shift)

    def _activate(self, outputs):
        return ops.sigmoid(outputs) if self.output_activation == "sigmoid" else outputs

    def output_images(self, outputs):
        return self.to_images(self._activate(outputs))

    def numpy_latents(self, generator, num_samples, weights=None, labels=None):
        self.sync()
        covariance = np.array(self.code_covariance, "float64")
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        normal = generator.standard_normal((num_samples, self.latent_dim))
        codes = (np.array(self.code_mean) + normal @ root.T).astype("float32")
        return codes.clip(0.0, 1.0) if self.code_activation == "sigmoid" else codes

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}
