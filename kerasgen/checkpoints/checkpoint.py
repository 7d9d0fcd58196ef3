"""A checkpoint is a directory: a manifest and the numbers, never a pickle.

```
checkpoints/
  step-000000123/
    manifest.json   schema, versions, settings, data position, callback states,
                    and of every tensor its name, shape, dtype and sha256
    manifest.sha256 the checksum of manifest.json, as `sha256sum` writes it
    state.npz       the numbers (`allow_pickle=False`, uncompressed)
```

Writing goes into `.tmp-step-<step>-<pid>/`, is synced, and becomes visible by one
rename, so a kill, a full disk or a power cut leaves older checkpoints as they were.
Reading takes the newest checkpoint that is whole; it looks at every size before it
allocates anything, and at every checksum before it returns anything.
"""

import errno
import hashlib
import json
import math
import os
import re
import shutil
import stat
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from kerasgen.atomic_folder import remove_folder, sweep, write_folder
from kerasgen.checkpoints import state_file
from kerasgen.checkpoints.state_file import (
    CheckpointError,
    CorruptCheckpointError,
    NonFiniteError,
    refuse_misfit,
    to_dtype,
)

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "CorruptCheckpointError",
    "NonFiniteError",
    "assign",
    "read",
    "read_latest",
    "refuse_misfit",
    "steps",
    "sweep",
    "write",
]

SCHEMA = 2  # 1 had no checksum of the manifest; it is read as well
MANIFEST = "manifest.json"
CHECKSUM = "manifest.sha256"
STATE = "state.npz"
_MANIFEST_LIMIT = 64 * 2**20  # bytes
_STEP = re.compile(r"step-(\d{9,18})")


@dataclass(frozen=True)
class Checkpoint:
    """What `read` returns."""

    path: Path
    step: int
    manifest: dict
    tensors: dict  # numpy arrays by name
    rejected: tuple = ()  # steps of the damaged checkpoints that were passed over


def steps(directory):
    """Returns the steps that have a checkpoint in `directory`, oldest first."""
    if not os.path.isdir(directory):
        return []
    found = (_STEP.fullmatch(entry) for entry in os.listdir(directory))
    return sorted(int(match.group(1)) for match in found if match)


def step_path(directory, step):
    """Returns the path of the checkpoint of `step` in `directory`."""
    return Path(directory) / f"step-{step:09d}"


def write(
    directory,
    step,
    tensors,
    manifest_extra=None,
    keep=2,
    metric=None,
    protect=(),
):
    """Writes a checkpoint atomically, then removes those no longer needed.

    Args:
        directory: Folder of the checkpoints; made when it is not there.
        step: Number of training steps done, at least 0. A checkpoint of the same
            step is replaced (or set aside as `kept-...` if it is in `protect`).
        tensors: Dict of numpy arrays by name.
        manifest_extra: JSON-able dict merged into the manifest.
        keep: How many of the newest checkpoints to keep, at least 1.
        metric: Dict `{"name": str, "value": float, "mode": "min" or "max"}`. The
            checkpoint that is best by it is kept as well.
        protect: Steps that are never removed and do not count in `keep`.

    Returns:
        The path of the new checkpoint.

    Raises:
        NonFiniteError: A float tensor holds NaN or infinity; names all of them.
        CheckpointError: The disk is full or refuses. Older checkpoints are as before.
    """
    state_file.refuse_nonfinite(tensors)
    directory, path = Path(directory), step_path(directory, step)
    numbers, declared = state_file.serialise(tensors)
    manifest = {"schema": SCHEMA, "step": int(step), "time": time.time()}
    manifest.update(manifest_extra or {}, metric=metric, tensors=declared)
    content = json.dumps(manifest, indent=1).encode()
    files = {STATE: numbers, MANIFEST: content, CHECKSUM: _checksum(content)}
    needed = sum(len(content) for content in files.values())
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(directory).free < needed:
            raise OSError(errno.ENOSPC, "the disk is full")
        if step in protect and path.exists():
            os.replace(path, directory / f"kept-{path.name}-{time.time_ns()}")
        write_folder(path, files)
    except OSError as error:
        free = shutil.disk_usage(directory).free if directory.is_dir() else "unknown"
        raise CheckpointError(
            f"Could not write a checkpoint to {directory}: {error}. Bytes needed: "
            f"{needed}, bytes free: {free}. Older checkpoints are untouched."
        ) from error
    _prune(directory, keep, {int(step), *protect})
    return path


def _prune(directory, keep, protect):
    others = [step for step in steps(directory) if step not in protect]
    kept = {*others[max(0, len(others) - (keep - 1)) :], _best_step(directory)}
    for step in others:
        if step in kept:
            continue
        try:
            remove_folder(step_path(directory, step))
        except OSError as error:
            warnings.warn(f"Could not remove checkpoint {step}: {error}", stacklevel=3)


def _best_step(directory):
    values = {}
    for step in steps(directory):
        try:
            metric = _read_manifest(step_path(directory, step))["metric"]
            value = metric["value"] * (1 if metric["mode"] == "min" else -1)
        except (OSError, ValueError, KeyError, TypeError, CheckpointError):
            continue  # no metric, or damaged: not a candidate
        if math.isfinite(value):
            values[step] = value
    return min(values, key=values.get, default=None)


def read_latest(directory, check=None):
    """Reads the newest checkpoint that is whole.

    Each damaged one is reported by a warning, left where it is, and passed over.

    Args:
        directory: Folder of the checkpoints.
        check: Optional function `check(manifest, shapes)`, called before memory is
            taken for the tensors; `shapes` is a dict of `(shape, dtype)` by name.
            May raise to refuse.

    Returns:
        A `Checkpoint`.

    Raises:
        CheckpointError: There is none, or none that is usable.
    """
    rejected = {}
    for step in reversed(steps(directory)):
        try:
            found = read(step_path(directory, step), check)
        except CorruptCheckpointError as error:
            rejected[step] = str(error)
            continue
        for bad, reason in rejected.items():
            warnings.warn(
                f"Checkpoint of step {bad} in {directory} is corrupt ({reason}), "
                f"using step {step} instead.",
                stacklevel=2,
            )
        return replace(found, rejected=tuple(rejected))
    reasons = [f"step {step} is corrupt ({why})" for step, why in rejected.items()]
    raise CheckpointError(
        f"No usable checkpoint in {directory}: {'; '.join(reasons) or 'there is none'}."
    )


def read(path, check=None):
    """Reads and verifies one checkpoint. See `read_latest`."""
    path = Path(path)
    try:
        manifest = _read_manifest(path)
        step, declared = int(manifest["step"]), manifest["tensors"]
        shapes = {n: (tuple(t["shape"]), t["dtype"]) for n, t in declared.items()}
    except CheckpointError:
        raise
    except Exception as error:  # whatever a damaged file makes a parser say
        raise CorruptCheckpointError(f"{MANIFEST}: {error!r}") from error
    if check is not None:
        check(manifest, shapes)
    try:
        _refuse_other_than_files(path, STATE)
        tensors = state_file.deserialise(path / STATE, declared)
    except CheckpointError:
        raise
    except Exception as error:
        raise CorruptCheckpointError(f"{STATE}: {error!r}") from error
    return Checkpoint(path, step, manifest, tensors)


def _read_manifest(path):
    _refuse_other_than_files(path, MANIFEST)
    if (path / MANIFEST).stat().st_size > _MANIFEST_LIMIT:
        raise CorruptCheckpointError(f"{MANIFEST} is larger than any manifest")
    content = (path / MANIFEST).read_bytes()
    has_checksum = os.path.lexists(path / CHECKSUM)
    if has_checksum:
        _refuse_other_than_files(path, CHECKSUM)
        expected = _checksum(content)
        if (path / CHECKSUM).stat().st_size != len(expected) or (
            (path / CHECKSUM).read_bytes() != expected
        ):
            raise CorruptCheckpointError(f"checksum of {MANIFEST} is wrong")
    manifest = json.loads(content)
    if manifest["schema"] > 1 and not has_checksum:
        raise CorruptCheckpointError(f"{CHECKSUM} is missing")
    if manifest["schema"] > SCHEMA:
        raise CheckpointError(
            f"`schema` of {path} must be at most {SCHEMA}: a newer kerasgen wrote it. "
            f"Received: schema={manifest['schema']}"
        )
    return manifest


def _checksum(content):
    return f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode()


def _refuse_other_than_files(path, name):
    """Raises for a link, a device or a pipe, which may lead anywhere or never end."""
    if path.is_symlink() or not stat.S_ISREG((path / name).lstat().st_mode):
        raise CorruptCheckpointError(f"{name} is not a file of the checkpoint")


def assign(variables, tensors, cast_integers=False):
    """Assigns tensors to the variables of the same names, all of them or none.

    Args:
        variables: Dict of `keras.Variable` by name.
        tensors: Dict of numpy arrays by name.
        cast_integers: Whether an integer tensor may go into a variable of another
            integer type (seed states differ by backend).

    Raises:
        CheckpointError: Lists every missing, unknown, wrongly shaped or typed tensor.
            Nothing was assigned then.
    """
    shapes = {n: (tuple(t.shape), str(t.dtype)) for n, t in tensors.items()}
    refuse_misfit(shapes, variables, cast_integers)
    for name, variable in variables.items():
        variable.assign(tensors[name].astype(to_dtype(variable.dtype)))
