"""Which scores there are of a set of samples, and what each of them needs."""

import dataclasses
from collections.abc import Callable

import numpy as np

from kerasgen.metrics.frechet import frechet_distance
from kerasgen.metrics.inception_scores import inception_score
from kerasgen.metrics.kernel import kernel_distance
from kerasgen.metrics.manifolds import density_coverage, precision_recall
from kerasgen.metrics.memorisation import memorisation_scores
from kerasgen.metrics.modes import class_coverage
from kerasgen.metrics.sliced_wasserstein import image_sliced_wasserstein
from kerasgen.metrics.structural_similarity import ms_ssim_diversity

LEAST_SIDE = 7  # of a picture for patches of it
LEAST = 8  # images of each kind, which have neighbours and groups


@dataclasses.dataclass(frozen=True)
class Scored:
    """Images and what a network says of them.

    Attributes:
        images: `uint8` `(n, height, width, channels)`.
        features: float32 `(n, dim)`, or None without a network.
        logits: float32 `(n, classes)`, or None where it is no classifier.
    """

    images: np.ndarray
    features: np.ndarray | None = None
    logits: np.ndarray | None = None

    @classmethod
    def of(cls, images, network):
        return cls(images) if network is None else cls(images, **network(images))


@dataclasses.dataclass(frozen=True)
class SampleScore:
    """A score of samples.

    Attributes:
        compute: function of `real`, `samples`, `train` (each `Scored`) and a seed that
            returns a dict of figures.
        rows: dict from the figures shown to which is better.
        needs: what must be there: "features", "logits", "train", "patches".
        of_real: whether training images can stand in the samples' place.
    """

    compute: Callable
    rows: dict
    needs: tuple = ()
    of_real: bool = True

    @property
    def uses_network(self):
        return bool({"features", "logits"} & set(self.needs))

    def missing(self, parts):
        """Returns why it can't be computed, as the end of a sentence, or None."""
        real = parts["real"]
        if len(real.images) < LEAST:
            return f"for fewer than {LEAST} images"
        if "features" in self.needs and real.features is None:
            return "without a network of features"
        if "logits" in self.needs and real.logits is None:
            return "for a network that is no classifier"
        if "train" in self.needs and "train" not in parts:
            return "without as many training images as samples"
        if "patches" in self.needs and min(real.images.shape[1:3]) < LEAST_SIDE:
            return f"for images with a side of less than {LEAST_SIDE} pixels"
        return None


def _classes(x, count):
    return class_coverage(np.argmax(x.logits, axis=1), count)


FEATURE_SCORES = {
    "frechet_distance": SampleScore(
        lambda real, x, train, seed: frechet_distance(real.features, x.features),
        {"frechet_distance": "lower"},
        ("features",),
    ),
    "kernel_distance": SampleScore(
        lambda real, x, train, seed: kernel_distance(
            real.features, x.features, seed=seed
        ),
        {"kernel_distance": "lower"},
        ("features",),
    ),
    "inception_score": SampleScore(
        lambda real, x, train, seed: inception_score(x.logits, min(10, len(x.logits))),
        {"inception_score": "higher"},
        ("logits",),
    ),
    "precision_recall": SampleScore(
        lambda real, x, train, seed: precision_recall(real.features, x.features),
        {"precision": "higher", "recall": "higher"},
        ("features",),
    ),
    "density_coverage": SampleScore(
        lambda real, x, train, seed: density_coverage(real.features, x.features),
        {"density": "higher", "coverage": "higher"},
        ("features",),
    ),
    "classes": SampleScore(
        lambda real, x, train, seed: _classes(x, real.logits.shape[1]),
        {"modes": "higher", "reverse_kl": "lower"},
        ("logits",),
    ),
    "memorisation": SampleScore(
        lambda real, x, train, seed: memorisation_scores(
            x.features, train.features, real.features
        ),
        {"memorisation_ratio": "like real", "exact_copies": "lower"},
        ("features", "train"),
        of_real=False,
    ),
}
PICTURE_SCORES = {
    "ms_ssim": SampleScore(
        lambda real, x, train, seed: ms_ssim_diversity(x.images, seed=seed),
        {"ms_ssim": "like real"},
    ),
    "sliced_wasserstein": SampleScore(
        lambda real, x, train, seed: image_sliced_wasserstein(
            real.images, x.images, seed=seed
        ),
        {"sliced_wasserstein": "lower"},
        ("patches",),
    ),
}
