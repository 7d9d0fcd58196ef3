"""Likelihoods sum to one, have their closed forms, and agree with their samplers."""

import itertools

import numpy as np
import pytest
from keras import ops

from kerasgen.losses import likelihoods

pytestmark = pytest.mark.every_backend


def _numpy(x):
    return np.array(ops.convert_to_numpy(x), "float64")


def test_bernoulli_of_zero_logits_costs_ln_2_a_pixel():
    x = np.random.default_rng(0).integers(0, 2, (3, 28, 28, 1)).astype("float32")
    nats = _numpy(likelihoods.bernoulli_log_prob(x, np.zeros_like(x)))
    np.testing.assert_allclose(nats, -784 * np.log(2.0), rtol=1e-5)  # 543.43


def test_bernoulli_probabilities_of_all_images_sum_to_one():
    logits = 2.0 * np.random.default_rng(0).standard_normal((1, 2, 4)).astype("float32")
    images = np.array(list(itertools.product([0.0, 1.0], repeat=8)), "float32")
    images = images.reshape(-1, 2, 4)
    log_probs = likelihoods.bernoulli_log_prob(images, np.repeat(logits, 256, axis=0))
    assert np.exp(_numpy(log_probs)).sum() == pytest.approx(1.0, abs=1e-5)


def test_bernoulli_of_large_logits_stays_finite():
    x = np.array([[1.0], [0.0], [1.0], [0.0]], "float32")
    logits = np.array([[1e4], [1e4], [-1e4], [-1e4]], "float32")
    nats = _numpy(likelihoods.bernoulli_log_prob(x, logits))
    np.testing.assert_allclose(nats, [0.0, -1e4, -1e4, 0.0])


def test_bernoulli_samples_follow_the_logits():
    uniform = (np.arange(1000, dtype="float32") + 0.5) / 1000
    logits = np.full(1000, np.log(0.3 / 0.7), "float32")
    drawn = _numpy(likelihoods.bernoulli_sample(logits, uniform))
    assert set(drawn) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.3, abs=2e-3)


@pytest.mark.parametrize("log_variance", [-3.0, 0.0, 1.2])
def test_gaussian_density_integrates_to_one(log_variance):
    x = np.linspace(-25.0, 25.0, 20_001, dtype="float32")[:, None]
    mean = np.full_like(x, 0.4)
    log_probs = likelihoods.gaussian_log_prob(x, mean, log_variance)
    mass = np.exp(_numpy(log_probs)).sum() * 50.0 / 20_000
    assert mass == pytest.approx(1.0, abs=1e-4)


def test_gaussian_of_its_mean_is_the_constant_alone():
    x = np.random.default_rng(0).random((2, 3, 5)).astype("float32")
    nats = _numpy(likelihoods.gaussian_log_prob(x, x, 0.5))
    np.testing.assert_allclose(nats, -7.5 * (np.log(2 * np.pi) + 0.5), rtol=1e-5)


def test_gaussian_sample_has_its_mean_and_deviation():
    normal = np.array([[-1.0], [0.0], [2.0]], "float32")
    mean = np.full((3, 1), 5.0, "float32")
    drawn = _numpy(likelihoods.gaussian_sample(mean, 2 * np.log(3.0), normal))
    np.testing.assert_allclose(drawn[:, 0], [2.0, 5.0, 11.0], rtol=1e-5)


def test_categorical_log_prob_and_sample_agree():
    probabilities = np.array([0.1, 0.0, 0.5, 0.4], "float32")
    logits = np.log(np.maximum(probabilities, 1e-30))
    uniform = (np.arange(1000, dtype="float32") + 0.5) / 1000
    rows = np.broadcast_to(logits, (1000, 4)).astype("float32")
    drawn = _numpy(likelihoods.categorical_sample(rows, uniform)).astype(int)
    counts = np.bincount(drawn, minlength=4) / 1000
    np.testing.assert_allclose(counts, probabilities, atol=2e-3)
    nats = _numpy(likelihoods.categorical_log_prob(drawn, rows))
    np.testing.assert_allclose(np.exp(nats), probabilities[drawn], rtol=1e-5)


def test_categorical_sums_over_pixels():
    x = np.zeros((2, 3, 3), "int32")
    nats = _numpy(
        likelihoods.categorical_log_prob(x, np.zeros((2, 3, 3, 256), "float32"))
    )
    np.testing.assert_allclose(nats, -9 * np.log(256.0), rtol=1e-5)  # 8 bits a pixel


def test_binarize_draws_ones_at_the_rate_of_the_grey_value():
    grey = np.repeat(np.array([0.0, 0.2, 0.7, 1.0], "float32"), 10_000)
    uniform = np.random.default_rng(0).random(grey.shape, dtype="float32")
    drawn = _numpy(likelihoods.binarize(grey, "dynamic", uniform))
    assert set(drawn) == {0.0, 1.0}
    rates = drawn.reshape(4, -1).mean(axis=1)
    assert rates[0] == 0.0 and rates[3] == 1.0
    for rate, p in zip(rates[1:3], (0.2, 0.7), strict=True):
        assert abs(rate - p) < 4 * np.sqrt(p * (1 - p) / 10_000)


def test_binarize_by_threshold_or_not_at_all():
    grey = np.array([0.0, 0.4, 0.6, 1.0], "float32")
    np.testing.assert_array_equal(
        _numpy(likelihoods.binarize(grey, "threshold")), [0.0, 0.0, 1.0, 1.0]
    )
    np.testing.assert_array_equal(_numpy(likelihoods.binarize(grey, None)), grey)
    with pytest.raises(ValueError, match="Did you mean 'dynamic'.*Received: mode="):
        likelihoods.binarize(grey, "dynamics")
