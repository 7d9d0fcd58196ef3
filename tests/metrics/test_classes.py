"""Classes of samples: a classifier of real images, and how much a class varies."""

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import PixelClassifier, within_class_variance

pytestmark = pytest.mark.any_backend


def test_digits_are_told_apart_and_noise_is_not():
    train = kerasgen.data.load("digits", labels=True).arrays()
    x, labels = kerasgen.data.load("digits", "test", labels=True).arrays()
    found = PixelClassifier(*train).predict(x)
    assert np.mean(found == labels) > 0.98
    noise = np.random.default_rng(0).random(x.shape)
    assert np.mean(PixelClassifier(*train).predict(noise) == labels) < 0.3
    floats = kerasgen.images.to_float(x)
    np.testing.assert_array_equal(PixelClassifier(*train).predict(floats), found)


def test_variance_is_that_of_a_pixel_within_its_class():
    rng, labels = np.random.default_rng(0), np.repeat([0, 1], 2000)
    x = np.empty((4000, 2, 2, 1))
    x[:2000] = 0.2 + rng.uniform(-0.1, 0.1, (2000, 2, 2, 1))
    x[2000:] = 0.8 + rng.uniform(-0.2, 0.2, (2000, 2, 2, 1))
    expected = (0.2**2 + 0.4**2) / 12 / 2  # of uniform numbers, half in each class
    assert within_class_variance(x, labels) == pytest.approx(expected, rel=0.02)
    one = np.repeat(x[[0, 2000]], 2, axis=0)
    assert within_class_variance(one, [0, 0, 1, 1]) == 0.0


def test_what_cannot_be_measured_is_refused():
    x = np.zeros((3, 2, 2, 1))
    with pytest.raises(ValueError, match="`labels` must be.*Received: 3 images"):
        PixelClassifier(x, [0, 0, 0])
    with pytest.raises(ValueError, match="`labels` must be.*Received"):
        PixelClassifier(x, [0, 1])
    with pytest.raises(ValueError, match="`labels` must be.*Received"):
        within_class_variance(x, [0, 1, 1])
