"""What the JSON files of a run record, and how they are written."""

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path

import keras

from kerasgen.atomic_folder import replacing


def write_json(path, content):
    """Writes a JSON file, wholly or not at all, and syncs it to the disk."""
    text = json.dumps(content, indent=2) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(text)


def plain(value):
    """Returns a value as JSON would give it back: tuples as lists, numbers plain."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


# Attributes that say what a likelihood is of.
PIXEL_ATTRIBUTES = ("levels", "binarize", "binarization", "likelihood")


def pixels(model):
    """Returns what a likelihood of a model is of: levels, how pixels are made binary.

    Args:
        model: any model.

    Returns:
        dict of those of `PIXEL_ATTRIBUTES` that it has and that matter.
    """
    found = {name: getattr(model, name, None) for name in PIXEL_ATTRIBUTES}
    if found["levels"] not in (None, 2):
        del found["binarization"]  # grey images are not made black and white
    return {name: value for name, value in found.items() if value is not None}


def environment():
    """Returns what a run was made with, beside its settings, as a dict."""
    import kerasgen

    backend = keras.backend.backend()
    packages = dict.fromkeys(("keras", backend, "numpy"))
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {
        "backend": backend,
        "device": _device(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "versions": {
            "kerasgen": kerasgen.__version__,
            "python": platform.python_version(),
            **versions,
        },
        "commit": _commit(),
    }


def _commit():
    """Returns the commit of the code, or None: it is changed, or in no repository."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None

    def git(*words):
        command = ["git", "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    try:
        changed = git("status", "--porcelain", "--untracked-files=no").stdout
        return None if changed else git("rev-parse", "HEAD").stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def now():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _device():
    """Returns the name of the device that new tensors go to, such as `"cpu:0"`."""
    found = keras.ops.zeros(1).device
    kind = getattr(found, "device_kind", "cpu")
    name = str(found).split("device:")[-1].lower()
    return name if kind == "cpu" else f"{name} ({kind})"
