"""IWAE: the contract, and the bounds and gradients of an exact toy."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import IWAE
from tests.conformance import check_model

# p(z) = N(0, 1), p(x|z) = N(z, 1), x = 1, q(z|x) = N(0.2, 0.9^2).
LOG_VARIANCE = 2 * np.log(0.9)
LOG_PROB = -1.5155121
ELBO = -1.6742990
BOUNDS = {2: -1.5726, 5: -1.5346, 10: -1.5242}


def _toy(mean=0.2, log_variance=LOG_VARIANCE, slope=0.0, **kwargs):
    """The exact toy; the posterior's mean is `mean + slope * x`."""
    model = IWAE(
        (1,),
        latent_dim=1,
        likelihood="gaussian",
        binarization=None,
        variance=1.0,
        hidden_widths=(),
        seed=0,
        **kwargs,
    )
    model.encoder.set_weights(
        [np.array([[slope, 0.0]]), np.array([mean, log_variance])]
    )
    model.decoder.set_weights([np.ones((1, 1)), np.zeros(1)])
    return model


def _ones(count):
    return np.ones((count, 1), "float32")


def test_contract():
    check_model(
        IWAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "num_samples": 2,
            "estimator": "dreg",
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


def test_default_networks_are_the_papers():
    model = IWAE((28, 28, 1))
    shapes = [tuple(w.shape) for w in model.encoder.weights if len(w.shape) == 2]
    assert shapes == [(784, 200), (200, 200), (200, 100)]
    shapes = [tuple(w.shape) for w in model.decoder.weights if len(w.shape) == 2]
    assert shapes == [(50, 200), (200, 200), (200, 784)]


def test_bound_of_the_exact_toy_by_number_of_samples():
    model = _toy()
    x = _ones(1500)
    assert model.elbo(x, num_samples=20).mean() == pytest.approx(ELBO, abs=0.03)
    bounds = {k: model.log_prob(x, num_samples=k) for k in BOUNDS}
    for k, expected in BOUNDS.items():
        error = bounds[k].std() / np.sqrt(len(x))
        assert bounds[k].mean() == pytest.approx(expected, abs=4 * error + 3e-4)
    means = [ELBO, *(bounds[k].mean() for k in BOUNDS), LOG_PROB]
    assert means == sorted(means)


@pytest.mark.parametrize("estimator", ["reparameterised", "dreg"])
def test_loss_is_the_bound_and_one_sample_gives_the_elbo(estimator):
    for k, expected in ((1, ELBO), (10, BOUNDS[10])):
        model = _toy(num_samples=k, estimator=estimator)
        model.compile()
        logs = model.evaluate(
            _ones(20_000), batch_size=20_000, verbose=0, return_dict=True
        )
        assert -logs["loss"] == pytest.approx(expected, abs=0.025 if k == 1 else 3e-3)
        elbo = -logs["reconstruction"] - logs["kl"]
        assert elbo == pytest.approx(ELBO, abs=0.03)


def test_mean_weight_is_the_probability():
    weights = np.exp(_toy().log_prob(_ones(4000), num_samples=1))
    error = weights.std() / np.sqrt(len(weights))
    assert error < 3e-3
    assert weights.mean() == pytest.approx(np.exp(LOG_PROB), abs=4 * error)


def test_true_posterior_makes_all_weights_equal():
    """q = N(x / 2, 1 / 2): every bound is log p(x) without variance."""
    model = _toy(mean=0.0, log_variance=np.log(0.5), slope=0.5)
    x = np.linspace(-2.0, 2.0, 9, dtype="float32")[:, None]
    expected = -0.25 * x[:, 0] ** 2 - 0.5 * np.log(4 * np.pi)  # N(0, 2)
    for k in (1, 7):
        np.testing.assert_allclose(
            model.log_prob(x, num_samples=k), expected, atol=1e-5
        )


def _exact_bound(mean, log_variance, k):
    """L_k of the toy by a Gauss-Hermite rule over the `k` draws."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    z = mean + np.exp(0.5 * log_variance) * nodes
    log_w = -0.5 * ((1 - z) ** 2 + z**2 - nodes**2 - log_variance)
    log_w = log_w - 0.5 * np.log(2 * np.pi)
    total = np.logaddexp.reduce(np.meshgrid(*[log_w] * k))
    mass = np.prod(np.meshgrid(*[weights] * k), axis=0)
    return np.sum(mass * (total - np.log(k)))


def _gradients(k, estimator, batch=4000, steps=10):
    """Gradients of -L_k with respect to mean and log-variance, one row a step."""
    model, rows = _toy(num_samples=k, estimator=estimator), []
    model.compile(keras.optimizers.SGD(1.0))
    start = model.encoder.get_weights()
    for _ in range(steps):
        model.encoder.set_weights(start)
        model.decoder.set_weights([np.ones((1, 1)), np.zeros(1)])
        model.train_on_batch(_ones(batch))
        rows.append(start[1] - model.encoder.get_weights()[1])
    return np.array(rows)


@pytest.mark.parametrize("k", [1, 2])
def test_both_estimators_have_the_exact_gradient_and_dreg_less_variance(k):
    point = np.array([0.2, LOG_VARIANCE])
    assert _exact_bound(*point, k) == pytest.approx({1: ELBO, **BOUNDS}[k], abs=1e-4)
    exact = []
    for step in np.eye(2) * 1e-4:
        up, down = _exact_bound(*(point + step), k), _exact_bound(*(point - step), k)
        exact.append(-(up - down) / 2e-4)
    spread = {}
    for estimator in ("reparameterised", "dreg"):
        rows = _gradients(k, estimator)
        spread[estimator] = rows.std(axis=0, ddof=1)
        error = 4.5 * spread[estimator] / np.sqrt(len(rows)) + 1e-5
        assert np.all(error < 0.05)
        assert np.all(np.abs(rows.mean(axis=0) - exact) < error), estimator
    assert spread["dreg"][1] < spread["reparameterised"][1]


def test_decoder_gradient_is_the_same_for_both_estimators():
    kernels = []
    for estimator in ("reparameterised", "dreg"):
        model = _toy(num_samples=4, estimator=estimator)
        model.compile(keras.optimizers.SGD(1.0))
        model.train_on_batch(_ones(16))
        kernels.append(ops.convert_to_numpy(model.decoder.get_weights()[0]))
    assert abs(kernels[0] - 1.0).max() > 1e-2
    np.testing.assert_allclose(*kernels, atol=1e-6)
