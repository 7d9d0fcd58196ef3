"""R3GAN: differences of logits, both penalties, blocks that start as the identity."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.r3gan import R3GAN
from kerasgen.networks.r3 import residual_block, stage_widths
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "filters": 8, "blocks": 1}


def array(x):
    return ops.convert_to_numpy(x)


def number(x):
    return float(array(x))


def draws(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_contract():
    check_model(
        R3GAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "gamma": 0.5,
            "filters": 8,
            "blocks": 1,
            "num_classes": 3,
            "latent_distribution": "uniform",
        },
    )


def test_objectives_are_those_of_differences():
    """Golden: logits `(1, 2)` and `(0, -1)`; a number added to all changes nothing."""
    model = R3GAN((2,), filters=4)
    for shift in (0.0, 7.0):
        real = np.float32([[1.0], [2.0]]) + shift
        fake = np.float32([[0.0], [-1.0]]) + shift
        found = number(model.discriminator_objective(real, fake))
        assert found == pytest.approx(0.180925, abs=1e-5)
        found = number(model.generator_objective(fake, real))
        assert found == pytest.approx(2.180925, abs=1e-5)


def test_both_penalties_of_a_linear_discriminator():
    """`gamma / 2 ||w||^2` twice: `gamma ||w||^2`."""
    model = R3GAN((2,), gamma=0.5, filters=4)
    net = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    net.layers[0].kernel.assign([[3.0], [4.0]])
    model.discriminator = net
    found = number(model.penalty(draws(5, 2), draws(5, 2), None, True))
    assert found == pytest.approx(0.5 * 25.0)


def test_a_penalty_is_taken_at_each_kind():
    """Of `D(x) = |x|^2 / 2` the slope is `x`: `gamma / 2 (E |x|^2 + E |G(z)|^2)`."""
    model = R3GAN((2,), gamma=0.5, filters=4)
    model.judge = lambda x, *args: 0.5 * ops.sum(ops.square(x), axis=-1)
    real, fake = np.ones((3, 2), "float32"), np.zeros((3, 2), "float32")
    for pair in ((real, fake), (fake, real)):
        found = number(model.penalty(*pair, None, True))
        assert found == pytest.approx(0.25 * 2.0)


def test_a_block_is_the_identity_at_the_start_and_only_then():
    x = keras.Input((4, 4, 16))
    block = keras.Model(x, residual_block(x, 8))
    images = draws(2, 4, 4, 16)
    np.testing.assert_array_equal(array(block(images)), images)
    convolutions = [z for z in block.layers if isinstance(z, layers.Conv2D)]
    assert [z.kernel.shape for z in convolutions] == [
        (1, 1, 16, 32),
        (3, 3, 16, 32),
        (1, 1, 32, 16),
    ]
    assert [z.groups for z in convolutions] == [1, 2, 1]
    assert not any(z.use_bias for z in convolutions)
    deviation = (2 / 1.04) ** 0.5 * 8**-0.25 / (9 * 16) ** 0.5
    assert array(convolutions[1].kernel).std() == pytest.approx(deviation, rel=0.05)
    convolutions[2].kernel.assign(np.ones((1, 1, 32, 16)))
    assert np.abs(array(block(images)) - images).max() > 1e-2


def test_stages_of_the_paper():
    """CIFAR-10: 768 at 4 to 32 pixels; FFHQ-256: 384, 192 and 96 from there on."""
    assert stage_widths(768, 4) == [768] * 4
    assert stage_widths(768, 7) == [768] * 4 + [384, 192, 96]
    model = R3GAN((16, 24, 3), 5, filters=16)
    shapes = [
        x.output.shape[1:] for x in model.generator.layers if isinstance(x, layers.Add)
    ]
    assert shapes == [s for h in (4, 8, 16) for s in [(h, h * 3 // 2, 16)] * 2]
    for optimizer in model.default_optimizers().values():
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)


def test_the_generator_learns_though_all_blocks_start_as_the_identity():
    model = R3GAN((8, 8, 1), **SMALL, seed=0)
    model.compile()
    x = np.random.default_rng(0).random((4, 8, 8, 1), dtype="float32")
    before = model.sample(2, seed=0)
    for _ in range(2):
        logs = model.train_on_batch(x, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert np.abs(model.sample(2, seed=0) - before).max() > 1e-5


def test_points_and_filters():
    model = R3GAN((2,), 2, filters=4, num_classes=2, seed=0)
    assert model.sample(3, labels=1, seed=0).shape == (3, 2)
    with pytest.raises(ValueError, match="`filters` must be.*Received"):
        R3GAN((8, 8, 1), filters=12)
