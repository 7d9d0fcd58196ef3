"""GAN: the paper's architecture, dropout, the two losses, k steps, points."""

import numpy as np
import pytest
from keras import layers, ops

import kerasgen
from kerasgen.gans.gan import GAN
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.maxout import Maxout
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "generator_units": 8, "discriminator_units": 4}


def value(x):
    return float(ops.convert_to_numpy(x))


def images(count=4, shape=(4, 4, 1)):
    return np.random.default_rng(0).uniform(size=(count, *shape)).astype("float32")


def test_contract():
    check_model(
        GAN,
        {
            **SMALL,
            "image_shape": (4, 6, 2),
            "pieces": 3,
            "input_dropout": 0.1,
            "hidden_dropout": 0.3,
            "num_classes": 3,
            "generator_loss": "minimax",
            "discriminator_steps": 2,
            "latent_distribution": "normal",
        },
    )


def test_paper_architecture():
    """100 - 1200 ReLU - 1200 ReLU - 784 sigmoid against maxout 240x5, twice."""
    model = GAN((28, 28, 1))
    dense = [x for x in model.generator.layers if isinstance(x, layers.Dense)]
    assert [x.units for x in dense] == [1200, 1200, 784]
    assert [x.activation.__name__ for x in dense] == ["relu", "relu", "linear"]
    assert model.generator.layers[-1].activation.__name__ == "sigmoid"
    assert model.generator.input_shape == (None, 100)
    drop, first, drop_1, second, drop_2, last = model.discriminator.layers
    assert (drop.rate, drop_1.rate, drop_2.rate) == (0.2, 0.5, 0.5)
    assert (first.units, first.pieces) == (second.units, second.pieces) == (240, 5)
    assert last.units == 1
    for layer, bound in ((dense[0], 0.05), (dense[2], 0.05), (first, 0.005)):
        kernel = ops.convert_to_numpy(layer.kernel.value)
        assert 0.95 * bound < np.abs(kernel).max() <= bound


def test_latents_have_standard_deviation_one_on_a_bounded_interval():
    """Uniform on [-sqrt(3), sqrt(3)] unless told otherwise, as in the released code."""
    bounds = {None: 3**0.5, "unit_variance_uniform": 3**0.5, "uniform": 1.0}
    for name, bound in bounds.items():
        kwargs = {} if name is None else {"latent_distribution": name}
        model = GAN((4, 4, 1), **SMALL, **kwargs, seed=0)
        for draws in (
            ops.convert_to_numpy(model.draw_latents(20_000, training=True)),
            model.numpy_latents(np.random.default_rng(0), 20_000),
        ):
            assert draws.shape == (20_000, 3) and draws.dtype == np.float32
            assert 0.999 * bound < np.abs(draws).max() <= np.float32(bound)
            assert draws.std() == pytest.approx(bound / 3**0.5, abs=0.01)
            assert draws.mean() == pytest.approx(0.0, abs=0.02)


def test_learning_rate_decays_by_1_000004_an_update():
    optimizer = GAN((4, 4, 1), **SMALL).default_optimizers()["discriminator"]
    assert optimizer.momentum == 0.5
    for step in (0, 1000, 1_000_000):
        rate = value(optimizer._learning_rate(step))
        assert rate == pytest.approx(0.1 * 1.000004**-step, rel=1e-4)


def test_losses_are_those_of_the_logits():
    """Zero weights give zero logits: 2 log 2, log 2, and -log 2 for minimax."""
    expected = {"non_saturating": np.log(2), "minimax": -np.log(2)}
    for kind, generator_loss in expected.items():
        model = GAN((4, 4, 1), **SMALL, generator_loss=kind)
        for variable in model.discriminator.trainable_variables:
            variable.assign(np.zeros(variable.shape))
        scalars = model.compute_losses("discriminator", images(), None, training=True)
        assert value(scalars["loss"]) == pytest.approx(2 * np.log(2), abs=1e-5)
        assert value(scalars["real"]) == value(scalars["fake"]) == 0.5
        scalars = model.compute_losses("generator", images(), None, training=True)
        assert value(scalars["loss"]) == pytest.approx(generator_loss, abs=1e-5)


@pytest.mark.parametrize("phase", ["discriminator", "generator"])
def test_dropout_is_on_in_both_players_training_and_off_in_evaluation(phase):
    model = GAN((4, 4, 1), **SMALL, seed=0)
    states = [x.seed_generator.state for x in model.discriminator.layers[:5:2]]

    def drawn():
        return [int(ops.convert_to_numpy(state.value)[1]) for state in states]

    assert all(isinstance(x, Dropout) for x in model.discriminator.layers[:5:2])
    model.compute_losses(phase, images(), None, training=False)
    assert drawn() == [0, 0, 0]
    model.compute_losses(phase, images(), None, training=True)
    passes = 2 if phase == "discriminator" else 1
    assert drawn() == [passes] * 3


def test_dropout_draws_other_numbers_than_the_latents():
    model = GAN((4, 4, 1), **SMALL, seed=5)
    generators = [x.seed_generator for x in model.discriminator.layers[:5:2]]
    states = [x.state for x in [model.seed_generator, *generators]]
    keys = {int(ops.convert_to_numpy(state.value)[0]) for state in states}
    assert len(keys) == 4


def test_k_updates_take_k_fresh_batches():
    seen = []

    class Recorder(GAN):
        def update(self, phase, x, labels):
            seen.append((phase, ops.convert_to_numpy(x)[:, 0, 0, 0]))
            super().update(phase, x, labels)

    values = 40 * np.arange(6, dtype="uint8")
    x = np.tile(values[:, None, None, None], (1, 2, 2, 1))
    data = kerasgen.data.Dataset(x, batch_size=2, seed=3)
    model = Recorder((2, 2, 1), **SMALL, discriminator_steps=3)
    model.compile(run_eagerly=True)
    model.fit(data, verbose=0)
    assert [phase for phase, _ in seen] == ["discriminator"] * 3 + ["generator"]
    drawn = np.concatenate([batch for _, batch in seen[:3]])
    np.testing.assert_allclose(np.sort(drawn), values / 255, atol=1e-6)
    assert model.optimizer.players["discriminator"].iterations == 3
    assert model.optimizer.players["generator"].iterations == 1


def test_points_have_no_range():
    model = GAN((2,), **SMALL, input_dropout=0.0)
    assert model.generator.layers[-1].activation.__name__ == "linear"
    data = kerasgen.data.load("mixture", batch_size=4, num_examples=8, scale=9.0)
    model.compile()
    history = model.fit(data, epochs=1, verbose=0).history
    assert np.all(np.isfinite(history["generator_loss"]))
    for variable in model.generator.trainable_variables:
        variable.assign(variable.value + 1.0)
    points = model.sample(5, seed=0)
    assert points.shape == (5, 2) and points.dtype == np.float32
    assert points.min() > 1.0  # no image would be


def test_points_of_another_size_are_refused():
    model = GAN((2,), **SMALL)
    model.compile()
    with pytest.raises(ValueError, match=r"must have examples of shape \(2,\)"):
        model.fit(np.zeros((4, 3), "float32"), batch_size=2, verbose=0)


def test_maxout_layers_are_the_discriminators():
    model = GAN((4, 4, 1), **SMALL, num_classes=3)
    assert sum(isinstance(x, Maxout) for x in model.discriminator.layers) == 2
    assert model.discriminator.input_shape == (None, 16 + 3)
    assert model.generator.input_shape == (None, 3 + 3)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"generator_loss": "minmax"}, "Did you mean 'minimax'"),
        ({"discriminator_steps": 0}, "`discriminator_steps` must be at least 1"),
        ({"hidden_dropout": 1.5}, "`hidden_dropout` must be in"),
        ({"image_shape": (0,)}, "`image_shape` must be"),
    ],
)
def test_bad_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        GAN(**{"image_shape": (4, 4, 1), **SMALL, **kwargs})
