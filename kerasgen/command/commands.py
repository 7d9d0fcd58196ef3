"""What the subcommands of `kerasgen` do, once Keras runs on the chosen backend."""

import inspect
import json
import sys

import keras
import numpy as np

import kerasgen
from kerasgen import images
from kerasgen.arguments import check_int, class_names
from kerasgen.callbacks.sample_grid import class_layout
from kerasgen.command.apply import apply_to_folder
from kerasgen.command.data import class_numbers, load_data
from kerasgen.command.explore import explore
from kerasgen.command.opening import load_model
from kerasgen.errors import UserError
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.families.translation import TranslationModel
from kerasgen.features import pictures
from kerasgen.images.picture_files import (
    ARRAYS,
    SOUNDS,
    check_ending,
    save_arrays,
    save_image,
)
from kerasgen.metrics import parzen_window
from kerasgen.runs.recipe import load_recipe, run
from kerasgen.runs.record import pixels, plain
from kerasgen.sounds import save_wave

# What `evaluate` says of a GAN.
_NOTE = (
    "losses of the players against each other, no measure of how good samples are; "
    "scores of samples are not part of this command"
)
# Units of the scalars of models with a likelihood.
_UNITS = {
    "loss": "nats an image",
    "reconstruction": "nats an image",
    "kl": "nats an image",
    "bits_per_dim": "bits a sub-pixel",
}


def run_train(name, argv):
    """Runs a recipe with its flags."""
    run(load_recipe(name), argv, command=["kerasgen", "train", name])


def run_sample(args):
    """Draws samples into a picture and, if asked, an array file."""
    _check_outputs(args)
    model, _ = load_model(args.model)
    if not hasattr(model, "sample"):
        raise UserError(
            "the model must draw samples; 'kerasgen apply' translates by this one. "
            f"Received: {type(model).__name__}"
        )
    if args.wav and not getattr(model.fields.x, "is_audible", False):
        raise UserError(
            "--wav must be left out for a model whose samples have no sound. "
            f"Received: --wav {args.wav}, {type(model).__name__}"
        )
    names = class_names(model)
    labels = class_numbers(args.labels, names)
    if labels is None and model.num_classes is not None:
        labels = range(model.num_classes)
    count, labels, columns = class_layout(args.num_samples, labels, args.columns)
    options = {"seed": args.seed, "batch_size": args.batch_size}
    if labels is not None:
        options["labels"] = labels
    if args.temperature is not None:
        if "temperature" not in inspect.signature(model.sample).parameters:
            raise UserError(
                "--temperature must be left out for a model that samples without one. "
                f"Received: --temperature {args.temperature}, {type(model).__name__}"
            )
        options["temperature"] = args.temperature
    samples = model.sample(count, **options)
    title = f"{type(model).__name__}: samples"
    if samples.ndim == 2:
        picture = images.points_figure(samples, title=title)
    else:
        picture = images.labeled_grid(
            pictures(model.fields, samples), labels, columns, title, class_names=names
        )
    save_image(args.out, picture)
    _say(f"{len(samples)} samples of {type(model).__name__} in {args.out}")
    if args.npz:
        arrays = {"samples": samples}
        if labels is not None:
            arrays["labels"] = labels
        save_arrays(args.npz, arrays)
        _say(f"arrays of shape {samples.shape} in {args.npz}")
    if args.wav:
        save_wave(args.wav, model.fields.x.sounds(samples))
        _say(f"sound in {args.wav}")


def _check_outputs(args):
    """Raises, before any work is done, where a file's name has the wrong ending."""
    check_ending("--out", args.out)
    if args.npz:
        check_ending("--npz", args.npz, ARRAYS)
    if getattr(args, "wav", None):
        check_ending("--wav", args.wav, SOUNDS)


def run_apply(args):
    """Translates a folder of pictures."""
    model, _ = load_model(args.model)
    if not hasattr(model, "translate"):
        raise UserError(
            "the model must translate images, as gans/cyclegan does; 'kerasgen sample' "
            f"draws from others. Received: {type(model).__name__}"
        )
    written = apply_to_folder(
        model, args.folder, args.out, args.to, args.batch_size, _say, args.seed
    )
    _say(f"{len(written)} pictures by {type(model).__name__} in {args.out}")


def run_explore(args):
    """Draws one kind of exploration into a picture and, if asked, an array file."""
    _check_outputs(args)
    model, settings = load_model(args.model)
    found, text = explore(model, settings, args)
    found.save(args.out)
    _say(f"{args.kind} of {type(model).__name__} in {args.out}: {text}")
    if args.npz:
        found.save(args.npz)
        _say(f"arrays in {args.npz}")


def run_evaluate(args):
    """Prints a model's figures on a data set, and what they are figures of."""
    model, settings = load_model(args.model)
    check_int("batch_size", args.batch_size)
    dataset = _load_data(model, settings, args)
    figures = model.evaluate(dataset, return_dict=True, verbose=0)
    if args.samples is not None:
        name_of_bound = f"importance_weighted_bound_{args.samples}"
        figures[name_of_bound] = _importance_weighted_bound(model, dataset, args)
    if args.parzen is not None:
        figures |= _parzen_window(model, settings, dataset, args)
    facts = {"model": args.model, "class": type(model).__name__, "data": dataset.name}
    facts |= {"split": dataset.split, "num_examples": dataset.num_examples}
    facts |= pixels(model)
    facts["backend"] = keras.backend.backend()
    gan = isinstance(model, (AdversarialModel, TranslationModel))
    note = _NOTE if gan else None
    if args.json:
        facts |= {} if note is None else {"note": note}
        _say(json.dumps(plain({**facts, "figures": figures}), indent=2))
        return
    width = max(map(len, [*facts, *figures]))
    for key, value in {**facts, **figures}.items():
        text = f"{value:.6g}" if isinstance(value, float) else value
        unit = _UNITS.get(key, "") if hasattr(model, "log_prob") else ""
        _say(f"{key:<{width}}  {text} {unit}".rstrip())
    if note is not None:
        _say(f"{'note':<{width}}  {note}")


def _load_data(model, settings, args):
    labels, options = model.num_classes is not None, {}
    if args.num_examples is not None:
        options["num_examples"] = args.num_examples
    found = load_data(model, settings, args, labels, **options)
    # A training split too is read to its end here, and in its order.
    return kerasgen.data.Dataset(
        found.source,
        found.labels,
        batch_size=args.batch_size,
        shuffle=False,
        num_classes=found.num_classes,
        class_names=found.class_names,
        field=found.fields,
        name=found.name,
        split=found.split,
    )


def _seed(args):
    return 0 if args.seed is None else args.seed


def _importance_weighted_bound(model, dataset, args):
    method = getattr(model, "log_prob", None)
    if method is None or "num_samples" not in inspect.signature(method).parameters:
        raise UserError(
            "--samples must be left out for a model without an importance-weighted "
            f"bound. Received: --samples {args.samples}, {type(model).__name__}"
        )
    x, labels = dataset.arrays()
    options = {} if model.num_classes is None else {"labels": labels}
    bounds = method(x, num_samples=args.samples, seed=_seed(args), **options)
    return float(np.mean(bounds))


def _parzen_window(model, settings, dataset, args):
    """Scores the data by samples; the width is chosen on the training split."""
    check_int("parzen", args.parzen)
    if dataset.split == "train":
        raise UserError(
            "--split must not be train with --parzen, whose width comes from there. "
            "Received: --split train"
        )
    train = load_data(model, settings, args, False, "train")
    samples = model.sample(args.parzen, seed=_seed(args))
    held_out = train.spread(1000)[0]
    return parzen_window(samples, held_out, dataset.arrays()[0])


def _say(text):
    sys.stdout.write(text + "\n")
