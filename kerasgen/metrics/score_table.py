"""Scores in a table, with all that is needed to compute them again."""

import dataclasses
import math

from kerasgen.reports.columns import error_text, fact_lines, in_columns
from kerasgen.reports.page import table


@dataclasses.dataclass(frozen=True)
class Score:
    """One score.

    Attributes:
        name: str; in brackets, where features are compared, of which network they are.
        value: float; NaN or infinite where `reason` says why.
        error: float or None, the standard error or the spread, which `error_kind` says.
        error_kind: `"standard error"`, `"spread"` or None.
        real: float or None, the score of real training examples in the samples' place.
        better: `"higher"`, `"lower"` or `"like real"`.
        reason: str or None, why the value is not finite.
        of_class: str or None, the class whose samples are scored; None for all.
    """

    name: str
    value: float
    error: float | None
    error_kind: str | None
    real: float | None
    better: str
    reason: str | None = None
    of_class: str | None = None

    def to_dict(self):
        """Returns it as a dict that JSON can hold: None for what is not finite."""
        found = dataclasses.asdict(self)
        if self.reason is not None:
            found["value"] = None
        if self.of_class is None:
            del found["of_class"]
        return found

    def cells(self):
        """Returns its value, error, real value and direction as text."""
        error = self.reason or error_text(self.error, self.error_kind)
        real = "" if self.real is None else f"{self.real:.4g}"
        return f"{self.value:.4g}", error, real, self.better


@dataclasses.dataclass(frozen=True)
class SampleScores:
    """A table of scores, and all that is needed to compute them again.

    Attributes:
        scores: list of `Score`.
        settings: dict: data, split, numbers of examples, network, resize rule, seed.
        per_class: list of `Score` of single classes, or empty.
        left_out: dict from names of scores to why they were not computed.
        plural: str, what examples are called.
    """

    scores: list
    settings: dict
    per_class: list = dataclasses.field(default_factory=list)
    left_out: dict = dataclasses.field(default_factory=dict)
    plural: str = "images"

    def __getitem__(self, name):
        for score in self.scores:
            if name in (score.name, score.name.split(" [")[0]):
                return score
        raise KeyError(f"{name!r} is none of {[score.name for score in self.scores]}")

    def figures(self):
        """Returns a flat dict of all values that are finite, as `results.json` has."""
        found = {}
        for score in self.scores:
            key = score.name.replace(" [", "_by_").rstrip("]").replace(" ", "_")
            if not math.isfinite(score.value):
                continue
            found[key] = score.value
            if score.error is not None:
                found[f"{key}_{score.error_kind.replace(' ', '_')}"] = score.error
        return found

    def to_dict(self):
        """Returns all as a dict that JSON can hold."""
        found = {
            "scores": [score.to_dict() for score in self.scores],
            "settings": self.settings,
        }
        if self.per_class:
            found["per_class"] = [score.to_dict() for score in self.per_class]
        if self.left_out:
            found["left_out"] = self.left_out
        return found

    def __str__(self):
        head = ("samples", "", f"real {self.plural}", "better")
        rows = [("score", *head)]
        rows += [(score.name, *score.cells()) for score in self.scores]
        lines = in_columns(rows)
        facts = dict(self.settings)
        if self.left_out:
            facts["left out"] = "; ".join(f"{k} {v}" for k, v in self.left_out.items())
        lines += fact_lines(facts)
        if self.per_class:
            rows = [("score", "class", *head)]
            rows += [(s.name, s.of_class, *s.cells()) for s in self.per_class]
            lines += ["", *in_columns(rows)]
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self):
        head = ["samples", "", "real images", "better"]
        rows = [[score.name, *score.cells()] for score in self.scores]
        found = table(["score", *head], rows)
        if self.per_class:
            rows = [[s.name, s.of_class, *s.cells()] for s in self.per_class]
            found += table(["score", "class", *head], rows)
        facts = [*self.settings.items()]
        facts += [(name, f"left out: {why}") for name, why in self.left_out.items()]
        return found + table(None, facts)
