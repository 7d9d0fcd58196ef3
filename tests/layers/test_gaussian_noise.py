"""Gaussian noise: its deviation, in training alone."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.gaussian_noise import GaussianNoise

pytestmark = pytest.mark.every_backend


def test_noise_has_the_deviation_in_training_and_is_none_after_it():
    x = np.full((100, 50), 2.0, "float32")
    layer = GaussianNoise(0.5, seed=0)
    noise = ops.convert_to_numpy(layer(x, training=True)) - x
    assert noise.std() == pytest.approx(0.5, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.03)
    again = ops.convert_to_numpy(layer(x, training=True)) - x
    assert not np.array_equal(noise, again)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), x)
    copy = GaussianNoise.from_config(layer.get_config())
    first = ops.convert_to_numpy(copy(x, training=True)) - x
    np.testing.assert_array_equal(first, noise)
