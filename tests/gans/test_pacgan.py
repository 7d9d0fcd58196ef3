"""PacGAN: what a pack holds, the plain GAN that is a pack of one, the networks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.gans.pacgan import PacGAN, packed
from kerasgen.layers.maxout import Maxout
from tests.conformance import check_model


def array(x):
    return ops.convert_to_numpy(x)


def draws(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_contract():
    check_model(
        PacGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "packing": 3,  # which does not divide the batch of 4
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "uniform",
        },
    )


def test_a_pack_holds_neighbours_and_the_first_fill_the_last():
    x = np.arange(5, dtype="float32")[:, None]
    found = [array(packed(x, size)).tolist() for size in (1, 2, 3, 7)]
    assert found == [
        x.tolist(),
        [[0, 1], [2, 3], [4, 0]],
        [[0, 1, 2], [3, 4, 0]],
        [[0, 1, 2, 3, 4, 0, 1]],
    ]


@pytest.mark.parametrize("shape", [(2,), (8, 8, 1)])
def test_what_is_said_of_a_pack_depends_on_its_examples_alone(shape):
    """`dD(pack i) / dx_j` is 0 unless `j` is one of `2 i`, `2 i + 1`."""
    model = PacGAN(shape, 2, packing=2, filters=4, seed=0)
    x = draws(6, *shape)
    said = [
        backend.input_gradient(lambda x, i=i: model.discriminate(x, None, False)[i], x)
        for i in range(3)
    ]
    felt = np.array([np.abs(array(s)).reshape(6, -1).max(axis=1) > 0 for s in said])
    assert felt.tolist() == [[i // 2 == pack for i in range(6)] for pack in range(3)]


@pytest.mark.parametrize("shape", [(2,), (8, 8, 1)])
def test_packing_one_is_the_plain_discriminator(shape):
    model = PacGAN(shape, 2, packing=1, filters=4, seed=0)
    x = draws(5, *shape)
    found = array(model.discriminate(x, None, False))
    np.testing.assert_array_equal(found, array(model.discriminator(x)))


@pytest.mark.parametrize("shape", [(2,), (8, 8, 3)])
def test_only_the_first_layer_widens(shape):
    """Section 2: the first layer has `m` times the weights, no other layer changes."""
    one, three = (
        [v.shape for v in PacGAN(shape, 2, m, filters=4).discriminator.weights]
        for m in (1, 3)
    )
    assert one[1:] == three[1:]
    assert three[0] == (*one[0][:-2], 3 * one[0][-2], one[0][-1])


def test_a_pack_of_equal_weights_is_the_mean_of_its_examples():
    """With halves of one kernel, a linear discriminator says `(D(a) + D(b)) / 2`."""
    model = PacGAN((2,), 2, packing=2, filters=1, seed=0)
    net = keras.Sequential([keras.Input((4,)), layers.Dense(1, use_bias=False)])
    net.layers[0].kernel.assign([[1.5], [0.5], [1.5], [0.5]])
    model.discriminator = net
    x = draws(4, 2)
    expected = (x @ [3.0, 1.0]).reshape(2, 2).mean(axis=1)
    found = array(model.discriminate(x, None, True))[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.every_backend
def test_penalties_on_slopes_are_those_of_packs():
    """Of `w . pack` R1 is `|w|^2 / 2`, by packs that have all of `w` each."""
    model = PacGAN((2,), 2, packing=3, penalty={"r1": 1.0}, seed=0)
    inputs = keras.Input(model.judged_shape)
    linear = layers.Dense(1)
    model.discriminator = keras.Model(inputs, linear(inputs))
    linear.kernel.assign(np.arange(6.0)[:, None])
    x, fake = draws(5, 2), draws(5, 2)
    critic, packs, _ = model.examples_judged(x, fake, None, True)
    said = array(model.discriminate(x, None, True))
    np.testing.assert_allclose(array(critic(packs)), said, rtol=1e-5)
    found = model.penalize(model.penalties, x, fake, None, True)
    assert float(array(found)) == pytest.approx(55.0 / 2.0, rel=1e-5)


def test_networks_of_points_are_the_papers():
    model = PacGAN((2,), 2)
    generator, discriminator = model.generator.layers, model.discriminator.layers
    dense = [x for x in generator if isinstance(x, layers.Dense)]
    assert [x.units for x in dense] == [400] * 4 + [2]
    assert [x.use_bias for x in dense] == [False] * 4 + [True]
    normal = [x for x in generator if isinstance(x, layers.BatchNormalization)]
    assert len(normal) == 4
    maxout = [x for x in discriminator if isinstance(x, Maxout)]
    assert [(x.units, x.pieces) for x in maxout] == [(200, 5)] * 3
    assert maxout[0].kernel.shape == (4, 1000)
    assert array(maxout[1].kernel).std() == pytest.approx(0.02, rel=0.02)
    for optimizer in model.default_optimizers().values():
        assert float(optimizer.learning_rate) == pytest.approx(1e-4)
        assert optimizer.beta_1 == 0.8


def test_both_players_move_from_one_point():
    """The generator's gradient is of the discriminator before it has moved."""
    model = PacGAN((2,), 2, filters=4, seed=0)
    model.compile(keras.optimizers.SGD(1.0))
    twin = PacGAN((2,), 2, filters=4, seed=0)
    twin.set_weights(model.get_weights())
    twin.compile({"discriminator": keras.optimizers.SGD(0.0), "generator": "sgd"})
    twin.optimizer.players["generator"].learning_rate = 1.0
    x = draws(6, 2)
    for each in (model, twin):
        each.train_on_batch(x)
    pairs = zip(model.generator.weights, twin.generator.weights, strict=True)
    for found, expected in pairs:
        np.testing.assert_allclose(array(found), array(expected), atol=1e-6)


@pytest.mark.parametrize("bad", [0, -1, 1.5])
def test_packing_is_a_positive_int(bad):
    with pytest.raises((ValueError, TypeError), match="`packing` must be.*Received"):
        PacGAN((2,), packing=bad)
