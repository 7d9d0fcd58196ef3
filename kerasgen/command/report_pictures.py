"""Pictures for the page of a run that need its model: `kerasgen report --pictures`."""

import inspect
from pathlib import Path

import keras
import numpy as np

from kerasgen.arguments import class_names, decoder_classes
from kerasgen.command.data import load_data
from kerasgen.command.opening import load_model
from kerasgen.explore import Exploration, nearest
from kerasgen.features import pictures
from kerasgen.images import save_png, to_float
from kerasgen.images.text import class_texts
from kerasgen.reports.folder import MADE, RunFiles
from kerasgen.runs.record import now, write_json

NUM_CLASSES, NUM_OF_CLASS = 20, 8  # rows and columns of samples by class, at most
NUM_RECONSTRUCTIONS, NUM_COLUMNS = 24, 12
NUM_NEIGHBOURS, NUM_ROWS, NUM_JUDGED = 5, 6, 100
NUM_TRAIN = 10_000  # images that neighbours are looked for among, at most


def make_pictures(args):
    """Draws what a run's page shows of its model, into the folder `pictures`.

    Samples by class, reconstructions of held-out images, and the training images that
    are nearest to samples, each where the model has it; and a file that says what they
    show, and why others were left out.

    Args:
        args: the parsed flags of `kerasgen report`.
    """
    run = RunFiles(args.run)
    model, settings = load_model(args.run)
    held_out, train = _data(model, settings, args)
    folder = Path(args.run) / MADE
    found, left_out = [], {}
    for name, (title, draw) in _DRAWN.items():
        try:
            exploration, text = draw(model, held_out, train, _seed(args))
        except _LeftOutError as reason:
            left_out[title] = str(reason)
            continue
        save_png(folder / f"{name}.png", exploration.picture())
        found.append({"file": f"{name}.png", "title": title, "text": text})
    facts = {"pictures": found, "left_out": left_out, "epochs": len(run.epochs)}
    facts |= {"date": now(), "backend": keras.backend.backend()}
    folder.mkdir(exist_ok=True)
    write_json(folder / f"{MADE}.json", facts)


class _LeftOutError(Exception):
    """Says why a picture is not drawn."""


def _data(model, settings, args):
    """Returns held-out and training data, or None for both of named fields."""
    if model.fields.is_named or hasattr(model, "translate"):
        return None, None
    labels = model.num_classes is not None
    return (
        load_data(model, settings, args, labels, split)
        for split in (args.split, "train")
    )


def _seed(args):
    return 0 if args.seed is None else args.seed


def _check_drawn(model, data, method):
    """Raises unless a model has a method and draws what stands in a grid."""
    if data is None:
        raise _LeftOutError("it translates: the pictures over time show that")
    if not callable(getattr(model, method, None)):
        raise _LeftOutError(f"the model has no method {method}")
    if method == "sample" and not getattr(model, "parts_fitted", True):
        raise _LeftOutError("the model has no prior yet to draw samples from")
    if getattr(model, "condition_shape", None) is not None:
        raise _LeftOutError("the model is conditional on images")
    if np.ndim(pictures(model.fields, data.spread(1)[0])) != 4:
        raise _LeftOutError("the model's data are no pictures")


def _by_class(model, held_out, train, seed):
    _check_drawn(model, held_out, "sample")
    classes = decoder_classes(model)
    if classes is None:
        raise _LeftOutError("the model is not told classes")
    names = class_names(model) or held_out.class_names
    rows = range(min(classes, NUM_CLASSES))
    asked = np.repeat(rows, NUM_OF_CLASS).astype("int32")
    samples = to_float(model.sample(len(asked), labels=asked, seed=seed))
    samples = samples.reshape(len(rows), NUM_OF_CLASS, *samples.shape[1:])
    x, labels = held_out.spread(50 * classes)
    real = to_float(x)
    first = np.ones_like(samples[:, :1])
    for row in rows:
        places = np.flatnonzero(labels == row)
        if len(places):
            first[row, 0] = real[places[0]]
    head = [f"{held_out.split} image", *[""] * NUM_OF_CLASS]
    found = Exploration(
        np.concatenate([first, samples], axis=1),
        row_labels=class_texts(rows, names),
        column_labels=head,
        fields=model.fields,
    )
    text = f"A row for each class that was asked for: an image of the {held_out.split} "
    text += f"split, then samples, seed {seed}."
    if classes > NUM_CLASSES:
        text += f" The first {NUM_CLASSES} of {classes} classes."
    return found, text


def _reconstructions(model, held_out, train, seed):
    _check_drawn(model, held_out, "reconstruct")
    x, labels = held_out.spread(NUM_RECONSTRUCTIONS, seed)
    options = {}
    if labels is not None and decoder_classes(model) is not None:
        if "labels" in inspect.signature(model.reconstruct).parameters:
            options["labels"] = labels
    made = keras.ops.convert_to_numpy(model.reconstruct(x, **options))
    x = to_float(x)
    rows = []
    for start in range(0, len(x), NUM_COLUMNS):
        block = slice(start, start + NUM_COLUMNS)
        for part in (x[block], made[block]):
            white = np.ones((NUM_COLUMNS, *part.shape[1:]), "float32")
            white[: len(part)] = part
            rows.append(white)
    error = np.square(made - x).reshape(len(x), -1).sum(axis=1)
    found = Exploration(
        np.stack(rows),
        row_labels=["image", "reconstruction"] * (len(rows) // 2),
        fields=model.fields,
    )
    spread = error.std(ddof=1) / np.sqrt(len(error)) if len(error) > 1 else 0.0
    text = f"Images of the {held_out.split} split above their reconstructions. Squared "
    text += f"error {error.mean():.3g} ± {spread:.1g} an image (these {len(error)}, "
    return found, text + "pixels in [0, 1])."


def _neighbours(model, held_out, train, seed):
    _check_drawn(model, held_out, "sample")
    options, classes = {}, decoder_classes(model)
    judged, labels = held_out.spread(NUM_JUDGED, seed)
    if classes is not None:
        options["labels"] = labels
    samples = to_float(model.sample(len(judged), seed=seed, **options))
    reference = to_float(train.spread(NUM_TRAIN, seed)[0])
    k = min(NUM_NEIGHBOURS, len(reference))
    near = nearest(model, samples, reference, k, space="pixel")
    chosen = np.linspace(0, len(samples) - 1, min(NUM_ROWS, len(samples))).astype(int)
    shown = nearest(model, samples[chosen], reference, k, space="pixel")
    shown.title = None
    shown.column_labels = ["sample", *map(str, range(1, k + 1))]
    other = nearest(model, judged, reference, 1, space="pixel").facts["distances"]
    first = near.facts["distances"][:, :1]
    text = (
        f"Samples (seed {seed}), each with the nearest of {len(reference):,} training "
        f"images and how far it is (Euclidean, pixels in [0, 1]). Mean distance to the "
        f"nearest: {first.mean():.3g} of {len(first)} samples, {other.mean():.3g} of "
        f"as many {held_out.split} images. Samples that are far nearer are copies."
    )
    if held_out.split == "train":
        text += " There is no held-out split: those images find themselves."
    return shown, text


_DRAWN = {
    "samples-by-class": ("Samples by class", _by_class),
    "reconstructions": ("Reconstructions of held-out images", _reconstructions),
    "neighbours": ("Nearest training images of samples", _neighbours),
}
