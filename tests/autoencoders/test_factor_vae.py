"""FactorVAE: the contract, its VAE, its density ratio and its discriminator."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE, FactorVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)


def _images(count=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def _model(cls=FactorVAE, **kwargs):
    keras.utils.set_random_seed(0)  # of the initial weights
    if cls is FactorVAE:
        kwargs = {"discriminator_widths": (), "gamma": 5.0, **kwargs}
    options = {"latent_dim": 3, "hidden_widths": (5,), "activation": "relu"}
    model = cls(SHAPE, **{**options, "seed": 1, **kwargs})
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def _evaluate(model, x=None):
    x = _images() if x is None else x
    return model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)


def test_contract():
    check_model(
        FactorVAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "gamma": 2.0,
            "discriminator_widths": (6, 5),
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
            "num_classes": 3,
        },
        excluded=("levels",),
    )


def test_gamma_0_is_the_vae_bit_for_bit():
    vae, model = _model(VAE), _model(gamma=0.0)
    vae_logs = vae.train_on_batch(_images(), return_dict=True)
    logs = model.train_on_batch(_images(), return_dict=True)
    assert all(logs[f"vae_{name}"] == value for name, value in vae_logs.items())
    pairs = zip(vae.phase_variables("vae"), model.phase_variables("vae"), strict=True)
    for first, second in pairs:
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(first), keras.ops.convert_to_numpy(second)
        )


def test_total_correlation_is_the_mean_logit_and_joins_the_loss_with_its_weight():
    model = _model(binarization="threshold")
    model.discriminator.set_weights([np.zeros((3, 1)), np.array([0.7])])
    logs = _evaluate(model)
    assert logs["vae_total_correlation"] == pytest.approx(0.7)  # log D / (1 - D)
    assert logs["vae_loss"] == pytest.approx(
        logs["vae_reconstruction"] + logs["vae_kl"] + 5.0 * 0.7, rel=1e-5
    )
    expected = 0.5 * (np.log1p(np.exp(-0.7)) + np.log1p(np.exp(0.7)))
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["discriminator_accuracy"] == 0.5
    mean, log_variance = model.encode(_images(), distribution=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=1)
    assert logs["vae_kl"] == pytest.approx(kl.mean(), rel=1e-5)


def test_a_discriminator_that_knows_nothing_loses_ln_2():
    model = _model()
    model.discriminator.set_weights([np.zeros((3, 1)), np.zeros(1)])
    logs = _evaluate(model)
    assert logs["discriminator_loss"] == pytest.approx(np.log(2.0), rel=1e-6)
    assert logs["vae_total_correlation"] == 0.0


def test_the_vae_moves_against_the_total_correlation():
    """Its gradient goes through the discriminator into the encoder."""
    falls = []
    for gamma in (0.0, 50.0):
        model = _model(gamma=gamma, binarization="threshold")
        model.compile(
            {
                "vae": keras.optimizers.SGD(1e-3),
                "discriminator": keras.optimizers.SGD(0.0),
            }
        )
        model.discriminator.set_weights([np.ones((3, 1)), np.zeros(1)])
        before = _evaluate(model)["vae_total_correlation"]
        for _ in range(3):
            model.train_on_batch(_images())
        falls.append(before - _evaluate(model)["vae_total_correlation"])
    assert falls[1] > falls[0] + 0.1


def test_the_discriminator_learns_the_density_ratio_of_known_codes():
    """TC of two latents with correlation r: -1/2 log(1 - r^2)."""
    model = FactorVAE(
        (2,),
        latent_dim=2,
        discriminator_widths=(32,),
        likelihood="gaussian",
        binarization=None,
        variance=1.0,
        hidden_widths=(),
        seed=1,
    )
    kernel = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    model.encoder.set_weights([kernel, np.array([0.0, 0.0, -2.0, -2.0])])
    frozen, fast = keras.optimizers.SGD(0.0), keras.optimizers.Adam(0.03)
    model.compile({"vae": frozen, "discriminator": fast})
    x = np.random.default_rng(0).standard_normal((512, 2)).astype("float32")
    for _ in range(70):
        model.train_on_batch(x)
    logs = _evaluate(model, x)
    rho = 1.0 / (1.0 + np.exp(-2.0))
    expected = -0.5 * np.log(1 - rho**2)
    assert logs["vae_total_correlation"] == pytest.approx(expected, abs=0.25)
    assert logs["discriminator_accuracy"] > 0.7


def test_refuses_wrong_arguments():
    with pytest.raises(ValueError, match="Received: gamma=-1"):
        FactorVAE(SHAPE, gamma=-1.0)
    with pytest.raises(TypeError, match="tuple of ints.*Received"):
        FactorVAE(SHAPE, discriminator_widths=8)
