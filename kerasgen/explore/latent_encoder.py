"""An encoder for a model that has none, fitted to what the model draws.

It learns codes from pairs of codes and their images, of which a generator makes any
number (Zhu et al., 2016, https://arxiv.org/abs/1609.03552, section 4.1; Perarnau et
al., 2016, "Invertible Conditional GANs for image editing",
https://arxiv.org/abs/1611.06355, section 3.1, with 100,000 pairs).
"""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.data.dataset import Dataset
from kerasgen.explore.codes import check_model, decode, prior_scale
from kerasgen.features import Image, Tensor
from kerasgen.metrics.feature_networks import glorot_weights
from kerasgen.networks.image_networks import image_encoder
from kerasgen.registry import PACKAGE
from kerasgen.training.generative_model import GenerativeModel


@keras.saving.register_keras_serializable(PACKAGE)
class LatentEncoder(GenerativeModel):
    """A network from images to the codes that a generator made them from.

    Minimises `|z - E(G(z))|^2`, the mean over latents, in deviations of the prior.

    Args:
        image_shape: tuple `(height, width, channels)`, or `(features,)` of points.
        latent_dim: int. Size of a code.
        hidden_widths: tuple of ints. Maps of the convolutions, each of stride 2, or of
            points the units of dense layers.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images and codes, float `(batch, latent_dim)`.
    Scalars: `loss`; 1 is that of an encoder that says the prior's mean of all images.

    Example:
    >>> encoder = kerasgen.explore.LatentEncoder((8, 8, 1), latent_dim=3)
    >>> encoder.encode(np.zeros((2, 8, 8, 1), "uint8")).shape
    (2, 3)

    Reference: [Perarnau et al., 2016](https://arxiv.org/abs/1611.06355), section 3.1.
    """

    def __init__(self, image_shape, latent_dim, hidden_widths=(32, 64, 128), **kwargs):
        super().__init__(**kwargs)
        self.image_shape = tuple(int(n) for n in image_shape)
        self.latent_dim = check_int("latent_dim", latent_dim)
        self.hidden_widths = tuple(check_int("hidden_widths", n) for n in hidden_widths)
        points = len(self.image_shape) == 1
        x = Tensor(self.image_shape) if points else Image(self.image_shape)
        self.set_fields(x, Tensor((self.latent_dim,)))
        self.encoder = image_encoder(
            "dense" if points else "conv",
            self.image_shape,
            None,
            self.hidden_widths,
            self.latent_dim,
            "relu",
            self.dtype_policy,
        )
        options = {"shape": (self.latent_dim,), "trainable": False}
        self.center = self.add_weight(name="center", initializer="zeros", **options)
        self.spread = self.add_weight(name="spread", initializer="ones", **options)
        self.add_phase("encoder", [self.encoder])

    def call(self, inputs, training=False):
        x = self.encoder(self.preprocess(inputs), training=training)
        return self.center + self.spread * x

    def compute_losses(self, phase, x, labels, training):
        u = (labels - self.center) / self.spread
        return {"loss": ops.mean(ops.square(u - self.encoder(x, training=training)))}

    def default_optimizers(self):
        return {"encoder": keras.optimizers.Adam(1e-3)}

    def encode(self, x, batch_size=None):
        """Returns the codes of images, float32 `(n, latent_dim)`.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            batch_size: int or None. Images a call.
        """
        x = self.tidy(x)[0]
        self.check_batch(x, labeled=False)
        return self.run_in_batches("encode", self, [x], batch_size)


class Pairs:
    """Source of images `G(z)` of codes, made when they are read.

    Args:
        model: the model that decodes.
        codes: float32 array `(n, latent_dim)`.
        labels: int32 array `(n,)`, or None.
    """

    def __init__(self, model, codes, labels):
        self.model, self.codes, self.labels = model, codes, labels

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, indices):
        labels = None if self.labels is None else self.labels[indices]
        return decode(self.model, self.codes[indices][:, None], labels)[:, 0]


def fit_encoder(
    model,
    num_samples=20_000,
    epochs=5,
    hidden_widths=(32, 64, 128),
    batch_size=64,
    learning_rate=1e-3,
    seed=0,
    verbose=0,
):
    """Trains an encoder on what a model draws; the model itself does not change.

    Codes come from the prior, those of a conditional model with labels drawn
    uniformly, which the encoder is not told. Its images are made anew in each epoch, so
    that they take no memory; Adam's rate falls to 0 by half a cosine.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        num_samples: int. Pairs of codes and images. Defaults to `20000`.
        epochs: int. Passes over them. Defaults to `5`.
        hidden_widths: tuple of ints, as in `LatentEncoder`.
        batch_size: int. Defaults to `64`.
        learning_rate: float. Of the first step. Defaults to `0.001`.
        seed: int. Of the codes, the weights and the order. Defaults to `0`.
        verbose: 0, 1 or 2, as in `fit`.

    Returns:
        `LatentEncoder`, with `encode(x)` and `save(path)` (to `.keras`).
    """
    check_model(model)
    for name, value in (("num_samples", num_samples), ("epochs", epochs)):
        check_int(name, value)
    check_int("batch_size", batch_size)
    generator = np.random.default_rng(check_int("seed", seed, 0))
    codes = model.numpy_latents(generator, num_samples)
    labels = None
    if model.decoder_classes is not None:
        labels = generator.integers(0, model.decoder_classes, num_samples, "int32")
    size = min(batch_size, num_samples)
    encoder = LatentEncoder(
        model.fields.shape, model.latent_dim, hidden_widths, seed=seed
    )
    glorot_weights(encoder.encoder, np.random.default_rng([seed, 1]))
    center, spread = prior_scale(model)
    encoder.center.assign(center)
    encoder.spread.assign(spread)
    steps = epochs * (num_samples // size)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    encoder.compile(keras.optimizers.Adam(rate))
    data = Dataset(Pairs(model, codes, labels), codes, size, seed, field=encoder.fields)
    encoder.fit(data, epochs=epochs, verbose=verbose)
    return encoder


def load_encoder(path):
    """Returns the `LatentEncoder` that `save` wrote to a `.keras` file."""
    encoder = keras.saving.load_model(Path(path))
    if not isinstance(encoder, LatentEncoder):
        raise ValueError(
            "`path` must hold a LatentEncoder. "
            f"Received: {path} with a {type(encoder).__name__}"
        )
    return encoder
