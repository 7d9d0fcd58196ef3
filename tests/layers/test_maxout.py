"""Maxout against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.maxout import Maxout

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


def arrays(layer):
    draws = np.random.default_rng(1)
    layer.build((None, 3))
    for variable in layer.weights:
        variable.assign(draws.normal(size=variable.shape))
    return [ops.convert_to_numpy(v.value) for v in layer.weights]


def test_unit_is_the_largest_of_its_pieces():
    """max_k (x @ W[:, j, k] + b[j, k])."""
    layer = Maxout(4, pieces=5)
    kernel, bias = arrays(layer)
    pieces = (X @ kernel + bias).reshape(6, 4, 5)
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer(X)), pieces.max(-1), rtol=1e-5, atol=1e-5
    )


def test_one_piece_is_a_linear_layer():
    layer = Maxout(4, pieces=1)
    kernel, bias = arrays(layer)
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer(X)), X @ kernel + bias, rtol=1e-5, atol=1e-5
    )


def test_two_pieces_make_an_absolute_value():
    layer = Maxout(1, pieces=2)
    layer.build((None, 1))
    layer.kernel.assign([[1.0, -1.0]])
    x = np.float32([[-2.0], [0.5]])
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), np.abs(x))


def test_leading_axes_are_kept():
    layer = Maxout(4, pieces=2)
    assert layer(np.zeros((2, 5, 3), "float32")).shape == (2, 5, 4)
    assert layer.compute_output_shape((None, 5, 3)) == (None, 5, 4)


def test_config_round_trip():
    initializer = keras.initializers.RandomUniform(-0.005, 0.005)
    layer = Maxout(4, pieces=2, kernel_initializer=initializer)
    layer.build((None, 3))
    assert np.abs(ops.convert_to_numpy(layer.kernel.value)).max() <= 0.005
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    assert (again.units, again.pieces) == (4, 2)


@pytest.mark.parametrize("kwargs", [{"units": 0}, {"units": 2, "pieces": 0}])
def test_bad_sizes_are_refused(kwargs):
    with pytest.raises(ValueError, match="must be at least 1. Received: "):
        Maxout(**kwargs)
