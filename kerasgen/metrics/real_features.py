"""What networks say of real images, kept between runs.

Below `KERAS_HOME`, in `kerasgen/features`: a file for the content of the images, of
every pixel, and the network with all of its weights, so that a change of either is
another file. What was not used for longest is removed when all take more than 1 GB.
"""

import hashlib
import json
import os
import zipfile
from pathlib import Path

import keras
import numpy as np

from kerasgen.atomic_folder import replacing
from kerasgen.images.values import to_uint8
from kerasgen.metrics.kept_files import cache_folder

VERSION = 1  # of what is kept, and how it is computed
MOST_BYTES = 1 << 30  # of all files
LARGEST = 1 << 28  # of one, in bytes: what is larger is computed each time
_ENDING = ".npz"


def real_features(network, images, folder=None):
    """Returns what `network(images)` does, from a file where it was computed before.

    Args:
        network: `kerasgen.metrics.FeatureNetwork` or `kerasgen.metrics.Inception`.
        images: `uint8`, or floats in `[0, 1]`, `(n, height, width, channels)`.
        folder: path of the folder of files; None for the one below `KERAS_HOME`.

    Returns:
        dict of float32 arrays: `"features"` and, of a classifier, `"logits"`.
    """
    images = to_uint8(images)
    try:
        digest = _digest(network, images)
    except NotImplementedError:  # layers that can't be told from others
        return network(images)
    folder = cache_folder("features") if folder is None else Path(folder)
    file = folder / f"{digest}{_ENDING}"
    found = _loaded(file, len(images))
    if found is None:
        found = network(images)
        if sum(x.nbytes for x in found.values()) <= LARGEST:
            _keep(file, found)
    return found


def _digest(network, images):
    """Returns what tells images and a network from all others, a str."""
    pixels = hashlib.sha256(np.ascontiguousarray(images)).hexdigest()
    key = {
        "version": VERSION,
        "images": [list(images.shape), pixels],
        "network": network.identity(),
        "keras": keras.version(),
        "backend": keras.backend.backend(),
    }
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]


def _loaded(file, count):
    """Returns the arrays of a file, or None: there is none, or it is cut off."""
    try:
        with open(file, "rb") as opened, np.load(opened) as archive:
            found = {name: archive[name] for name in archive.files}
        os.utime(file)  # used now
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    whole = "features" in found and all(
        x.dtype == np.float32 and x.ndim == 2 and len(x) == count
        for x in found.values()
    )
    return found if whole else None


def _keep(file, arrays):
    """Writes a file, wholly or not at all; a folder that can't be written is left."""
    try:
        with replacing(file) as temporary:
            np.savez(temporary, **arrays)
        _tidy(file.parent, file)
    except OSError:  # a full disk, a home that is read alone: computed each time
        return


def _tidy(folder, newest):
    """Removes what was not used for longest, until what is left is small enough."""
    files = []
    for path in folder.glob(f"*{_ENDING}"):
        try:
            files.append((path.stat().st_mtime, path.stat().st_size, path))
        except FileNotFoundError:  # another process removed it
            continue
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= MOST_BYTES:
            return
        if path != newest:
            path.unlink(missing_ok=True)
            total -= size
