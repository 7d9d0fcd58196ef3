"""CVAE: the contract, and the learned prior."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import CVAE
from kerasgen.losses.divergences import gaussian_kl
from tests.conformance import check_model

ARGUMENTS = {
    "image_shape": (5, 4, 2),
    "latent_dim": 3,
    "likelihood": "gaussian",
    "binarization": None,
    "variance": 2.0,
    "kl_annealing_steps": 3,
    "architecture": "conv",
    "hidden_widths": (3,),
    "prior_widths": (5,),
    "activation": "elu",
}


def test_contract():
    check_model(CVAE, {**ARGUMENTS, "num_classes": 3}, excluded=("levels",))


def test_labels_are_the_condition():
    with pytest.raises(TypeError, match="num_classes"):
        CVAE((4, 3, 1))
    with pytest.raises(ValueError, match="`num_classes` must be.*Received"):
        CVAE((4, 3, 1), num_classes=1)
    with pytest.raises(ValueError, match="quadrants"):
        CVAE((4, 3, 1), num_classes=3, quadrants=1)
    assert not hasattr(CVAE, "complete")


# === p(z|y) = N(m_y, 0.5^2), p(x|z) = N(z, 1), so p(x|y) = N(m_y, 1.25) ===

MEANS = np.array([-1.0, 2.0])


def _toy(shift=0.0):
    model = CVAE(
        (1,),
        latent_dim=1,
        likelihood="gaussian",
        binarization=None,
        variance=1.0,
        hidden_widths=(),
        prior_widths=(),
        num_classes=2,
        seed=0,
    )
    log_variance = np.full(2, np.log(0.25))
    kernel = np.stack([MEANS, log_variance], axis=1)
    model.prior_network.set_weights([kernel, np.zeros(2)])
    # The posterior: precision 4 + 1, mean (4 m_y + x) / 5.
    kernel = [[0.2, 0.0], [0.8 * MEANS[0], 0.0], [0.8 * MEANS[1], 0.0]]
    bias = np.array([shift, np.log(0.2) + shift])
    model.encoder.set_weights([np.array(kernel), bias])
    model.decoder.set_weights([np.array([[1.0], [0.0], [0.0]]), np.zeros(1)])
    return model


X = np.linspace(-2.0, 3.0, 6, dtype="float32")[:, None]
Y = np.array([0, 1, 0, 1, 0, 1], "int32")
LOG_PROB = -0.5 * (np.log(2 * np.pi * 1.25) + (X[:, 0] - MEANS[Y]) ** 2 / 1.25)


def test_exact_posterior_gives_the_exact_conditional_likelihood():
    model = _toy()
    np.testing.assert_allclose(model.log_prob(X, Y, 1), LOG_PROB, atol=1e-5)
    np.testing.assert_allclose(
        model.elbo(np.repeat(X, 50, 0), np.repeat(Y, 50), 50).reshape(6, 50).mean(1),
        LOG_PROB,
        atol=0.1,
    )


def test_bounds_are_ordered_below_the_exact_likelihood():
    x, y = np.repeat(X, 60, axis=0), np.repeat(Y, 60)
    model = _toy(shift=0.4)
    bounds = [model.elbo(x, y, 50).mean()]
    bounds += [model.log_prob(x, y, k).mean() for k in (5, 100)]
    assert bounds[0] < bounds[1] - 0.01 < bounds[2] - 0.01
    assert bounds[2] == pytest.approx(LOG_PROB.mean(), abs=0.02)
    model.compile()
    many = np.repeat(x, 40, 0), np.repeat(y, 40)
    logs = model.evaluate(*many, batch_size=20_000, verbose=0, return_dict=True)
    assert -logs["loss"] == pytest.approx(bounds[0], abs=0.05)


def test_divergence_is_that_from_the_learned_prior():
    model, labels = _toy(shift=0.4), ops.convert_to_tensor(Y)
    z_mean = 0.8 * MEANS[Y] + 0.2 * X[:, 0] + 0.4
    z_log_variance = np.full(6, np.log(0.2) + 0.4)
    expected = gaussian_kl(
        z_mean[:, None].astype("float32"),
        z_log_variance[:, None].astype("float32"),
        MEANS[Y][:, None].astype("float32"),
        np.full((6, 1), np.log(0.25), "float32"),
    )
    found = model.divergence(model.moments(ops.convert_to_tensor(X), labels), labels)
    found, expected = (ops.convert_to_numpy(t) for t in (found, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    model.compile()
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert logs["kl"] == pytest.approx(expected.mean(), rel=1e-4)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)


def test_samples_come_from_the_prior_of_their_label():
    model = _toy()
    for label, mean in enumerate(MEANS):
        x = model.sample(3000, labels=label, seed=0, batch_size=3000)
        assert x.mean() == pytest.approx(mean, abs=0.05)
        assert x.std() == pytest.approx(0.5, rel=0.06)


def test_prior_is_trained_towards_the_posterior():
    model = _toy()
    model.prior_network.set_weights([np.zeros((2, 2)), np.zeros(2)])
    model.compile(keras.optimizers.SGD(0.05))
    model.train_on_batch(X, Y)
    # The labels' own part of the mean, which starts at 0 for both.
    mean = model.prior_network.get_weights()[0][:, 0]
    assert mean[0] < -1e-3 and mean[1] > 1e-3
