"""Where files that are made or fetched once are kept between runs."""

import os
from pathlib import Path


def keras_home():
    """Returns the folder that Keras keeps its files in, `KERAS_HOME` or `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def cache_folder(kind=""):
    """Returns the folder where this library keeps files of a kind."""
    return keras_home() / "kerasgen" / kind
