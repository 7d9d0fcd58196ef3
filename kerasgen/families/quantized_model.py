"""The family base of autoencoders whose codes are grids of ints."""

import math

import numpy as np
from keras import ops

from kerasgen.arguments import check_image_shape, check_int, check_number
from kerasgen.families.code_priors import CodePriors
from kerasgen.training.generative_model import GenerativeModel


class QuantizedModel(CodePriors, GenerativeModel):
    """Base class of models that store an image as grids of codes, ints.

    `fit` trains the autoencoder, `fit_prior` then the priors, see `CodePriors`. A model
    calls `add_priors` at the end of its constructor, and implements `infer_codes` and
    `generate`.

    Args:
        image_shape: tuple `(height, width, channels)`.
        num_codes: int. Codes of each grid.
        multiple_of: int. What height and width must be divisible by.
        data_variance: float. Squared errors are divided by it.
        prior_filters, prior_blocks: ints, `filters` and `blocks` of the priors.
        num_classes: int or None. Makes the priors conditional on labels; encoder and
            decoder are not.
        seed, name, dtype: as in `GenerativeModel`.

    Call: images to their reconstructions, float32 in `[0, 1]`.
    """

    data_range = (-0.5, 0.5)

    def __init__(
        self,
        image_shape,
        num_codes,
        multiple_of=1,
        data_variance=1.0,
        prior_filters=64,
        prior_blocks=10,
        num_classes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = check_image_shape(image_shape, multiple_of)
        self.num_codes = check_int("num_codes", num_codes, 2)
        self.data_variance = check_number("data_variance", data_variance, 1e-8)
        self.prior_filters = check_int("prior_filters", prior_filters)
        self.prior_blocks = check_int("prior_blocks", prior_blocks, 0)
        if num_classes is not None:
            check_int("num_classes", num_classes, 2)
        self.num_classes = num_classes

    # === On tensors ===

    def infer_codes(self, x):
        """Returns a list of int codes, `(batch, height, width)` each.

        Args:
            x: float tensor of images in `data_range`.
        """
        raise NotImplementedError

    def generate(self, *grids):
        """Returns the images, float32 in `[0, 1]`, of int codes."""
        raise NotImplementedError

    def squared_error(self, x, outputs):
        """Returns the mean squared error of a sub-pixel, over `data_variance`."""
        return ops.mean(ops.square(x - outputs)) / self.data_variance

    def call(self, inputs, training=False):
        x = inputs[0] if isinstance(inputs, (tuple, list)) else inputs
        return self.generate(*self.infer_codes(self.preprocess(x)))

    @property
    def takes_labels(self):
        """False: the priors alone take labels, not `call`."""
        return False

    # === On arrays ===

    def encode(self, x, batch_size=None, weights=None):
        """Returns the codes of images.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            int32 array `(n, rows, columns)`, or a tuple of them, one for each grid.
        """

        def encode(x):
            grids = self.infer_codes(self.preprocess(x))
            return ops.concatenate(
                [ops.reshape(g, (-1, math.prod(g.shape[1:]))) for g in grids], axis=1
            )

        x = self._images(x)
        flat = self.run_in_batches("encode", encode, [x], batch_size, weights)
        return self._one_or_all(self._split(flat.astype("int32")))

    def decode(self, codes, batch_size=None, weights=None):
        """Returns the images of codes, float32 in `[0, 1]`.

        Args:
            codes: what `encode` returns.
            batch_size: int or None. Images a call.
            weights: as in `encode`.
        """
        grids = self._check_codes(codes)
        return self.run_in_batches("decode", self.generate, grids, batch_size, weights)

    def reconstruct(self, x, batch_size=None, weights=None):
        """Returns `decode(encode(x))`; arguments as in `encode`."""
        x = self._images(x)
        return self.run_in_batches("reconstruct", self, [x], batch_size, weights)

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        temperature=1.0,
        weights=None,
    ):
        """Draws images: codes from the priors, decoded once.

        Args:
            num_samples: int.
            labels: int or ints, for a conditional model; None draws them.
            seed: int or None. The same seed gives the same noise on every backend;
                None moves the model's own seed on.
            batch_size: int or None. Images a call; it does not change them.
            temperature: float above 0. The priors' logits are divided by it.
            weights: of the decoder, as in `encode`.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.

        Raises:
            ValueError: before `fit_prior` has trained the priors.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        codes = self.draw_codes(num_samples, labels, generator, batch_size, temperature)
        return self.decode(codes, batch_size, weights)

    # === Checks ===

    def _images(self, x):
        """Returns checked images as an array; labels are not needed."""
        return self.check_inputs(x)

    def _split(self, flat):
        """Returns the grids `(n, rows, columns)` of joined codes `(n, values)`."""
        shapes = [prior.image_shape[:2] for prior in self.priors]
        ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
        parts = np.split(flat, ends, axis=1)
        return [p.reshape(-1, *s) for p, s in zip(parts, shapes, strict=True)]

    def _check_codes(self, codes):
        grids = [np.asarray(ops.convert_to_numpy(grid)) for grid in self._all(codes)]
        for grid, prior in zip(grids, self.priors, strict=True):
            shape = (len(grids[0]), *prior.image_shape[:2])
            if grid.shape != shape or grid.dtype.kind not in "iu":
                raise ValueError(
                    f"`codes` must be ints of shape {shape}. Received: codes of shape "
                    f"{grid.shape}, dtype {grid.dtype}"
                )
            if grid.min() < 0 or grid.max() >= self.num_codes:
                raise ValueError(
                    f"`codes` must be in [0, {self.num_codes - 1}]. "
                    f"Received: codes from {grid.min()} to {grid.max()}"
                )
        return [grid.astype("int32") for grid in grids]
