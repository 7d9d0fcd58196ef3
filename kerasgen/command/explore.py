"""What `kerasgen explore KIND` does: each kind from a model, its data and flags."""

import numpy as np

from kerasgen.arguments import check_int, class_names
from kerasgen.command import explore_latents
from kerasgen.command.data import class_number, data_name, load_data
from kerasgen.command.examples import (
    load_part,
    network_of,
    part_of,
    row_classes,
    start_of,
)
from kerasgen.command.explore_filters import KINDS as _OF_FILTERS
from kerasgen.errors import UserError
from kerasgen.explore.attributes import attribute_vectors
from kerasgen.explore.code_traversal import traverse_codes
from kerasgen.explore.codes import encode
from kerasgen.explore.editing import edit
from kerasgen.explore.interpolation import interpolate
from kerasgen.explore.mapping import map_2d
from kerasgen.explore.neighbours import nearest
from kerasgen.explore.planes import plane
from kerasgen.explore.traversal import traverse


def explore(model, settings, args):
    """Returns what an exploration found, and a line about it.

    Args:
        model: the model.
        settings: dict, settings of the run that trained it, or an empty one.
        args: the parsed flags of `kerasgen explore`.
    """
    return _KINDS[args.kind](model, settings, args)


def _traverse(model, settings, args):
    start, label, of_class = start_of(model, settings, args)
    options = {}
    if hasattr(model, "encode") and data_name(settings, args) is not None:
        options["reference"], options["reference_labels"] = load_part(
            model, settings, args
        )
    found = traverse(
        model,
        start,
        dimensions=args.dimensions,
        steps=args.steps,
        labels=label,
        **options,
    )
    rows = ", ".join(map(str, found.facts["dimensions"]))
    order = ", the most divergent from the prior first" if options else ""
    return found, f"a row for each of the latents {rows}{order}{of_class}"


def _codes(model, settings, args):
    found = traverse_codes(model, args.code, args.rows, args.steps, args.seed)
    rows, columns = found.images.shape[:2]
    return found, f"{columns} values of code {args.code}, {rows} draws of the others"


def _plane(model, settings, args):
    start, label, of_class = start_of(model, settings, args)
    found = plane(model, args.dimensions, args.steps, start, label)
    right, up = args.dimensions
    return found, f"latent {right} to the right, latent {up} upwards{of_class}"


def _interpolate(model, settings, args):
    start = end = None
    labels = row_classes(model, args)
    if args.images:
        x, known = load_part(model, settings, args, count=2 * args.rows)
        first, second = (None, None) if known is None else (known[0::2], known[1::2])
        start, end = encode(model, x[0::2], first), encode(model, x[1::2], second)
        labels = first if args.labels is None else labels
    options = {"rows": args.rows, "seed": args.seed, "labels": labels}
    found = interpolate(model, start, end, args.steps, args.mode, **options)
    ends = "images of the data" if args.images else "codes of the prior"
    return found, f"{args.mode} ways between {len(found.images)} pairs of {ends}"


def _edit(model, settings, args):
    x, labels = load_part(model, settings, args, count=check_int("rows", args.rows))
    if args.attribute is None:
        check_int("dimension", args.dimension, 0)
        if args.dimension >= model.latent_dim:
            raise UserError(
                f"--dimension must be in [0, {model.latent_dim - 1}]. "
                f"Received: --dimension {args.dimension}"
            )
        direction = np.eye(model.latent_dim)[args.dimension]
    else:
        data = load_data(model, settings, args, True, "train")
        train, classes = part_of(data, args)
        names = data.class_names or class_names(model)
        attribute = class_number("--attribute", args.attribute, names)
        if not (classes == attribute).any():
            raise UserError(
                f"--attribute must be one of the classes {np.unique(classes).tolist()}."
                f" Received: --attribute {args.attribute}"
            )
        told = None if model.decoder_classes is None else classes
        has = (classes == attribute)[:, None]
        direction = attribute_vectors(model, train, has, told)[0]
    found = edit(model, x, direction, args.amounts, labels)
    error = found.facts["identity_error"].mean()
    amounts = ", ".join(f"{amount:g}" for amount in found.facts["amounts"])
    text = (
        f"columns: the image, then amounts {amounts}; mean identity error {error:.3g}"
    )
    return found, text


def _nearest(model, settings, args):
    told = args.space == "code" and model.decoder_classes is not None
    reference, known = load_data(model, settings, args, told), None
    if not args.all:
        reference, known = part_of(reference, args)
    labels, network = row_classes(model, args), None
    if args.space == "feature":
        network = network_of(model, settings, args)
    options = {} if model.decoder_classes is None else {"labels": labels}
    x = model.sample(args.rows, seed=args.seed, **options)
    found = nearest(model, x, reference, args.k, args.space, labels, known, network)
    mean = found.facts["distances"][:, 0].mean()
    count = reference.num_examples if args.all else len(reference)
    text = f"samples, then their neighbours among {count} images in "
    return found, f"{text}{args.space} space; mean distance to the first {mean:.3g}"


def _map(model, settings, args):
    try:
        x, labels = load_part(model, settings, args, labels=True)
    except ValueError:
        if model.decoder_classes is not None:
            raise
        x, labels = load_part(model, settings, args)
    found = map_2d(model, x, labels, args.method, args.seed)
    return found, f"{len(found.points)} codes by {found.method}"


_KINDS = {
    "traverse": _traverse,
    "codes": _codes,
    "plane": _plane,
    "interpolate": _interpolate,
    "edit": _edit,
    "nearest": _nearest,
    "map": _map,
    **_OF_FILTERS,
    **explore_latents.KINDS,
}
