"""The family base of autoregressive models: levels, likelihood, bits a dimension."""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import (
    check_choice,
    check_image_shape,
    check_int,
)
from kerasgen.backend.seeds import EVALUATION_SEED, numpy_generator
from kerasgen.layers.raster_sampling import RasterSampling
from kerasgen.losses.likelihoods import binarize
from kerasgen.training.generative_model import GenerativeModel


class AutoregressiveModel(RasterSampling, GenerativeModel):
    """Base class of models of `p(x) = prod_i p(x_i | x_1 .. x_(i-1))`.

    Sub-pixels are taken row by row, and within a pixel channel by channel. A model
    implements `compute_logits`, and the five methods that `raster_sampling` lists.

    Args:
        image_shape: tuple `(height, width, channels)`.
        levels: int. Values of a sub-pixel: 2 for black and white, up to 256. Images
            are rounded to 0..255 and divided by `256 // levels`.
        num_classes: int or None. Makes the model conditional on labels.
        binarization: what becomes of grey images with `levels=2`: `"dynamic"` draws
            each pixel white with the probability that its grey value is (anew in
            each training step, with fixed noise in `evaluate` and `log_prob`),
            `"threshold"` makes grey of 128 and more white, None refuses them.
        codes: bool. Whether data are codes in place of images: ints in
            `[0, levels - 1]`, of any `levels`, or floats `code / (levels - 1)`.
        seed, name, dtype: as in `GenerativeModel`.

    Call:   images to logits `(batch, height, width, channels, levels)`.
    """

    def __init__(
        self,
        image_shape,
        levels=256,
        num_classes=None,
        binarization="dynamic",
        codes=False,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)  # bfloat16 has not 256 levels
        self.image_shape = check_image_shape(image_shape)
        self.levels = check_int("levels", levels, 2)
        self.takes_codes = codes
        if 256 % levels and not codes:
            raise ValueError(f"`levels` must divide 256. Received: levels={levels}")
        if num_classes is not None:
            check_int("num_classes", num_classes, 2)
        self.num_classes = num_classes
        choices = ("dynamic", "threshold", None)
        self.binarization = check_choice("binarization", binarization, choices)

    def compute_logits(self, x, labels, training):
        """Returns logits `(batch, height, width, channels, levels)`.

        Args:
            x: int tensor of levels, `(batch, height, width, channels)`.
            labels: int tensor `(batch,)`, or None.
            training: bool.
        """
        raise NotImplementedError

    # === Levels ===

    def check_batch(self, x, labels=None, labeled=True):
        if self.takes_codes:
            x = _codes_as_floats(x, self.levels)
        super().check_batch(x, labels, labeled)
        if self.levels == 2 and self.binarization is None and not self.takes_codes:
            x = ops.convert_to_numpy(x)
            white = 255 if np.issubdtype(x.dtype, np.integer) else 1
            if not ((x == 0) | (x == white)).all():
                raise ValueError(
                    f"`x` must hold 0 and {white} alone, or `binarization` must be "
                    "'dynamic' or 'threshold'. Received: grey images, "
                    "binarization=None"
                )

    def preprocess(self, x):
        integer = "int" in keras.backend.standardize_dtype(x.dtype)
        if self.takes_codes and integer:
            return ops.cast(x, "float32") / (self.levels - 1)
        return super().preprocess(x)

    @property
    def _draws_levels(self):
        grey = self.binarization == "dynamic" and not self.takes_codes
        return self.levels == 2 and grey

    def to_levels(self, x, seed=EVALUATION_SEED):
        """Returns the integer levels of float images in `[0, 1]`."""
        if self._draws_levels:
            uniform = keras.random.uniform(ops.shape(x), seed=seed, dtype="float32")
            return ops.cast(binarize(x, "dynamic", uniform), "int32")
        if self.takes_codes:
            return ops.cast(ops.round(x * (self.levels - 1)), "int32")
        return ops.cast(ops.round(x * 255.0), "int32") // (256 // self.levels)

    def _numpy_levels(self, x, labels, seed):
        """Returns checked images as levels, with noise that NumPy draws."""
        x, labels = self.tidy(x, labels)
        self.check_batch(x, labels)
        x = self.preprocess(ops.convert_to_tensor(x))
        if not self._draws_levels:
            return ops.convert_to_numpy(self.to_levels(x))
        generator = numpy_generator(seed, self.seed_generator)
        uniform = generator.random(tuple(x.shape), "float32")
        levels = binarize(x, "dynamic", ops.convert_to_tensor(uniform))
        return ops.convert_to_numpy(levels).astype("int32")

    def scale_levels(self, levels):
        """Maps levels to `[-1, 1]`, the input of the network."""
        return ops.cast(levels, self.compute_dtype) * (2.0 / (self.levels - 1)) - 1.0

    # === Likelihood ===

    def call(self, inputs, training=False):
        x, labels = inputs if self.conditional else (inputs, None)
        labels = self._prepare_labels(labels)
        levels = self.to_levels(self.preprocess(x))
        return self.compute_logits(levels, labels, training)

    def compute_log_prob(self, levels, labels=None, training=False):
        """Returns `log p(levels)` in nats, `(batch,)`, in float32 or wider."""
        logits = _wide(self.compute_logits(levels, labels, training))
        nats = ops.sparse_categorical_crossentropy(levels, logits, from_logits=True)
        return -ops.sum(nats, axis=(1, 2, 3))

    def compute_losses(self, phase, x, labels, training):
        levels = self.to_levels(x, self.draw_seed(training))
        nats = -ops.mean(self.compute_log_prob(levels, labels, training))
        return {"loss": nats, "bits_per_dim": nats / self._nats_per_bit}

    @property
    def _nats_per_bit(self):
        return math.prod(self.image_shape) * math.log(2.0)

    def log_prob(self, x, labels=None, seed=0, batch_size=None, weights=None):
        """Returns the exact log-likelihood of each image.

        Args:
            x: images, `uint8` or floats in `[0, 1]`.
            labels: ints, for a conditional model.
            seed: int or None. Seed of the noise by which a model with dynamic
                binarisation makes grey images black and white. Binary images, and
                other models, are not affected.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            array `(len(x),)` of nats.
        """
        arrays = [self._numpy_levels(x, labels, seed)]
        if self.conditional:
            arrays.append(self.numpy_labels(labels, len(arrays[0])))
        return self.run_in_batches(
            "log_prob", self.compute_log_prob, arrays, batch_size, weights
        )

    def bits_per_dim(self, x, labels=None, seed=0, batch_size=None, weights=None):
        """Returns `-log2 p` of each image over its number of sub-pixels.

        Arguments are those of `log_prob`.
        """
        nats = self.log_prob(x, labels, seed, batch_size, weights)
        return -nats / self._nats_per_bit

    def conditionals(self, x, labels=None, seed=0, batch_size=None, weights=None):
        """Returns `p(x_i | x_1 .. x_(i-1))` of every level of every sub-pixel.

        `kerasgen.images.conditionals_grid` makes a picture of them. Arguments are
        those of `log_prob`.

        Returns:
            float32 array `(len(x), height, width, channels, levels)`.
        """
        arrays = [self._numpy_levels(x, labels, seed)]
        if self.conditional:
            arrays.append(self.numpy_labels(labels, len(arrays[0])))

        def probabilities(levels, labels=None):
            return ops.softmax(_wide(self.compute_logits(levels, labels, False)))

        found = self.run_in_batches(
            "conditionals", probabilities, arrays, batch_size, weights
        )
        return found.astype("float32")


def _codes_as_floats(x, levels):
    """Returns int codes, checked, as floats in `[0, 1]`; other data as it is."""
    x = ops.convert_to_numpy(x)
    if x.dtype.kind not in "iu" or x.size == 0:
        return x
    if x.min() < 0 or x.max() >= levels:
        raise ValueError(
            f"`x` must have codes in [0, {levels - 1}]. "
            f"Received: codes from {x.min()} to {x.max()}"
        )
    return (x / (levels - 1)).astype("float32")


def _wide(logits):
    wide = keras.backend.standardize_dtype(logits.dtype) == "float64"
    return logits if wide else ops.cast(logits, "float32")
