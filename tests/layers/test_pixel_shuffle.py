"""Pixel shuffle: where each map goes, for images of any size."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.pixel_shuffle import PixelShuffle


@pytest.mark.every_backend
@pytest.mark.parametrize("factor", [1, 2, 3])
def test_maps_become_pixels_in_the_order_of_the_definition(factor):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5 * factor**2))
    x = x.astype("float32")
    inputs = keras.Input((None, None, x.shape[-1]))
    net = keras.Model(inputs, PixelShuffle(factor)(inputs))
    assert net.output_shape == (None, None, None, 5)
    found = ops.convert_to_numpy(net(x))
    assert found.shape == (2, 3 * factor, 4 * factor, 5)
    for i, j, a, b, c in np.ndindex(3, 4, factor, factor, 5):
        expected = x[:, i, j, c * factor**2 + a * factor + b]
        np.testing.assert_array_equal(
            found[:, factor * i + a, factor * j + b, c], expected
        )
    config = PixelShuffle.from_config(PixelShuffle(factor).get_config())
    assert config.factor == factor


def test_channels_that_are_not_divisible_are_refused():
    with pytest.raises(ValueError, match="divisible by 4. Received"):
        PixelShuffle(2)(np.zeros((1, 2, 2, 6), "float32"))
