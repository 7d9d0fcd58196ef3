"""Data of two domains, by name: one data set that has both, or one for each."""

import pathlib

from kerasgen.data.folder_files import SPLITS
from kerasgen.data.joined import Unpaired
from kerasgen.data.loading import load
from kerasgen.data.unpaired import unpaired


def load_domains(
    name, target=None, split="train", batch_size=1, seed=0, shuffle=None, **options
):
    """Loads data of two domains without pairs, for models such as CycleGAN.

    Args:
        name: str, as in `load`: data of two domains (`"outlines"`, `"negatives"`,
            `"clutter"`), or of the first one. A folder with the folders `trainA` and
            `trainB`, perhaps also `testA` and `testB`, as CycleGAN's data sets are
            published, holds both domains; so does one with `A` and `B`.
        target: str, as in `load`: data of the second domain. None where `name` has
            both.
        split: str. Defaults to `"train"`.
        batch_size: int. Examples of each domain in a batch. Defaults to `1`.
        seed: int. Seed of the orders, and of data that is drawn.
        shuffle: bool. Defaults to whether `split` is a training split.
        **options: the other arguments of `load`, such as `image_size`.

    Returns:
        `kerasgen.data.Dataset` with the fields `a` and `b`, see `unpaired`.
    """
    shuffle = split.startswith("train") if shuffle is None else shuffle
    folders = domain_folders(name, split) if target is None else None
    if folders is None and target is None:
        dataset = load(name, split, batch_size, seed=seed, shuffle=shuffle, **options)
        if hasattr(dataset, "domains"):
            return _drawn(dataset, batch_size, seed, shuffle)
        if not isinstance(dataset.source, Unpaired):
            raise ValueError(
                "`target` must name the data of the second domain where `name` has one "
                "alone; a folder of both has the folders trainA and trainB. "
                f"Received: name={name!r}, target=None"
            )
        return dataset
    parts = folders or [(name, split), (target, split)]
    first, second = (
        load(part, own, 1, labels=False, seed=seed, **options) for part, own in parts
    )
    dataset = unpaired(first, second, batch_size, seed, shuffle)
    dataset.split = split
    if folders:
        dataset.name = name
    return dataset


def _drawn(dataset, batch_size, seed, shuffle):
    """Returns the two domains that a drawn data set has beside its own images."""
    a, b = (dataset.domains[name] for name in "ab")
    found = unpaired(a, b, batch_size, seed, shuffle)
    found.name, found.split = dataset.name, dataset.split
    found.counterparts = dataset.counterparts
    return found


def domain_folders(name, split):
    """Returns `(name, split)` of each domain for `load`, or None for other data."""
    prefix, _, path = str(name).partition(":")
    root = pathlib.Path(path).expanduser()
    if prefix != "folder" or not root.is_dir():
        return None
    folders = {entry.name.lower(): entry for entry in root.iterdir() if entry.is_dir()}
    if {"a", "b"} <= set(folders):
        return [(f"folder:{folders[domain]}", split) for domain in "ab"]
    for spelling in SPLITS.get(split, ()):
        if {f"{spelling}a", f"{spelling}b"} <= set(folders):
            return [(f"folder:{folders[spelling + d]}", "all") for d in "ab"]
    if {"traina", "trainb"} <= set(folders):
        raise ValueError(
            f"`split` must be one that the folder has. Received: split={split!r}, "
            f"{root} with {sorted(folders)}"
        )
    return None
