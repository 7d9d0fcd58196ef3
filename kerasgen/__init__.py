"""kerasgen: the generative-model zoo for Keras 3.

Every model is a `keras.Model` with one contract, trained by `model.fit(dataset)`, on
TensorFlow, JAX and PyTorch, chosen by `KERAS_BACKEND` before the first import.
"""

from kerasgen import quiet

if quiet.is_command():  # before TensorFlow is imported, which then has no more to say
    quiet.import_keras()

from kerasgen import (  # noqa: E402
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
from kerasgen.picture import show  # noqa: E402
from kerasgen.registry import get_model, list_models  # noqa: E402

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
