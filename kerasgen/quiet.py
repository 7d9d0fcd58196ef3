"""Keeps the logs of TensorFlow and XLA out of the output of commands.

It imports neither Keras nor the rest of the package, and must be called before them.
"""

import contextlib
import importlib.abc
import importlib.util
import logging
import os
import re
import sys
import tempfile
from pathlib import Path

FLAG = "--framework-logs"
# Lines of C++ logs, such as "I0000 00:00:1795816639.588283   28258 cudart_stub.cc:31]",
# and of what TensorFlow writes around them.
_NOISE = re.compile(
    r"[IWEF]\d{4} \d\d:\d\d:[\d.]+ +\d+ \S+:\d+\]"
    r"|WARNING: All log messages before absl::InitializeLog"
    r"|To enable the following instructions: .* rebuild TensorFlow"
)


def is_command():
    """Tells whether this process is the `kerasgen` command, or `python -m kerasgen`."""
    command = sys.modules.get("kerasgen_command")
    if getattr(command, "running", False):
        return True
    # While `python -m kerasgen WORDS` imports the package, `sys.argv` is `-m WORDS`.
    return sys.argv[:1] == ["-m"] and sys.orig_argv[-len(sys.argv)] == "kerasgen"


def is_recipe():
    """Tells whether this process runs one of our recipes as a script."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return bool(script) and Path(script).resolve().parent.parent == recipe_folder()


def recipe_folder():
    """Returns the folder of the recipes: of the installed package or the source."""
    package = Path(__file__).resolve().parent
    source = package.parent
    if (source / "pyproject.toml").exists() and (source / "recipes").is_dir():
        return source / "recipes"
    return package / "recipes"


def import_keras():
    """Imports Keras quietly, unless `--framework-logs` is on the command line.

    What the user has set, `TF_CPP_MIN_LOG_LEVEL` say, is left alone.
    """
    if FLAG in sys.argv or "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _filtered_stderr():
        import keras  # noqa: F401
    watch_tensorflow()


def watch_tensorflow():
    """Makes the import of TensorFlow quiet, whenever it comes.

    Keras imports it on JAX and PyTorch, too, where it is installed: to seed it, and
    when it writes a config.
    """
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _QuietFinder())


class _QuietFinder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self.loader
        with _filtered_stderr():
            self.loader.exec_module(module)


@contextlib.contextmanager
def _filtered_stderr():
    """Holds back what is written to stderr, C++ included, then writes all but noise."""
    try:
        sys.stderr.flush()
        before = os.dup(2)
    except (OSError, AttributeError):  # closed, as under pythonw
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
            held.seek(0)
            lines = held.read().decode(errors="replace").splitlines(keepends=True)
            os.write(2, "".join(x for x in lines if not _NOISE.match(x)).encode())
