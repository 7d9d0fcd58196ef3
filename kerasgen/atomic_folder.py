"""Files and folders that appear whole or not at all, whenever a process is killed."""

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path

_TEMPORARY, _REPLACED = ".tmp-", ".old-"  # how all names begin that `sweep` removes


def check_folder(name, value, folder, missing=True):
    """Raises OSError unless files can be written to a folder.

    Args:
        name: str. What the path is called in the message.
        value: path that was given, for the message.
        folder: path of the folder.
        missing: bool. Whether it may be missing, and is made later.
    """
    folder = Path(os.path.abspath(folder))
    found = next(path for path in (folder, *folder.parents) if path.exists())
    received = f"Received: {name}={os.fspath(value)!r}"
    if not found.is_dir():
        raise NotADirectoryError(
            f"`{name}` must be in a folder. {received}, where {str(found)!r} is a file"
        ) from OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(found))
    if found != folder and not missing:
        raise FileNotFoundError(f"`{name}` must be in a folder that exists. {received}")
    if not os.access(found, os.W_OK):
        raise PermissionError(
            f"`{name}` must be in a folder that may be written to. {received}"
        ) from OSError(errno.EACCES, os.strerror(errno.EACCES), str(found))


def check_file(name, path):
    """Raises OSError unless a file can be written to a path, as Keras writes it.

    Args:
        name: str. What the path is called in the message.
        path: path of the file, or what Keras takes in its place: then it looks.
    """
    if isinstance(path, (str, os.PathLike)) and "://" not in os.fspath(path):
        check_folder(name, path, Path(path).parent, missing=False)


@contextlib.contextmanager
def replacing(path):
    """Yields a temporary path beside `path`, which takes its place at the end.

    The file that was written there is synced to the disk first. What is at `path` stays
    as it is until then, and for good where an exception ends the block.

    Args:
        path: Path of the file to write. Its folders are made when they are missing.

    Yields:
        Path in a folder of its own, with the name of `path`.
    """
    path = Path(path)
    check_folder("path", path, path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.with_name(f"{_TEMPORARY}{secrets.token_hex(6)}")
    try:
        folder.mkdir()
        temporary = folder / path.name
        yield temporary
        _sync_file(temporary)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_folder(path, files):
    """Writes a folder of files and makes it visible by one rename.

    Everything is written beside `path` under a temporary name and synced to the disk
    first. A folder that is already at `path` is replaced.

    Args:
        path: Path of the folder to make.
        files: Dict of bytes by file name.

    Raises:
        OSError: The disk refuses. What was at `path` is as before.
    """
    path = Path(path)
    temporary = path.with_name(f"{_TEMPORARY}{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name, content in files.items():
            _write_synced(temporary / name, content)
        _sync_folder(temporary)
        _publish(temporary, path)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def remove_folder(path):
    """Removes a folder such that a kill leaves it whole or out of sight."""
    path = Path(path)
    doomed = path.with_name(f"{_TEMPORARY}removed-{path.name}-{os.getpid()}")
    os.replace(path, doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def sweep_all(directory):
    """Removes what killed writers left in `directory` and below; follows no link."""
    for folder, _, _ in os.walk(directory):
        sweep(folder)


def sweep(directory):
    """Removes what killed writers left in `directory`."""
    if not os.path.isdir(directory):
        return
    for entry in sorted(os.listdir(directory)):
        path = Path(directory) / entry
        final = path.with_name(entry.removeprefix(_REPLACED))
        if entry.startswith(_REPLACED) and not final.exists():
            os.replace(path, final)  # killed between the two renames of `_publish`
        elif entry.startswith((_TEMPORARY, _REPLACED)):
            shutil.rmtree(path, ignore_errors=True)


def _write_synced(path, content):
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_file(path):
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(path):
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(temporary, path):
    old = path.with_name(f"{_REPLACED}{path.name}")
    if path.exists():  # a folder cannot be renamed onto a full one
        shutil.rmtree(old, ignore_errors=True)
        os.replace(path, old)
    try:
        os.replace(temporary, path)
    except OSError:
        if old.exists():
            os.replace(old, path)
        raise
    _sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)
