"""Pixel likelihoods: bounded variance, samples in range, arguments that fit."""

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
    ],
)
def test_arguments_must_fit_each_other(arguments, received):
    with pytest.raises(ValueError, match=received):
        pixel_likelihood(*arguments)
