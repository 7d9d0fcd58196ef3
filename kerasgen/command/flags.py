"""The flags of the `kerasgen` command; nothing of the package is imported here."""

import argparse

from kerasgen.command.explore_flags import add_kinds
from kerasgen.command.flag_types import add_data, add_model, names
from kerasgen.command.study_flags import add_study


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
    add_model(command)
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
    command.add_argument("--labels", type=names, help=text)
    text = "samples in a row (default: as many as make every column one class)"
    command.add_argument("--columns", type=int, help=text)
    command.add_argument("--batch-size", type=int, help="samples drawn at a time")
    text = "of the pixels' distributions, where the model has it"
    command.add_argument("--temperature", type=float, help=text)
    text = "of a GAN's normal latents: those beyond it are drawn again"
    command.add_argument("--truncation", type=float, help=text)

    command = add("apply", "Translate or enlarge pictures by a trained model.")
    add_model(command)
    text = "pictures, and folders of them; those in their folders too"
    command.add_argument("inputs", metavar="INPUT", nargs="+", help=text)
    text = "folder of the results (default: translated)"
    command.add_argument("--out", default="translated", metavar="DIR", help=text)
    text = "domain to translate to, such as a (default: that of the model, such as b)"
    command.add_argument("--to", metavar="DOMAIN", help=text)
    text = "of the noise of a model that draws some (default: 0)"
    command.add_argument("--seed", type=int, default=0, help=text)
    command.add_argument(
        "--batch-size", type=int, default=16, help="pictures at a time"
    )
    text = "pixels of a side of the parts that are enlarged at once (default: 128)"
    command.add_argument("--tile", type=int, default=128, help=text)

    text = "Look at a trained model's codes and at what they draw."
    command = commands.add_parser("explore", help=text, description=text)
    add_kinds(command, shared)

    command = add("evaluate", "Evaluate a trained model on a data set.")
    add_model(command)
    add_data(command)
    text = "default: test, or where the data has none, validation or train"
    command.add_argument("--split", help=text)
    command.add_argument("--batch-size", type=int, default=128)
    text = "a fixed part of the data, of so many images"
    command.add_argument("--num-examples", type=int, help=text)
    text = "also the importance-weighted bound of so many samples an image"
    command.add_argument("--samples", type=int, metavar="K", help=text)
    text = (
        "also log p(x) by annealed importance sampling of so many steps, 16 chains an "
        "image, for a VAE; slow: begin with --num-examples 100 --ais 200"
    )
    command.add_argument("--ais", type=int, metavar="STEPS", help=text)
    text = (
        "also the Parzen-window log-likelihood by so many samples (the papers: 10000)"
    )
    command.add_argument("--parzen", type=int, metavar="N", help=text)
    text = (
        "scores of samples, such as frechet_distance,precision_recall; none for none; "
        "all for all, also those that take minutes, such as classification_accuracy "
        "(default: default, which is all others)"
    )
    command.add_argument("--scores", type=names, metavar="NAME,...", help=text)
    text = "also scores of the samples of each class by itself, for a conditional model"
    command.add_argument("--per-class", action="store_true", help=text)
    text = "domain of a translator whose pictures are scored, such as a (default: b)"
    command.add_argument("--to", metavar="DOMAIN", help=text)
    text = "samples that are scored, and as many real examples (default: 1000)"
    command.add_argument("--num-samples", type=int, default=1000, help=text)
    text = (
        "features of images: auto (of a small classifier, trained here once where "
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
    text = "first draw what needs the model: samples by class, reconstructions, "
    text += "nearest training images"
    command.add_argument("--pictures", action="store_true", help=text)
    add_data(command)
    text = "with --pictures: split of the held-out images"
    text += " (default: test, or where the data has none, validation or train)"
    command.add_argument("--split", help=text)
    text = "with --pictures: of the samples and of which images are shown (default: 0)"
    command.add_argument("--seed", type=int, help=text)

    command = add("compare", "Say which of several runs is better, and by how much.")
    command.add_argument("runs", nargs="+", metavar="RUN", help="run folders")
    text = "also write a page with their pictures and curves, one file of HTML"
    command.add_argument("--out", metavar="FILE", help=text)

    add_study(add)
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
    command.add_argument("--figures", type=names, metavar="NAME,...", help=text)
    text = "figures that are no means over examples, such as a perplexity"
    command.add_argument("--no-mean", type=names, metavar="NAME,...", help=text)
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


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"error: {message} ('{self.prog} --help' shows all flags)\n")
