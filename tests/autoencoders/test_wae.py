"""WAE: the contract in both forms, the penalties' equations, the prior."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import WAE
from tests.conformance import (
    check_evaluation,
    check_model,
    check_phases,
    check_saving,
    check_training,
)

SHAPE = (4, 3, 1)


def _images(count=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def _model(shape=SHAPE, **kwargs):
    keras.utils.set_random_seed(0)  # of the initial weights
    options = {"latent_dim": 2, "hidden_widths": (5,), "discriminator_widths": ()}
    model = WAE(shape, **{**options, "seed": 1, **kwargs})
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def _evaluate(model, x=None):
    x = _images() if x is None else x
    return model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)


def test_contract():
    check_model(
        WAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "penalty": "gan",
            "penalty_weight": 2.0,
            "prior_variance": 2.0,
            "kernel": "rbf",
            "kernel_scale": 3.0,
            "discriminator_widths": (6, 5),
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
            "num_classes": 3,
        },
    )


def test_contract_of_the_discrepancy():
    model = _model()
    check_phases(model)
    check_training(model)
    check_evaluation(model)
    check_saving(model)
    assert model.phases == ("autoencoder",)
    assert not hasattr(model, "discriminator")
    assert not hasattr(model, "elbo") and not hasattr(model, "log_prob")


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_loss_is_the_squared_error_plus_the_weighted_unbiased_discrepancy(kernel):
    """The prior's draws of an evaluation are the same each time; all codes at one
    point make the penalty 1 + E k(p, p') - 2 E k(p, z)."""
    model = _model(kernel=kernel, penalty_weight=7.0, prior_variance=2.0)
    x = _images(2000)  # of which the draws of the prior are as many
    logs = _evaluate(model, x)
    assert logs["loss"] == pytest.approx(
        logs["reconstruction"] + 7.0 * logs["penalty"], rel=1e-5
    )
    error = np.sum((x / 255.0 - model.reconstruct(x)) ** 2) / len(x)
    assert logs["reconstruction"] == pytest.approx(error, rel=1e-4)
    point = np.array([1.0, -2.0])
    model.encoder.layers[-1].set_weights([np.zeros((5, 2)), point])
    generator = np.random.default_rng(0)
    prior = np.sqrt(2.0) * generator.standard_normal((2, 50_000, 2))

    def value(a, b, scale=2.0 * 2 * 2.0):  # 2 latent_dim prior_variance
        distance = np.sum((a - b) ** 2, axis=-1)
        ratio = distance / scale
        return np.mean(1 / (1 + ratio) if kernel == "imq" else np.exp(-ratio))

    expected = 1.0 + value(*prior) - 2 * value(prior[0], point)
    assert _evaluate(model, x)["penalty"] == pytest.approx(expected, abs=0.06)


def test_codes_like_the_prior_have_a_discrepancy_near_0_of_either_sign():
    model = _model((2,), hidden_widths=(), prior_variance=4.0)
    model.encoder.set_weights([2.0 * np.eye(2), np.zeros(2)])
    generator = np.random.default_rng(0)
    found = []
    for _ in range(20):
        x = generator.standard_normal((64, 2)).astype("float32")
        found.append(_evaluate(model, x)["penalty"])
    assert np.abs(found).max() < 0.05 and min(found) < 0.0 < max(found)
    assert _evaluate(model, x + 1.0)["penalty"] > 0.05


def test_losses_of_the_players_at_a_known_discriminator():
    model = _model(penalty="gan", penalty_weight=3.0)
    model.discriminator.set_weights([np.zeros((2, 1)), np.array([0.7])])
    logs = _evaluate(model)
    softplus = np.log1p(np.exp(0.7))
    assert logs["autoencoder_penalty"] == pytest.approx(softplus - 0.7, rel=1e-5)
    assert logs["autoencoder_loss"] == pytest.approx(
        logs["autoencoder_reconstruction"] + 3.0 * (softplus - 0.7), rel=1e-5
    )
    expected = (softplus - 0.7) + softplus
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)
    model.discriminator.set_weights([np.zeros((2, 1)), np.zeros(1)])
    logs = _evaluate(model)
    assert logs["discriminator_loss"] == pytest.approx(2 * np.log(2.0), rel=1e-6)
    assert logs["discriminator_prior"] == logs["discriminator_codes"] == 0.5


def test_the_discriminator_learns_the_side_of_the_prior_and_the_encoder_goes_there():
    model = _model((2,), penalty="gan", penalty_weight=10.0, hidden_widths=())
    model.encoder.set_weights([0.1 * np.eye(2), np.array([3.0, 0.0])])
    x = np.random.default_rng(0).standard_normal((128, 2)).astype("float32")
    fast, frozen = keras.optimizers.Adam(0.1), keras.optimizers.SGD(0.0)
    model.compile({"discriminator": fast, "autoencoder": frozen})
    for _ in range(30):
        model.train_on_batch(x)
    logs = _evaluate(model, x)
    assert logs["discriminator_prior"] > 0.6 > 0.4 > logs["discriminator_codes"]
    frozen, fast = keras.optimizers.SGD(0.0), keras.optimizers.Adam(0.05)
    model.compile({"discriminator": frozen, "autoencoder": fast})
    for _ in range(30):
        model.train_on_batch(x)
    assert model.encode(x).mean(axis=0)[0] < 2.5


def test_samples_come_from_a_prior_of_the_given_variance():
    model = _model(prior_variance=4.0)
    z = model.numpy_latents(np.random.default_rng(0), 20_000)
    assert z.dtype == np.float32
    assert z.std() == pytest.approx(2.0, rel=0.02)
    drawn = model.draw_prior(np.zeros((20_000, 2), "float32"), True)
    assert np.std(keras.ops.convert_to_numpy(drawn)) == pytest.approx(2.0, rel=0.02)


def test_penalty_weight_0_makes_the_two_forms_one_autoencoder():
    logs = {p: _evaluate(_model(penalty=p, penalty_weight=0.0)) for p in ("mmd", "gan")}
    assert logs["mmd"]["loss"] == logs["mmd"]["reconstruction"]
    assert logs["gan"]["autoencoder_loss"] == pytest.approx(
        logs["gan"]["autoencoder_reconstruction"]
    )


def test_refuses_wrong_arguments():
    for name, value in (("penalty", "kl"), ("kernel", "linear")):
        with pytest.raises(ValueError, match=f"Received: {name}="):
            WAE(SHAPE, **{name: value})
    for name in ("penalty_weight", "prior_variance", "kernel_scale"):
        with pytest.raises(ValueError, match=f"Received: {name}=-1"):
            WAE(SHAPE, **{name: -1.0})
