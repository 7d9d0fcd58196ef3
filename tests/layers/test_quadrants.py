"""Quadrants: which pixels are given, and a likelihood of the others."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.pixel_likelihood import pixel_likelihood
from kerasgen.layers.quadrants import PartialPixels, given_quadrants, take_pixels


def test_quadrants_are_given_from_the_lower_left_on():
    expected = {
        1: [[0, 0], [1, 0]],
        2: [[1, 0], [1, 0]],
        3: [[1, 0], [1, 1]],
    }
    for quadrants, where in expected.items():
        whole = np.kron(where, np.ones((2, 3))).astype(bool)
        np.testing.assert_array_equal(given_quadrants((4, 6, 1), quadrants), whole)
    assert given_quadrants((5, 3, 2), 1).sum() == 3 * 1
    with pytest.raises(ValueError, match="Received: quadrants=4"):
        given_quadrants((4, 6, 1), 4)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("likelihood", "arguments"),
    [
        ("bernoulli", (None, None)),
        ("gaussian", (None, 0.5)),
        ("categorical", (None, None, 4)),
        ("discretized_logistic", (None, None, 4)),
    ],
)
def test_likelihoods_of_both_parts_add_up_to_the_whole(likelihood, arguments):
    pixels = pixel_likelihood(likelihood, *arguments)
    generator, where = np.random.default_rng(0), given_quadrants((4, 3, 2), 1)
    x = pixels.observe(generator.integers(0, 2, (2, 4, 3, 2)).astype("float32"))
    outputs = generator.normal(size=(2, 4, 3, 2 * pixels.outputs)).astype("float32")
    outputs = ops.convert_to_tensor(outputs)
    parts = [PartialPixels(pixels, w).log_prob(x, outputs) for w in (where, ~where)]
    first, second = (ops.convert_to_numpy(part) for part in parts)
    whole = ops.convert_to_numpy(pixels.log_prob(x, outputs))
    np.testing.assert_allclose(first + second, whole, rtol=1e-5)
    assert np.all(first != 0.0) and np.all(second != 0.0)


def test_taken_pixels_are_those_of_the_mask_in_raster_order():
    images = ops.reshape(ops.arange(24, dtype="float32"), (1, 4, 3, 2))
    taken = ops.convert_to_numpy(take_pixels(images, given_quadrants((4, 3, 2), 1)))
    np.testing.assert_array_equal(taken, [[[12, 13], [18, 19]]])
