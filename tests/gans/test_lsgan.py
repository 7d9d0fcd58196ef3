"""LSGAN: its losses, the paper's networks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.lsgan import LSGAN
from tests.conformance import check_model


def value(x):
    return float(ops.convert_to_numpy(x))


def test_contract():
    check_model(
        LSGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "filters": 2,
            "num_classes": 3,
            "targets": (-1.0, 1.0, 0.0),
            "latent_distribution": "normal",
        },
    )


def test_objectives_by_their_targets():
    model = LSGAN((8, 8, 1), 2, 2, targets=(-1.0, 2.0, 0.5), seed=0)
    real, fake = np.float32([[1.0], [4.0]]), np.float32([[0.0], [-3.0]])
    found = value(model.discriminator_objective(real, fake))
    assert found == pytest.approx(0.5 * (1 + 4) / 2 + 0.5 * (1 + 4) / 2)
    found = value(model.generator_objective(fake))
    assert found == pytest.approx(0.5 * (0.25 + 12.25) / 2)


def test_paper_networks_at_112_pixels():
    model = LSGAN((112, 112, 3))
    deconvolutions = [
        (layer.output.shape[1], layer.output.shape[-1], layer.strides[0])
        for layer in model.generator.layers
        if isinstance(layer, layers.Conv2DTranspose)
    ]
    assert deconvolutions == [
        *[(14, 256, 2), (14, 256, 1), (28, 256, 2), (28, 256, 1)],
        *[(56, 128, 2), (112, 64, 2), (112, 3, 1)],
    ]
    maps = [
        layer.filters
        for layer in model.discriminator.layers
        if isinstance(layer, layers.Conv2D)
    ]
    assert maps == [64, 128, 256, 512]
    assert not isinstance(model.discriminator.layers[1], layers.BatchNormalization)
    assert model.discriminator.layers[-1].activation is keras.activations.linear


@pytest.mark.parametrize("bad", [(0.0, 1.0), 1.0, (0.0, 1.0, np.inf)])
def test_targets_are_three_numbers(bad):
    with pytest.raises(ValueError, match="`targets` must be.*Received"):
        LSGAN((8, 8, 1), 2, 2, targets=bad)
