"""Patch discriminators and CycleGAN's generator, by the papers' figures."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.networks.patch import least_side, patch_discriminator, receptive_field
from kerasgen.networks.resnet_translator import resnet_translator


@pytest.mark.parametrize(
    "depth, field", [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286)]
)
def test_a_patch_is_as_wide_as_the_paper_says(depth, field):
    assert receptive_field(depth) == field


@pytest.mark.any_backend
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_one_logit_depends_on_its_patch_alone(depth):
    side = 64
    network = patch_discriminator((side, side, 1), 2, depth, normalization=None)
    rows = network.output_shape[1]
    middle = rows // 2

    def logit(x):
        return network(x)[:, middle, middle]

    x = np.random.default_rng(0).normal(size=(1, side, side, 1)).astype("float32")
    slope = ops.convert_to_numpy(backend.input_gradient(logit, x))[0, :, :, 0]
    touched = np.flatnonzero(np.abs(slope).max(axis=1) > 0)
    assert touched[-1] - touched[0] + 1 == receptive_field(depth)


def test_the_map_and_the_weights_are_those_of_the_paper():
    network = patch_discriminator((256, 256, 3))
    assert network.output_shape == (None, 30, 30, 1)
    maps = [3, 64, 128, 256, 512, 1]
    weights = sum(16 * a * b + b for a, b in zip(maps, maps[1:], strict=False))
    assert network.count_params() == weights
    assert patch_discriminator((64, 64, 3)).output_shape == (None, 6, 6, 1)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_least_side_is_the_least(depth):
    side = least_side(depth)
    assert patch_discriminator((side, side, 1), 1, depth).output_shape[1:3] == (1, 1)
    with pytest.raises(ValueError):
        patch_discriminator((side - 2**depth, side - 2**depth, 1), 1, depth)


def test_the_first_layer_is_not_normalised():
    network = patch_discriminator((32, 32, 1), 2, 2)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("GroupNormalization") == 2
    assert kinds.index("GroupNormalization") > kinds.index("LeakyReLU")


def test_the_translator_has_the_weights_of_the_paper():
    """c7s1-64, d128, d256, nine R256, u128, u64, c7s1-3: 11.38 million."""
    network = resnet_translator((256, 256, 3), 3)
    assert network.output_shape == (None, 256, 256, 3)
    convolutions = [(49, 3, 64), (9, 64, 128), (9, 128, 256), *[(9, 256, 256)] * 18]
    convolutions += [(9, 256, 128), (9, 128, 64), (49, 64, 3)]
    assert network.count_params() == sum(k * a * b + b for k, a, b in convolutions)


def test_a_flat_image_stays_flat_up_to_the_strided_layers():
    """Reflection shows no edge: zero padding would darken it."""
    network = resnet_translator((16, 16, 1), 1, 2, blocks=1, normalization=None)
    inner = keras.Model(network.input, network.layers[2].output)
    values = ops.convert_to_numpy(inner(np.full((1, 16, 16, 1), 0.7, "float32")))
    assert np.ptp(values, axis=(1, 2)).max() < 1e-6


@pytest.mark.any_backend
def test_instances_are_normalised_each_by_itself():
    network = resnet_translator((8, 8, 1), 1, 2, blocks=1)
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype("float32")
    together = ops.convert_to_numpy(network(x))
    alone = ops.convert_to_numpy(network(x[1:2]))
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)
    # A positive factor of the contrast changes nothing after the first normalisation,
    # up to its epsilon.
    scaled = ops.convert_to_numpy(network(x * 40.0))
    assert np.abs(scaled - together).max() < 0.2
    assert np.abs(together).max() <= 1.0
