"""Seeds of a process, set in less time than Keras takes."""

import random
import sys
from unittest import mock

import keras
import numpy as np
import pytest
from keras.src.utils import rng_utils

from kerasgen.backend.seeds import set_random_seed
from tests.processes import run_python

SEEDED = """
import random, sys
import keras, numpy as np
from kerasgen.backend.seeds import set_random_seed
set_random_seed(3)
print(random.random(), np.random.random(), float(keras.random.uniform(())))
print(float(keras.initializers.RandomUniform()(())), "tensorflow" in sys.modules)
"""


def test_seeds_are_those_of_keras_and_tensorflow_is_not_imported():
    done = run_python(SEEDED)
    assert done.returncode == 0, done.stderr[-2000:]
    *numbers, imported = done.stdout.split()
    assert imported == str(keras.backend.backend() == "tensorflow")
    with mock.patch.object(rng_utils, "tf", mock.Mock(available=True)) as tensorflow:
        rng_utils.set_random_seed(3)
    tensorflow.random.set_seed.assert_called_once_with(3)
    drawn = [random.random(), np.random.random(), float(keras.random.uniform(()))]
    drawn.append(float(keras.initializers.RandomUniform()(())))
    assert [float(number) for number in numbers] == drawn


@pytest.mark.skipif("tensorflow" not in sys.modules, reason="TensorFlow's own stream")
def test_tensorflow_has_its_seed_where_it_is_imported():
    import tensorflow as tf

    drawn = []
    for _ in range(2):
        set_random_seed(3)
        drawn.append(float(tf.random.uniform(())))
    assert drawn[0] == drawn[1]
