"""The weights of the published FIDs' Inception: found, checked and put in place."""

import contextlib
import hashlib
import os
import pathlib
import zipfile
import zlib

import keras
import numpy as np

from kerasgen.data import tfds
from kerasgen.metrics.kept_files import cache_folder, keras_home
from kerasgen.metrics.torch_file import read_torch_file

VARIABLE = "KERASGEN_INCEPTION"
# The same bytes under two names: pytorch-fid's and torch-fidelity's.
FILES = (
    "pt_inception-2015-12-05-6726825d.pth",
    "weights-inception-2015-12-05-6726825d.pth",
)
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
URL = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
OTHER_URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
EPSILON = 1e-3  # of its batch normalization
NORMALIZATION = ("weight", "bias", "running_mean", "running_var")
MIN_DIGITS = 8  # of a SHA-256 that is given in part


def load_weights(weights=None, sha256=SHA256):
    """Returns arrays by name, and their SHA-256 in hex.

    Args:
        weights: as in `kerasgen.metrics.Inception`.
        sha256: as there; a dict is not checked.
    """
    if isinstance(weights, dict):
        arrays = {name: np.asarray(array) for name, array in weights.items()}
        return arrays, _digest_of_arrays(arrays)
    check_sha256(sha256)
    path = find_weights(weights)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None and not digest.startswith(sha256.lower()):
        raise ValueError(
            f"`weights` must be the file whose SHA-256 begins with {sha256}; give "
            "`sha256` to take another one, or None to take any. "
            f"Received: {str(path)!r} with SHA-256 {digest}"
        )
    return read_arrays(path), digest


def check_sha256(sha256):
    """Raises unless `sha256` is None or the first 8 hex digits or more."""
    if sha256 is None:
        return
    digits = isinstance(sha256, str) and set(sha256.lower()) <= set("0123456789abcdef")
    if not digits or not MIN_DIGITS <= len(sha256) <= 64:
        raise ValueError(
            f"`sha256` must be None or hex digits, the first {MIN_DIGITS} to all 64. "
            f"Received: sha256={sha256!r}"
        )


def find_weights(weights=None):
    """Returns the path of a file of weights, which is downloaded if need be.

    Args:
        weights: path, or None for the first there is of `$KERASGEN_INCEPTION`, Keras's
            cache, PyTorch's cache, where pytorch-fid and torch-fidelity keep theirs,
            and the network.
    """
    if weights is None and not os.environ.get(VARIABLE):
        return _cached() or _downloaded()
    name = "weights" if weights is not None else f"${VARIABLE}"
    given = os.environ[VARIABLE] if weights is None else weights
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(
            "`weights` must be None, a path, or a dict of arrays by name. "
            f"Received: weights of type {type(weights).__name__}"
        )
    path = pathlib.Path(given).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"`{name}` must be the path of a file, of {FILES[0]} for example, which is "
            f"published at {URL}. Received: {str(path)!r}"
        )
    return path


def local_weights():
    """Returns the path of a file that is here: given by the environment, or cached."""
    return find_weights() if os.environ.get(VARIABLE) else _cached()


def _cached():
    torch = os.environ.get("TORCH_HOME")
    if not torch:
        torch = os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    folders = cache_folder(), pathlib.Path(torch, "hub", "checkpoints")
    paths = [(folder / name).expanduser() for folder in folders for name in FILES]
    return next((path for path in paths if path.is_file()), None)


def _downloaded():
    reason = f"no answer within {tfds.PROBE_SECONDS} s"
    if tfds.network_reachable(URL + FILES[0]):
        try:
            path = keras.utils.get_file(
                FILES[0],
                URL + FILES[0],
                file_hash=SHA256,
                cache_dir=keras_home(),
                cache_subdir="kerasgen",
            )
            return pathlib.Path(path)
        except Exception as error:  # Keras raises `Exception` itself
            reason = str(error)
    raise ValueError(
        f"`weights` must be the path of {FILES[0]} where it cannot be downloaded. Get "
        f"it from {URL}{FILES[0]}, or the same file from {OTHER_URL}{FILES[1]}, and "
        f"give its path as `weights` or in the environment variable {VARIABLE}. "
        f"Received: weights=None, and from the network: {reason}"
    )


def read_arrays(path):
    """Returns the arrays of a `.pth` or `.npz` file, told apart by what they hold."""
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        if any(name.endswith(".npy") for name in archive.namelist()):
            return _read_npz(path)
    return read_torch_file(path)


def _read_npz(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            "`weights` must be a whole .npz file of arrays. "
            f"Received: {str(path)!r} ({error})"
        ) from error


def array_shapes(model):
    """Returns the names of the arrays of a file, and their shapes.

    Args:
        model: the `keras.Model` of `inception_network`.

    Returns:
        dict from str to tuple: for each convolution `.conv.weight`, `(out, in, height,
        width)`, and four of its normalization, `(out,)`; `fc.weight`, `(out, in)`, and
        `fc.bias`.
    """
    shapes = {}
    for name, layer in _convolutions(model):
        height, width, inputs, filters = layer.kernel.shape
        shapes[f"{name}.conv.weight"] = (filters, inputs, height, width)
        for part in NORMALIZATION:
            shapes[f"{name}.bn.{part}"] = (filters,)
    inputs, classes = model.get_layer("fc").kernel.shape
    return {**shapes, "fc.weight": (classes, inputs), "fc.bias": (classes,)}


def assign_weights(model, arrays):
    """Gives a network the arrays of a file, all or none; returns the classes' bias.

    Batch normalization is part of each convolution's kernel and bias then, computed in
    float64. `num_batches_tracked` is left out: nothing reads it.

    Args:
        model: the `keras.Model` of `inception_network`.
        arrays: dict of arrays, named and shaped as `array_shapes` says.

    Returns:
        float32 array `(classes,)`.
    """
    _check_arrays(array_shapes(model), arrays)
    values = []
    for name, layer in _convolutions(model):
        parts = [arrays[f"{name}.bn.{part}"] for part in NORMALIZATION]
        gamma, beta, mean, variance = (part.astype("float64") for part in parts)
        scale = gamma / np.sqrt(variance + EPSILON)
        kernel = arrays[f"{name}.conv.weight"].transpose(2, 3, 1, 0)
        values.append((layer.kernel, kernel * scale))
        values.append((layer.bias, beta - mean * scale))
    values.append((model.get_layer("fc").kernel, arrays["fc.weight"].T))
    for variable, value in values:
        variable.assign(value.astype("float32"))
    return arrays["fc.bias"].astype("float32")


def _convolutions(model):
    for layer in model.layers:
        if len(layer.weights) == 2:
            yield layer.name.replace("-", "."), layer  # PyTorch takes no dots


def _check_arrays(shapes, arrays):
    given = [name for name in arrays if not name.endswith(".num_batches_tracked")]
    missing, extra = (
        sorted(set(first) - set(second))
        for first, second in ((shapes, given), (given, shapes))
    )
    wrong = [
        f"{name} of shape {arrays[name].shape} instead of {shape}"
        for name, shape in shapes.items()
        if name in arrays and arrays[name].shape != shape
    ]
    bad = [
        name
        for name in shapes
        if name in arrays
        and (
            arrays[name].dtype.kind != "f"
            or not np.isfinite(arrays[name]).all()
            or (name.endswith("running_var") and (arrays[name] < 0).any())
        )
    ]
    for rule, names in {
        f"have each of the Inception's {len(shapes)} arrays": missing,
        "have no other arrays than the Inception's": extra,
        "have the shapes of the Inception's arrays": wrong,
        "be finite floats, with variances of at least 0": bad,
    }.items():
        if names:
            kind = "without" if names is missing else "with"
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise ValueError(
                f"`weights` must {rule}. Received: weights {kind} "
                f"{', '.join(names[:3])}{more}"
            )


def _digest_of_arrays(arrays):
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(repr((name, array.shape, array.dtype.str)).encode())
        digest.update(array)
    return digest.hexdigest()
