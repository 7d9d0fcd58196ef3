"""Pix2Pix: its losses by hand, what its discriminator sees, its noise."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.backend import to_numpy
from kerasgen.gans.pix2pix import Pix2Pix
from tests.conformance import check_model

SHAPE = (8, 8, 1)
SMALL = {"filters": 2, "depth": 1}


def pixels(count, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def test_contract():
    check_model(
        Pix2Pix,
        {
            "image_shape": (8, 12, 1),
            "condition_shape": (8, 12, 2),
            "filters": 2,
            "unet_depth": 2,
            "depth": 1,
            "normalization": "instance",
            "statistics": "moving",
            "dropout": 0.3,
            "skips": False,
            "l1_weight": 10.0,
            "adversarial_weight": 2.0,
            "conditional_discriminator": False,
        },
    )


class Copy(keras.layers.Layer):
    def call(self, x, training=False):
        return x


def value(x):
    return float(ops.convert_to_numpy(x))


def test_losses_are_those_of_the_paper():
    """L_G = -log D(y, G(y)) + 100 mean |x - G(y)|; L_D is half of the sum."""
    model = Pix2Pix(SHAPE, **SMALL, dropout=0.0, seed=0)
    model.generator = Copy()
    mean = keras.layers.GlobalAveragePooling2D(data_format="channels_last")
    model.discriminator = keras.Sequential(  # the sum of both parts of the pair
        [
            keras.Input((8, 8, 2)),
            mean,
            keras.layers.Lambda(lambda x: ops.sum(x, axis=-1, keepdims=True)),
        ]
    )
    x, y = (ops.full((2, *SHAPE), level) for level in (0.25, -0.5))
    losses, _ = model.compute_losses("discriminator", x, y, True)
    real, fake = 0.25 - 0.5, -0.5 - 0.5
    expected = 0.5 * (np.log1p(np.exp(-real)) + np.log1p(np.exp(fake)))
    assert value(losses["loss"]) == pytest.approx(expected, rel=1e-5)
    assert value(losses["real"]) == pytest.approx(1 / (1 + np.exp(-real)), rel=1e-5)
    losses = model.compute_losses("generator", x, y, True)
    assert value(losses["l1"]) == pytest.approx(0.75)
    adversarial = np.log1p(np.exp(-fake))
    assert value(losses["adversarial"]) == pytest.approx(adversarial, rel=1e-5)
    assert value(losses["loss"]) == pytest.approx(adversarial + 75.0, rel=1e-5)


@pytest.mark.any_backend  # eager
def test_both_players_see_the_same_fakes_within_a_step():
    model = Pix2Pix(SHAPE, **SMALL, seed=0)
    seen = []
    translated = model.translated

    def spy(x, to="target", training=False, noise=None):
        seen.append(to_numpy(noise))
        return translated(x, to, training, noise)

    model.translated = spy
    model.compile(run_eagerly=True)
    for _ in range(2):
        model.train_on_batch(pixels(2), pixels(2, seed=1))
    first, same, second, _ = seen
    np.testing.assert_array_equal(first, same)
    assert first.shape == (2, model.noise_dim) and not np.array_equal(first, second)


@pytest.mark.parametrize("conditional", [True, False])
def test_the_discriminator_judges_pairs_or_targets_alone(conditional):
    model = Pix2Pix(SHAPE, **SMALL, conditional_discriminator=conditional, seed=0)
    x = ops.convert_to_tensor(pixels(2) / 255.0, "float32")
    said = [
        to_numpy(model.discriminate(x, ops.full((2, *SHAPE), level), False))
        for level in (-1.0, 1.0)
    ]
    assert np.array_equal(*said) == (not conditional)


def test_it_is_the_size_of_the_paper():
    """A U-Net of depth 8 for 256x256, and 70x70 patches: 30x30 of them."""
    model = Pix2Pix((256, 256, 3), filters=1)
    assert model.discriminator.input_shape == (None, 256, 256, 6)
    assert model.discriminator.output_shape == (None, 30, 30, 1)
    sizes = [2 * 2 * 8, 4 * 4 * 8, 8 * 8 * 8]  # three levels with dropout
    assert model.noise_dim == sum(sizes)


def test_two_passes_differ_only_by_their_dropout():
    for dropout in (0.5, 0.0):
        model = Pix2Pix(SHAPE, **SMALL, dropout=dropout, seed=0)
        y = pixels(3)
        drawn = [model.translate(y) for _ in range(2)]
        assert np.array_equal(*drawn) == (dropout == 0.0)
        seeded = [model.translate(y, seed=4, batch_size=size) for size in (3, 2)]
        np.testing.assert_allclose(*seeded, atol=1e-5)
        passes = [to_numpy(model(y)) for _ in range(2)]
        assert np.array_equal(*passes) == (dropout == 0.0)
    with pytest.raises(ValueError, match="`noise` must be None.*Received"):
        model.translate(y, noise=np.zeros((3, 2)))


def test_a_translation_does_not_depend_on_its_batch():
    for statistics in ("image", "moving"):
        model = Pix2Pix(SHAPE, **SMALL, statistics=statistics, seed=0)
        y = pixels(3)
        together = model.translate(y, seed=0)
        noise = model.numpy_noise(np.random.default_rng(0), 3)
        alone = model.translate(y[2:], noise=noise[2:])
        np.testing.assert_allclose(together[2:], alone, atol=1e-5)


def test_predict_and_evaluate_take_pairs():
    data = kerasgen.data.pairs(
        pixels(5, (8, 8, 3)), pixels(5, seed=1), batch_size=2, shuffle=False
    )
    model = Pix2Pix(SHAPE, (8, 8, 3), **SMALL, dropout=0.0, seed=0)
    model.compile()
    inputs = data.arrays()[1]
    expected = model.translate(inputs)
    np.testing.assert_allclose(model.predict(data, verbose=0), expected, atol=1e-5)
    np.testing.assert_allclose(model.predict(inputs, verbose=0), expected, atol=1e-5)
    found = model.evaluate(data, verbose=0, return_dict=True)["generator_l1"]
    targets = data.arrays()[0] / 255.0
    assert found == pytest.approx(2 * np.abs(targets - expected).mean(), rel=1e-4)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"condition_shape": (8, 12, 1)}, "`condition_shape` must have the height and"),
        ({"image_shape": (10, 8, 1)}, "divisible by 4"),
        ({"unet_depth": 4}, "divisible by 16"),
        ({"unet_depth": 1}, "`unet_depth` must be at least 2"),
        ({"depth": 3}, "height and width of at least 24"),
        ({"dropout": 1.0}, "`dropout` must be"),
        ({"l1_weight": -1.0}, "`l1_weight` must be at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        Pix2Pix(**{"image_shape": SHAPE, **SMALL, **arguments})


@pytest.mark.any_backend
def test_it_learns_a_negative():
    levels = pixels(16, (1, 1, 1))
    targets = np.broadcast_to(levels, (16, *SHAPE))
    data = kerasgen.data.pairs(255 - targets, targets, batch_size=4)
    model = Pix2Pix(SHAPE, **SMALL, unet_depth=2, dropout=0.1, seed=0)
    model.compile(keras.optimizers.Adam(0.02))
    first = model.evaluate(data, verbose=0, return_dict=True)["generator_l1"]
    model.fit(data, epochs=4, verbose=0)  # 16 steps
    last = model.evaluate(data, verbose=0, return_dict=True)["generator_l1"]
    assert last < 0.7 * first
