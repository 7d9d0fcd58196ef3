"""Sums of mean codes, and how often they give what they should."""

import keras
import numpy as np
import pytest

from kerasgen import explore
from kerasgen.metrics import FeatureNetwork
from tests.explore import tiny


def test_the_result_is_the_sum_of_means():
    model = tiny.gan()
    codes = np.random.default_rng(0).normal(size=(3, 3, 2)).astype("float32")
    a, b, c = codes
    found = explore.arithmetic(model, [a, c], [b], rows=2, noise=0.25)
    result = a.mean(axis=0) - b.mean(axis=0) + c.mean(axis=0)
    np.testing.assert_allclose(found.facts["result"], result, atol=1e-6)
    assert found.images.shape == (5, 4, *tiny.SHAPE)
    np.testing.assert_allclose(found.codes[0, :3], a)
    np.testing.assert_allclose(found.codes[1, 3], c.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.codes[3, 0], result, atol=1e-6)
    noise = found.codes[3:].reshape(8, 2)[1:] - result
    assert 0.1 < np.abs(noise).max() <= 0.25 + 1e-6
    expected = model.sample(1, latents=result[None])
    np.testing.assert_allclose(found.images[3, :1], expected, atol=1e-5)
    assert found.row_labels == ["+", "+", "-", "=", "noise added"]


class _Threshold:
    """A judge of the brightness of one pixel, beside which others mean nothing."""

    def __init__(self, pixel, lower=0.5, upper=0.5):
        self.pixel, self.lower, self.upper = pixel, lower, upper

    def __call__(self, images):
        value = images[:, 0, self.pixel, 0]
        return np.where(value > self.upper, 1, np.where(value <= self.lower, 0, -1))


def _two_pixel_model(spread=0.2):
    """A decoder whose first two pixels are its two codes, about one half."""
    model = tiny.linear_autoencoder(2)
    kernel, bias = model.decoder.get_weights()
    kernel = 0.0 * kernel
    kernel[0, 0] = kernel[1, 1] = spread
    model.decoder.set_weights([kernel, bias])
    return model


def test_independent_attributes_are_added_more_surely_by_means():
    """By hand: with both codes far from 0, the sum has both signs right for sure."""
    model, judges = _two_pixel_model(), [_Threshold(0), _Threshold(1)]
    found = explore.arithmetic_success(model, judges, (1, 3), 400, 800)
    assert found["chance"] == pytest.approx(0.25, abs=0.05)
    assert sum(found["available"]) + 800 * found["chance"] == 800
    single, mean = found["success"]
    # Of three half normals a - b + c, the sum is positive in 0.804 of all cases by
    # simulation, for each attribute on its own; of means of three in 0.93.
    normal = np.abs(np.random.default_rng(0).normal(size=(2, 9, 200_000)))
    for count, share in ((1, single), (3, mean)):
        a, b, c = (normal[:, 3 * i : 3 * i + count].mean(axis=1) for i in range(3))
        first, second = (a + b - c)[0] > 0, (c - a + b)[1] > 0
        expected = np.mean(first) * np.mean(second)
        error = 4 * np.sqrt(expected * (1 - expected) / 400)
        assert share == pytest.approx(expected, abs=error)
    assert mean > single > found["blind_success"].max() + 0.1
    np.testing.assert_allclose(found["blind_success"], 0.25, atol=0.09)
    np.testing.assert_allclose(
        found["error"], np.sqrt(found["success"] * (1 - found["success"]) / 400)
    )
    again = explore.arithmetic_success(model, judges, (1, 3), 400, 800)
    np.testing.assert_array_equal(again["success"], found["success"])


def test_samples_of_other_values_are_not_chosen():
    model = _two_pixel_model()
    judges = [_Threshold(0, 0.4, 0.6), _Threshold(1, 0.4, 0.6)]
    found = explore.arithmetic_success(model, judges, 1, 5, 500)
    for codes, signs in zip(found["codes"], ((1, -1), (-1, -1), (-1, 1)), strict=True):
        assert len(codes) and (codes * signs > 0.4).all()


def test_a_classifier_judges():
    inputs = keras.Input((1, 1, 1))
    x = keras.layers.Flatten()(inputs)
    logits = keras.ops.concatenate([0.2 - x, 0.0 * x, x - 0.6], axis=1)
    network = FeatureNetwork("three", keras.Model(inputs, [x, logits]))
    judge = explore.class_judge(network, present=2, absent=0)
    images = np.array([0.0, 0.4, 1.0], "float32").reshape(3, 1, 1, 1)
    np.testing.assert_array_equal(judge(images), [0, -1, 1])
    with pytest.raises(ValueError, match="must be in .0, 2."):
        explore.class_judge(network, 3, 0)
    with pytest.raises(ValueError, match="another class than"):
        explore.class_judge(network, 1, 1)


def test_wrong_arguments_are_refused():
    model = tiny.gan()
    with pytest.raises(ValueError, match="of one shape, with latent_dim=2"):
        explore.arithmetic(model, [np.zeros((3, 2))], [np.zeros((2, 2))])
    with pytest.raises(ValueError, match="`names` must be 3"):
        explore.arithmetic(model, [np.zeros((1, 2))], [np.ones((1, 2))], names=["a"])
    judges = [_Threshold(0, 2.0, 2.0)] * 2
    with pytest.raises(ValueError, match="of which .0, 20, 0. are of each kind"):
        explore.arithmetic_success(model, judges, num_samples=20)
