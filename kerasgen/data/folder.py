"""Folders of PNG and JPEG files: flat, or one folder a class; maybe with splits."""

import collections
import pathlib
import warnings

import numpy as np

from kerasgen.data.content import Content
from kerasgen.data.image_files import ImageFiles, read_header
from kerasgen.data.resizing import INTERPOLATIONS
from kerasgen.training.arguments import check_choice

EXTENSIONS = (".png", ".jpg", ".jpeg")
SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}


def load_folder(
    path,
    split,
    image_size,
    labels,
    *,
    channels=None,
    on_error="raise",
    max_skipped=None,
    interpolation="bicubic",
    cache_bytes=1 << 30,
):
    """Loads a folder of images, decoded when they are read.

    Images are turned as their EXIF data says, transparent ones are put on white, then
    the centre is cropped to the proportions of `image_size` and resized. The data set
    has the attribute `skipped_files`.

    Args:
        path: str. The folder. Where it holds the folders `train`, `test` or
            `validation`, these are the splits; else all of it is `"train"`.
        split: str, one of the splits, or `"all"`.
        image_size: `(height, width)`, or None if all images have one size.
        labels: bool. Whether to give the class. Class names are sorted.
        channels: 1, 3, or None for what most of the files have.
        on_error: `"raise"`: a file that cannot be decoded raises when it is read, with
            its name. `"skip"`: all files are decoded at once, bad ones left out.
        max_skipped: int or None. More bad files than this raise all the same.
        interpolation: str, for resizing.
        cache_bytes: int. Memory for decoded images. Defaults to 1 GiB.
    """
    check_choice("labels", labels, (False, True))
    check_choice("channels", channels, (None, 1, 3))
    check_choice("on_error", on_error, ("raise", "skip"))
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    files = find_files(pathlib.Path(path).expanduser(), split)
    names = sorted({name for _, name in files} - {None})
    if labels and not names:
        raise ValueError(
            "`labels` must be False for a folder without one folder a class. "
            f"Received: labels=True, folder:{path}"
        )
    skipped, skip = [], on_error == "skip"
    if skip or image_size is None or channels is None:
        headers = _read_headers(files, skipped if skip else None)
        files = [entry for entry in files if entry[0] in headers]
        check_skipped(skipped, max_skipped, files)
        channels = channels or _most_common(depth for _, depth in headers.values())
        image_size = image_size or _common_size(headers)
    source = ImageFiles(
        [file for file, _ in files], image_size, channels, interpolation, cache_bytes
    )
    if skip:
        bad = source.unreadable()
        skipped += [source.files[i] for i in bad]
        files = [entry for i, entry in enumerate(files) if i not in bad]
        check_skipped(skipped, max_skipped, files)
        source = source.without(bad)
        if skipped:
            warnings.warn(
                f"{len(skipped)} files of {path} cannot be decoded and are left out; "
                f"see `dataset.skipped_files`. The first: {skipped[0]}",
                stacklevel=4,
            )
    classes = np.array([names.index(name) for _, name in files]) if labels else None
    return Content(
        source,
        classes,
        tuple(names) or None,
        {"skipped_files": [str(file) for file in skipped]},
    )


def find_files(root, split):
    """Returns a sorted list of `(file, class name or None)` of a split."""
    if not root.is_dir():
        raise FileNotFoundError(f"`folder:` must name a folder. Received: {root}")
    folders = {}
    for name, spellings in SPLITS.items():
        for child in _visible(root):
            if child.is_dir() and child.name.lower() in spellings:
                folders.setdefault(name, child)
    if not folders:
        folders = {"train": root}
    check_choice("split", split, (*folders, "all"))
    chosen = folders.values() if split == "all" else [folders[split]]
    files = [entry for folder in chosen for entry in _files_of(folder)]
    if not files:
        raise ValueError(
            f"`folder:` must hold images ({', '.join(EXTENSIONS)}). "
            f"Received: {root} without any in split {split!r}"
        )
    return files


def check_skipped(skipped, max_skipped, files):
    """Raises if too many files were bad, or none is left."""
    too_many = max_skipped is not None and len(skipped) > max_skipped
    if skipped and (too_many or not files):
        limit = (
            "at least one readable image" if not files else f"{max_skipped} bad files"
        )
        raise ValueError(
            f"`folder:` must hold {'' if not files else 'at most '}{limit}. "
            f"Received: {len(skipped)} that cannot be decoded, the first: {skipped[0]}"
        )


def _files_of(folder):
    files = [(path, None) for path in _visible(folder) if _is_image(path)]
    classes = []
    for child in _visible(folder):
        if child.is_dir():
            found = sorted(path for path in child.rglob("[!.]*") if _is_image(path))
            classes += [(path, child.name) for path in found]
            if not found and not files:
                raise ValueError(
                    "`folder:` must hold images in each class folder. "
                    f"Received: {child} without any"
                )
    if files and classes:
        raise ValueError(
            "`folder:` must hold either images or one folder of images a class. "
            f"Received: {folder} with both, such as {files[0][0].name} and "
            f"{classes[0][1]}/{classes[0][0].name}"
        )
    return files or classes


def _visible(folder):
    paths = (path for path in folder.iterdir() if path.name[0] not in "._")
    return sorted(paths)


def _is_image(path):
    return path.suffix.lower() in EXTENSIONS and path.is_file()


def _read_headers(files, skipped):
    headers = {}
    for file, _ in files:
        try:
            headers[file] = read_header(file)
        except ValueError:
            if skipped is None:
                raise
            skipped.append(file)
    return headers


def _most_common(values):
    return collections.Counter(values).most_common(1)[0][0]


def _common_size(headers):
    sizes = collections.Counter(size for size, _ in headers.values())
    if len(sizes) > 1:
        first, second = (
            next(f for f in headers if headers[f][0] == s) for s in list(sizes)[:2]
        )
        raise ValueError(
            "`image_size` must be given for images of different sizes. Received: "
            f"image_size=None, {first} of {headers[first][0]} and {second} of "
            f"{headers[second][0]} (height, width)"
        )
    return next(iter(sizes))
