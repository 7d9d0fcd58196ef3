"""Projection discriminator: the product, conditional normalisation, the networks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.projection_gan import ProjectionGAN
from kerasgen.layers.conditional_batch_norm import ConditionalBatchNorm
from kerasgen.layers.spectral_norm import SpectralNorm
from tests.conformance import check_model

pytestmark = pytest.mark.any_backend
SMALL = {"latent_dim": 3, "filters": 1, "seed": 0}
LABELS = np.int32([2, 0, 1, 1])


def array(x):
    return ops.convert_to_numpy(x)


def images(count=4, side=8):
    draws = np.random.default_rng(0)
    return draws.uniform(-1, 1, (count, side, side, 1)).astype("float32")


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.every_backend
def test_contract():
    check_model(
        ProjectionGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "filters": 1,
            "num_classes": 3,
            "conditioning": "concatenation",
            "discriminator_steps": 2,
            "latent_distribution": "uniform",
        },
    )


def test_score_is_linear_in_the_embedding():
    """Eq. 3: `D(x, y) = <V y, f(x)> + psi(f(x))`."""
    model = ProjectionGAN((8, 8, 1), num_classes=3, **SMALL)
    norms = of(model.discriminator, SpectralNorm)
    (table,) = [x for x in norms if isinstance(x.layer, layers.Embedding)]
    (last,) = [x for x in norms if isinstance(x.layer, layers.Dense)]
    features = array(
        keras.Model(model.discriminator.inputs, last.input)((images(), LABELS))
    )
    said = array(model.discriminate(images(), LABELS, False))
    rows = array(table.normalized_kernel())[LABELS]
    unconditional = array(last(features))
    np.testing.assert_allclose(
        said - unconditional, np.sum(rows * features, -1, keepdims=True), atol=1e-5
    )
    assert np.abs(said - unconditional).max() > 1e-3
    table.layer.embeddings.assign(np.zeros(table.layer.embeddings.shape))
    said = array(model.discriminate(images(), LABELS, False))
    np.testing.assert_allclose(said, unconditional, atol=1e-6)


def test_equal_scales_and_shifts_are_plain_normalisation():
    """With equal rows the label says nothing; a row of its own moves its class."""
    model = ProjectionGAN((8, 8, 1), num_classes=3, **SMALL)
    z = np.ones((3, 3), "float32")
    same = model.sample(3, labels=[0, 1, 2], latents=z)
    np.testing.assert_allclose(same, same[[0, 0, 0]], atol=1e-6)
    first = of(model.generator, ConditionalBatchNorm)[0]
    first.beta.assign(np.float32([[0], [0], [3]]) * np.ones(first.beta.shape))
    moved = np.abs(model.sample(3, labels=[0, 1, 2], latents=z) - same).max((1, 2, 3))
    assert moved[0] == moved[1] == 0.0 and moved[2] > 1e-4


@pytest.mark.parametrize(
    "side, generator, discriminator",
    [
        (
            64,
            [(8, 8), (16, 4), (32, 2), (64, 1)],
            [(32, 1), (16, 2), (8, 4), (4, 8), (2, 16)],
        ),
        (
            128,
            [(8, 16), (16, 8), (32, 4), (64, 2), (128, 1)],
            [(64, 1), (32, 2), (16, 4), (8, 8), (4, 16), (4, 16)],
        ),
    ],
)
def test_networks_of_the_code(side, generator, discriminator):
    """Maps of `gen_models` and `dis_models`, `resnet.py` and `resnet_64.py`."""
    model = ProjectionGAN((side, side, 3), 2, filters=1, num_classes=2)
    for player, expected in (
        (model.generator, generator),
        (model.discriminator, discriminator),
    ):
        found = [x.output.shape[1::2] for x in of(player, layers.Add)]
        assert found == expected
    assert of(model.generator, layers.Dense)[0].units == 4 * 4 * 16
    assert not of(model.generator, SpectralNorm)
    kernels = [
        x.layer.kernel.shape[2:]
        for x in of(model.discriminator, SpectralNorm)
        if isinstance(x.layer, layers.Conv2D) and x.layer.kernel_size == (3, 3)
    ]
    # A block widens in its second convolution.
    assert kernels[:6] == [(3, 1), (1, 1), (1, 1), (1, 2), (2, 2), (2, 4)]


def test_concatenation_puts_the_embedding_behind_each_place():
    model = ProjectionGAN(
        (16, 16, 1), num_classes=3, conditioning="concatenation", **SMALL
    )
    (table,) = [
        x
        for x in of(model.discriminator, SpectralNorm)
        if isinstance(x.layer, layers.Embedding)
    ]
    assert table.layer.embeddings.shape == (3, 128)
    first, second = (
        array(model.discriminate(images(side=16), labels, False))
        for labels in (LABELS, (LABELS + 1) % 3)
    )
    assert np.all(np.abs(first - second) > 1e-6)
    table.layer.embeddings.assign(np.ones((3, 128)))
    first, second = (
        array(model.discriminate(images(side=16), labels, False))
        for labels in (LABELS, (LABELS + 1) % 3)
    )
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_default_optimizer_is_the_papers():
    model = ProjectionGAN((8, 8, 1), **SMALL)
    assert model.discriminator_steps == 5
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(2e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.0, 0.9)
