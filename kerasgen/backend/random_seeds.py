"""Seeds of a whole process."""

import sys

import keras
from keras.src.utils import module_utils


def set_random_seed(seed):
    """Calls `keras.utils.set_random_seed` without importing TensorFlow for it.

    Keras seeds TensorFlow wherever it is installed, on JAX and PyTorch, too: seconds
    of every start, and TensorFlow's logs in the output of commands. What is imported
    already is seeded.

    Args:
        seed: int.
    """
    lazy = module_utils.tensorflow
    known = lazy._available
    if keras.backend.backend() != "tensorflow" and "tensorflow" not in sys.modules:
        lazy._available = False
    try:
        keras.utils.set_random_seed(seed)
    finally:
        lazy._available = known
