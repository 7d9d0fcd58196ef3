"""Generative adversarial networks: one paper, one file, one class."""

from kerasgen.registry import discover

globals().update(_classes := discover(__name__, __path__))
__all__ = sorted(_classes)


def __dir__():
    return __all__
