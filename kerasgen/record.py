"""What the JSON files of a run record, and how they are written."""

import datetime
import importlib.metadata
import json
import os
import platform

import keras

from kerasgen.training.atomic_folder import replacing


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
    }


def now():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _device():
    """Returns the name of the device that new tensors go to, such as `"cpu:0"`."""
    found = keras.ops.zeros(1).device
    kind = getattr(found, "device_kind", "cpu")
    name = str(found).split("device:")[-1].lower()
    return name if kind == "cpu" else f"{name} ({kind})"
