"""The numbers of a checkpoint: one `.npz`, no pickle, every size checked before use."""

import hashlib
import io
import math
import zipfile

import numpy as np

from kerasgen.errors import CheckpointError

_HEADER_LIMIT = 4096  # bytes; the header of a plain array takes 128


class CorruptCheckpointError(CheckpointError):
    """The files of one checkpoint are damaged; an older one may serve."""


class NonFiniteError(CheckpointError):
    """The state holds NaN or infinity, and was not written."""


def to_dtype(name):
    """Returns the NumPy dtype called `name`; knows bfloat16 and float8 as well."""
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes  # a dependency of Keras

        return np.dtype(getattr(ml_dtypes, name))


def refuse_nonfinite(tensors):
    """Raises NonFiniteError naming the float tensors with NaN or infinity."""
    bad = []
    for name, tensor in tensors.items():
        if "float" in str(tensor.dtype) and not np.isfinite(tensor).all():
            bad.append(name)
    if bad:
        more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
        raise NonFiniteError(
            "The state must be finite to be saved. Received: NaN or infinity in "
            f"{len(bad)} of {len(tensors)} tensors: {', '.join(bad[:10])}{more}"
        )


def refuse_misfit(shapes, variables, cast_integers=False):
    """Raises unless the tensors fit the variables; lists all that do not.

    Args:
        shapes: Dict of `(shape, dtype)` by name.
        variables: Dict of variables by name.
        cast_integers: Whether one integer type may stand for another.
    """
    wanted = {n: (tuple(v.shape), str(v.dtype)) for n, v in variables.items()}
    lines = [f"missing: {name}" for name in wanted if name not in shapes]
    lines += [f"unknown: {name}" for name in shapes if name not in wanted]
    for name in wanted.keys() & shapes.keys():
        (shape, dtype), (need_shape, need_dtype) = shapes[name], wanted[name]
        castable = cast_integers and "int" in dtype and "int" in need_dtype
        if shape != need_shape:
            lines.append(f"shape of {name}: {shape}, the model has {need_shape}")
        elif dtype != need_dtype and not castable:
            lines.append(f"dtype of {name}: {dtype}, the model has {need_dtype}")
    if lines:
        raise CheckpointError(
            "The checkpoint must fit the model; nothing was assigned. Received:\n  "
            + "\n  ".join(sorted(lines))
        )


def serialise(tensors):
    """Turns arrays into the content of a `.npz` file.

    Types that NumPy does not know by itself, such as bfloat16, are stored as unsigned
    integers of their width.

    Args:
        tensors: Dict of numpy arrays by name.

    Returns:
        `(content, declared)`: bytes, and a dict by name of shape, dtype and sha256.
    """
    buffer, declared = io.BytesIO(), {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            if tensor.dtype.hasobject:
                raise TypeError(
                    "`tensors` must hold numbers. "
                    f"Received: {name} of dtype {tensor.dtype}"
                )
            stored = np.asarray(tensor, order="C").view(_stored_dtype(tensor.dtype))
            declared[name] = {
                "shape": list(tensor.shape),
                "dtype": str(tensor.dtype),
                "sha256": _sha256(stored),
            }
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, stored, (1, 0), allow_pickle=False)
    return buffer.getbuffer(), declared


def deserialise(path, declared):
    """Reads and verifies what `serialise` made.

    Nothing larger than the file itself is ever allocated.

    Args:
        path: Path of the `.npz` file.
        declared: Dict by name of shape, dtype and sha256.

    Returns:
        Dict of numpy arrays (read-only) by name.

    Raises:
        CorruptCheckpointError: Names the tensor whose size, header or checksum is not
            the declared one.
    """
    tensors, file_size = {}, path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if sorted(members) != sorted(f"{name}.npy" for name in declared):
            raise CorruptCheckpointError(f"{path.name} and the manifest disagree")
        for name, entry in declared.items():
            _check_size(name, members[f"{name}.npy"], entry, file_size)
        for name, entry in declared.items():
            with archive.open(members[f"{name}.npy"]) as file:
                tensors[name] = _read_tensor(name, file, entry)
    return tensors


def _check_size(name, info, entry, file_size):
    numbers = math.prod(entry["shape"]) * to_dtype(entry["dtype"]).itemsize
    plain = info.compress_type == zipfile.ZIP_STORED and info.file_size <= file_size
    if not plain or not 0 <= info.file_size - numbers <= _HEADER_LIMIT:
        raise CorruptCheckpointError(f"size of `{name}` is not the declared one")


def _read_tensor(name, file, entry):
    dtype, shape = to_dtype(entry["dtype"]), tuple(entry["shape"])
    stored = _stored_dtype(dtype)
    if np.lib.format.read_magic(file) != (1, 0):
        raise CorruptCheckpointError(f"header of `{name}` is of another version")
    header = np.lib.format.read_array_header_1_0(file, max_header_size=_HEADER_LIMIT)
    if header != (shape, False, stored):
        raise CorruptCheckpointError(f"header of `{name}` is not the declared one")
    tensor = np.frombuffer(file.read(), stored).reshape(shape)
    if _sha256(tensor) != entry["sha256"]:
        raise CorruptCheckpointError(f"checksum of `{name}` is wrong")
    return tensor.view(dtype)


def _stored_dtype(dtype):
    known = dtype.isbuiltin == 1
    return dtype if known else np.dtype(f"uint{8 * dtype.itemsize}")


def _sha256(tensor):
    return hashlib.sha256(tensor.tobytes()).hexdigest()
