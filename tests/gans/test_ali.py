"""ALI: the paper's network for CIFAR-10, drawn codes, both halves by hand."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.ali import ALI
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.maxout import Maxout
from tests.conformance import check_model

X = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def value(x):
    return float(array(x))


def make(**kwargs):
    return ALI(**{"image_shape": (8, 8, 1), "latent_dim": 3, "filters": 2, **kwargs})


def of(network, kind):
    return [x for x in network.layers if isinstance(x, kind)]


def test_contract():
    check_model(
        ALI,
        {
            "image_shape": (4, 6, 2),
            "latent_dim": 3,
            "architecture": "dense",
            "filters": 2,
            "units": 10,
            "input_dropout": 0.1,
            "hidden_dropout": 0.25,
            "initial_deviation": 0.05,
        },
    )


@pytest.mark.any_backend
def test_paper_networks_for_cifar10():
    """Table 3: maps by side, from images to codes and back; maxout of two pieces."""
    model = ALI((32, 32, 3))
    found = [(x.output.shape[1], x.filters) for x in of(model.encoder, layers.Conv2D)]
    maps = [(28, 32), (13, 64), (10, 128), (4, 256), (1, 512)]
    assert found == maps
    assert model.encoder.output_shape == (None, 2 * 64)
    found = [
        (x.output.shape[1], x.filters)
        for x in of(model.generator, layers.Conv2DTranspose)
    ]
    assert found == [(10, 128), (13, 64), (28, 32), (32, 32)]
    assert model.generator.layers[2].output.shape[1:] == (4, 4, 256)
    assert [x.filters for x in of(model.generator, layers.Conv2D)] == [32, 3]
    assert model.generator.layers[-1].activation.__name__ == "sigmoid"
    discriminator = model.discriminator
    found = [
        (x.output.shape[1], x.output.shape[-1])
        for x in of(discriminator, layers.Maximum)
    ]
    assert found == maps
    assert len(of(discriminator, layers.Conv2D)) == 2 * len(maps)
    units = [(x.units, x.pieces) for x in of(discriminator, Maxout)]
    assert units == [(512, 2), (512, 2), (1024, 2), (1024, 2)]
    assert not of(discriminator, layers.BatchNormalization)
    rates = sorted(x.rate for x in of(discriminator, Dropout))
    assert rates == [0.2] * 3 + [0.5] * 7
    assert model.latent_range is None


@pytest.mark.any_backend
def test_weights_start_so_that_all_players_see_their_input():
    """By the paper's 0.01 and 2 maps images are grey, and all pairs judged alike."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(40, 16, 16, 1)).astype("float32")
    z = rng.normal(size=(40, 3)).astype("float32")
    spreads = {}
    for deviation in (None, 0.01):
        model = make(image_shape=(16, 16, 1), initial_deviation=deviation)
        made = array(model.generator(z, training=True))
        logits = array(model.discriminator((x, z)))
        spreads[deviation] = made.std(axis=0).mean(), logits.std()
    assert min(spreads[None]) > 0.02 and max(spreads[None]) < 2.0
    assert max(spreads[0.01]) < 0.01


@pytest.mark.any_backend
def test_codes_are_drawn_about_their_mean():
    """`z = mu(x) + sigma(x) e`, of an encoder whose last layer is its bias alone."""
    model = make(latent_dim=1, seed=0)
    last = model.encoder.layers[-1]
    last.kernel.assign(np.zeros(last.kernel.shape))
    last.bias.assign([2.0, 2.0 * np.log(0.5)])
    x = np.zeros((4000, 8, 8, 1), "float32")
    drawn = array(model.draw_codes(x, training=False))
    assert drawn.mean() == pytest.approx(2.0, abs=0.03)
    assert drawn.std() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(model.encode(X), 2.0)
    assert not np.array_equal(drawn[0], drawn[1])


@pytest.mark.any_backend
def test_halves_are_softplus_of_logits():
    """Section 2.2, with the exchange of labels for generator and encoder."""
    model = make(seed=0)
    real, fake = np.float32([[1.0], [-0.5]]), np.float32([[0.3], [2.0]])
    softplus = np.logaddexp(0.0, [real, -real, fake, -fake]).mean(axis=(1, 2))
    found = value(model.discriminator_objective(real, fake))
    assert found == pytest.approx(softplus[1] + softplus[2], rel=1e-6)
    found = value(model.generator_objective(fake, real))
    assert found == pytest.approx(softplus[0] + softplus[3], rel=1e-6)


@pytest.mark.any_backend
@pytest.mark.parametrize("shape", [(8, 12, 1), (32, 32, 1), (2,)])
def test_one_step_moves_every_weight_of_the_three(shape):
    """The gradient goes through drawn codes into the encoder, its deviations too."""
    model = ALI(shape, latent_dim=3, filters=2, units=10, seed=0)
    model.compile()
    before = [array(v) for v in model.trainable_variables]
    (x,) = model.fields.example(4, np.random.default_rng(0))
    model.train_on_batch(x)
    # Biases that start where a maximum or a ReLU has no slope may stay.
    for old, new in zip(before, model.trainable_variables, strict=True):
        if len(new.shape) > 1:
            assert not np.array_equal(old, array(new)), new.path
    last = model.encoder.layers[-1].kernel
    moved = (
        array(last) - before[[v is last for v in model.trainable_variables].index(True)]
    )
    assert np.abs(moved[:, 3:]).max() > 0.0
    assert model.reconstruct(x).shape == (4, *shape)


@pytest.mark.any_backend
def test_points_need_dense_layers():
    with pytest.raises(ValueError, match="`image_shape`"):
        ALI((2,), architecture="conv")
