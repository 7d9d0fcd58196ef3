"""Residual encoders and decoders: their sizes, and the block's formula."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.networks.residual_networks import (
    ResidualBlock,
    residual_decoder,
    residual_encoder,
)


def array(x):
    return ops.convert_to_numpy(x)


def test_block_adds_two_convolutions_behind_relus():
    block = ResidualBlock(3, name="block")
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 2)).astype("float32")
    found = array(block(x))
    relu = keras.layers.ReLU()
    expected = x + array(block.outer(relu(block.inner(relu(x)))))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert [tuple(w.shape) for w in block.weights] == [
        (3, 3, 2, 3),
        (3,),
        (1, 1, 3, 2),
        (2,),
    ]
    again = ResidualBlock.from_config(block.get_config())
    assert again.get_config() == block.get_config()


@pytest.mark.any_backend
@pytest.mark.parametrize("steps", [1, 2])
def test_decoder_undoes_the_halving_of_the_encoder(steps):
    shape, policy = (8, 12, 3), "mixed_bfloat16"
    encoder = residual_encoder(shape, 4, 3, 1, steps, policy, units=5)
    grid = (8 // 2**steps, 12 // 2**steps, 5)
    codes = encoder(np.zeros((2, *shape), "float32"))
    assert tuple(codes.shape) == (2, *grid) and "float32" in str(codes.dtype)
    decoder = residual_decoder(grid, 4, 3, 1, steps, policy, units=3)
    images = decoder(codes)
    assert tuple(images.shape) == (2, *shape) and "float32" in str(images.dtype)
    maps = residual_encoder(shape, 4, 3, 1, steps, policy)
    assert tuple(maps.output_shape) == (None, *grid[:2], 4)
