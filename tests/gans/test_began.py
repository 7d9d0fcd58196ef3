"""BEGAN: the controller by its golden number, its bounds and its first step."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.began import BEGAN
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "filters": 2}


def number(x):
    return float(ops.convert_to_numpy(x))


def images(count=4):
    return np.random.default_rng(0).random((count, 8, 8, 1), dtype="float32")


def judged(model, real, fake):
    """Makes the discriminator say given errors of data and of generated images."""
    said = model.discriminate
    kinds = iter([])

    def discriminate(x, labels, training):
        nonlocal kinds
        kind = next(kinds, None)
        if kind is None:  # real and generated, then generated alone where in turn
            in_turn = model.variant == "paper"
            kinds = iter([fake, fake] if in_turn else [fake])
            kind = real
        return 0.0 * said(x, labels, training) + kind

    model.discriminate = discriminate
    return model


def test_contract():
    check_model(
        BEGAN,
        {
            "image_shape": (16, 9, 2),
            "latent_dim": 3,
            "filters": 2,
            "gamma": 0.4,
            "balance_rate": 0.01,
            "variant": "released",
            "latent_distribution": "normal",
        },
    )


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_golden_controller(variant):
    """`L(x) = 0.2`, `L(G(z)) = 0.05`: `k_1 = 5e-5`, `M = 0.25`; the loss has `k_0`."""
    model = judged(BEGAN((8, 8, 1), **SMALL, variant=variant, seed=0), 0.2, 0.05)
    model.compile()
    logs = model.train_on_batch(images(), return_dict=True)
    assert number(model.balance.value) == pytest.approx(5e-5)
    assert logs["discriminator_convergence"] == pytest.approx(0.25)
    assert logs["discriminator_balance"] == 0.0
    assert logs["discriminator_loss"] == pytest.approx(0.2)
    assert logs["generator_loss"] == pytest.approx(0.05)
    logs = model.train_on_batch(images(), return_dict=True)
    assert number(model.balance.value) == pytest.approx(1e-4)


@pytest.mark.parametrize("real, fake, expected", [(1e4, 0.0, 1.0), (0.0, 1e4, 0.0)])
def test_k_stays_between_0_and_1(real, fake, expected):
    model = judged(BEGAN((8, 8, 1), **SMALL, seed=0), real, fake)
    model.balance.assign(0.5)
    model.compile()
    model.train_on_batch(images())
    assert number(model.balance.value) == expected


def test_balance_keeps_k_and_m_is_the_real_error():
    """Stationary if and only if `L(G(z)) = gamma L(x)`, where `M = L(x)`."""
    model = judged(BEGAN((8, 8, 1), **SMALL, gamma=0.25, seed=0), 0.4, 0.1)
    model.balance.assign(0.3)
    model.compile()
    logs = model.train_on_batch(images(), return_dict=True)
    assert number(model.balance.value) == pytest.approx(0.3)
    assert logs["discriminator_convergence"] == pytest.approx(0.4)
    assert logs["discriminator_loss"] == pytest.approx(0.4 - 0.3 * 0.1)


def test_the_first_step_is_that_of_an_autoencoder():
    """With `k_0 = 0` generated images have no part in the discriminator's step."""
    keras.utils.set_random_seed(1)
    model = BEGAN((8, 8, 1), **SMALL, seed=0)
    model.compile({"discriminator": keras.optimizers.SGD(1.0), "generator": "sgd"})
    twin = keras.models.clone_model(model.discriminator)
    twin.set_weights(model.discriminator.get_weights())
    twin.compile(keras.optimizers.SGD(1.0), "mean_absolute_error")
    x = images()
    model.train_on_batch(x)
    twin.train_on_batch(2.0 * x - 1.0, 2.0 * x - 1.0)
    for found, expected in zip(
        model.discriminator.get_weights(), twin.get_weights(), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_error_is_the_mean_absolute_difference():
    model = BEGAN((8, 8, 1), **SMALL, seed=0)
    x = 2.0 * images() - 1.0
    difference = np.abs(x - ops.convert_to_numpy(model.discriminator(x)))
    found = ops.convert_to_numpy(model.discriminate(x, None, False))
    np.testing.assert_allclose(found, difference.mean((1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("variant, draws", [("paper", 2), ("released", 1)])
def test_latents_of_variants(variant, draws):
    model = BEGAN((8, 8, 1), **SMALL, variant=variant, seed=0)
    drawn, draw = [], model.draw_latents
    model.draw_latents = lambda *args: drawn.append(draw(*args)) or drawn[-1]
    model.compile()
    model.run_eagerly = True
    model.train_on_batch(images())
    assert len({ops.convert_to_numpy(z).tobytes() for z in drawn}) == draws


def test_networks_of_the_paper_at_32_pixels():
    """Two convolutions at 32, 16 and 8 pixels, of n, 2n, 3n maps in the encoder."""
    model = BEGAN((32, 32, 3))
    encoder, decoder = (
        model.discriminator.get_layer(n) for n in ("encoder", "decoder")
    )
    maps = [(x.filters, x.strides[0]) for x in encoder.layers if hasattr(x, "filters")]
    assert maps == [
        *[(128, 1), (128, 1), (128, 1), (128, 2)],
        *[(256, 1), (256, 1), (256, 2), (384, 1), (384, 1)],
    ]
    assert encoder.layers[-1].units == 64
    for net in (decoder, model.generator):
        maps = [x.filters for x in net.layers if hasattr(x, "filters")]
        assert maps == [128] * 6 + [3]
        assert net.layers[0].units == 8 * 8 * 128
        assert net.layers[-1].activation is keras.activations.linear
        assert len([x for x in net.layers if isinstance(x, layers.UpSampling2D)]) == 2
    shared = {id(v) for v in decoder.weights} & {id(v) for v in model.generator.weights}
    assert not shared
