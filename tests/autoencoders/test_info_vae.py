"""InfoVAE: the contract, the weights of its terms, and its matching of the prior."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE, InfoVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)


def _images(count=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def _model(cls=InfoVAE, **kwargs):
    keras.utils.set_random_seed(0)  # of the initial weights
    options = {"latent_dim": 2, "hidden_widths": (5,), "activation": "relu"}
    model = cls(SHAPE, **{**options, "seed": 1, **kwargs})
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def _evaluate(model, x=None):
    x = _images() if x is None else x
    return model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)


def test_contract():
    check_model(
        InfoVAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "alpha": 0.5,
            "lambda_": 20.0,
            "kernel": "imq",
            "kernel_scale": 3.0,
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


def test_alpha_0_and_lambda_1_are_the_vae_bit_for_bit():
    vae, model = _model(VAE), _model(alpha=0.0, lambda_=1.0)
    vae_logs = vae.train_on_batch(_images(), return_dict=True)
    logs = model.train_on_batch(_images(), return_dict=True)
    assert logs.pop("mmd") > 0.0
    assert logs == vae_logs
    for first, second in zip(
        vae.phase_variables("vae"), model.phase_variables("vae"), strict=True
    ):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(first), keras.ops.convert_to_numpy(second)
        )


@pytest.mark.parametrize(("alpha", "lambda_"), [(0.25, 10.0), (1.0, 3.0), (-1.0, 4.0)])
def test_loss_is_the_weighted_sum_of_its_terms(alpha, lambda_):
    model = _model(alpha=alpha, lambda_=lambda_, binarization="threshold")
    logs = _evaluate(model)
    expected = (
        logs["reconstruction"]
        + (1.0 - alpha) * logs["kl"]
        + (alpha + lambda_ - 1.0) * logs["mmd"]
    )
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    mean, log_variance = model.encode(_images(), distribution=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=1)
    assert logs["kl"] == pytest.approx(kl.mean(), rel=1e-5)


@pytest.mark.parametrize("kernel", ["rbf", "imq"])
def test_mmd_of_codes_far_from_the_prior_and_at_it(kernel):
    """All codes at one far point: 1 + E k(p, p') - 2 k, with nearly no cross term."""
    model, x = _model(kernel=kernel, kernel_scale=4.0), _images(256)
    last = model.encoder.layers[-1]
    last.set_weights([np.zeros((5, 4)), np.array([1e3, 1e3, -10.0, -10.0])])
    prior = np.random.default_rng(0).standard_normal((2, 10_000, 2))
    distance = np.sum((prior[0] - prior[1]) ** 2, axis=1)
    within = np.exp(-distance / 4.0) if kernel == "rbf" else 4.0 / (4.0 + distance)
    assert _evaluate(model, x)["mmd"] == pytest.approx(1.0 + within.mean(), abs=0.03)
    last.set_weights([np.zeros((5, 4)), np.zeros(4)])  # q(z|x) is the prior
    logs = _evaluate(model, x)
    assert logs["kl"] == 0.0 and 0.0 < logs["mmd"] < 0.02


def test_the_default_scale_is_the_mean_squared_distance_of_the_prior():
    first, second = (_evaluate(_model(kernel_scale=c)) for c in (None, 4.0))
    assert first == second
    assert _evaluate(_model(kernel_scale=1.0))["mmd"] != first["mmd"]


def test_training_by_the_mmd_alone_brings_the_codes_to_the_prior():
    model = _model(alpha=1.0, lambda_=100.0)
    model.encoder.layers[-1].bias.assign([3.0, -3.0, 0.0, 0.0])
    model.compile(keras.optimizers.Adam(0.05))
    x = _images(64)
    before = _evaluate(model, x)["mmd"]
    for _ in range(40):
        model.train_on_batch(x)
    assert _evaluate(model, x)["mmd"] < 0.2 * before
    assert np.abs(model.encode(x).mean(axis=0)).max() < 1.0


def test_refuses_weights_that_would_push_codes_from_the_prior():
    with pytest.raises(ValueError, match="Received: lambda_=0.3"):
        InfoVAE(SHAPE, alpha=0.5, lambda_=0.3)
    with pytest.raises(ValueError, match="Received: alpha=1.5"):
        InfoVAE(SHAPE, alpha=1.5)
    with pytest.raises(ValueError, match="Received: kernel='linear'"):
        InfoVAE(SHAPE, kernel="linear")
    with pytest.raises(ValueError, match="Received: kernel_scale=0"):
        InfoVAE(SHAPE, kernel_scale=0.0)
