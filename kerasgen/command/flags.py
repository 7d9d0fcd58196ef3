"""The flags of the `kerasgen` command; nothing of the package is imported here."""

import argparse


def make_parser(backends, logs):
    """Returns the parser of the command line.

    Args:
        backends: tuple of str, what `--backend` may be.
        logs: str. The flag that shows the frameworks' logs.
    """
    text = "The generative-model zoo for Keras 3."
    parser = _Parser(prog="kerasgen", description=text)
    text = "print the version"
    parser.add_argument("--version", action="store_true", help=text)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    text = "what Keras runs on (default: KERAS_BACKEND, or Keras's own setting)"
    shared.add_argument("--backend", choices=backends, help=text)
    text = "show what TensorFlow and XLA log"
    shared.add_argument(logs, action="store_true", help=text)

    def add(name, text, **options):
        return commands.add_parser(
            name, help=text, description=text, parents=[shared], **options
        )

    command = add("list", "List the models, their papers and their recipes.")
    command.add_argument("family", nargs="?", help="one family only, such as gans")
    text = "also the best result of each model on each data set"
    command.add_argument("--results", action="store_true", help=text)

    usage = "kerasgen train RECIPE [flags of the recipe]"
    command = add("train", "Train a recipe; it goes on if it was stopped.", usage=usage)
    text = "such as gans/dcgan; 'kerasgen train gans/dcgan --help' shows its flags"
    command.add_argument("recipe", metavar="RECIPE", help=text)

    command = add("sample", "Draw samples from a trained model.")
    _add_model(command)
    text = "default: 64, or as many full rows of the classes"
    command.add_argument("-n", "--num-samples", type=int, help=text)
    text = "the picture, a grid, PNG or JPEG (default: samples.png)"
    command.add_argument("--out", default="samples.png", metavar="FILE", help=text)
    text = "also write the samples as arrays, float32 in [0, 1]"
    command.add_argument("--npz", metavar="FILE", help=text)
    text = "also write the samples as sound, where they are melodies"
    command.add_argument("--wav", metavar="FILE", help=text)
    text = "the same seed gives the same samples (default: a new one each time)"
    command.add_argument("--seed", type=int, help=text)
    text = (
        "classes, such as 0,1,2 or cat,dog, repeated up to the number of samples "
        "(default: all classes of a conditional model)"
    )
    command.add_argument("--labels", type=_names, help=text)
    text = "samples in a row (default: as many as make every column one class)"
    command.add_argument("--columns", type=int, help=text)
    command.add_argument("--batch-size", type=int, help="samples drawn at a time")
    text = "of the pixels' distributions, where the model has it"
    command.add_argument("--temperature", type=float, help=text)

    command = add("apply", "Translate a folder of pictures by a trained translator.")
    _add_model(command)
    text = "folder of pictures; those in its folders too"
    command.add_argument("folder", metavar="FOLDER", help=text)
    text = "folder of the results, PNG (default: translated)"
    command.add_argument("--out", default="translated", metavar="DIR", help=text)
    text = "domain to translate to, such as a (default: that of the model, such as b)"
    command.add_argument("--to", metavar="DOMAIN", help=text)
    text = "of the noise of a model that draws some (default: 0)"
    command.add_argument("--seed", type=int, default=0, help=text)
    command.add_argument(
        "--batch-size", type=int, default=16, help="pictures at a time"
    )

    text = "Look at a trained model's codes and at what they draw."
    command = commands.add_parser("explore", help=text, description=text)
    _add_kinds(command, shared)

    command = add("evaluate", "Evaluate a trained model on a data set.")
    _add_model(command)
    _add_data(command)
    text = "default: test, or where the data has none, validation or train"
    command.add_argument("--split", help=text)
    command.add_argument("--batch-size", type=int, default=128)
    text = "a fixed part of the data, of so many images"
    command.add_argument("--num-examples", type=int, help=text)
    text = "also the importance-weighted bound of so many samples an image"
    command.add_argument("--samples", type=int, metavar="K", help=text)
    text = (
        "also the Parzen-window log-likelihood by so many samples (the papers: 10000)"
    )
    command.add_argument("--parzen", type=int, metavar="N", help=text)
    text = (
        "scores of samples, such as frechet_distance,precision_recall; none for none "
        "(default: all)"
    )
    command.add_argument("--scores", type=_names, metavar="NAME,...", help=text)
    text = "samples that are scored, and as many real images (default: 1000)"
    command.add_argument("--num-samples", type=int, default=1000, help=text)
    text = (
        "features compared: auto (of a small classifier, trained here once where "
        "the data have classes, else random), classifier, random, inception, "
        "mobilenet_v2, the path of a .keras file, ... (default: auto)"
    )
    command.add_argument("--network", default="auto", help=text)
    text = "file of the weights of inception, mobilenet_v2, ... (--download fetches it)"
    command.add_argument("--network-weights", metavar="PATH", help=text)
    text = "seed of the data set and of what is drawn (default: that of the run, or 0)"
    command.add_argument("--seed", type=int, help=text)
    command.add_argument("--json", action="store_true", help="print JSON only")

    command = add("report", "Write a page of a run: figures, scores, curves, pictures.")
    command.add_argument("run", metavar="RUN", help="run folder")
    text = "the page, one file of HTML (default: report.html in the run folder)"
    command.add_argument("--out", metavar="FILE", help=text)

    command = add("compare", "Say which of several runs is better, and by how much.")
    command.add_argument("runs", nargs="+", metavar="RUN", help="run folders")
    text = "also write a page with their pictures and curves, one file of HTML"
    command.add_argument("--out", metavar="FILE", help=text)

    _add_record(add)
    return parser


def _add_record(add):
    command = add("record", "Keep what runs reached as rows, and make the tables.")
    text = (
        "run folders, several of one row where they differ by their seeds; or the "
        "folder of a campaign of benchmarks/gpu_campaign.py"
    )
    command.add_argument("runs", nargs="*", metavar="RUN", help=text)
    text = "only make the tables of the READMEs"
    command.add_argument("--tables", action="store_true", help=text)
    text = "what the samples look like, in a sentence"
    command.add_argument("--note", metavar="TEXT", help=text)
    text = "what else there is to say; may be given again"
    command.add_argument("--remark", metavar="TEXT", action="append", help=text)
    text = (
        "what the settings were chosen by: held-out training data, the test data, the "
        "paper, how samples look, or nothing, as a first guess"
    )
    words = ("validation", "test", "paper", "samples", "nothing")
    command.add_argument("--chosen-on", choices=words, help=text)
    text = (
        "which figures, the headline first (default: all means over held-out examples "
        "with a standard error, or without any the scalars of the last epoch)"
    )
    command.add_argument("--figures", type=_names, metavar="NAME,...", help=text)
    text = "figures that are no means over examples, such as a perplexity"
    command.add_argument("--no-mean", type=_names, metavar="NAME,...", help=text)
    text = "what the paper reports, FIGURE (PROTOCOL); may be given again (default: as "
    text += "in other rows of the recipe, or its docstring)"
    command.add_argument("--paper", metavar="TEXT", action="append", help=text)
    text = "take a run that did not end, by the scalars of its last epoch"
    command.add_argument("--stopped-early", action="store_true", help=text)
    text = "mark the row as the best one of its recipe and data, which README shows"
    command.add_argument("--best", action="store_true", help=text)
    text = "put the row in the place of the one that the same run has"
    command.add_argument("--replace", action="store_true", help=text)
    text = "in words, such as '1 CPU core, shared' (default: as the run says)"
    command.add_argument("--device", metavar="TEXT", help=text)
    text = "what the data are called (default: as in the run)"
    command.add_argument("--data-name", metavar="NAME", help=text)
    text = "file of the rows (default: recipes/results.jsonl; else no tables are made)"
    command.add_argument("--results", metavar="PATH", help=text)


def _add_kinds(command, shared):
    """Adds the kinds of `kerasgen explore`, each with the flags that it takes."""
    kinds = command.add_subparsers(dest="kind", required=True, metavar="KIND")

    def add(name, text, split="test"):
        kind = kinds.add_parser(
            name, help=text, description=text, parents=[shared], formatter_class=_Help
        )
        _add_model(kind)
        out = f"{name}.png"
        text = "the picture, PNG or JPEG"
        kind.add_argument("--out", default=out, metavar="FILE", help=text)
        kind.add_argument("--npz", metavar="FILE", help="also write the arrays")
        _add_data(kind)
        text = "split of the data"
        if split == "test":
            text += " (default: test, or where the data has none, validation or train)"
            split = None
        kind.add_argument("--split", default=split, help=text)
        text = "a fixed part of the data, of so many images at most"
        kind.add_argument("--num-examples", type=int, default=1000, help=text)
        kind.add_argument("--seed", type=int, default=0, help="of what is drawn")
        return kind

    def add_start(kind):
        text = "image of the data to start from (default: the centre of the prior)"
        kind.add_argument("--index", type=int, help=text)
        text = "class, for a conditional model (default: that of the image)"
        kind.add_argument("--label", help=text)

    def add_rows(kind, text):
        kind.add_argument("--rows", type=int, default=4, help=text)

    kind = add("traverse", "Change one latent after the other, a row each.")
    text = "latents, such as 0,3,1 (default: all)"
    kind.add_argument("--dimensions", type=_ints, help=text)
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
    kind.add_argument("--dimensions", type=_ints, default=[0, 1], help=text)
    kind.add_argument("--steps", type=int, default=15, help="images of a row")
    add_start(kind)

    kind = add("interpolate", "Show the images between pairs of codes.")
    text = "between images of the data, not codes of the prior"
    kind.add_argument("--images", action="store_true", help=text)
    modes = ("linear", "spherical")
    kind.add_argument("--mode", choices=modes, default="linear", help="the way")
    kind.add_argument("--steps", type=int, default=8, help="images of a row")
    text = "classes of the rows, such as 0,1 or cat,dog"
    kind.add_argument("--labels", type=_names, help=text)
    add_rows(kind, "pairs")

    kind = add("edit", "Encode real images, move their codes, and decode them.")
    what = kind.add_mutually_exclusive_group(required=True)
    text = "class: towards its images, as found on the training split"
    what.add_argument("--attribute", metavar="CLASS", help=text)
    what.add_argument("--dimension", type=int, metavar="LATENT", help="one latent")
    amounts = [-1.0, -0.5, 0.0, 0.5, 1.0]
    text = "multiples of the direction, such as --amounts=-1,0,1"
    kind.add_argument("--amounts", type=_floats, default=amounts, help=text)
    add_rows(kind, "images")

    kind = add("nearest", "Find the images nearest to the model's samples.", "train")
    spaces = ("code", "pixel")
    kind.add_argument("--space", choices=spaces, default="code", help="of distances")
    kind.add_argument("-k", type=int, default=5, help="neighbours")
    kind.add_argument("--labels", type=_names, help="classes of the samples")
    add_rows(kind, "samples")

    kind = add("map", "Lay the codes of a data set out in the plane.")
    methods = ("latents", "pca", "tsne")
    text = "where the places come from (default: latents if there are two, else pca)"
    kind.add_argument("--method", choices=methods, help=text)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"error: {message} ('{self.prog} --help' shows all flags)\n")


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each flag that has one, unless its text says it."""

    def _get_help_string(self, action):
        text = action.help or ""
        none = action.default is None or action.default is False
        shown = none or "(default" in text
        return text if shown else super()._get_help_string(action)


def _add_model(command):
    text = "a run folder or a .keras file"
    command.add_argument("model", metavar="RUN_OR_MODEL", help=text)


def _add_data(command):
    text = "data set, such as digits, mnist, folder:PATH (default: that of the run)"
    command.add_argument("--data", help=text)
    command.add_argument("--data-dir", metavar="DIR", help="where prepared data lie")
    text = "get a data set of TensorFlow Datasets that is not prepared here"
    command.add_argument("--download", action="store_true", help=text)


def _ints(text):
    return [int(part) for part in text.split(",")]


def _names(text):
    return [part.strip() for part in text.split(",")]


def _floats(text):
    return [float(part) for part in text.split(",")]


# As argparse calls them in its messages.
_ints.__name__, _floats.__name__ = "comma-separated ints", "comma-separated numbers"
