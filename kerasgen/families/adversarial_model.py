"""The family base of GANs: latents, a generator, and what plays against it."""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import (
    check_choice,
    check_image_shape,
    check_int,
    check_latents,
    check_number,
    is_points_shape,
    resolve_labels,
)
from kerasgen.families.standing_statistics import standing_statistics
from kerasgen.families.techniques import TechniqueModel
from kerasgen.features import Feature
from kerasgen.layers.labels import join_label_vector
from kerasgen.training.exporting import input_spec

LATENT_RANGES = {
    "uniform": (-1.0, 1.0),
    "unit_variance_uniform": (-math.sqrt(3.0), math.sqrt(3.0)),
    "standard_uniform": (0.0, 1.0),
}


class AdversarialModel(TechniqueModel):
    """Base class of GANs. A model builds `self.generator` and adds its phases.

    Args:
        image_shape: tuple `(height, width, channels)`; where the class `takes_points`,
            also `(features,)` for real vectors. Or the `kerasgen.features.Feature` that
            examples are, given by a model of other data than images.
        latent_dim: int. Size of the noise vector `z`.
        num_classes: int or None. Makes the model conditional on labels.
        latent_distribution: `"normal"` (standard), `"uniform"` (on `[-1, 1]`),
            `"unit_variance_uniform"` (on `[-sqrt(3), sqrt(3)]`, of standard deviation
            1) or `"standard_uniform"` (on `[0, 1]`).
        multiple_of, minimum: int. What the model asks of height and width.
        instance_noise, instance_noise_steps, historical_averaging, augmentation: as in
            `TechniqueModel`.
        seed, name, dtype: as in `GenerativeModel`.

    Call:   `generator(z)`: latents `(batch, latent_dim)`, or `(latents, labels)`, to
            float32 images in `[0, 1]`.
    """

    data_range = (-1.0, 1.0)
    takes_points = False  # whether `image_shape=(features,)` is allowed

    def __init__(
        self,
        image_shape,
        latent_dim,
        num_classes=None,
        latent_distribution="normal",
        multiple_of=1,
        minimum=1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(image_shape, Feature):
            self.set_fields(image_shape)
        elif self.takes_points and is_points_shape(image_shape):
            self.image_shape = tuple(int(n) for n in image_shape)
        else:
            self.image_shape = check_image_shape(image_shape, multiple_of, minimum)
        self.latent_dim = check_int("latent_dim", latent_dim)
        if num_classes is not None:
            check_int("num_classes", num_classes, 2)
        self.num_classes = num_classes
        self.latent_distribution = check_choice(
            "latent_distribution", latent_distribution, ("normal", *LATENT_RANGES)
        )

    @property
    def is_points(self):
        """Whether the data are real vectors, which have no range, not images."""
        return len(self.fields.shape) == 1

    @property
    def generator_input_shape(self):
        """Shape of the generator's input: latents with one-hot labels behind."""
        return (self.latent_dim + (self.num_classes or 0),)

    @property
    def latent_shape(self):
        """Shape of the noise of one example. Override it for other than vectors."""
        return (self.latent_dim,)

    @property
    def latent_range(self):
        """`(low, high)` between which latents are uniform, or None: they are normal."""
        return LATENT_RANGES.get(self.latent_distribution)

    def draw_latents(self, batch_size, training):
        """Draws `z ~ p(z)`, `(batch_size, *latent_shape)`."""
        shape, seed = (batch_size, *self.latent_shape), self.draw_seed(training)
        if self.latent_range is None:
            return keras.random.normal(shape, seed=seed)
        return keras.random.uniform(shape, *self.latent_range, seed=seed)

    def generate(self, z, labels=None, training=False):
        """Returns `G(z)` in `data_range`."""
        z = join_label_vector(z, labels, self.num_classes)
        return self.generator(z, training=training)

    def generate_like(self, x, labels, training):
        """Draws latents for a batch as large as `x` and returns `G(z)`."""
        z = self.draw_latents(ops.shape(x)[0], training)
        return self.generate(z, labels, training)

    def separation(self, scalars):
        """Returns how well the discriminator tells real and generated examples apart.

        Here the mean `D(x) - D(G(z))` where both probabilities are logged. A model of
        another objective overrides it.

        Args:
            scalars: dict of floats, the logged means of some steps.

        Returns:
            float, 0 of a discriminator that cannot tell and 1 of one without a mistake;
            or None of a critic, whose scores have no bound.
        """
        said = [scalars.get(f"discriminator_{kind}") for kind in ("real", "fake")]
        return None if None in said else said[0] - said[1]

    def call(self, inputs, training=False):
        z, labels = inputs if self.takes_labels else (inputs, None)
        return self.to_images(self.generate(z, labels, training))

    def call_signature(self):
        return [
            input_spec("latents", self.latent_shape),
            *super().call_signature()[1:],
        ]

    def check_inputs(self, x, labels=None):
        """Returns what `call` takes, checked: latents, or latents and labels."""
        latents = check_latents("x", x, (len(x), *self.latent_shape))
        if not self.takes_labels and labels is None:
            return latents
        if self.condition_attributes is not None:
            return latents, self.condition_attributes.rows(labels, len(x))
        return latents, resolve_labels(labels, len(x), self.num_classes, None)

    def averaged_networks(self):
        return [self.generator]

    def standing_statistics(self, num_batches=16, batch_size=64, **options):
        """Recomputes what the generator's batch normalisations divide by in sampling.

        Args:
            num_batches, batch_size, **options: as in
                `kerasgen.families.standing_statistics.standing_statistics`.

        Returns:
            int, the number of layers whose statistics were set.
        """
        return standing_statistics(self, num_batches, batch_size, **options)

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
        truncation=None,
    ):
        """Draws images.

        Args:
            num_samples: int.
            labels: int or ints, for a conditional model; for one of attributes a dict
                by name of a value for all or one for each; None draws them.
            seed: int or None. The same seed gives the same latents on every backend;
                None moves the model's own seed on.
            batch_size: int or None. Images a call; it does not change them.
            latents: array `(num_samples, *latent_shape)`, which of most models is
                `(latent_dim,)`, in place of drawn ones.
            weights: `"average"`, `"raw"`, or None for the averages where kept.
            truncation: float, at least 0.01, or None. Normal latents beyond it on
                either side are drawn again until none is (Brock et al., 2019,
                https://arxiv.org/abs/1809.11096, section 3.1): the smaller, the more
                typical and alike the images.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.

        Raises:
            ValueError: for `truncation` beside `latents`, or of latents that are not
                normal.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        latents = self.latents_of_sample(generator, num_samples, latents, truncation)
        if labels is None:
            return self.run_in_batches("call", self, [latents], batch_size, weights)
        return self.run_in_batches(
            "call", lambda *pair: self(pair), [latents, labels], batch_size, weights
        )

    def latents_of_sample(self, generator, num_samples, latents=None, truncation=None):
        """Returns the latents of one call of `sample`, given or drawn, checked.

        Args:
            generator: `numpy.random.Generator`.
            num_samples, latents, truncation: as in `sample`.
        """
        if truncation is not None:
            self._check_truncation(truncation, latents)
        if latents is None:
            latents = self.numpy_latents(generator, num_samples)
            if truncation is not None:
                latents = redraw_beyond(truncation, latents, generator)
        return check_latents("latents", latents, (num_samples, *self.latent_shape))

    def _check_truncation(self, truncation, latents):
        check_number("truncation", truncation, 0.01)
        if latents is not None:
            raise ValueError(
                "`truncation` must be None where `latents` are given. "
                f"Received: truncation={truncation}"
            )
        if self.latent_range is not None:
            raise ValueError(
                "`truncation` must be None where latents are not normal. Received: "
                f"truncation={truncation}, "
                f"latent_distribution={self.latent_distribution!r}"
            )

    def numpy_latents(self, generator, num_samples):
        """Draws latents `(num_samples, *latent_shape)` from a NumPy generator."""
        shape = (num_samples, *self.latent_shape)
        if self.latent_range is None:
            return generator.standard_normal(shape, dtype="float32")
        return generator.uniform(*self.latent_range, shape).astype("float32")


def redraw_beyond(limit, normal, generator):
    """Returns standard normal numbers, those outside `[-limit, limit]` drawn again.

    Args:
        limit: float.
        normal: float array of standard normal numbers, which is changed.
        generator: `numpy.random.Generator`.
    """
    beyond = np.abs(normal) > limit
    while count := np.count_nonzero(beyond):
        normal[beyond] = generator.standard_normal(count, dtype=normal.dtype)
        beyond = np.abs(normal) > limit
    return normal
