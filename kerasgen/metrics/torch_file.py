"""PyTorch's files of arrays, read without PyTorch and without running what they hold.

`torch.save` writes a pickle that names arrays and where their numbers lie: since
version 1.6 in a zip file, before that in one file, the numbers after the pickle. A
pickle may call any function, so of this one only what rebuilds a dict of arrays is
understood, and anything else is an error.
"""

import collections
import math
import os
import pickle
import struct
import zipfile

import numpy as np

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # how a file of before version 1.6 begins
VERSION = 1001
DTYPES = {
    "HalfStorage": "f2",
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
    "CharStorage": "i1",
    "ShortStorage": "i2",
    "IntStorage": "i4",
    "LongStorage": "i8",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
BROKEN = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    NotImplementedError,  # a zip file that is encrypted or packed in an unknown way
    OverflowError,
    struct.error,
    TypeError,
    UnicodeDecodeError,
)

_Numbers = collections.namedtuple("_Numbers", "dtype key count")
_View = collections.namedtuple("_View", "numbers offset shape strides")


def read_torch_file(path, name="weights"):
    """Reads a dict of arrays that `torch.save` wrote, such as a `state_dict()`.

    Args:
        path: str or path of a file, by convention `.pth` or `.pt`.
        name: str. What the file is called in messages.

    Returns:
        dict from str to a NumPy array, in the order of the file.

    Raises:
        ValueError: for any other file, one that is cut off, and one whose pickle holds
            anything but a dict of arrays; nothing of it is run.
    """
    try:
        with open(path, "rb") as file:
            if file.peek(4)[:4] == b"PK\x03\x04":
                return _read_zip(file)
            return _read_legacy(file)
    except (ValueError, *BROKEN) as error:
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"`{name}` must be a whole file in which torch.save wrote a dict of arrays "
            f"and nothing else. Received: {str(path)!r} ({reason})"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Knows a dict, PyTorch's way to write an array, and no other name."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch._utils" and name in REBUILDERS:
            return REBUILDERS[name]
        if module == "torch" and name in DTYPES:
            return name  # a str, so that calling it fails
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid):
        kind, storage, key, _, count, *view = pid
        if kind != "storage" or storage not in DTYPES or any(view):
            raise pickle.UnpicklingError(f"it names {pid!r}")
        return _Numbers(DTYPES[storage], str(key), _size(count))


def _view(numbers, offset, shape, strides, *_):
    if not isinstance(numbers, _Numbers) or len(shape) != len(strides):
        raise pickle.UnpicklingError("it has an array without numbers")
    shape, strides = (tuple(_size(n) for n in sizes) for sizes in (shape, strides))
    size = math.prod(shape)
    steps = zip(shape, strides, strict=True)
    last = _size(offset) + sum((n - 1) * step for n, step in steps) if size else 0
    if size > numbers.count or last >= max(numbers.count, 1):
        raise pickle.UnpicklingError("it has an array with too few numbers")
    return _View(numbers, offset, shape, strides)


def _size(value):
    if type(value) is not int or value < 0:
        raise pickle.UnpicklingError(f"{value!r} is no size")
    return value


def _data(view, *_):
    return view


REBUILDERS = {
    "_rebuild_tensor": _view,  # of before version 0.4
    "_rebuild_tensor_v2": _view,
    "_rebuild_parameter": _data,
}


def _read_zip(file):
    with zipfile.ZipFile(file) as archive:
        places = [n for n in archive.namelist() if n.rpartition("/")[2] == "data.pkl"]
        if len(places) != 1:
            raise pickle.UnpicklingError("a zip file without one data.pkl")
        folder = places[0].removesuffix("data.pkl")
        views = _Unpickler(archive.open(places[0])).load()
        order = "little"
        if f"{folder}byteorder" in archive.namelist():
            order = archive.read(f"{folder}byteorder").decode()

        def read(numbers):
            place = archive.getinfo(f"{folder}data/{numbers.key}")
            if place.file_size != numbers.count * np.dtype(numbers.dtype).itemsize:
                raise pickle.UnpicklingError(
                    f"{place.filename} has another size than it should"
                )
            return archive.read(place)

        wanted = {view.numbers for view in _views(views)}
        return _arrays(views, {n.key: read(n) for n in wanted}, order)


def _read_legacy(file):
    magic, version, system = (_Unpickler(file).load() for _ in range(3))
    if magic != MAGIC_NUMBER or version != VERSION:
        raise pickle.UnpicklingError("not one of PyTorch's")
    views = _Unpickler(file).load()
    wanted = {view.numbers.key: view.numbers for view in _views(views)}
    order = "little" if system["little_endian"] else "big"
    content = {}
    for key in _Unpickler(file).load():
        dtype = np.dtype(wanted[key].dtype)
        (count,) = struct.unpack("<q" if order == "little" else ">q", file.read(8))
        if count != wanted[key].count:
            raise pickle.UnpicklingError("an array has another size than it should")
        if count * dtype.itemsize > os.fstat(file.fileno()).st_size - file.tell():
            raise EOFError("it is cut off")
        content[key] = file.read(count * dtype.itemsize)
    return _arrays(views, content, order)


def _views(views):
    whole = isinstance(views, dict) and all(
        isinstance(key, str) and isinstance(view, _View) for key, view in views.items()
    )
    if not whole:
        raise pickle.UnpicklingError("it holds something else")
    return views.values()


def _arrays(views, content, order):
    """Returns arrays that own their numbers, in this machine's byte order."""
    arrays = {}
    for name, (numbers, offset, shape, strides) in views.items():
        dtype = np.dtype(numbers.dtype).newbyteorder("<" if order == "little" else ">")
        flat = np.frombuffer(content[numbers.key], dtype)[offset:]
        strides = [dtype.itemsize * step for step in strides]
        view = np.lib.stride_tricks.as_strided(flat, shape, strides, writeable=False)
        arrays[name] = np.array(view, dtype.newbyteorder("="), order="C")
    return arrays
