"""SAGAN: attention of one size in both players, spectral norms in both, two rates."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.sagan import SAGAN
from kerasgen.layers.conditional_batch_norm import ConditionalBatchNorm
from kerasgen.layers.self_attention import SelfAttention2D
from kerasgen.layers.spectral_norm import SpectralNorm
from tests.conformance import check_model

pytestmark = pytest.mark.any_backend
SMALL = {"latent_dim": 3, "filters": 2, "seed": 0}


def array(x):
    return ops.convert_to_numpy(x)


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def players(model):
    return model.generator, model.discriminator


@pytest.mark.every_backend
def test_contract():
    check_model(
        SAGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "filters": 1,
            "attention_size": 4,
            "num_classes": 3,
            "variant": "paper",
            "latent_distribution": "uniform",
        },
    )


def test_attention_is_the_identity_until_gamma_moves():
    """Eq. 3: `y = gamma o + x`, `gamma` from 0."""
    model = SAGAN((16, 16, 1), num_classes=2, **SMALL)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 1)).astype("float32")
    labels = np.int32([0, 1])

    def outputs():
        made = model.sample(2, labels=labels, seed=0)
        return made, array(model.discriminate(x, labels, False))

    before = outputs()
    (attention,), (judged,) = (of(player, SelfAttention2D) for player in players(model))
    for layer in (attention, judged):
        layer.project.layer.kernel.assign(layer.project.layer.kernel * 5.0)
    for first, second in zip(before, outputs(), strict=True):
        np.testing.assert_array_equal(first, second)
    for layer in (attention, judged):
        layer.gamma.assign(1.0)
    for first, second in zip(before, outputs(), strict=True):
        assert np.abs(first - second).max() > 1e-4


@pytest.mark.parametrize(
    "side, asked, expected", [(16, None, 8), (16, 4, 4), (128, None, 32), (128, 64, 64)]
)
def test_both_players_attend_on_maps_of_one_size(side, asked, expected):
    model = SAGAN((side, side, 1), attention_size=asked, latent_dim=2, filters=1)
    for player in players(model):
        (layer,) = of(player, SelfAttention2D)
        assert layer.output.shape[1:3] == (expected, expected)


def test_networks_of_the_code_at_128_pixels():
    model = SAGAN((128, 128, 3), 2, filters=1, num_classes=2)
    shapes = [
        [x.output.shape[1::2] for x in of(player, layers.Add)]
        for player in players(model)
    ]
    assert shapes == [
        [(8, 16), (16, 8), (32, 4), (64, 2), (128, 1)],
        [(64, 1), (32, 2), (16, 4), (8, 8), (4, 16), (4, 16)],
    ]
    assert len(of(model.generator, ConditionalBatchNorm)) == 10
    # All kernels of both are spectrally normalised, those within attention, too.
    for player, count in zip(players(model), (17, 19), strict=True):
        assert not of(player, (layers.Conv2D, layers.Dense, layers.Embedding))
        assert len(of(player, SpectralNorm)) == count
        assert all(isinstance(x.key, SpectralNorm) for x in of(player, SelfAttention2D))


def test_widening_is_in_the_first_convolution_of_a_block():
    model = SAGAN((16, 16, 1), 2, filters=1)
    maps = [
        (x.layer.kernel.shape[2:], x.layer.kernel_size[0])
        for x in of(model.discriminator, SpectralNorm)
        if isinstance(x.layer, layers.Conv2D)
    ]
    wide = [shape for shape, size in maps if size == 3]
    assert wide == [(1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4)]


@pytest.mark.parametrize("variant, beta", [("code", 0.999), ("paper", 0.9)])
def test_two_time_scales(variant, beta):
    model = SAGAN((8, 8, 1), **SMALL, variant=variant)
    found = {
        phase: (float(o.learning_rate), o.get_config()["beta_1"], o.beta_2)
        for phase, o in model.default_optimizers().items()
    }
    assert found["discriminator"] == (pytest.approx(4e-4), 0.0, beta)
    assert found["generator"] == (pytest.approx(1e-4), 0.0, beta)
    assert [m.variant for p in players(model) for m in of(p, SelfAttention2D)] == [
        variant,
        variant,
    ]


def test_a_size_that_no_maps_have_is_refused():
    with pytest.raises(ValueError, match=r"must be one of \[8, 4\].*Received.*16"):
        SAGAN((16, 16, 1), **SMALL, attention_size=16)
