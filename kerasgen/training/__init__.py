"""The core: how models are trained, compiled, saved and sampled."""

from kerasgen.backend.seeds import SeedGenerator
from kerasgen.training.fitting import NonFiniteLossError
from kerasgen.training.generative_model import GenerativeModel
from kerasgen.training.gradient_norms import gradient_norms
from kerasgen.training.phase_optimizer import PhaseOptimizer

__all__ = [
    "GenerativeModel",
    "NonFiniteLossError",
    "PhaseOptimizer",
    "SeedGenerator",
    "gradient_norms",
]


def __dir__():
    return __all__
