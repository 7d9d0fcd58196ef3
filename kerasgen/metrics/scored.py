"""What a score of samples is given, and what it needs."""

import dataclasses
from collections.abc import Callable

import numpy as np

from kerasgen.metrics.model_paths import has_paths

LEAST_SIDE = 7  # of a picture for patches of it
LEAST = 8  # examples of each kind, which have neighbours and groups


@dataclasses.dataclass(frozen=True)
class Scored:
    """Examples of one kind, and what a network says of them.

    Attributes:
        x: array `(n, ...)`; images are `uint8` `(n, height, width, channels)`.
        features: float32 `(n, dim)`, or None without a network.
        logits: float32 `(n, classes)`, or None where it is no classifier.
        labels: ints `(n,)`, the classes, or None.
    """

    x: np.ndarray
    features: np.ndarray | None = None
    logits: np.ndarray | None = None
    labels: np.ndarray | None = None

    def of_class(self, label):
        """Returns the examples of one class."""
        rows = self.labels == label
        return Scored(*(None if a is None else a[rows] for a in vars(self).values()))


@dataclasses.dataclass(frozen=True)
class Case:
    """Samples beside real examples: all that a score is computed of.

    Attributes:
        real: `Scored`, examples that the model was not trained on.
        samples: `Scored`.
        train: `Scored`, as many that it was trained on, or None.
        seed: int. Of what a score draws.
        model: what drew the samples, or None.
        network: network of the features, or None.
        data: `kerasgen.data.Dataset` of the real examples, or None.
        feature: `kerasgen.features.Feature` of the examples, or None.
    """

    real: Scored
    samples: Scored
    train: Scored | None = None
    seed: int = 0
    model: object = None
    network: object = None
    data: object = None
    feature: object = None

    def with_train_as_samples(self):
        """Returns the case of real examples in the samples' place."""
        return dataclasses.replace(self, samples=self.train, train=None, model=None)

    def of_class(self, label):
        """Returns the case of the examples of one class."""
        parts = {"real": self.real, "samples": self.samples, "train": self.train}
        for name, part in parts.items():
            known = part is not None and part.labels is not None
            parts[name] = part.of_class(label) if known else None
        return dataclasses.replace(self, **parts, model=None)


@dataclasses.dataclass(frozen=True)
class SampleScore:
    """A score of samples.

    Attributes:
        compute: function of a `Case` that returns a dict of figures; among them may be
            `NAME_of_real`, where the score of real examples is another computation.
        rows: dict from the figures shown to which is better.
        needs: names of `NEEDS`, what must be there.
        of_real: bool. Whether training examples can stand in the samples' place.
        by_class: bool. Whether it says something of the samples of one class.
        is_slow: bool. Whether it takes longer than some seconds: computed where it is
            asked for by name alone.
        reasons: dict from figures to why they can be NaN or infinite.
        space: function of a `Case` that returns what is compared, for the name; None
            for the network, or the space, of the features.
    """

    compute: Callable
    rows: dict
    needs: tuple = ()
    of_real: bool = True
    by_class: bool = False
    is_slow: bool = False
    reasons: dict = dataclasses.field(default_factory=dict)
    space: Callable | None = None

    @property
    def uses_network(self):
        return bool({"features", "logits"} & set(self.needs))

    def missing(self, case):
        """Returns why it can't be computed, as the end of a sentence, or None."""
        parts = (case.real, case.samples, case.train)
        if min(len(part.x) for part in parts if part is not None) < LEAST:
            return f"for fewer than {LEAST} examples"
        for need in self.needs:
            is_there, reason = NEEDS[need]
            if not is_there(case):
                return reason
        return None

    @property
    def by_nature(self):
        """bool. Whether it is of some models or data alone, others having no need."""
        return bool(OF_SOME & set(self.needs))


def _labelled(case):
    parts = (case.real, case.samples, case.train)
    return all(part is None or part.labels is not None for part in parts)


NEEDS = {
    "features": (
        lambda case: case.real.features is not None,
        "without a network of features",
    ),
    "logits": (
        lambda case: case.real.logits is not None,
        "for a network that is no classifier",
    ),
    "train": (
        lambda case: case.train is not None,
        "without as many training examples as samples",
    ),
    "labels": (_labelled, "for a model that is asked for no classes"),
    "latents": (
        lambda case: has_paths(case.model),
        "for a model that does not make images of vectors alone, in float32",
    ),
    "pairs": (
        lambda case: getattr(case.model, "paired", False),
        "for a model that does not learn from pairs",
    ),
    "modes": (
        lambda case: getattr(case.data, "centers", None) is not None,
        "for data that are no drawn mixture",
    ),
    "melodies": (
        lambda case: getattr(case.feature, "is_melody", False),
        "for series that are no melodies",
    ),
    "patches": (
        lambda case: min(case.real.x.shape[1:3]) >= LEAST_SIDE,
        f"for images with a side of less than {LEAST_SIDE} pixels",
    ),
}
OF_SOME = {"latents", "pairs", "modes", "melodies", "labels"}
