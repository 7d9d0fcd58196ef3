"""The resize rules of published scores, pixel by pixel."""

import numpy as np
import pytest
from keras import ops

from kerasgen.metrics import resizing
from tests.metrics.inception_reference import random_images


def resized(images, size, rule):
    return ops.convert_to_numpy(resizing.resize_and_scale(images, size, rule))


def by_hand(image, size, shift):
    """Bilinear interpolation of one channel, one pixel after the other."""
    height, width = image.shape
    image = image.astype("float64")
    output = np.empty((size, size))
    for row in range(size):
        for column in range(size):
            y = max((row + shift) * height / size - shift, 0)
            x = max((column + shift) * width / size - shift, 0)
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = image[top, left] * (1 - x + left) + image[top, right] * (x - left)
            lower = image[bottom, left] * (1 - x + left)
            lower += image[bottom, right] * (x - left)
            output[row, column] = upper * (1 - y + top) + lower * (y - top)
    return output


@pytest.mark.parametrize("size", [1, 5, 7, 20])
def test_bilinear_rules_by_hand(size):
    images = random_images((1, 7, 10, 2))
    for rule, shift, scale, centre in (
        ("tensorflow", 0.0, 128.0, 128.0),
        ("torch", 0.5, 127.5, 127.5),
    ):
        expected = by_hand(images[0, ..., 1], size, shift)
        output = resized(images, size, rule)
        assert output.shape == (1, size, size, 2) and output.dtype == np.float32
        expected = (expected - centre) / scale
        np.testing.assert_allclose(output[0, ..., 1], expected, atol=1e-5)


def test_only_the_clean_rule_smooths_what_it_makes_smaller():
    stripes = np.zeros((1, 60, 60, 1), "uint8")
    stripes[:, :, ::2] = 254
    for rule in ("tensorflow", "torch"):
        assert resized(stripes, 25, rule).std() > 0.5
    clean = resized(stripes, 25, "clean")[:, 2:-2, 2:-2]
    np.testing.assert_allclose(clean, -1 / 128, atol=0.02)


def test_the_clean_rule_squeezes_and_stays_in_range():
    images = np.zeros((1, 6, 20, 1), "uint8")
    images[:, :, 10:] = 255  # bicubic interpolation overshoots at an edge
    output = resized(images, 9, "clean")[0, ..., 0]
    assert output.min() == -1.0 and output.max() == 127 / 128
    np.testing.assert_allclose(output[:, 0], -1.0)
    np.testing.assert_allclose(output[:, 8], 127 / 128)
    assert (np.diff(output, axis=0) == 0).all()


@pytest.mark.parametrize("rule", list(resizing.RULES))
def test_an_image_of_the_right_size_is_only_scaled(rule):
    images = random_images((1, 8, 8, 3))
    images[0, 0, :2, 0] = 0, 255
    output = resized(images, 8, rule)
    centre = 127.5 if rule == "torch" else 128.0
    np.testing.assert_allclose(output, (images - centre) / centre, atol=1e-6)
