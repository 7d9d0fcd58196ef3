"""What `kerasgen explore` does with the convolutions of a model."""

import difflib

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.command.data import data_name, load_data
from kerasgen.command.examples import chosen_of, load_part, part_of
from kerasgen.data.scenes import ScenesSource
from kerasgen.data.shapes import COLORS
from kerasgen.errors import UserError
from kerasgen.explore.concepts import ConceptDetector
from kerasgen.explore.features import COMPARED, score_features
from kerasgen.explore.guided import guided_filters
from kerasgen.explore.window import drop_concept
from kerasgen.features import Boxes


def features(model, settings, args):
    x, y = _classified(model, settings, args, "train", args.num_examples)
    test_x, test_y = _classified(model, settings, args, None, args.num_test)
    found = score_features(
        model,
        x,
        y,
        test_x,
        test_y,
        num_labeled=args.num_labeled,
        num_draws=args.draws,
        part=args.part,
        compare=() if args.alone else COMPARED,
        trained_on=trained_on(model, settings),
        seed=args.seed,
    )
    return found, f"how often a linear classifier is right\n{found}"


def filters(model, settings, args):
    x, _ = load_part(model, settings, args)
    found = guided_filters(
        model,
        x,
        place(args.layer),
        args.filters,
        args.columns,
        args.part,
        compare=not args.alone,
        seed=args.seed,
    )
    rows = "a row for each filter" + ("" if args.alone else " and for a random one")
    return found, f"{rows}: the strongest of {len(x)} images, guided gradients beside"


def window(model, settings, args):
    data = load_data(model, settings, args, "boxes", "train")
    x, boxes = part_of(data, args)
    names, concept = _concepts(data), args.concept
    if concept not in names:
        near = difflib.get_close_matches(concept, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(
            f"--concept must be one of {list(names)}.{hint} "
            f"Received: --concept {concept}"
        )
    of_concept = names[concept](boxes, chosen_of(data.num_examples, args.num_examples))
    boxes = boxes[..., :4] * of_concept[..., None]
    detector, judge = (
        ConceptDetector(x.shape[1:], 2 * args.seed + half).fit(
            x[half::2], boxes[half::2], args.steps
        )
        for half in (0, 1)
    )
    found = drop_concept(
        model,
        detector,
        concept,
        place(args.layer),
        most=args.most,
        num_measured=args.num_measured,
        num_shown=min(8, args.num_measured),
        label=None if model.decoder_classes is None else 0,
        seed=args.seed,
        judge=judge,
    )
    facts = found.facts
    shares = [
        f"{share:.1%} ± {error:.1%}"
        for share, error in zip(
            facts["presence"], facts["presence_standard_error"], strict=True
        )
    ]
    test = load_data(model, settings, args, "boxes")
    test_x, test_boxes = part_of(test, args)
    rows = chosen_of(test.num_examples, args.num_examples)
    there = _concepts(test)[concept](test_boxes, rows).any(axis=1)
    right = [
        np.mean((part(test_x).max(axis=(1, 2)) > 0.5) == there)
        for part in (detector, judge)
    ]
    return found, (
        f"of two detectors, each trained on one half of {len(x)} images, one marks and "
        f"the other measures; right on {right[0]:.1%} and {right[1]:.1%} of "
        f"{len(there)} test images, of which {there.mean():.1%} have the concept; "
        f"{concept} is in {shares[0]} of {facts['num_measured']} images, without "
        f"{len(facts['dropped'])} of {len(facts['weights'])} maps in {shares[1]}, "
        f"without as many random ones in {shares[2]}; pixels change by "
        f"{facts['change'][1]:.3f} and {facts['change'][2]:.3f}"
    )


def _concepts(data):
    """Returns what a data set has boxes of: functions that say which, by name."""
    field = data.fields.y
    if not isinstance(field, Boxes):
        raise UserError(f"--data must have boxes. Received: {data.name}")
    found = {"any": lambda boxes, rows: boxes[..., 4] > 0}
    for number, name in enumerate(field.names or ()):
        found[name] = lambda boxes, rows, n=number: (
            (boxes[..., 4] > 0) & (boxes[..., 5] == n)
        )
    if isinstance(data.source, ScenesSource):
        for number, name in enumerate(COLORS):
            found[name] = lambda boxes, rows, n=number: (
                (boxes[..., 4] > 0) & (data.source.facts(rows)["color"] == n)
            )
    return found


def place(layer):
    """Returns the place of a layer as an int where the text is one, or its name."""
    try:
        return int(layer)
    except ValueError:
        return layer


def trained_on(model, settings):
    """Returns what a run's model was trained on, or None where that is not known."""
    if settings.get("data") is None:
        return None
    labels = "without labels" if model.num_classes is None else "with labels"
    return f"{settings['data']}, split train, {labels}"


def _classified(model, settings, args, split, count):
    check_int("num_examples", count)
    x, y = load_part(model, settings, args, split, labels=True, count=count)
    if getattr(y, "ndim", None) != 1 or y.dtype.kind not in "iu":
        raise UserError(
            "--data must be images with one class each. "
            f"Received: {data_name(settings, args)}"
        )
    return x, y


KINDS = {"features": features, "filters": filters, "window": window}
