"""Relativistic GANs: their losses by formula, exchange and shift, the networks."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.relativistic_gan import RelativisticGAN
from kerasgen.layers.spectral_norm import SpectralNorm
from tests.conformance import check_model

FORMS = {
    "logistic": lambda d: np.log1p(np.exp(-d)),
    "least_squares": lambda d: (d - 1.0) ** 2,
    "hinge": lambda d: np.maximum(0.0, 1.0 - d),
}
EVERY = [(form, average) for form in FORMS for average in (False, True)]
REAL, FAKE = np.float32([[1.0], [2.5], [-0.5]]), np.float32([[0.3], [-1.0], [0.9]])


def value(x):
    return float(ops.convert_to_numpy(x))


def points_model(**kwargs):
    options = {"latent_dim": 3, "filters": 4, "seed": 0}
    return RelativisticGAN((2,), **{**options, **kwargs})


def test_contract():
    check_model(
        RelativisticGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "form": "hinge",
            "average": False,
            "variant": "released",
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "discriminator_steps": 2,
            "latent_distribution": "uniform",
        },
    )


def expected(real, fake, form, average):
    f = FORMS[form]
    if not average:
        return np.mean(f(real - fake))
    return np.mean(f(real - fake.mean())) + np.mean(f(real.mean() - fake))


@pytest.mark.parametrize(("form", "average"), EVERY)
@pytest.mark.parametrize("variant", ["paper", "released"])
def test_losses_by_the_papers_formula(form, average, variant):
    """Sections 4.2 and 4.3; the code halves those of the averages alone."""
    model = points_model(form=form, average=average, variant=variant)
    share = 0.5 if average and variant == "released" else 1.0
    found = value(model.discriminator_objective(REAL, FAKE))
    assert found == pytest.approx(share * expected(REAL, FAKE, form, average), 1e-5)
    found = value(model.generator_objective(FAKE, REAL))
    assert found == pytest.approx(share * expected(FAKE, REAL, form, average), 1e-5)
    equal = value(model.discriminator_objective(REAL * 0.0, FAKE * 0.0))
    assert equal == pytest.approx(model.adversarial_loss.undecided)


@pytest.mark.parametrize(("form", "average"), EVERY)
def test_exchange_and_shift(form, average):
    """The generator's loss is the discriminator's, exchanged; differences count."""
    model = points_model(form=form, average=average)
    lost = value(model.discriminator_objective(REAL, FAKE))
    assert value(model.generator_objective(REAL, FAKE)) == pytest.approx(lost, 1e-6)
    moved = value(model.discriminator_objective(REAL + 9.0, FAKE + 9.0))
    assert moved == pytest.approx(lost, 1e-5)


def test_the_generators_loss_has_the_real_examples_of_the_batch():
    model = points_model(form="least_squares")
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    fakes, generate = [], model.generate_like
    object.__setattr__(
        model, "generate_like", lambda *args: fakes.append(generate(*args)) or fakes[-1]
    )
    found = value(model.compute_losses("generator", x, None, False)["loss"])
    said = [ops.convert_to_numpy(model.discriminator(v)) for v in (fakes[0], x)]
    assert found == pytest.approx(expected(*said, "least_squares", True), 1e-5)


def test_networks_of_the_code_at_32_pixels():
    """512@4, doubled three times, against seven convolutions and a linear layer."""
    model = RelativisticGAN((32, 32, 3))
    grown = [
        (x.output.shape[1], x.output.shape[-1])
        for x in model.generator.layers
        if isinstance(x, layers.Conv2DTranspose)
    ]
    assert model.generator.input_shape == (None, 128)
    assert grown == [(8, 256), (16, 128), (32, 64)]
    inner = [x.layer for x in model.discriminator.layers if isinstance(x, SpectralNorm)]
    assert [x.filters for x in inner[:-1]] == [64, 64, 128, 128, 256, 256, 512]
    assert all(
        isinstance(x, SpectralNorm) for x in model.discriminator.layers if x.weights
    )
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(2e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.999)


def test_with_the_gradient_penalty():
    """RaSGAN-GP: the penalty goes through spectral norms, and is logged."""
    model = points_model(penalty="gradient")
    model.compile(run_eagerly=True)
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    logs = model.train_on_batch(x, return_dict=True)
    assert logs["discriminator_penalty"] > 0.0


@pytest.mark.parametrize("bad", [{"form": "wasserstein"}, {"average": 2}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match="must be one of.*Received"):
        points_model(**bad)
