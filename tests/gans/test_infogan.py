"""InfoGAN: the bound of the information, who moves by it, codes given and told."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.gans.infogan import InfoGAN
from tests.conformance import check_model, example_batch

SMALL = {"noise_dim": 2, "categories": (3,), "num_continuous": 1}
SMALL |= {"filters": 2, "units": 8, "seed": 0}


def test_contract():
    check_model(
        InfoGAN,
        {
            "image_shape": (8, 12, 2),
            "noise_dim": 3,
            "categories": (3, 2),
            "num_continuous": 1,
            "categorical_weight": 0.5,
            "continuous_weight": 0.25,
            "filters": 4,
            "units": 32,
            "variant": "paper",
        },
    )


@pytest.fixture(scope="module")
def models():
    return {v: InfoGAN((8, 8, 1), variant=v, **SMALL) for v in ("released", "paper")}


def gradients(model, phase, of):
    """Returns the largest gradient of a phase's loss in each network of the model."""
    (x,) = example_batch(model)
    x = model.preprocess(ops.convert_to_tensor(x))
    names = ("generator", "trunk", "source_head", "code_head")
    networks = [getattr(model, name) for name in names]
    variables = [v for network in networks for v in network.trainable_variables]

    def loss_fn():
        return of(phase, x), {}

    found = backend.value_and_grad(loss_fn, variables)[1]
    found = iter([np.abs(backend.to_numpy(g)).max() for g in found])
    return {
        name: max(next(found) for _ in network.trainable_variables)
        for name, network in zip(names, networks, strict=True)
    }


def test_who_descends_the_information(models):
    """As released both players; by equation 6 the generator and all of `Q`."""

    def alone(phase, x):
        return model.compute_losses(phase, x, None, True)["loss"]

    def joint(phase, x):
        found = model.compute_joint_losses((), x, None, True)
        return found[phase]["loss"]

    model = models["released"]
    for phase in ("discriminator", "generator"):
        assert gradients(model, phase, alone)["code_head"] > 0
    assert gradients(model, "discriminator", alone)["generator"] == 0
    model = models["paper"]
    assert gradients(model, "discriminator", alone)["code_head"] == 0
    found = gradients(model, "information", joint)
    assert found["generator"] > 0 and found["trunk"] > 0 and found["source_head"] == 0
    moved = {p: {id(v) for v in model.phase_variables(p)} for p in model.phases}
    trunk = {id(v) for v in model.trunk.trainable_variables}
    assert trunk == moved["information"] & moved["discriminator"]
    assert not moved["generator"] & moved["information"]


def test_without_weights_the_losses_are_those_of_a_gan(models):
    model = models["released"]
    plain = InfoGAN((8, 8, 1), **SMALL, categorical_weight=0, continuous_weight=0)
    plain.set_weights(model.get_weights())
    for each in (model, plain):
        each.compile()
    (x,) = example_batch(model)
    with_codes = model.evaluate(x, verbose=0, return_dict=True)
    without = plain.evaluate(x, verbose=0, return_dict=True)
    for kind in ("categorical", "continuous"):
        name = f"generator_{kind}_information"
        assert with_codes[name] == pytest.approx(without[name], abs=1e-6)
    told = sum(
        without[f"generator_{kind}_information"]
        for kind in ("categorical", "continuous")
    )
    found = with_codes["generator_loss"]
    assert found == pytest.approx(without["generator_loss"] - told, abs=1e-5)
    zeros = [np.zeros_like(w) for w in plain.source_head.get_weights()]
    plain.source_head.set_weights(zeros)  # every logit is 0
    log = plain.evaluate(x, verbose=0, return_dict=True)
    assert log["discriminator_loss"] == pytest.approx(1.386294, abs=1e-6)
    assert log["generator_loss"] == pytest.approx(0.693147, abs=1e-6)


def test_networks_at_28_pixels_are_the_released_ones():
    model = InfoGAN((28, 28, 1), seed=0)
    assert model.latent_dim == 74
    shapes = [
        tuple(layer.output.shape[1:])
        for layer in model.generator.layers
        if isinstance(layer, (layers.Dense, layers.Conv2DTranspose))
    ]
    assert shapes == [(1024,), (6272,), (14, 14, 64), (28, 28, 1)]
    shapes = [
        tuple(layer.output.shape[1:])
        for layer in [*model.trunk.layers, *model.code_head.layers]
        if isinstance(layer, (layers.Dense, layers.Conv2D))
    ]
    assert shapes == [(14, 14, 64), (7, 7, 128), (1024,), (128,), (12,)]


def test_codes_that_are_given_are_those_of_the_images(models):
    model = models["released"]
    images = model.sample(3, seed=1, codes={"categorical": [2, 0, 1]})
    latents = model.numpy_latents(np.random.default_rng(1), 3)
    latents[:, 2:5] = np.eye(3)[[2, 0, 1]]
    again = model.sample(3, seed=1, latents=latents)
    np.testing.assert_allclose(images, again, atol=1e-6)
    assert model.sample(2, codes={"continuous": 0.5}).shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match="`codes` must be None where `latents`"):
        model.sample(3, latents=latents, codes={"noise": 0.0})
    told = model.infer_codes(images)
    assert told["categorical"].shape == (3, 1) and told["continuous"].shape == (3, 1)


@pytest.mark.any_backend
def test_the_information_is_learned():
    """The bound of a code of two values goes to log 2 on stripes of two directions."""
    x = np.zeros((128, 8, 8, 1), "float32")
    x[::2, ::2] = 1.0
    x[1::2, :, ::2] = 1.0
    options = {"noise_dim": 2, "categories": (2,), "num_continuous": 0}
    options |= {"filters": 2, "units": 16, "variant": "paper"}
    model = InfoGAN((8, 8, 1), seed=0, **options)
    model.compile(keras.optimizers.Adam(5e-3, beta_1=0.5))
    log = model.fit(x, batch_size=16, epochs=3, verbose=0).history
    first, _, second = log["generator_categorical_information"]
    assert first < second and 0.25 < second < np.log(2.0), (first, second)
