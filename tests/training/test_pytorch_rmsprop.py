"""RMSprop as PyTorch has it: two steps by hand."""

import keras
import numpy as np
import pytest

from kerasgen.backend import to_numpy
from kerasgen.training.pytorch_rmsprop import pytorch_rmsprop

pytestmark = pytest.mark.any_backend


def test_two_steps_by_hand():
    """Not near 1e-7: `v = 0.99 v + 0.01 g^2`, then `g / (sqrt(v) + 1e-8)`."""
    start, rate = np.float32([1.0, -2.0, 0.5]), 0.01
    weights, optimizer = keras.Variable(start), pytorch_rmsprop(rate)
    optimizer.build([weights])
    value, square = start.astype("float64"), 0.0
    for gradient in ([0.5, -1e-4, 3.0], [-0.25, 2e-4, 1.0]):
        gradient = np.float32(gradient)
        optimizer.apply([keras.ops.convert_to_tensor(gradient)])
        square = 0.99 * square + 0.01 * np.square(gradient, dtype="float64")
        value = value - rate * gradient / (np.sqrt(square) + 1e-8)
    np.testing.assert_allclose(to_numpy(weights), value, rtol=1e-4)
