"""LAPGAN: what each level sees, makes and learns from, and that levels stay apart."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.gans.lapgan import LAPGAN
from kerasgen.layers.laplacian_pyramid import gaussian_pyramid, resize
from tests.conformance import check_model

SMALL = {
    "heights": (4, 9),
    "latent_dim": 3,
    "generator_units": 4,
    "discriminator_units": 8,
    "filters": 2,
}
X = np.random.default_rng(0).uniform(-1, 1, (4, 12, 12, 1)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def make(**kwargs):
    return LAPGAN((12, 12, 1), **{**SMALL, "seed": 0, **kwargs})


def test_contract():
    check_model(
        LAPGAN,
        {
            **SMALL,
            "image_shape": (10, 12, 2),
            "heights": (5,),
            "num_classes": 3,
            "dropout": 0.25,
            "variant": "released",
        },
    )


@pytest.mark.any_backend
def test_levels_are_sampled_one_upon_the_other():
    """Eq. 5: I_k = u(I_{k+1}) + G_k(z_k, u(I_{k+1})), from I_K = G_K(z_K) on."""
    model = make()
    levels = model.sample_levels(3, seed=5)
    assert [x.shape[1] for x in levels] == [4, 9, 12]
    np.testing.assert_allclose(model.sample(3, seed=5), levels[-1], atol=1e-6)
    z = model.latents_of_sample(np.random.default_rng(1), 3)
    assert z.shape == (3, 3 + 9 * 9 + 12 * 12) and np.abs(z).max() <= 1.0
    image = model.generator.networks[0]([z[:, :3]])
    for level, (start, side) in enumerate(((3, 9), (84, 12)), 1):
        low = resize(image, (side, side))
        plane = z[:, start : start + side * side].reshape(3, side, side, 1)
        given = [ops.convert_to_tensor(plane), low]
        image = low + model.generator.networks[level](given)
    np.testing.assert_allclose(array(model.generate(z)), array(image), atol=1e-5)


@pytest.mark.any_backend
def test_no_residuals_leave_the_coarsest_image_enlarged():
    model = make()
    for network in model.generator.networks[1:]:
        for last in network.layers[-1].weights:
            last.assign(0.0 * last.value)
    first, second, third = model.sample_levels(2, seed=0)
    np.testing.assert_allclose(array(resize(first, (9, 9))), second, atol=1e-6)
    np.testing.assert_allclose(array(resize(second, (12, 12))), third, atol=1e-6)


@pytest.mark.any_backend
def test_a_sample_may_start_from_images_of_a_level():
    model = make()
    start = np.random.default_rng(0).uniform(0.4, 0.6, (2, 9, 9, 1)).astype("float32")
    given, finer = model.sample_levels(2, seed=0, start=start)
    np.testing.assert_allclose(given, start, atol=1e-6)
    other = model.sample_levels(2, seed=1, start=start)[-1]
    assert np.abs(finer - other).max() > 1e-4  # noise of its own
    with pytest.raises(ValueError, match="`start` must have one of.*Received"):
        model.sample_levels(2, start=start[:1])


@pytest.mark.any_backend
def test_no_level_learns_from_another():
    """The gradient of a player's loss with respect to other levels' players is nil."""
    model = make(dropout=0.0)
    variables = model.trainable_variables
    for phase in model.phases:
        (_, _), slopes = backend.value_and_grad(
            lambda phase=phase: (
                model.compute_losses(phase, X, None, True)["loss"],
                {},
            ),
            variables,
        )
        _, name = phase.split("_")
        own = {
            id(v)
            for player in ("discriminator", "generator")
            for v in model.phase_variables(f"{player}_{name}")
        }
        moved = {id(v) for v in model.phase_variables(phase)}
        for variable, slope in zip(variables, slopes, strict=True):
            told = slope is not None and bool(np.any(array(slope)))
            assert not told or id(variable) in own
            if phase.startswith("discriminator"):
                assert not told or id(variable) in moved
        given = [s for v, s in zip(variables, slopes, strict=True) if id(v) in moved]
        assert any(np.any(array(slope)) for slope in given)


@pytest.mark.any_backend
def test_real_images_are_of_one_half_and_fakes_of_the_low_pass_of_the_other():
    """`l_k + h_k` of a real residual is the real image; fakes get images of data."""
    model, shown = make(), []
    model.discriminators = [
        lambda given, training: shown.append(given[0]) or ops.zeros((2, 1))
    ] * 3
    for network in model.generator.networks[1:]:
        for last in network.layers[-1].weights:
            last.assign(0.0 * last.value)
    images = gaussian_pyramid(X, model.sizes)
    for level, name in enumerate(model.level_names):
        shown.clear()
        found = model.compute_losses(f"discriminator_{name}", X, None, False)
        assert float(found["loss"]) == pytest.approx(np.log(2.0))
        fake, real = map(array, shown)
        np.testing.assert_allclose(real, array(images[level])[:2], atol=1e-6)
        if level:
            low = array(resize(images[level - 1], model.sizes[level]))
            np.testing.assert_allclose(fake, low[2:], atol=1e-6)


@pytest.mark.any_backend
def test_one_level_is_a_plain_gan():
    model = make(heights=())
    assert model.phases == ("discriminator_12", "generator_12")
    fake, real = np.float32([[0.5]]), np.float32([[-1.0]])
    model.discriminators = [lambda given, training: fake if given is None else real]
    found = model.compute_losses("generator_12", X, None, False)
    assert float(found["loss"]) == pytest.approx(np.log1p(np.exp(1.0)))


@pytest.mark.any_backend
def test_networks_of_the_paper_and_as_released():
    """Section 4: 1200 and 600 units; the code: 8000 and 1600, sigmoid."""
    for variant, given, units, names in (
        ("paper", None, (1200, 600), ["relu", "relu", "linear"]),
        ("released", 50, (50, 1600), ["relu", "sigmoid", "linear"]),
    ):
        options = {"generator_units": given, "variant": variant, "seed": 0}
        model = LAPGAN((8, 8, 1), heights=(), latent_dim=2, **options)
        pair = (model.generator.networks[0], model.discriminators[0])
        for network, count in zip(pair, units, strict=True):
            dense = [x for x in network.layers if isinstance(x, layers.Dense)]
            assert [x.units for x in dense[:2]] == [count, count]
        dense = [x for x in pair[0].layers if isinstance(x, layers.Dense)]
        assert [x.activation.__name__ for x in dense] == names
        if variant == "released":
            assert np.std(array(dense[1].kernel)) == pytest.approx(0.05, rel=0.1)
    optimizer = model.default_optimizers()["generator_8"]
    assert isinstance(optimizer, keras.optimizers.SGD) and optimizer.momentum == 0.5


@pytest.mark.any_backend
@pytest.mark.parametrize("variant, joined", [("released", (3, 2)), ("paper", (2, 1))])
def test_the_plane_of_a_class_joins_the_inputs_or_the_first_maps(variant, joined):
    model = make(heights=(9,), num_classes=3, variant=variant)
    network, judge = model.generator.networks[1], model.discriminators[1]
    for player, channels in zip((network, judge), joined, strict=True):
        convolutions = [x for x in player.layers if isinstance(x, layers.Conv2D)]
        assert convolutions[0].kernel.shape[2] == channels
        assert convolutions[1].kernel.shape[2] == 2 + (variant == "paper")
    z = np.ones((1, model.generator.noise_size), "float32")
    levels = [model.generator(z, np.int32([label])) for label in (0, 1)]
    for one, other in zip(*levels, strict=True):
        assert np.abs(array(one) - array(other)).max() > 1e-6
    x = ops.convert_to_tensor(X[:1])
    said = [array(model.judge(1, x, np.int32([i]), False)) for i in (0, 1)]
    assert said[0] != said[1]


@pytest.mark.any_backend
def test_augmentation_and_noise_disturb_images_of_every_size():
    model = make(augmentation="adaptive", instance_noise=0.1)
    model.compile()
    images = np.random.default_rng(0).integers(0, 256, (4, 12, 12, 1), "uint8")
    logs = model.train_on_batch(images, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert -1.0 <= model.separation(logs) <= 1.0
    assert model.separation({}) is None
