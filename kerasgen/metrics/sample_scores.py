"""Scores of a model's samples beside real examples, in one table, with their settings.

Real examples are measured too, as many of the training data against the same held-out
ones: what the best samples could reach, which for few is far from a score's end.
"""

import difflib
import math

from kerasgen.arguments import check_int, class_names
from kerasgen.images.text import class_texts
from kerasgen.metrics import drawing
from kerasgen.metrics.kinds import ALL_SCORES, kind_of, why_none
from kerasgen.metrics.real_features import real_features
from kerasgen.metrics.score_table import SampleScores, Score
from kerasgen.metrics.scored import Case, Scored


def score_samples(
    model,
    real,
    train=None,
    network=None,
    num_samples=1000,
    scores=None,
    seed=0,
    batch_size=None,
    per_class=False,
    to=None,
):
    """Draws samples and scores them beside real examples.

    Args:
        model: model with `sample`, or that translates images. A conditional one is
            asked for the classes that the real examples have; a translator is given the
            images of the other domain that the data have.
        real: `kerasgen.data.Dataset` of examples that the model was not trained on.
        train: `kerasgen.data.Dataset` that it was trained on, or None: for the scores
            of real examples, and of memorisation.
        network: `kerasgen.metrics.FeatureNetwork`, of images, or None for the scores of
            pixels alone. Other data are their own features.
        num_samples: int. Samples, and at most as many real examples: both kinds are of
            one number, that of the scarcer. Defaults to `1000`.
        scores: list of names; None for all that can be had in some seconds, which
            `"default"` in a list stands for, as `"all"` does for all that can be had.
        seed: int. Of the samples, of the choice of examples, and of what scores draw.
        batch_size: int or None. Samples a call.
        per_class: bool. Whether scores are also computed of each class by itself.
        to: str or None. The domain that a translator translates to; None for its own.

    Returns:
        `SampleScores`.

    Raises:
        ValueError: if there are no scores of what the model draws, or a score that is
            asked for by its name cannot be had.
    """
    check_scored(model, scores, to)
    scorer = SampleScorer(model, real, train, network, num_samples, seed, to)
    return scorer.score(scores, batch_size, per_class)


class SampleScorer:
    """Real examples and their features, computed once, to score samples beside.

    Args:
        model, real, train, network, num_samples, seed, to: as in `score_samples`.
    """

    def __init__(
        self,
        model,
        real,
        train=None,
        network=None,
        num_samples=1000,
        seed=0,
        to=None,
    ):
        check_scored(model, None, to)
        check_int("num_samples", num_samples, 2)
        self.model, self.network, self.seed, self.to = model, network, seed, to
        self.data = real
        self.feature = drawing.drawn_feature(model, to)
        self.kind = kind_of(self.feature)
        x, y = drawing.real_examples(model, real, num_samples, to=to)
        self.count, self.names = len(x), real.class_names or class_names(model)
        self.asked = drawing.asked_for(model, x, y)
        self.parts = {"real": self._scored(x, drawing.as_classes(y), is_real=True)}
        if train is not None and train.num_examples >= self.count:
            x, y = drawing.real_examples(model, train, self.count, seed, to)
            if len(x) == self.count:
                classes = drawing.as_classes(y)
                self.parts["train"] = self._scored(x, classes, is_real=True)
        self.settings = {
            f"real {self.feature.plural}": _told_data(self.count, real, model, to),
            **self.kind.settings,
        }
        if self.kind.features is None and network is not None:
            self.settings["features"] = _told(network)

    def score(self, scores=None, batch_size=None, per_class=False):
        """Returns the `SampleScores`; arguments as in `score_samples`."""
        check_scored(self.model, scores, self.to)
        classes = drawing.as_classes(self.asked)
        if per_class and (classes is None or self.parts["real"].labels is None):
            raise ValueError(
                "`per_class` must be False for a model that is asked for no classes. "
                f"Received: per_class=True, {type(self.model).__name__}"
            )
        samples = drawing.draw(
            self.model, self.count, self.asked, self.seed, batch_size, self.to
        )
        samples = self._scored(samples, classes)
        case = Case(
            samples=samples,
            **self.parts,
            seed=self.seed,
            model=self.model,
            network=self.network,
            data=self.data,
            feature=self.feature,
        )
        found, left_out, computed = [], {}, []
        for name, score in self.kind.scores.items():
            if not _is_asked(name, score, scores):
                continue
            reason = score.missing(case)
            if reason is None:
                found += self._rows(score, case)
                computed.append(score)
            elif name in (scores or ()):
                raise ValueError(
                    f"`scores` must be without {name!r} {reason}. "
                    f"Received: scores={scores}"
                )
            elif not score.by_nature:
                left_out[name] = reason
        drawn = f"{self.count} of {type(self.model).__name__}, seed {self.seed}"
        settings = {"samples": drawn, **self.settings}
        by_class = self._by_class(case, computed) if per_class else []
        plural = self.feature.plural
        return SampleScores(found, settings, by_class, left_out, plural)

    def _scored(self, x, labels=None, is_real=False):
        x = self.kind.as_scored(self.feature, x)
        if self.kind.features is not None:
            return Scored(x, self.kind.features(x), None, labels)
        found = {}
        if self.network is not None:
            found = real_features(self.network, x) if is_real else self.network(x)
        return Scored(x, **found, labels=labels)

    def _by_class(self, case, scores):
        rows = []
        for score in scores:
            if not score.by_class:
                continue
            for label in sorted(set(case.samples.labels.tolist())):
                own = case.of_class(label)
                name = class_texts([label], self.names)[0]
                few = score.missing(own)
                rows += self._rows(score, own, name, few)
        order = list(dict.fromkeys(row.name for row in rows))
        return sorted(rows, key=lambda row: order.index(row.name))

    def _rows(self, score, case, of_class=None, missing=None):
        """Returns the rows of a score; NaN where it says why that is `missing`."""
        values = dict.fromkeys(score.rows, math.nan)
        if missing is None:
            values = score.compute(case)
        real = {}
        if missing is None and case.train is not None and score.of_real:
            real = score.compute(case.with_train_as_samples())
        real |= {
            key: values[f"{key}_of_real"]
            for key in score.rows
            if f"{key}_of_real" in values
        }
        space = None
        if score.space is not None:
            space = score.space(case)
        elif score.uses_network:
            space = self.kind.space or self.network.name
        brackets = "" if space is None else f" [{space}]"
        rows = []
        for key, better in score.rows.items():
            kinds = ("standard_error", "spread")
            kind = next((k for k in kinds if f"{key}_{k}" in values), None)
            error = None if kind is None else values[f"{key}_{kind}"]
            value, other, reason = float(values[key]), real.get(key), None
            if not math.isfinite(value):
                reason = missing or score.reasons.get(key, "the numbers overflow")
            if other is not None and not math.isfinite(other):
                other = None
            rows.append(
                Score(
                    f"{key}{brackets}",
                    value,
                    None if error is None else float(error),
                    None if kind is None else kind.replace("_", " "),
                    None if other is None else float(other),
                    better,
                    reason,
                    of_class,
                )
            )
        return rows


def check_scored(model, scores=None, to=None):
    """Raises unless there are scores of what a model draws, and those asked for."""
    kind = kind_of(drawing.drawn_feature(model, to))
    if kind is None:
        raise ValueError(
            f"`model` must be one whose samples can be scored: {why_none(model)}. "
            f"Received: {type(model).__name__}"
        )
    known = [*kind.scores, "default", "all"]
    unknown = [name for name in scores or () if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        others = "" if unknown[0] not in ALL_SCORES else " for what this model draws"
        raise ValueError(
            f"`scores` must be some of {sorted(known)}{others}.{hint} "
            f"Received: {unknown}"
        )


def _told_data(count, real, model, to):
    text = f"{count} of {real.name}, split {real.split}"
    target = drawing.target(model, to)
    return text if target is None else f"{text}, domain {target}"


def _is_asked(name, score, scores):
    if scores is None or "default" in scores:
        return not score.is_slow or name in (scores or ())
    return "all" in scores or name in scores


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
