"""Pixel likelihoods: bounded variance, samples in range, arguments that fit."""

import itertools
import math

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.pixel_likelihood import GaussianPixels, pixel_likelihood


def test_trained_variance_has_a_floor():
    """Otherwise pixels that never vary make the density infinite."""
    pixels = GaussianPixels()
    pixels.raw_log_variance.assign(-1000.0)
    x = np.zeros((1, 2, 2, 1), "float32")
    nats = float(ops.convert_to_numpy(pixels.log_prob(x, x))[0])
    assert nats == pytest.approx(-0.5 * 4 * (math.log(2 * math.pi) - 10.0), rel=1e-5)


def test_fixed_variance_trains_nothing():
    assert GaussianPixels(0.25).trainable_variables == []
    assert len(GaussianPixels().trainable_variables) == 1
    x = np.full((1, 1, 1, 1), 0.5, "float32")
    nats = ops.convert_to_numpy(GaussianPixels(0.25).log_prob(x, x - 0.5))[0]
    assert nats == pytest.approx(-0.5 * (math.log(2 * math.pi * 0.25) + 1.0), rel=1e-5)


def test_gaussian_samples_are_images():
    pixels = GaussianPixels(1.0)
    outputs = np.full((1, 100, 100, 1), 0.5, "float32")
    noise = np.random.default_rng(0).standard_normal(outputs.shape, dtype="float32")
    drawn = ops.convert_to_numpy(pixels.sample(outputs, noise))
    assert drawn.min() == 0.0 and drawn.max() == 1.0
    assert np.mean((drawn > 0) & (drawn < 1)) == pytest.approx(0.383, abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        (("bernouli", "dynamic", None), "Did you mean 'bernoulli'"),
        (("bernoulli", "static", None), "Received: binarization='static'"),
        (("bernoulli", "dynamic", 1.0), "Received: variance=1.0"),
        (("gaussian", "dynamic", None), "Received: binarization='dynamic'"),
        (("gaussian", None, 0.0), "Received: variance=0.0"),
        (("gaussian", None, "learned"), "Did you mean|Received: variance='learned'"),
        (("gaussian", None, None, 16), "Received: levels=16"),
        (("categorical", None, None, 100), "`levels` must divide 256"),
        (("categorical", None, 1.0), "Received: variance=1.0"),
        (("discretized_logistic", "dynamic", None), "Received: binarization='dynamic'"),
    ],
)
def test_arguments_must_fit_each_other(arguments, received):
    with pytest.raises(ValueError, match=received):
        pixel_likelihood(*arguments)


@pytest.mark.parametrize("likelihood", ["categorical", "discretized_logistic"])
def test_the_masses_of_all_levels_sum_to_1(likelihood):
    pixels = pixel_likelihood(likelihood, None, None, 8)
    generator = np.random.default_rng(0)
    outputs = generator.normal(0.0, 1.5, (1, 1, 3 * pixels.outputs)).astype("float32")
    x = np.array(list(itertools.product(range(8), repeat=3))) / 7.0
    x = x.reshape(512, 1, 1, 3).astype("float32")
    nats = pixels.log_prob(x, np.repeat(outputs[None], 512, axis=0))
    assert np.exp(ops.convert_to_numpy(nats)).sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize("likelihood", ["categorical", "discretized_logistic"])
def test_samples_have_the_frequencies_of_the_masses(likelihood):
    pixels = pixel_likelihood(likelihood, None, None, 4)
    outputs = np.array([[[[0.3, -1.0, 0.5, 0.1][: pixels.outputs]]]], "float32")
    count = 20_000
    noise = (np.arange(count) + 0.5) / count
    noise = noise.reshape(count, 1, 1, 1).astype("float32")
    drawn = ops.convert_to_numpy(pixels.sample(np.repeat(outputs, count, 0), noise))
    for level in range(4):
        x = np.full((1, 1, 1, 1), level / 3, "float32")
        mass = np.exp(ops.convert_to_numpy(pixels.log_prob(x, outputs)))[0]
        assert np.mean(np.isclose(drawn, level / 3)) == pytest.approx(mass, abs=2e-4)


def test_images_are_cut_to_their_levels():
    pixels = pixel_likelihood("categorical", None, None, 4)
    x = np.array([0, 63, 64, 127, 128, 255], "float32").reshape(6, 1, 1, 1) / 255
    observed = ops.convert_to_numpy(pixels.observe(x)).ravel()
    np.testing.assert_allclose(observed * 3, [0, 0, 1, 1, 2, 3], atol=1e-6)
    mean = pixels.mean(np.zeros((1, 1, 1, 4), "float32"))
    assert float(ops.convert_to_numpy(mean)[0, 0, 0, 0]) == pytest.approx(0.5)


def test_a_predicted_variance_is_each_pixels_own():
    pixels = pixel_likelihood("gaussian", None, "predicted")
    assert pixels.outputs == 2 and pixels.trainable_variables == []
    outputs = np.array([[[[0.5, 0.25, np.log(0.04), 100.0]]]], "float32")
    x = np.array([[[[0.7, 0.25]]]], "float32")
    nats = float(ops.convert_to_numpy(pixels.log_prob(x, outputs))[0])
    expected = -0.5 * (2 * np.log(2 * np.pi) + np.log(0.04) + 1.0 + 10.0)
    assert nats == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(pixels.mean(outputs)[0, 0, 0], [0.5, 0.25])
    noise = np.ones((1, 1, 1, 2), "float32")
    drawn = ops.convert_to_numpy(pixels.sample(outputs, noise))
    np.testing.assert_allclose(drawn[0, 0, 0], [0.7, 1.0], rtol=1e-5)
