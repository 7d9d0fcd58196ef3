"""Which scores there are of each kind of data.

A kind more is an entry of `KINDS`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from kerasgen.features import Image, Series, Tensor, Tracks, Volume
from kerasgen.images.values import to_uint8
from kerasgen.metrics import drawing
from kerasgen.metrics.feature_scores import FEATURE_SCORES, PICTURE_SCORES
from kerasgen.metrics.other_scores import (
    MELODY_SCORES,
    MODES,
    NEIGHBOUR_SCORES,
    VOLUME_SCORES,
    WASSERSTEIN,
    as_rows,
    scaled_series,
    scaled_tracks,
)


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is scored of one kind of data, and as what.

    Attributes:
        scores: dict of `SampleScore` by name, in their order.
        as_scored: function of a `Feature` and examples, real ones or samples, that
            returns them in the form that scores take.
        features: function of such examples that returns their features `(n, dim)`; None
            where they come from a network.
        space: str, what these features are called.
        settings: dict of what else is to be said of the scores.
    """

    scores: dict
    as_scored: Callable
    features: Callable | None = None
    space: str | None = None
    settings: dict = dataclasses.field(default_factory=dict)


KINDS = {
    Image: Kind(
        {**FEATURE_SCORES, **PICTURE_SCORES},
        lambda feature, x: to_uint8(x),
        settings={"pixels": "samples rounded to 8 bits"},
    ),
    Tensor: Kind(
        {**NEIGHBOUR_SCORES, **WASSERSTEIN, **MODES},
        lambda feature, x: np.asarray(x, "float64"),
        as_rows,
        "points",
        {"features": "the points themselves"},
    ),
    Volume: Kind(
        {**VOLUME_SCORES, **NEIGHBOUR_SCORES},
        lambda feature, x: feature.tidy(x) >= 0.5,
        as_rows,
        "cells",
        {"features": "cells, full or empty, from an occupancy of 0.5 on"},
    ),
    Series: Kind(
        {**MELODY_SCORES, **NEIGHBOUR_SCORES, **WASSERSTEIN},
        scaled_series,
        as_rows,
        "values",
        {"features": "all values of a series, each channel in [0, 1]"},
    ),
    Tracks: Kind(
        {**NEIGHBOUR_SCORES, **WASSERSTEIN},
        scaled_tracks,
        as_rows,
        "positions",
        {"features": "positions in units of the extent, and who is there"},
    ),
}
ALL_SCORES = sorted({name for kind in KINDS.values() for name in kind.scores})


def kind_of(feature):
    """Returns the `Kind` of a `Feature`, or None: there are no scores of it."""
    for cls in type(feature).__mro__:
        if cls in KINDS:
            return KINDS[cls]
    return None


def can_be_scored(model):
    """Returns whether there are scores of what a model draws."""
    return kind_of(drawing.drawn_feature(model)) is not None


def uses_network(model, to=None):
    """Returns whether the features of what a model draws come from a network."""
    return kind_of(drawing.drawn_feature(model, to)).features is None


def why_none(model):
    """Returns a sentence that says why there are no scores of what a model draws.

    None where there are some.
    """
    if can_be_scored(model):
        return None
    known = ", ".join(cls.__name__ for cls in KINDS)
    return (
        f"there are scores of one feature, {known}; "
        f"{type(model).__name__} draws {drawing.told(model)}"
    )
