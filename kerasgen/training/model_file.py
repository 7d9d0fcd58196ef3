"""What a `.keras` file declares, compared with what it holds before any is read."""

import math
import zipfile

from kerasgen.backend.declared import declared_only

_WEIGHTS = "model.weights.h5"
_RATIO = 4  # to which bytes may be compressed: weights hardly are at all
_SLACK = 4096  # numbers that a model has and its file has not, such as metrics
_MOST_OBJECTS = 1_000_000


def check_model_file(path, cls, config):
    """Raises ValueError unless a model's file holds as much as it declares.

    Nothing is read but names and sizes, and no weight is made.

    Args:
        path: path of a `.keras` file.
        cls: class of the model.
        config: dict, the arguments of its constructor.
    """
    with zipfile.ZipFile(path) as archive:
        names = [entry.filename for entry in archive.infolist()]
        if names.count(_WEIGHTS) != 1:
            raise ValueError(f"The file must hold one {_WEIGHTS}. Received: {names}")
        declared = sum(entry.file_size for entry in archive.infolist())
        _check_bytes("The file", declared, path.stat().st_size, slack=2**20)
        with archive.open(_WEIGHTS) as file:
            numbers = _count_numbers(file, archive.getinfo(_WEIGHTS).file_size)
    limit = numbers + _SLACK
    _check_ints(config, limit)
    with declared_only(limit):
        cls.from_config(config)


def _check_bytes(name, declared, held, slack=_SLACK):
    if declared > _RATIO * held + slack:
        raise ValueError(
            f"{name} must not declare more than it holds. "
            f"Received: {declared:,} bytes declared, {held:,} bytes held"
        )


def _count_numbers(file, size):
    """Returns how many numbers the arrays of an HDF5 file hold; reads none."""
    import h5py

    numbers, total, seen = 0, 0, 0
    with h5py.File(file, "r") as content:
        groups, known = [content], set()
        while groups:
            group = groups.pop()
            for name in group:
                seen += 1
                if seen > _MOST_OBJECTS:
                    raise ValueError(
                        f"{_WEIGHTS} must hold at most {_MOST_OBJECTS} objects. "
                        "Received: more"
                    )
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(
                        f"{_WEIGHTS} must hold no links. Received: {group.name}/{name}"
                    )
                child = group[name]
                address = h5py.h5o.get_info(child.id).addr
                if address in known:
                    continue
                known.add(address)
                if isinstance(child, h5py.Group):
                    groups.append(child)
                    continue
                numbers += _check_array(child)
                total += math.prod(child.shape) * child.dtype.itemsize
    _check_bytes(_WEIGHTS, total, size)
    return numbers


def _check_array(array):
    """Returns how many numbers an array holds, after comparing its size with them."""
    if array.shape is None or array.dtype.hasobject or array.is_virtual:
        raise ValueError(f"Arrays must hold numbers. Received: {array.name}")
    if array.external:
        raise ValueError(f"Arrays must lie in the file. Received: {array.name}")
    numbers = math.prod(array.shape)
    declared = numbers * array.dtype.itemsize
    _check_bytes(f"{_WEIGHTS}, {array.name},", declared, array.id.get_storage_size())
    return numbers


def _check_ints(config, limit, name="config"):
    """Raises if an argument is larger than the numbers that the file holds.

    No size of a layer is. Seeds and steps of training may be of any size.
    """
    if isinstance(config, dict):
        for key, value in config.items():
            if not str(key).endswith(("seed", "steps")):
                _check_ints(value, limit, key)
    elif isinstance(config, (list, tuple)):
        for value in config:
            _check_ints(value, limit, name)
    elif isinstance(config, int) and abs(config) > limit:
        raise ValueError(
            f"`{name}` must be at most {limit} for a file of so few weights. "
            f"Received: {name}={config}"
        )
