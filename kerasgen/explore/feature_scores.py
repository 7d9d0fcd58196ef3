"""A table of how well classifiers of features know classes."""

import dataclasses
import json

import numpy as np

from kerasgen.explore.result import save
from kerasgen.images import png_bytes
from kerasgen.images.plots import plot
from kerasgen.reports.columns import error_text, fact_lines, in_columns


@dataclasses.dataclass(frozen=True)
class FeatureScore:
    """The accuracy of a classifier of one kind of features.

    Attributes:
        features: str, the kind.
        dim: int. Numbers of an image.
        labels: `"all"`, or how many there were, such as `"100 a class"`.
        accuracy: float, share of test images.
        error: float or None.
        error_kind: `"standard error"`, over the test images, or `"spread of k draws"`,
            the standard deviation over draws of the labels.
        regularization: float, the `C` that was chosen.
        validation_accuracy: float on the images that it was chosen by; None where there
            was no choice.
        converged: bool. Whether the classifier's training came to its end.
    """

    features: str
    dim: int
    labels: str
    accuracy: float
    error: float | None
    error_kind: str
    regularization: float
    validation_accuracy: float | None
    converged: bool


@dataclasses.dataclass(frozen=True)
class FeatureScores:
    """A table of `FeatureScore`, and the settings that repeat it.

    Attributes:
        scores: list of `FeatureScore`, the network's own first.
        settings: dict.
    """

    scores: list
    settings: dict

    def __getitem__(self, key):
        """Returns the `FeatureScore` of `(features, labels)`."""
        for score in self.scores:
            if key == (score.features, score.labels):
                return score
        known = [(score.features, score.labels) for score in self.scores]
        raise KeyError(f"{key!r} is none of {known}")

    def to_dict(self):
        """Returns all as a dict that JSON can hold."""
        scores = [dataclasses.asdict(score) for score in self.scores]
        return {"scores": scores, "settings": self.settings}

    def __str__(self):
        rows = [("features", "size", "labels", "accuracy", "", "C")]
        for score in self.scores:
            rows.append(
                (
                    *(score.features, str(score.dim), score.labels),
                    f"{score.accuracy:.2%}",
                    error_text(score.error, score.error_kind),
                    f"{score.regularization:g}"
                    + ("" if score.converged else ", not converged"),
                )
            )
        return "\n".join([*in_columns(rows), *fact_lines(self.settings)])

    __repr__ = __str__

    def picture(self):
        """Returns bars of the accuracies with their errors, a `uint8` image."""
        count = len(self.scores)
        places = np.arange(count)[::-1]
        values = np.array([score.accuracy for score in self.scores])
        errors = np.array([score.error or 0.0 for score in self.scores])
        names = {score.features: f"C{i}" for i, score in enumerate(self.scores[::-1])}
        bars = [names[score.features] for score in self.scores]
        labels = [f"{score.features}, {score.labels}" for score in self.scores]

        def draw(axes):
            axes.barh(places, values, xerr=errors, color=bars, height=0.7, capsize=3)
            for place, value, error in zip(places, values, errors, strict=True):
                text = f"{value:.1%}"
                axes.text(min(value + error, 0.9) + 0.01, place, text, va="center")
            axes.set_yticks(places, labels)
            axes.set_xlim(0, 1)
            axes.set_xlabel("share of test images")

        height = 110 + 42 * count
        place = (0.34, 50 / height, 0.6, 42 * count / height)
        return plot(draw, 640, height, place, "Linear classifiers of features")

    def _repr_png_(self):
        return png_bytes(self.picture())

    def save(self, path):
        """Writes the picture to a PNG or JPEG file, or all figures to an `.npz`."""
        found = [dataclasses.asdict(score) for score in self.scores]
        arrays = {
            key: np.array([np.nan if row[key] is None else row[key] for row in found])
            for key in found[0]
        }
        arrays["settings"] = np.array(json.dumps(self.settings))
        save(path, self.picture, arrays)
