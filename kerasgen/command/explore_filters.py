"""What `kerasgen explore` does with the convolutions of a model."""

from kerasgen.arguments import check_int
from kerasgen.command.data import data_name
from kerasgen.command.examples import load_part
from kerasgen.errors import UserError
from kerasgen.explore.features import COMPARED, score_features
from kerasgen.explore.guided import guided_filters


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


KINDS = {"features": features, "filters": filters}
