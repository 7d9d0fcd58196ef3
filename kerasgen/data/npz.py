"""`.npz` files in the layout of `keras.datasets`: x_train, y_train, x_test, y_test."""

import os
import types
import zipfile
import zlib

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.backend.memory import check_memory
from kerasgen.data.content import Content
from kerasgen.data.resizing import resize
from kerasgen.features.checks import (
    check_dtype,
    check_images,
    check_rank,
)
from kerasgen.features.label_checks import check_class_names

# A file of 1 MB can hold 1 GB of zeros; images, black and white ones too, stay below.
MAX_RATIO = 250
SMALL_BYTES = 1 << 26  # arrays that may be packed more tightly


def load_npz(
    path, split, image_size, labels, *, class_names=None, interpolation="bicubic"
):
    """Loads a `.npz` file without unpickling anything.

    The headers of all arrays are read first: the images of all splits must have one
    shape, and fit into memory. An array of more than 64 MiB must not be 250 times as
    large as its part of the file.

    Args:
        path: str. The file.
        split: str. `"train"` reads `x_train` and `y_train`, and so on for every split
            that the file has; `"all"` joins them.
        image_size: `(height, width)`, or None to keep the size.
        labels: bool. Whether to give `y_<split>`; None for whether they are there.
        class_names: list of str, the names of the classes, or None.
        interpolation: str, for resizing.
    """
    check_choice("labels", labels, (False, True, None))
    names = check_class_names(class_names)
    path = os.path.expanduser(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"`npz:` must name a file. Received: {path!r}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"`npz:` must name a whole .npz file. Received: {path!r}")
    try:
        with zipfile.ZipFile(path) as archive:
            content = _read(archive, path, split, image_size, labels, interpolation)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f"`npz:` must name a whole .npz file. Received: {path!r} ({error})"
        ) from error
    content.class_names = names
    if names is not None:
        content.num_classes = None
    return content


def _read(archive, path, split, image_size, labels, interpolation):
    keys = [name.removesuffix(".npy") for name in archive.namelist()]
    splits = [key[2:] for key in keys if key.startswith("x_")]
    if not splits:
        raise ValueError(
            "`npz:` must name a file with the keys x_train, y_train, x_test, y_test. "
            f"Received: {path!r} with keys {keys}"
        )
    check_choice("split", split, (*splits, "all"))
    chosen = splits if split == "all" else [split]
    missing = [f"y_{s}" for s in chosen if labels and f"y_{s}" not in keys]
    labels = {f"y_{s}" for s in splits} <= set(keys) if labels is None else labels
    if missing:
        raise ValueError(
            f"`labels` must be False without the keys {missing}. "
            f"Received: {path!r} with keys {keys}"
        )
    headers = {s: _header(archive, f"x_{s}", path) for s in splits}
    _check_headers(headers, path, image_size)
    size = sum(np.prod(headers[s].shape) * headers[s].dtype.itemsize for s in chosen)
    # As `float32`, joined, and resized, each once more.
    check_memory(f"the images of {path!r}", 2 * int(size), "take a smaller split")
    images = [_array(archive, f"x_{s}") for s in chosen]
    images = images[0] if len(images) == 1 else np.concatenate(images)
    if image_size is not None:
        images = resize(check_images(images), image_size, interpolation)
    if not labels:
        return Content(images)
    found = {}
    for name in splits:  # of all splits, as a part may lack the last classes
        if f"y_{name}" in keys:
            _header(archive, f"y_{name}", path)
            y = _array(archive, f"y_{name}")
            found[name] = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    classes = [
        int(y.max()) + 1 for y in found.values() if y.size and y.dtype.kind in "iu"
    ]
    values = np.concatenate([found[s] for s in chosen])
    return Content(images, values, num_classes=max(classes, default=None))


def _check_headers(headers, path, image_size):
    """Raises unless the images of all splits can be trained on, and are alike."""
    kinds = {}
    for split, header in headers.items():
        check_dtype(header, f"x_{split}")
        check_rank(header, f"x_{split}", channel_optional=True)
        shape = header.shape[1:] if len(header.shape) != 3 else (*header.shape[1:], 1)
        shape = shape if image_size is None else shape[2:]
        kinds.setdefault((shape, header.dtype.kind), f"x_{split}")
    if len(kinds) > 1:
        (first, a), (second, b) = list(kinds.items())[:2]
        raise ValueError(
            "`npz:` must hold images of one shape, all uint8 or all floats, in all "
            f"splits. Received: {path!r}, {a} {headers[a[2:]].dtype} of {first[0]} and "
            f"{b} {headers[b[2:]].dtype} of {second[0]}"
        )


def _header(archive, key, path):
    """Returns shape and dtype of an array, checked against the file, without it."""
    entry = _entry(archive, key)
    with archive.open(entry) as file:
        try:
            version = np.lib.format.read_magic(file)
            reader = getattr(np.lib.format, f"read_array_header_{version[0]}_0", None)
            shape, _, dtype = reader(file)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"`npz:` must hold plain arrays, without pickled objects. "
                f"Received: {path!r}, key {key!r} ({error})"
            ) from error
        start = file.tell()
    if dtype.kind not in "biuf":
        raise ValueError(
            f"`npz:` must hold plain arrays, without pickled objects. "
            f"Received: {path!r}, key {key!r} of dtype {dtype}"
        )
    size = dtype.itemsize
    for length in shape:
        size *= int(length)
    if entry.file_size != start + size:
        raise ValueError(
            f"`npz:` must name a whole .npz file. Received: {path!r}, key {key!r} of "
            f"{entry.file_size} bytes for shape {shape} of {dtype}"
        )
    ratio = entry.file_size / max(1, entry.compress_size)
    if size > SMALL_BYTES and ratio > MAX_RATIO:
        raise ValueError(
            f"`npz:` must hold arrays at most {MAX_RATIO} times as large as their part "
            "of the file; write it anew by np.savez if they are right. Received: "
            f"{path!r}, key {key!r} of {size} bytes in {entry.compress_size}"
        )
    return types.SimpleNamespace(shape=shape, dtype=dtype)


def _array(archive, key):
    with archive.open(_entry(archive, key)) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _entry(archive, key):
    name = f"{key}.npy"
    return archive.getinfo(name if name in archive.namelist() else key)
