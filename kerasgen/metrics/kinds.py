"""Which scores there are of each kind of data.

A kind more is an entry of `KINDS`.
"""

import dataclasses
from collections.abc import Callable

from kerasgen.features import Image
from kerasgen.images.values import to_uint8
from kerasgen.metrics.feature_scores import FEATURE_SCORES, PICTURE_SCORES


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
}
ALL_SCORES = sorted({name for kind in KINDS.values() for name in kind.scores})


def kind_of(feature):
    """Returns the `Kind` of a `Feature`, or None: there are no scores of it."""
    for cls in type(feature).__mro__:
        if cls in KINDS:
            return KINDS[cls]
    return None
