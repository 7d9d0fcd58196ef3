"""Discretised logistics: their mass, their closed form, and the chain of channels."""

import itertools

import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.losses.logistic_mixture import (
    LogisticMixture,
    logistic_log_prob,
    mixture_log_probs,
)
from tests.autoregressive.causality import FLOAT

# Rounding of a mean near 255 levels moves mass by 1e-6 of it in float32.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}[FLOAT]
MEANS = np.array([-3.0, -1.0, -0.999, -0.5, 0.001, 0.3, 1.0, 2.0])
LOG_SCALES = np.array([-9.0, -7.0, -5.0, -2.0, 0.0, 3.0, 20.0])


def log_probs(mean, log_scale, levels):
    """Returns the log-probability of each level, `(levels, ...)`, as an array."""
    x = np.arange(levels).reshape(-1, *[1] * np.ndim(mean)).astype(FLOAT)
    mean, log_scale = (np.asarray(a, FLOAT) for a in (mean, log_scale))
    values = logistic_log_prob(
        ops.convert_to_tensor(x),
        ops.convert_to_tensor(mean),
        ops.convert_to_tensor(log_scale),
        levels,
    )
    return ops.convert_to_numpy(values).astype("float64")


def random_parameters(mixture, n, seed=0):
    values = np.random.default_rng(seed).normal(size=(n, mixture.size))
    return ops.convert_to_tensor(values.astype(FLOAT))


@pytest.mark.parametrize("levels", [2, 4, 16, 256])
def test_masses_of_all_levels_sum_to_one(levels):
    mean, log_scale = np.meshgrid(MEANS, LOG_SCALES)
    total = np.exp(log_probs(mean, log_scale, levels)).sum(0)
    np.testing.assert_allclose(total, 1.0, atol=TOLERANCE)


def test_mass_is_the_difference_of_two_sigmoids():
    levels, (mean, log_scale) = 256, np.meshgrid(MEANS, [-4.0, -1.0, 1.0])
    x = 2.0 * np.arange(levels)[:, None, None] / 255.0 - 1.0
    edges = np.stack([x - 1.0 / 255.0, x + 1.0 / 255.0])
    cdf = 1.0 / (1.0 + np.exp(-(edges - mean) / np.exp(log_scale)))
    cdf[0, 0], cdf[1, -1] = 0.0, 1.0
    found = np.exp(log_probs(mean, log_scale, levels))
    np.testing.assert_allclose(found, cdf[1] - cdf[0], atol=TOLERANCE)


@pytest.mark.parametrize("log_scale", [-7.0, -5.0, -3.0])
def test_a_component_on_a_level_has_tanh_of_its_width_there(log_scale):
    """tanh(1 / (510 s)): 0.973 at the clamp."""
    mean = 2.0 * 100 / 255.0 - 1.0
    mass = np.exp(log_probs(mean, log_scale, 256)[100])
    expected = np.tanh(1.0 / (510.0 * np.exp(log_scale)))
    assert mass == pytest.approx(expected, abs=10 * TOLERANCE)


def test_a_wide_component_is_half_on_each_edge():
    masses = np.exp(log_probs(0.0, 20.0, 256))
    assert masses[0] == pytest.approx(0.5, abs=1e-6)
    assert masses[-1] == pytest.approx(0.5, abs=1e-6)


def test_the_scale_is_held_above_its_least():
    low, least = log_probs(0.1, -30.0, 256), log_probs(0.1, -7.0, 256)
    np.testing.assert_array_equal(low, least)


def test_two_levels_are_a_bernoulli():
    mean, log_scale = 0.4, 0.3
    white = np.exp(log_probs(mean, log_scale, 2)[1])
    expected = 1.0 / (1.0 + np.exp(-mean / np.exp(log_scale)))
    assert white == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.every_backend
@pytest.mark.parametrize("mean, log_scale", [(50.0, -7.0), (0.0, 80.0), (-50.0, 0.0)])
def test_values_and_gradients_are_finite_where_masses_underflow(mean, log_scale):
    x = ops.convert_to_tensor(np.arange(256, dtype=FLOAT))

    def total(parameters):
        return logistic_log_prob(x, parameters[0], parameters[1], 256)

    parameters = np.array([mean, log_scale], FLOAT)
    gradient = backend.input_gradient(total, parameters)
    assert np.isfinite(ops.convert_to_numpy(gradient)).all()
    single = ops.convert_to_tensor(parameters[:, None])
    table = mixture_log_probs(ops.zeros_like(single[0]), *single, 256)
    expected = log_probs(mean, log_scale, 256)
    table = ops.convert_to_numpy(table)
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("channels, size", [(1, 30), (2, 60), (3, 100), (4, 150)])
def test_an_rgb_component_has_ten_parameters(channels, size):
    assert LogisticMixture(channels, 10, 256).size == size


@pytest.mark.any_backend
@pytest.mark.parametrize("levels", [4, 8])
def test_masses_of_all_rgb_pixels_sum_to_one(levels):
    mixture = LogisticMixture(3, 5, levels)
    pixels = np.array(list(itertools.product(range(levels), repeat=3)))
    parameters = ops.tile(random_parameters(mixture, 1), (len(pixels), 1))
    nats = ops.convert_to_numpy(mixture.log_prob(parameters, pixels))
    assert np.exp(nats.astype("float64")).sum() == pytest.approx(1.0, abs=TOLERANCE)


@pytest.mark.any_backend
@pytest.mark.parametrize("channels, levels", [(1, 256), (3, 4), (3, 256), (4, 2)])
def test_the_chain_of_channels_gives_the_pixel(channels, levels):
    """The log-probabilities `log p(x_k | x_<k)` sum to that of the pixel."""
    mixture, n = LogisticMixture(channels, 3, levels), 20
    x = np.random.default_rng(1).integers(0, levels, (n, channels))
    parameters = random_parameters(mixture, n)
    table = ops.convert_to_numpy(mixture.log_probs(parameters, x))
    assert table.shape == (n, channels, levels)
    np.testing.assert_allclose(np.exp(table).sum(-1), 1.0, atol=TOLERANCE)
    chosen = np.take_along_axis(table, x[..., None], axis=-1).sum((1, 2))
    expected = ops.convert_to_numpy(mixture.log_prob(parameters, x))
    np.testing.assert_allclose(chosen, expected, rtol=1e-5, atol=1e-5)


def test_means_move_by_the_true_values_of_earlier_channels():
    """Green by a of red, blue by b of red and c of green, in this order."""
    mixture = LogisticMixture(3, 1, 256)
    parameters = np.zeros((1, mixture.size), FLOAT)
    parameters[0, 1:4] = 0.1, 0.2, 0.3
    parameters[0, 7:] = 0.5, -0.6, 0.7
    parts = mixture.split(ops.convert_to_tensor(parameters))
    values = [np.array([v], FLOAT) for v in (0.4, -0.8, 1.0)]
    means = [float(mixture.component(parts, values, k)[0][0, 0]) for k in range(3)]
    a, b, c = np.tanh([0.5, -0.6, 0.7])
    expected = [0.1, 0.2 + a * 0.4, 0.3 + b * 0.4 - c * 0.8]
    np.testing.assert_allclose(means, expected, atol=1e-6)
