"""Seeds of a process, set without TensorFlow where it is not the backend."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerasgen.backend.random_seeds import set_random_seed

pytestmark = pytest.mark.every_backend
DRAWS = """
import random, sys, keras, numpy as np
from kerasgen.backend.random_seeds import set_random_seed
set_random_seed(3)
assert ("tensorflow" in sys.modules) == (keras.backend.backend() == "tensorflow")
first = random.random(), np.random.rand(), float(keras.random.uniform(()))
keras.utils.set_random_seed(3)
assert first == (random.random(), np.random.rand(), float(keras.random.uniform(())))
"""


def test_seeds_are_keras_s_own_and_tensorflow_stays_away():
    subprocess.run([sys.executable, "-c", DRAWS], check=True, timeout=300)


def test_a_seed_repeats_every_draw():
    draws = []
    for _ in range(2):
        set_random_seed(5)
        draws.append((random.random(), np.random.rand(), keras.random.normal(())))
    first, second = np.array(draws, "float64")
    np.testing.assert_array_equal(first, second)
