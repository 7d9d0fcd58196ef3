"""`kerasgen evaluate`: a model's figures on a data set, and scores of its samples."""

import json
import sys
from pathlib import Path

import keras

import kerasgen
from kerasgen.arguments import check_int
from kerasgen.command.data import data_name, load_data
from kerasgen.command.likelihood import likelihood_figures
from kerasgen.command.opening import load_model
from kerasgen.errors import UserError
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.families.translation import TranslationModel
from kerasgen.features import ClassLabel
from kerasgen.metrics import feature_network, parzen_window, score_samples
from kerasgen.metrics.drawing import domain, target
from kerasgen.metrics.kinds import can_be_scored, uses_network, why_none
from kerasgen.metrics.named_networks import OF_DATA
from kerasgen.reports.folder import SCORES
from kerasgen.runs.record import now, pixels, plain, write_json

# What `evaluate` says of a GAN.
_NOTE = (
    "losses are of the players against each other, no measure of how good samples are"
)
# Units of the scalars of models with a likelihood.
_UNITS = {
    "loss": "nats an image",
    "reconstruction": "nats an image",
    "kl": "nats an image",
    "bits_per_dim": "bits a sub-pixel",
    "mean_nats": "nats an image",
    "mean_negative_elbo": "nats an image",
    "mean_bits_per_dim": "bits a sub-pixel",
}


def run_evaluate(args):
    """Prints a model's figures on a data set, and what they are figures of."""
    model, settings = load_model(args.model)
    check_int("batch_size", args.batch_size)
    target(model, args.to)  # raises unless the model has it
    found = _load_data(model, settings, args)
    dataset = _in_order(found, args.batch_size)
    figures = model.evaluate(dataset, return_dict=True, verbose=0)
    figures |= likelihood_figures(model, dataset, args.samples, args.ais, _seed(args))
    if args.parzen is not None:
        figures |= _parzen_window(model, settings, dataset, args)
    facts = {"model": args.model, "class": type(model).__name__, "data": dataset.name}
    facts |= {"split": dataset.split, "num_examples": dataset.num_examples}
    facts |= pixels(model)
    facts["backend"] = keras.backend.backend()
    scores, none = None, why_none(model)
    if args.scores != ["none"] and (none is None or args.scores is not None):
        scores = _scores(model, settings, args, found)
        _keep(args.model, scores)
    gan = isinstance(model, (AdversarialModel, TranslationModel))
    note = _NOTE if gan else None
    if args.json:
        facts |= {} if note is None else {"note": note}
        facts |= {} if none is None else {"no_scores": none}
        facts["figures"] = figures
        facts |= {} if scores is None else scores.to_dict()
        _say(json.dumps(plain(facts), indent=2))
        return
    width = max(map(len, [*facts, *figures]))
    for key, value in {**facts, **figures}.items():
        if key.endswith(("_standard_error", "_num_examples")):
            continue
        text = f"{value:.6g}" if isinstance(value, float) else value
        if f"{key}_standard_error" in figures:
            text += f" ± {figures[f'{key}_standard_error']:.2g}"
        unit = _UNITS.get(key, "") if hasattr(model, "log_prob") else ""
        _say(f"{key:<{width}}  {text} {unit}".rstrip())
    if note is not None:
        _say(f"{'note':<{width}}  {note}")
    if none is not None:
        _say(f"{'no scores':<{width}}  {none}")
    if scores is not None:
        _say(f"\n{scores}")


def _keep(path, scores):
    """Writes the scores into the folder of a run, for its report."""
    folder = Path(path)
    if not (folder / "config.json").is_file():
        return
    found = scores.to_dict() | {"date": now(), "backend": keras.backend.backend()}
    write_json(folder / SCORES, plain(found))


def _scores(model, settings, args, dataset):
    """Returns the scores of samples beside those of a data set."""
    if not can_be_scored(model):
        raise UserError(
            f"--scores must be left out: {why_none(model)}. "
            f"Received: --scores {','.join(args.scores)}"
        )
    train = None
    if dataset.split != "train":
        train = load_data(model, settings, args, _labels(model), "train")
    network = None
    if uses_network(model, args.to):
        network = _network(model, settings, args, train)
    return score_samples(
        model,
        dataset,
        train,
        network,
        args.num_samples,
        args.scores,
        seed=_seed(args),
        batch_size=args.batch_size,
        per_class=args.per_class,
        to=args.to,
    )


def _network(model, settings, args, train):
    known = held_out = None
    if args.network in OF_DATA:
        known = _network_data(model, settings, args, "train")
        held_out = None if train is None else _network_data(model, settings, args)
        own = target(model, args.to)
        if own is not None:  # of two domains one
            known, held_out = domain(known, own), None
    return feature_network(
        args.network, known, held_out, args.network_weights, args.download
    )


def _network_data(model, settings, args, split=None):
    """Returns data in their own size, for one network whatever the model's size is."""
    name = data_name(settings, args)
    own_size = name in kerasgen.data.loading.LOADERS
    return load_data(model, settings, args, None, split, own_size=own_size)


def _labels(model):
    """Returns which labels of the data a model was trained with, as `load` takes it."""
    if model.condition_attributes is not None:
        return list(model.condition_attributes.names)
    return isinstance(model.fields.y, ClassLabel)


def _load_data(model, settings, args):
    labels, options = _labels(model), {}
    if args.num_examples is not None:
        options["num_examples"] = args.num_examples
    return load_data(model, settings, args, labels, **options)


def _in_order(found, batch_size):
    """Returns data that are read to their end and in order, whatever the split."""
    return kerasgen.data.Dataset(
        found.source,
        found.labels,
        batch_size=batch_size,
        shuffle=False,
        num_classes=found.num_classes,
        class_names=found.class_names,
        field=found.fields,
        name=found.name,
        split=found.split,
    )


def _seed(args):
    return 0 if args.seed is None else args.seed


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
