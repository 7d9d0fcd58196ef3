"""All of the package: models, which register themselves, and what stands around them.

`import kerasgen` imports it, but for the command, which chooses the backend first.
"""

from kerasgen import (
    autoencoders,
    autoregressive,
    callbacks,
    data,
    explore,
    gans,
    layers,
    losses,
    metrics,
    training,
)
from kerasgen.data.picture import show
from kerasgen.registry import get_model, list_models

__all__ = [
    "autoencoders",
    "autoregressive",
    "callbacks",
    "data",
    "explore",
    "gans",
    "get_model",
    "layers",
    "list_models",
    "losses",
    "metrics",
    "show",
    "training",
]
