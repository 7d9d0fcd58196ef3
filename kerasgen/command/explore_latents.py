"""Kinds of `kerasgen explore` that seek codes and directions among them."""

import math
from pathlib import Path

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.command.data import class_number, load_data
from kerasgen.command.examples import load_part, network_of, start_of
from kerasgen.data.loading import load
from kerasgen.data.tfds import downloading
from kerasgen.errors import UserError
from kerasgen.explore.code_arithmetic import (
    arithmetic,
    arithmetic_success,
    class_judge,
)
from kerasgen.explore.duplicates import fit_coder, remove_duplicates
from kerasgen.explore.known_game import play_known_game
from kerasgen.explore.latent_directions import directions
from kerasgen.explore.latent_encoder import fit_encoder, load_encoder
from kerasgen.explore.projection import project
from kerasgen.images.picture_files import check_ending
from kerasgen.metrics.classifier_networks import classifier_network


def project_images(model, settings, args):
    x, labels = load_part(model, settings, args, count=check_int("rows", args.rows))
    start = "encoder" if args.encode else None
    if args.encoder is not None:
        start = _encoder(model, args)
    found = project(
        model,
        x,
        labels,
        steps=args.steps,
        restarts=args.restarts,
        learning_rate=args.learning_rate,
        start=start,
        pixel_weight=args.pixel_weight,
        network=network_of(model, settings, args),
        feature_weight=args.feature_weight,
        prior_weight=args.prior_weight,
        limit=args.limit,
        seed=args.seed,
    )
    error = found.facts["error"].mean()
    text = f"{len(x)} images and their projections, mean squared error {error:.3g}, "
    return found, text + f"the best of {args.restarts} starts of {args.steps} steps"


def add_codes(model, settings, args):
    """Chooses samples by classifiers of two attributes, and adds and subtracts."""
    label = start_of(model, settings, args)[1]
    judges, texts, right = zip(
        *(_judge(model, settings, args, flag) for flag in ("first", "second")),
        strict=True,
    )
    (one, none), (two, other) = texts
    exemplars = args.exemplars
    figures = arithmetic_success(
        model, judges, exemplars, args.trials, args.num_samples, label, args.seed
    )
    count = max(exemplars)
    generator = np.random.default_rng(args.seed)
    plus, minus, base = (
        codes[generator.choice(len(codes), count, replace=False)]
        for codes in figures["codes"]
    )
    names = [f"{one}, {other}", f"{none}, {two}", f"{none}, {other}", f"{one}, {two}"]
    found = arithmetic(
        model, [plus, base], [minus], names=names, labels=label, seed=args.seed
    )
    found.facts |= {k: np.asarray(v) for k, v in figures.items() if k != "codes"}
    found.facts["judges_accuracy"] = np.array(right)
    parts = [
        f"{share:.3f} ± {error:.3f} by means of {n} (blindly {blind:.3f})"
        for n, share, error, blind in zip(
            exemplars,
            figures["success"],
            figures["error"],
            figures["blind_success"],
            strict=True,
        )
    ]
    text = f"{' and '.join(names[-1:])} in {', '.join(parts)} of {args.trials} trials; "
    text += f"{figures['chance']:.3f} of all samples; the classifiers that judge are "
    return found, text + f"right on {right[0]:.1%} and {right[1]:.1%} of test images"


def _judge(model, settings, args, flag):
    """Returns the judge of an attribute, its values' names, how often it is right."""
    text = getattr(args, flag)
    name, _, values = text.partition("=")
    values = values.split(",")
    if not name or len(values) != 2:
        raise UserError(
            f"--{flag} must be NAME=VALUE,VALUE, such as glasses=round,none. "
            f"Received: --{flag} {text}"
        )
    train, test = (
        load_data(model, settings, args, name, split) for split in ("train", "test")
    )
    numbers = [class_number(f"--{flag}", v, train.class_names) for v in values]
    network = classifier_network(train, test, args.judge_steps)
    said = [f"no {name}" if value == "none" else value for value in values]
    return class_judge(network, *numbers), said, network.facts["accuracy"]


def show_directions(model, settings, args):
    start, label, of_class = start_of(model, settings, args)
    found = directions(
        model,
        args.method,
        args.count,
        args.steps,
        args.reach,
        start,
        layer=args.layer,
        num_samples=args.num_samples,
        labels=label,
        seed=args.seed,
    )
    strengths = ", ".join(f"{value:.3g}" for value in found.facts["strengths"])
    return found, f"directions by {args.method}, of strengths {strengths}{of_class}"


def _encoder(model, args):
    """Returns the encoder of the file that a flag names, fitted where there is none."""
    check_ending("--encoder", args.encoder, (".keras",))
    path = Path(args.encoder)
    if path.is_file():
        return load_encoder(path)
    encoder = fit_encoder(model, seed=args.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder.save(path)
    return encoder


def find_duplicates(model, settings, args):
    if args.data is None:
        raise UserError("--data must be given. Received: no --data")
    options = {} if args.split is None else {"split": args.split}
    with downloading(args.download):
        data = load(
            args.data,
            labels=False,
            data_dir=args.data_dir,
            seed=args.seed,
            batch_size=1,
            image_size=args.image_size,
            **options,
        )
    coder = fit_coder(data, args.bits, args.coder_steps, seed=args.seed)
    kept, found = remove_duplicates(data, coder, args.radius)
    text = f"{found.facts['removed']} of {data.num_examples} images of {data.name} are "
    return found, f"{text}near-duplicates, {kept.num_examples} are left"


def show_theory(model, settings, args):
    game = play_known_game(
        start=(args.mean, args.deviation),
        train_generator=not args.discriminator_only,
        frames=args.frames,
        steps=args.steps,
        seed=args.seed,
    )
    text = (
        f"{len(game.steps)} frames, {game.steps[-1]} steps; value {game.values[-1]:.4f}"
        f" beside {game.optimal_values[-1]:.4f} of the best discriminator "
        f"(-log 4 = {-math.log(4):.4f}); mean |D - D*| {game.errors[-1]:.3f}"
    )
    return game, text


KINDS = {
    "theory": show_theory,
    "duplicates": find_duplicates,
    "arithmetic": add_codes,
    "directions": show_directions,
    "project": project_images,
}
