"""kerasgen: the generative-model zoo for Keras 3.

Every model is a `keras.Model` with one contract, trained by `model.fit(dataset)`, on
TensorFlow, JAX and PyTorch, chosen by `KERAS_BACKEND` before the first import.
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
from kerasgen.picture import show
from kerasgen.registry import get_model, list_models

__version__ = "0.1.0"

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
