"""What explorations are given: a fixed part of the data, the classes of rows."""

import numpy as np

from kerasgen.arguments import check_int, class_names
from kerasgen.command.data import class_number, class_numbers, load_data
from kerasgen.errors import UserError
from kerasgen.images.text import class_texts
from kerasgen.metrics.named_networks import OF_DATA, feature_network


def start_of(model, settings, args):
    """Returns the image to start from or None, the label to decode with, its name."""
    label, x = None, None
    if args.label is not None:
        label = class_number("--label", args.label, class_names(model))
    if args.index is not None:
        x, labels = load_part(model, settings, args, indices=args.index)
        if labels is not None and label is None:
            label = int(labels[0])
    if label is None and model.decoder_classes is not None:
        label = 0
    if label is None:
        return x, None, ""
    return x, label, f", class {class_texts([label], class_names(model))[0]}"


def network_of(model, settings, args):
    """Returns the network of features that `--network` names, or None."""
    if args.network is None:
        return None
    train = None
    if args.network in OF_DATA:
        train = _labelled(model, settings, args)
    weights, download = args.network_weights, args.download
    return feature_network(args.network, train, None, weights, download)


def _labelled(model, settings, args):
    """Returns the training data, with their classes where they have any."""
    try:
        return load_data(model, settings, args, args.network != "random", "train")
    except ValueError:
        if args.network == "classifier":
            raise
        return load_data(model, settings, args, False, "train")


def row_classes(model, args):
    """Returns the classes of the rows: those of the flag, or all of them in turn."""
    labels, rows = class_numbers(args.labels, class_names(model)), args.rows
    check_int("rows", rows)
    if labels is None and model.decoder_classes is not None:
        labels = range(model.decoder_classes)
    return _ints(labels, rows)


def _ints(labels, count):
    return None if labels is None else np.resize(labels, count).astype("int32")


def load_part(
    model, settings, args, split=None, labels=False, count=None, indices=None
):
    """Returns `(images, labels)` of the data: a fixed random part of it.

    Args:
        model, settings, args: as in `explore`.
        split: str, or None for that of the flags.
        labels: bool. Whether they are wanted of an unconditional model's data, too.
        count: int or None, for `--num-examples`, or fewer where the data has fewer.
        indices: int or None, one image of the data in place of a random part.
    """
    wanted = labels or model.decoder_classes is not None
    return part_of(
        load_data(model, settings, args, wanted, split), args, count, indices
    )


def part_of(data, args, count=None, indices=None):
    total = data.num_examples
    if indices is None:
        count = check_int("num_examples", count or args.num_examples)
        chosen = chosen_of(total, count)
    elif 0 <= indices < total:
        chosen = np.array([indices])
    else:
        raise UserError(
            f"--index must be in [0, {total - 1}]. Received: --index {indices}"
        )
    x = np.asarray(data.source[chosen])
    return x, None if data.labels is None else np.asarray(data.labels[chosen])


def chosen_of(total, count):
    """Returns the numbers of a fixed random part of examples, at most `count`."""
    return np.sort(np.random.default_rng(0).permutation(total)[:count])
