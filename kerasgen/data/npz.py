"""`.npz` files in the layout of `keras.datasets`: x_train, y_train, x_test, y_test."""

import os
import zipfile
import zlib

import numpy as np

from kerasgen.data.checks import check_images
from kerasgen.data.content import Content
from kerasgen.data.resizing import resize
from kerasgen.training.arguments import check_choice


def load_npz(path, split, image_size, labels, *, interpolation="bicubic"):
    """Loads a `.npz` file without unpickling anything.

    Args:
        path: str. The file.
        split: str. `"train"` reads `x_train` and `y_train`, and so on for every split
            that the file has; `"all"` joins them.
        image_size: `(height, width)`, or None to keep the size.
        labels: bool. Whether to give `y_<split>`.
        interpolation: str, for resizing.
    """
    check_choice("labels", labels, (False, True))
    path = os.path.expanduser(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"`npz:` must name a file. Received: {path!r}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"`npz:` must name a whole .npz file. Received: {path!r}")
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            return _read(file, path, split, image_size, labels, interpolation)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f"`npz:` must name a whole .npz file. Received: {path!r} ({error})"
        ) from error


def _read(file, path, split, image_size, labels, interpolation):
    splits = [key[2:] for key in file.files if key.startswith("x_")]
    if not splits:
        raise ValueError(
            "`npz:` must name a file with the keys x_train, y_train, x_test, y_test. "
            f"Received: {path!r} with keys {file.files}"
        )
    check_choice("split", split, (*splits, "all"))
    chosen = splits if split == "all" else [split]
    missing = [f"y_{s}" for s in chosen if labels and f"y_{s}" not in file.files]
    if missing:
        raise ValueError(
            f"`labels` must be False without the keys {missing}. "
            f"Received: {path!r} with keys {file.files}"
        )
    images = np.concatenate([_array(file, f"x_{s}", path) for s in chosen])
    if image_size is not None:
        images = resize(check_images(images), image_size, interpolation)
    values = [_array(file, f"y_{s}", path) for s in chosen] if labels else None
    return Content(images, None if values is None else np.concatenate(values))


def _array(file, key, path):
    try:
        return file[key]
    except ValueError as error:
        raise ValueError(
            f"`npz:` must hold plain arrays, without pickled objects. "
            f"Received: {path!r}, key {key!r} ({error})"
        ) from error
