"""Laplacian pyramids: exact in both directions, whatever the ratio of the sizes."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.laplacian_pyramid import (
    bilinear_matrix,
    collapsed,
    gaussian_pyramid,
    laplacian_pyramid,
    level_sizes,
    resize,
)

X = np.random.default_rng(0).uniform(-1, 1, (2, 28, 14, 3)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def test_a_tent_reduces_and_enlarges():
    reduced, enlarged = bilinear_matrix(4, 8), bilinear_matrix(8, 4)
    np.testing.assert_allclose(reduced[1], np.array([0, 1, 3, 3, 1, 0, 0, 0]) / 8)
    np.testing.assert_allclose(reduced[0, :3], np.array([3, 3, 1]) / 7, rtol=1e-6)
    np.testing.assert_allclose(enlarged[:2], [[1, 0, 0, 0], [0.75, 0.25, 0, 0]])
    np.testing.assert_allclose(bilinear_matrix(5, 5), np.eye(5))


@pytest.mark.parametrize("heights", [(8, 14), (8, 10, 21), ()])
def test_the_round_trip_is_exact(heights):
    """I_k = u(I_{k+1}) + h_k with h_k = I_k - u(I_{k+1}), section 2.2."""
    sizes = level_sizes(28, 14, heights)
    pyramid = laplacian_pyramid(X, sizes)
    assert [tuple(x.shape[1:3]) for x in pyramid] == sizes
    assert [size[0] for size in sizes] == [*heights, 28]
    np.testing.assert_allclose(array(collapsed(pyramid)), X, atol=1e-6)
    images = gaussian_pyramid(X, sizes)
    for low, image, residual in zip(images, images[1:], pyramid[1:], strict=False):
        found = array(residual) + array(resize(low, image.shape[1:3]))
        np.testing.assert_allclose(found, array(image), atol=1e-6)


def test_residuals_of_a_plain_area_are_nil():
    plain = np.full((1, 28, 14, 1), 0.3, "float32")
    first, *residuals = laplacian_pyramid(plain, level_sizes(28, 14, (8, 14)))
    np.testing.assert_allclose(array(first), 0.3, rtol=1e-6)
    for residual in residuals:
        np.testing.assert_allclose(array(residual), 0.0, atol=1e-6)


@pytest.mark.any_backend
def test_sizes_of_levels():
    assert level_sizes(32, 32) == [(8, 8), (16, 16), (32, 32)]
    assert level_sizes(28, 28) == [(14, 14), (28, 28)]
    assert level_sizes(28, 28, (8, 14)) == [(8, 8), (14, 14), (28, 28)]
    assert level_sizes(8, 8) == [(8, 8)]
    for wrong in ((14, 14), (14, 28), (14, 8), (4, 6)):
        with pytest.raises(ValueError, match="`heights` must rise.*Received"):
            level_sizes(28, 28, wrong, least=9)
