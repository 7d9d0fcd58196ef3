"""Keras callbacks: pictures, logs, scores and learning rates of a training run."""

from kerasgen.callbacks.backup import Backup
from kerasgen.callbacks.collapse_watch import CollapseWatch
from kerasgen.callbacks.evaluate_samples import EvaluateSamples
from kerasgen.callbacks.learning_rate import LearningRateScheduler, exponential_decay
from kerasgen.callbacks.model_average import ModelAverage
from kerasgen.callbacks.reconstruction_grid import ReconstructionGrid
from kerasgen.callbacks.sample_grid import SampleGrid
from kerasgen.callbacks.tensorboard import TensorBoard
from kerasgen.callbacks.tracker import Tracker
from kerasgen.callbacks.trackers import MLflowTracker, TrackioTracker, WandbTracker
from kerasgen.callbacks.translation_grid import TranslationGrid

__all__ = [
    "Backup",
    "CollapseWatch",
    "EvaluateSamples",
    "LearningRateScheduler",
    "MLflowTracker",
    "ModelAverage",
    "ReconstructionGrid",
    "SampleGrid",
    "TensorBoard",
    "Tracker",
    "TrackioTracker",
    "TranslationGrid",
    "WandbTracker",
    "exponential_decay",
]


def __dir__():
    return __all__
