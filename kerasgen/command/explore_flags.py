"""The flags of `kerasgen explore KIND`; nothing but flags is imported here."""

import argparse

from kerasgen.command.explore_latent_flags import add_latent_kinds
from kerasgen.command.flag_types import add_data, add_model, floats, ints, names

_START = "image of the data to start from (default: the centre of the prior)"


def add_kinds(command, shared):
    """Adds the kinds of `kerasgen explore`, each with the flags that it takes."""
    kinds = command.add_subparsers(dest="kind", required=True, metavar="KIND")

    def add(name, text, split="test", model=True, animated=False):
        kind = kinds.add_parser(
            name, help=text, description=text, parents=[shared], formatter_class=_Help
        )
        if model:
            add_model(kind)
        out = f"{name}.{'gif' if animated else 'png'}"
        text = "the picture, PNG or JPEG" + ("; or GIF, animated" if animated else "")
        kind.add_argument("--out", default=out, metavar="FILE", help=text)
        kind.add_argument("--npz", metavar="FILE", help="also write the arrays")
        kind.add_argument("--seed", type=int, default=0, help="of what is drawn")
        if split is None:
            return kind
        add_data(kind)
        text = "split of the data"
        if split == "test":
            text += " (default: test, or where the data has none, validation or train)"
            split = None
        kind.add_argument("--split", default=split, help=text)
        text = "a fixed part of the data, of so many images at most"
        kind.add_argument("--num-examples", type=int, default=1000, help=text)
        return kind

    def add_start(kind, text=_START):
        kind.add_argument("--index", type=int, help=text)
        text = "class, for a conditional model (default: that of the image)"
        kind.add_argument("--label", help=text)

    def add_rows(kind, text):
        kind.add_argument("--rows", type=int, default=4, help=text)

    kind = add("traverse", "Change one latent after the other, a row each.")
    text = "latents, such as 0,3,1 (default: all)"
    kind.add_argument("--dimensions", type=ints, help=text)
    kind.add_argument("--steps", type=int, default=7, help="images of a row")
    add_start(kind)

    kind = add("codes", "Set a code of an InfoGAN to all its values, in columns.")
    text = "which code; the categorical ones come first"
    kind.add_argument("--code", type=int, default=0, help=text)
    text = "values of a continuous code"
    kind.add_argument("--steps", type=int, default=10, help=text)
    add_rows(kind, "draws of all other latents")

    kind = add("plane", "Lay two latents out by quantiles of the prior.")
    text = "the latents to the right and upwards"
    kind.add_argument("--dimensions", type=ints, default=[0, 1], help=text)
    kind.add_argument("--steps", type=int, default=15, help="images of a row")
    add_start(kind)

    kind = add("interpolate", "Show the images between pairs of codes.")
    text = "between images of the data, not codes of the prior"
    kind.add_argument("--images", action="store_true", help=text)
    modes = ("linear", "spherical")
    kind.add_argument("--mode", choices=modes, default="linear", help="the way")
    kind.add_argument("--steps", type=int, default=8, help="images of a row")
    text = "classes of the rows, such as 0,1 or cat,dog"
    kind.add_argument("--labels", type=names, help=text)
    add_rows(kind, "pairs")

    kind = add("edit", "Encode real images, move their codes, and decode them.")
    what = kind.add_mutually_exclusive_group(required=True)
    text = "class: towards its images, as found on the training split"
    what.add_argument("--attribute", metavar="CLASS", help=text)
    what.add_argument("--dimension", type=int, metavar="LATENT", help="one latent")
    amounts = [-1.0, -0.5, 0.0, 0.5, 1.0]
    text = "multiples of the direction, such as --amounts=-1,0,1"
    kind.add_argument("--amounts", type=floats, default=amounts, help=text)
    add_rows(kind, "images")

    kind = add("nearest", "Find the images nearest to the model's samples.", "train")
    spaces = ("code", "pixel", "feature")
    kind.add_argument("--space", choices=spaces, default="code", help="of distances")
    text = "of features: classifier, random, inception, the path of a .keras file, ..."
    kind.add_argument("--network", default="auto", help=text + " (default: auto)")
    kind.add_argument("--network-weights", metavar="PATH", help="file of its weights")
    text = "look among all images of the split"
    kind.add_argument("--all", action="store_true", help=text)
    kind.add_argument("-k", type=int, default=5, help="neighbours")
    kind.add_argument("--labels", type=names, help="classes of the samples")
    add_rows(kind, "samples")

    kind = add("map", "Lay the codes of a data set out in the plane.")
    methods = ("latents", "pca", "tsne")
    text = "where the places come from (default: latents if there are two, else pca)"
    kind.add_argument("--method", choices=methods, help=text)

    add_latent_kinds(add, add_rows, add_start)
    _add_filters(add)


def _add_filters(add):
    """Adds the kinds that look at convolutions."""
    kind = add("features", "Score what convolutions learned by linear classifiers.")
    text = "also with few labels: so many images of each class"
    kind.add_argument("--num-labeled", type=int, metavar="N", help=text)
    text = "how often the few labels are drawn"
    kind.add_argument("--draws", type=int, default=5, help=text)
    text = "a fixed part of the split, of so many images at most, to measure on"
    kind.add_argument("--num-test", type=int, default=1000, help=text)
    _add_part(kind)
    text = "without random filters and raw pixels beside"
    kind.add_argument("--alone", action="store_true", help=text)

    kind = add("filters", "Show what filters answer to, by guided backpropagation.")
    _add_part(kind)
    _add_layer(kind, -1, "convolution by its place, -1 for the last, or by its name")
    text = "which filters, such as 0,3,5"
    six = list(range(6))
    kind.add_argument("--filters", type=ints, default=six, metavar="N,...", help=text)
    text = "images of a filter, the strongest first"
    kind.add_argument("--columns", type=int, default=3, help=text)
    kind.add_argument("--alone", action="store_true", help="without random filters")

    kind = add("window", "Drop the maps of a generator that draw a concept.")
    text = "what: a class of the data's boxes, a colour of scenes, or any"
    kind.add_argument("--concept", required=True, metavar="NAME", help=text)
    _add_layer(kind, -2, "convolution of the generator by its place, or by its name")
    text = "drop so many maps at most, those of the largest weights"
    kind.add_argument("--most", type=int, metavar="N", help=text)
    text = "updates of the detector that says where the concept is"
    kind.add_argument("--steps", type=int, default=600, help=text)
    text = "images that presence is measured on"
    kind.add_argument("--num-measured", type=int, default=200, metavar="N", help=text)


def _add_layer(kind, default, text):
    kind.add_argument("--layer", default=str(default), metavar="LAYER", help=text)


def _add_part(kind):
    text = "which network of the model (default: the first that it has)"
    parts = ("discriminator", "encoder")
    kind.add_argument("--part", choices=parts, help=text)


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each flag that has one, unless its text says it."""

    def _get_help_string(self, action):
        text = action.help or ""
        none = action.default is None or action.default is False
        shown = none or "(default" in text
        return text if shown else super()._get_help_string(action)
