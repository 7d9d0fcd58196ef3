"""Which scores there are of other data than images.

Points are their own features, and so are cells of volumes, values of series and
positions of tracks.
"""

import numpy as np

from kerasgen.metrics.feature_scores import FEATURE_SCORES
from kerasgen.metrics.means import mean_figures
from kerasgen.metrics.melodies import melody_scores
from kerasgen.metrics.modes import mode_coverage
from kerasgen.metrics.scored import SampleScore
from kerasgen.metrics.sliced_wasserstein import sliced_wasserstein_distance
from kerasgen.metrics.volumes import largest_component_shares, nearest_overlaps

_MELODY = ("pitch", "intensity", "wait")  # what `melody_scores` takes


def as_rows(x):
    """Returns examples as rows `(n, values)`."""
    return x.reshape(len(x), -1)


def scaled_series(feature, x):
    """Returns series with each channel in `[0, 1]`, float64."""
    low, high = np.array(feature.bounds, "float64").T
    return (feature.tidy(x).astype("float64") - low) / (high - low)


def scaled_tracks(feature, x):
    """Returns tracks with positions in units of their extent, float64."""
    x = feature.tidy(x).astype("float64")
    return np.concatenate([x[..., :2] / feature.extent, x[..., 2:]], axis=-1)


def _beside_real(measure):
    """Returns a score that is the mean of numbers of each example.

    Args:
        measure: function of a `Case` and examples that returns a dict of `(n,)` arrays.
    """

    def compute(case):
        figures = {}
        for name, values in measure(case, case.samples.x).items():
            figures |= mean_figures(name, values)
        for name, values in measure(case, case.real.x).items():
            figures[f"{name}_of_real"] = float(np.mean(values))
        return figures

    return compute


def _shape_of_volumes(case, x):
    return {
        "largest_component": largest_component_shares(x),
        "full_cells": x.mean(axis=(1, 2, 3)),
    }


def _measures_of_melodies(case, x):
    low, high = np.array(case.feature.bounds, "float64").T
    x = low + x * (high - low)
    return melody_scores(**{name: case.feature.channel(x, name) for name in _MELODY})


def _overlaps(case):
    real, samples = case.real.x, case.samples.x
    return {
        **mean_figures("overlap", nearest_overlaps(real, samples)),
        **mean_figures("sample_overlap", nearest_overlaps(samples, real)),
    }


NEIGHBOUR_SCORES = {
    name: FEATURE_SCORES[name]
    for name in ("precision_recall", "density_coverage", "memorisation")
}
WASSERSTEIN = {
    "sliced_wasserstein": SampleScore(
        lambda case: sliced_wasserstein_distance(
            case.real.features, case.samples.features, seed=case.seed
        ),
        {"sliced_wasserstein": "lower"},
        ("features",),
        by_class=True,
    ),
}
MODES = {
    "mode_coverage": SampleScore(
        lambda case: mode_coverage(case.samples.features, case.data),
        {"high_quality": "higher", "modes": "higher", "reverse_kl": "lower"},
        ("modes",),
        reasons={"reverse_kl": "no sample is within 3 standard deviations of a mode"},
    ),
}
VOLUME_SCORES = {
    "overlap": SampleScore(
        _overlaps, {"overlap": "higher", "sample_overlap": "higher"}, by_class=True
    ),
    "shape": SampleScore(
        _beside_real(_shape_of_volumes),
        {"largest_component": "like real", "full_cells": "like real"},
        of_real=False,
        by_class=True,
    ),
}
MELODY_SCORES = {
    "melodies": SampleScore(
        _beside_real(_measures_of_melodies),
        dict.fromkeys(
            (
                "scale_consistency",
                "tone_span",
                "unique_tones",
                "intensity_span",
                "polyphony",
                "repetitions",
            ),
            "like real",
        ),
        ("melodies",),
        of_real=False,
    ),
}
