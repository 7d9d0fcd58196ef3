"""Which backend Keras runs on: it must be chosen before Keras is imported."""

import importlib.util
import os
import sys

from kerasgen.errors import UserError

BACKENDS = ("tensorflow", "jax", "torch")


def use_backend(name, restart):
    """Makes Keras run on a backend, starting this process anew if it must.

    Args:
        name: str, or None for the one that is set.
        restart: bool. Whether the process may be replaced by a new one, with the same
            command line, where Keras already runs on another backend.
    """
    keras = sys.modules.get("keras")
    if name is None or (keras and keras.config.backend() == name):
        return
    if name not in BACKENDS:
        raise UserError(f"--backend must be one of {list(BACKENDS)}. Received: {name}")
    if importlib.util.find_spec(name) is None:
        raise UserError(
            f"--backend must be one that is installed: 'pip install {name}' gets it. "
            f"Received: --backend {name}"
        )
    if keras and not restart:
        raise UserError(
            f"--backend must be {keras.config.backend()}, which Keras already runs on "
            f"in this process. Received: --backend {name}"
        )
    os.environ["KERAS_BACKEND"] = name
    if keras:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
