"""Pairs of pictures: one that is given, and one that is to be made of it."""

import functools
import pathlib

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data.content import Content, choose
from kerasgen.data.dataset import Dataset
from kerasgen.data.domains import domain_folders
from kerasgen.data.image_decoding import HALVES, MAX_PIXELS, read_header
from kerasgen.data.joined import Unpaired
from kerasgen.data.loading import load
from kerasgen.data.unpaired import as_part

DIRECTIONS = ("a_to_b", "b_to_a")


def pairs(inputs, targets, batch_size=1, seed=0, shuffle=True, drop_remainder=None):
    """Returns pairs of pictures as one data set, for models such as Pix2Pix.

    Its batches are `(targets, inputs)`: what is modelled, and the condition.

    Args:
        inputs: `Dataset` (its labels are left out), array of images, or source: the
            pictures that are given.
        targets: as `inputs`, as many, in the same storage order: what is made of them.
            They may have another size and other channels.
        batch_size: int. Pairs in a batch. Defaults to `1`.
        seed: int. Seed of the order. Defaults to `0`.
        shuffle: bool. Whether every epoch has its own order. Defaults to `True`.
        drop_remainder: bool. As in `Dataset`.

    Returns:
        `kerasgen.data.Dataset`. Its `label_shape` is that of an input.
    """
    parts = as_part("inputs", inputs), as_part("targets", targets)
    if len(parts[0]) != len(parts[1]):
        raise ValueError(
            "`targets` must have as many examples as `inputs`. "
            f"Received: {len(parts[1])} targets, {len(parts[0])} inputs"
        )
    given = inputs, targets
    splits = {part.split for part in given if isinstance(part, Dataset)}
    names = dict.fromkeys(getattr(part, "name", "arrays") for part in given)
    dataset = Dataset(
        parts[1],
        parts[0],
        batch_size=batch_size,
        seed=seed,
        shuffle=shuffle,
        drop_remainder=drop_remainder,
        name=" and ".join(names),
        split=splits.pop() if len(splits) == 1 else "all",
    )
    notes = [note for part in given for note in getattr(part, "notes", [])]
    dataset.notes += dict.fromkeys(notes)
    return dataset


def load_pairs(
    name,
    target=None,
    split="train",
    batch_size=1,
    direction="a_to_b",
    seed=0,
    shuffle=None,
    **options,
):
    """Loads pairs of pictures `a` and `b` by name, see `pairs`.

    Args:
        name: str, as in `load`. A folder of files that each hold `a` on the left and
            `b` on the right, as pix2pix's data sets are published; or one with the
            folders `A` and `B`, or `trainA`, `trainB` and so on, whose files have equal
            names (their endings may differ); or `"outlines"`, whose `a` are outlined
            shapes, whose `b` the same shapes filled; `"rain"`, of rainy and clean
            landscapes; `"clutter"`, of digits in clutter and clean; or the data of `a`
            alone.
        target: str, as in `load`: the data of `b`, where `name` has those of `a` alone.
            Two folders are joined by the names of their files, other data by their
            storage order.
        split: str. Defaults to `"train"`.
        batch_size: int. Pairs in a batch. Defaults to `1`.
        direction: `"a_to_b"`, for inputs `a` and targets `b`, or `"b_to_a"`.
        seed: int. Seed of the order, and of data that is drawn.
        shuffle: bool. Defaults to whether `split` is a training split.
        **options: the other arguments of `load`, such as `image_size`.

    Returns:
        `kerasgen.data.Dataset`.

    Raises:
        ValueError: if a picture has no partner, or one of other proportions, or a file
            of two pictures side by side has an odd width.
    """
    check_choice("direction", direction, DIRECTIONS)
    shuffle = split.startswith("train") if shuffle is None else shuffle
    count = options.pop("num_examples", None)
    folders = [(name, split), (target, split)]
    if target is None:
        folders = domain_folders(name, split)
    part = functools.partial(load, batch_size=1, labels=False, seed=seed, **options)
    if folders is not None and all(_path(folder) for folder, _ in folders):
        max_pixels = options.get("max_pixels", MAX_PIXELS)
        sources, notes = _matched(folders, part, max_pixels)
    elif folders is not None or _path(name):
        if folders is not None:
            found = [part(*folder) for folder in folders]
        else:
            found = [part(name, split, half=half) for half in HALVES]
        sources = [dataset.source for dataset in found]
        notes = [note for dataset in found for note in dataset.notes]
    else:
        sources, notes = _drawn(part, name, split, count), []
    inputs, targets = sources if direction == "a_to_b" else sources[::-1]
    if count is not None and count != len(targets):
        content = Content(targets, inputs).subset(count)
        inputs, targets = content.labels, content.images
    dataset = pairs(inputs, targets, batch_size, seed, shuffle)
    dataset.split = split
    dataset.name = name if target is None else f"{name} and {target}"
    dataset.notes = list(dict.fromkeys(notes))
    return dataset


def _drawn(part, name, split, count):
    """Returns `a` and `b` of a drawn data set that knows its counterparts."""
    dataset = part(name, split, **({} if count is None else {"num_examples": count}))
    if hasattr(dataset, "pairs"):
        return dataset.pairs["a"], dataset.pairs["b"]
    if not isinstance(dataset.source, Unpaired):
        raise ValueError(
            "`target` must name the data of the second picture of each pair where "
            "`name` has one alone; a folder may hold both, side by side or in A and B. "
            f"Received: name={name!r}, target=None"
        )
    return dataset.source.sources["b"], dataset.counterparts["b"]


def _path(name):
    """Returns the folder that a name of data is, or None for other data."""
    prefix, _, path = str(name).partition(":")
    return pathlib.Path(path).expanduser() if prefix == "folder" else None


def _matched(folders, part, max_pixels):
    """Returns the sources of both pictures of each pair in one order, and notes.

    Args:
        folders: two tuples `(name, split)`.
        part: function of these that returns a `Dataset`.
        max_pixels: int, as in `load_folder`.
    """
    a, *whole = (part(*folders[0]), *(part(name, "all") for name, _ in folders))
    places = [_places(d, name) for d, (name, _) in zip(whole, folders, strict=True)]
    skipped = {
        _key(file, name)
        for dataset, (name, _) in zip(whole, folders, strict=True)
        for file in dataset.skipped_files
    }
    missing = sorted((set(places[0]) ^ set(places[1])) - skipped)
    if missing:
        other = folders[missing[0] in places[0]][0]
        raise ValueError(
            "`folder:` must hold pictures that each have a partner of the same name. "
            f"Received: {missing[0]!r}, which {other} has not, and "
            f"{len(missing) - 1} more"
        )
    own = _places(a, folders[0][0])
    kept = [key for key in own if key in places[1]]
    found = []
    for dataset, where in ((a, own), (whole[1], places[1])):
        found.append(choose(dataset.source, np.array([where[key] for key in kept])))
    files = a.source.files, whole[1].source.files
    for key in kept:
        pair = files[0][own[key]], files[1][places[1][key]]
        _check_proportions(*pair, max_pixels)
    return found, a.notes


def _places(dataset, name):
    """Returns a dict from the names of files, without endings, to their places."""
    places = {}
    for i, file in enumerate(dataset.source.files):
        key = _key(file, name)
        if key in places:
            raise ValueError(
                "`folder:` must hold pictures whose names differ by more than their "
                f"endings. Received: {file} and {dataset.source.files[places[key]]}"
            )
        places[key] = i
    return places


def _key(file, name):
    return pathlib.Path(file).relative_to(_path(name)).with_suffix("").as_posix()


def _check_proportions(first, second, max_pixels):
    """Raises unless both pictures have the same proportions, to a pixel."""
    (h, w), (k, v) = (read_header(f, max_pixels).size for f in (first, second))
    if abs(h * v - k * w) > max(h, w, k, v):
        raise ValueError(
            "`folder:` must hold pairs of pictures of the same proportions. "
            f"Received: {first} of {(h, w)} and {second} of {(k, v)} (height, width)"
        )
