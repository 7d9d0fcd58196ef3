"""Scores of a model's samples beside real images, in one table, with their settings.

Real images are measured too, as many training images against the same held-out ones:
what the best samples could reach, which for few examples is far from a score's end.
"""

import dataclasses
import json
import math

from kerasgen.arguments import check_int
from kerasgen.features import Image
from kerasgen.images.values import to_uint8
from kerasgen.metrics.feature_scores import FEATURE_SCORES, PICTURE_SCORES, Scored
from kerasgen.reports.columns import error_text, in_columns

KNOWN = {**FEATURE_SCORES, **PICTURE_SCORES}


@dataclasses.dataclass(frozen=True)
class Score:
    """One score.

    Attributes:
        name: str; with the network's name in brackets where features are compared.
        value: float.
        error: float or None, the standard error or the spread, which `error_kind` says.
        error_kind: `"standard error"`, `"spread"` or None.
        real: float or None, the score of real training images in the samples' place.
        better: `"higher"`, `"lower"` or `"like real"`.
    """

    name: str
    value: float
    error: float | None
    error_kind: str | None
    real: float | None
    better: str


@dataclasses.dataclass(frozen=True)
class SampleScores:
    """A table of scores, and all that is needed to compute them again.

    Attributes:
        scores: list of `Score`.
        settings: dict: data, split, numbers of examples, network, resize rule, seed.
    """

    scores: list
    settings: dict

    def __getitem__(self, name):
        for score in self.scores:
            if name in (score.name, score.name.split(" [")[0]):
                return score
        raise KeyError(f"{name!r} is none of {[score.name for score in self.scores]}")

    def figures(self):
        """Returns a flat dict of all values, as `results.json` has them."""
        found = {}
        for score in self.scores:
            key = score.name.replace(" [", "_by_").rstrip("]").replace(" ", "_")
            found[key] = score.value
            if score.error is not None:
                found[f"{key}_{score.error_kind.replace(' ', '_')}"] = score.error
        return found

    def to_dict(self):
        """Returns all as a dict that JSON can hold."""
        return {
            "scores": [dataclasses.asdict(score) for score in self.scores],
            "settings": self.settings,
        }

    def __str__(self):
        rows = [("score", "samples", "", "real images", "better")]
        for score in self.scores:
            rows.append(_cells(score))
        lines = in_columns(rows)
        width = max(map(len, self.settings))
        for key, value in self.settings.items():
            text = value if isinstance(value, str) else json.dumps(value)
            lines.append(f"{key:<{width}}  {text}")
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__


def _cells(score):
    error = error_text(score.error, score.error_kind)
    real = "" if score.real is None else f"{score.real:.4g}"
    return score.name, f"{score.value:.4g}", error, real, score.better


def score_samples(
    model,
    real,
    train=None,
    network=None,
    num_samples=1000,
    scores=None,
    seed=0,
    batch_size=None,
):
    """Draws samples and scores them beside real images.

    Args:
        model: model of images with `sample`. A conditional one is asked for the classes
            that the real images have.
        real: `kerasgen.data.Dataset` of images that the model was not trained on.
        train: `kerasgen.data.Dataset` that it was trained on, or None: for the scores
            of real images, and of memorisation.
        network: `kerasgen.metrics.FeatureNetwork`, or None for the scores of pixels
            alone.
        num_samples: int. Samples, and at most as many real images: both kinds are of
            one number, that of the scarcer. Defaults to `1000`.
        scores: list of names, or None for all that can be had.
        seed: int. Of the samples, of the choice of images, and of what scores draw.
        batch_size: int or None. Samples a call.

    Returns:
        `SampleScores`.
    """
    _check_scored(model, scores)
    scorer = SampleScorer(real, train, network, num_samples, seed)
    return scorer.score(model, scores, batch_size)


class SampleScorer:
    """Real images and their features, computed once, to score samples beside.

    Args:
        real, train, network, num_samples, seed: as in `score_samples`.
    """

    def __init__(self, real, train=None, network=None, num_samples=1000, seed=0):
        check_int("num_samples", num_samples, 2)
        self.network, self.seed = network, seed
        x, self.labels = real.spread(num_samples)
        self.count = len(x)
        sets = {"real": to_uint8(x)}
        if train is not None and train.num_examples >= self.count:
            sets["train"] = to_uint8(train.spread(self.count, seed)[0])
        self.parts = {kind: Scored.of(x, network) for kind, x in sets.items()}
        self.settings = {
            "real images": f"{self.count} of {real.name}, split {real.split}",
            "pixels": "samples rounded to 8 bits",
        }
        if network is not None:
            self.settings["features"] = _told(network)

    def score(self, model, scores=None, batch_size=None):
        """Returns the `SampleScores` of a model; arguments as in `score_samples`."""
        _check_scored(model, scores)
        asked = {} if model.num_classes is None else {"labels": self.labels}
        samples = to_uint8(
            model.sample(self.count, seed=self.seed, batch_size=batch_size, **asked)
        )
        parts = {**self.parts, "samples": Scored.of(samples, self.network)}
        found = []
        for name, score in KNOWN.items():
            if scores is None or name in scores:
                found += _computed(
                    name, score, parts, self.network, self.seed, asked_for=scores
                )
        drawn = f"{len(samples)} of {type(model).__name__}, seed {self.seed}"
        return SampleScores(found, {"samples": drawn, **self.settings})


def _check_scored(model, scores):
    if not can_be_scored(model):
        raise ValueError(
            "`model` must draw images that can be scored. "
            f"Received: {type(model).__name__}"
        )
    unknown = [name for name in scores or () if name not in KNOWN]
    if unknown:
        raise ValueError(
            f"`scores` must be some of {sorted(KNOWN)}. Received: {unknown}"
        )


def can_be_scored(model):
    """Returns whether a model draws images."""
    field = getattr(getattr(model, "fields", None), "x", None)
    return isinstance(field, Image) and hasattr(model, "sample")


def _computed(name, score, parts, network, seed, asked_for):
    reason = score.missing(parts)
    if reason is not None:
        if asked_for is None:
            return []
        raise ValueError(
            f"`scores` must be without {name!r} {reason}. Received: scores={asked_for}"
        )
    values = score.compute(parts["real"], parts["samples"], parts.get("train"), seed)
    real = {}
    if "train" in parts and score.of_real:
        real = score.compute(parts["real"], parts["train"], None, seed)
    brackets = f" [{network.name}]" if score.uses_network else ""
    rows = []
    for key, better in score.rows.items():
        kinds = ("standard_error", "spread")
        kind = next((k for k in kinds if f"{key}_{k}" in values), None)
        error = None if kind is None else values[f"{key}_{kind}"]
        value = values[key]
        if not math.isfinite(value):
            continue
        rows.append(
            Score(
                f"{key}{brackets}",
                float(value),
                None if error is None else float(error),
                None if kind is None else kind.replace("_", " "),
                float(real[key]) if key in real else None,
                better,
            )
        )
    return rows


def _told(network):
    facts = network.describe()
    text = f"{network.name}, {network.feature_dim} features, resize {facts['resize']}"
    if "image_shape" in facts:
        text += f" to {'x'.join(map(str, facts['image_shape']))}"
    text += f", weights {facts.get('weights', facts.get('sha256'))[:16]}"
    if "trained_on" in facts:
        text += f"; trained on {facts['trained_on']}"
    if "accuracy" in facts:
        text += f", right on {facts['accuracy']:.1%} of "
        text += f"{facts['accuracy_num_examples']} test images"
    return text
