"""Scores of images beside the ones that they should be, by closed forms."""

import math

import numpy as np
import pytest

from kerasgen.metrics import luma, luma_scores, psnr, ssim

pytestmark = pytest.mark.any_backend


def test_luma_of_known_colours():
    """MATLAB's `rgb2ycbcr`: 16 of black, 235 of white, 81.5 of red, 40.97 of blue."""
    colors = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]], "uint8")
    found = luma(colors.reshape(4, 1, 1, 3)).ravel()
    np.testing.assert_allclose(255 * found, [16, 235, 81.481, 40.966], atol=1e-3)
    grey = luma(np.full((1, 2, 2, 1), 128, "uint8"))
    np.testing.assert_allclose(grey, luma(np.full((1, 2, 2, 3), 128, "uint8")))
    with pytest.raises(ValueError, match="`images` must be RGB or grey. Received"):
        luma(np.zeros((1, 2, 2, 2)))


def test_psnr_is_minus_ten_logarithms_of_the_squared_error():
    x = np.zeros((3, 4, 4, 3))
    y = np.full_like(x, 0.1)
    y[1], y[2] = 0.0, 1.0
    np.testing.assert_allclose(psnr(x, y), [20.0, math.inf, 0.0], atol=1e-9)
    x, y = np.random.default_rng(0).integers(0, 256, (2, 5, 6, 6, 1), "uint8")
    expected = 10 * np.log10(255**2 / np.mean((1.0 * x - y) ** 2, axis=(1, 2, 3)))
    np.testing.assert_allclose(psnr(x, y), expected)


def test_the_border_is_left_out_of_the_luma():
    draws = np.random.default_rng(0)
    x, y = draws.integers(0, 256, (2, 2, 20, 24, 3), "uint8")
    found = luma_scores(x, y, 4)
    inner = luma(x)[:, 4:-4, 4:-4], luma(y)[:, 4:-4, 4:-4]
    np.testing.assert_allclose(found["psnr"], psnr(*inner))
    np.testing.assert_allclose(found["ssim"], ssim(*inner))
    y[:, 4:-4, 4:-4] = x[:, 4:-4, 4:-4]
    assert (luma_scores(x, y, 4)["psnr"] == math.inf).all()
    assert (luma_scores(x, y, 0)["psnr"] < 20).all()
