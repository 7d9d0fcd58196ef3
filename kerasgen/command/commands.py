"""What the subcommands of `kerasgen` do, once Keras runs on the chosen backend."""

import inspect
import sys

from kerasgen import images
from kerasgen.arguments import class_names
from kerasgen.callbacks.sample_grid import class_layout
from kerasgen.command.apply import apply_to
from kerasgen.command.data import class_numbers
from kerasgen.command.explore import explore
from kerasgen.command.opening import load_model
from kerasgen.errors import UserError
from kerasgen.features import pictures
from kerasgen.images.picture_files import (
    ANIMATIONS,
    ARRAYS,
    PICTURES,
    SOUNDS,
    check_ending,
    save_arrays,
    save_image,
)
from kerasgen.runs.recipe import load_recipe, run
from kerasgen.sounds import save_wave


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
    for name in ("temperature", "truncation"):
        if (value := getattr(args, name)) is None:
            continue
        if name not in inspect.signature(model.sample).parameters:
            raise UserError(
                f"--{name} must be left out for a model that samples without one. "
                f"Received: --{name} {value}, {type(model).__name__}"
            )
        options[name] = value
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
    animated = getattr(args, "kind", None) == "theory"
    check_ending("--out", args.out, (*PICTURES, *ANIMATIONS) if animated else PICTURES)
    if args.npz:
        check_ending("--npz", args.npz, ARRAYS)
    if getattr(args, "wav", None):
        check_ending("--wav", args.wav, SOUNDS)


def run_apply(args):
    """Translates pictures, files and those of folders."""
    model, _ = load_model(args.model)
    if not hasattr(model, "translate"):
        raise UserError(
            "the model must translate images, as gans/cyclegan does; 'kerasgen sample' "
            f"draws from others. Received: {type(model).__name__}"
        )
    written = apply_to(
        model,
        args.inputs,
        args.out,
        args.to,
        args.batch_size,
        _say,
        args.seed,
        args.tile,
    )
    _say(f"{len(written)} pictures by {type(model).__name__} in {args.out}")


def run_explore(args):
    """Draws one kind of exploration into a picture and, if asked, an array file."""
    _check_outputs(args)
    model, settings = None, {}
    if hasattr(args, "model"):
        model, settings = load_model(args.model)
    found, text = explore(model, settings, args)
    found.save(args.out)
    of_model = "" if model is None else f" of {type(model).__name__}"
    _say(f"{args.kind}{of_model} in {args.out}: {text}")
    if args.npz:
        found.save(args.npz)
        _say(f"arrays in {args.npz}")


def _say(text):
    sys.stdout.write(text + "\n")
