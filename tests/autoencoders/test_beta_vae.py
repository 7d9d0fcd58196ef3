"""BetaVAE: the contract, the VAE at beta 1, and the capacity's equation."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE, BetaVAE
from tests.conformance import check_model, differing, numpy_state

SHAPE = (4, 3, 1)


def _images(count=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def _model(cls=BetaVAE, **kwargs):
    keras.utils.set_random_seed(0)  # of the initial weights
    options = {"latent_dim": 2, "hidden_widths": (5,), "activation": "relu"}
    model = cls(SHAPE, **{**options, "seed": 1, **kwargs})
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def _evaluate(model):
    return model.evaluate(_images(), batch_size=8, verbose=0, return_dict=True)


def test_contract():
    check_model(
        BetaVAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "beta": 2.0,
            "capacity": 1.5,
            "capacity_steps": 20,
            "gamma": 30.0,
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


def test_beta_1_is_the_vae_bit_for_bit():
    vae, model = _model(VAE), _model(beta=1.0)
    for _ in range(2):
        first = vae.train_on_batch(_images(), return_dict=True)
        assert model.train_on_batch(_images(), return_dict=True) == first
    networks = ("encoder", "decoder", "seed_generator")
    first, second = (
        {k: v for k, v in numpy_state(m).items() if k.startswith(networks)}
        for m in (vae, model)
    )
    assert first and not differing(first, second)


def test_loss_is_reconstruction_plus_beta_kl():
    models = [_model(beta=b, binarization="threshold") for b in (0.0, 4.0, 7.0)]
    logs = [_evaluate(model) for model in models]
    mean, log_variance = models[0].encode(_images(), distribution=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=1)
    assert logs[1]["kl"] == pytest.approx(kl.mean(), rel=1e-5)
    for beta, scalars in zip((0.0, 4.0, 7.0), logs, strict=True):
        assert scalars["loss"] == pytest.approx(
            logs[0]["loss"] + beta * logs[0]["kl"], rel=1e-6
        )
        assert scalars["kl"] == logs[0]["kl"]
        assert scalars["reconstruction"] == logs[0]["loss"]


def test_capacity_0_is_beta_equal_to_gamma_bit_for_bit():
    model, held = _model(beta=30.0), _model(capacity=0.0, gamma=30.0)
    for _ in range(2):
        first = model.train_on_batch(_images(), return_dict=True)
        assert held.train_on_batch(_images(), return_dict=True) == first
    assert not differing(numpy_state(model), numpy_state(held))


def test_capacity_rises_by_equal_amounts_and_the_loss_is_the_distance_from_it():
    """gamma |KL - C(t)|, below and above the capacity."""
    model = _model(capacity=20.0, capacity_steps=4, gamma=3.0)
    model.compile(keras.optimizers.SGD(0.0))
    found = []
    for _ in range(6):
        model.reset_metrics()
        logs = model.train_on_batch(_images(), return_dict=True)
        penalty = (logs["loss"] - logs["reconstruction"]) / 3.0
        sign = 1.0 if len(found) == 0 else -1.0  # the KL lies between 0 and 5 nats
        assert 0.0 < logs["kl"] < 5.0
        found.append(logs["kl"] - sign * penalty)
    np.testing.assert_allclose(found, [0.0, 5.0, 10.0, 15.0, 20.0, 20.0], atol=1e-4)
    logs = _evaluate(model)
    assert logs["loss"] == pytest.approx(
        logs["reconstruction"] + 3.0 * (20.0 - logs["kl"]), rel=1e-5
    )


def test_a_divergence_below_the_capacity_is_pushed_up_and_one_above_down():
    for capacity, sign in ((40.0, 1.0), (0.0, -1.0)):
        options = {"capacity": capacity, "capacity_steps": 1, "gamma": 30.0}
        model = _model(binarization="threshold", **options)
        model.steps.assign(1)
        before = _evaluate(model)["kl"]
        model.compile(keras.optimizers.SGD(1e-4))
        model.train_on_batch(_images())
        assert sign * (_evaluate(model)["kl"] / before - 1.0) > 1e-4


def test_refuses_negative_weights_and_capacities():
    for name in ("beta", "gamma", "capacity"):
        with pytest.raises(ValueError, match=f"Received: {name}=-1"):
            BetaVAE(SHAPE, **{name: -1.0})
    with pytest.raises(ValueError, match="Received: capacity_steps=0"):
        BetaVAE(SHAPE, capacity_steps=0)
