"""What a prepared data set of TensorFlow Datasets may name: no code, no other file.

`tensorflow_datasets` imports the classes that `features.json` names, and reads the
files that `dataset_info.json` names, wherever they are.
"""

import json
import os
import pathlib
import re

_CLASS_KEYS = ("type", "pythonClassName", "python_class_name")
_OWN_CLASS = re.compile(r"tensorflow_datasets\.core\.features(\.\w+)+")


def check_features(folder):
    """Raises ValueError unless `features.json` names features of the library alone.

    Args:
        folder: path of the prepared version.
    """
    path = pathlib.Path(folder) / "features.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"`data_dir` must hold whole files. Received: {path} ({error})"
        ) from error
    _check_node(content, path)


def check_files(folder, files):
    """Raises ValueError unless all files are below a folder, links followed.

    Args:
        folder: path of the prepared version.
        files: paths.
    """
    root = os.path.realpath(folder)
    for file in files:
        if os.path.commonpath([root, os.path.realpath(file)]) != root:
            raise ValueError(
                "`data_dir` must hold data sets whose files are below their folder. "
                f"Received: {folder}, which names {file}"
            )


def _check_node(node, path):
    if isinstance(node, list):
        for part in node:
            _check_node(part, path)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in _CLASS_KEYS and isinstance(value, str):
            if not _OWN_CLASS.fullmatch(value):
                raise ValueError(
                    "`data_dir` must hold data sets with features of tensorflow_"
                    f"datasets alone. Received: {path}, which names {value!r}"
                )
        if key.startswith("/") or ".." in re.split(r"[/\\\\]", key):
            raise ValueError(
                "`data_dir` must hold data sets whose features have plain names. "
                f"Received: {path}, which names {key!r}"
            )
        _check_node(value, path)
