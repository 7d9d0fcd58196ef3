"""Scores of images beside the ones that they should be: noise ratio and brightness.

By the protocol of super-resolution (Ledig et al., 2017, "Photo-Realistic Single Image
Super-Resolution Using a Generative Adversarial Network",
https://arxiv.org/abs/1609.04802, section 3.1): of the luma of `luma` alone, without as
many pixels of the border as the image is enlarged by.
"""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.metrics.checks import check_images, check_same_size, unit_images
from kerasgen.metrics.structural_similarity import ssim

WEIGHTS = np.array([65.481, 128.553, 24.966]) / 255.0  # of ITU-R BT.601, as in MATLAB
OFFSET = 16.0 / 255.0


def luma(images):
    """Returns the brightness Y of YCbCr: `16 / 255` for black, `235 / 255` for white.

    Args:
        images: RGB or grey images `(n, height, width, channels)`, `uint8` or floats in
            `[0, 1]`.

    Returns:
        float64 array `(n, height, width, 1)`, not rounded.
    """
    images = unit_images(check_images("images", images))
    if images.shape[-1] not in (1, 3):
        raise ValueError(
            f"`images` must be RGB or grey. Received: images of shape {images.shape}"
        )
    if images.shape[-1] == 1:
        return OFFSET + WEIGHTS.sum() * images
    return OFFSET + images @ WEIGHTS[:, None]


def psnr(x, y):
    """Returns the peak signal-to-noise ratio of pairs of images, in decibels.

    `-10 log10 E (x - y)^2` of values in `[0, 1]`, the mean over an image.

    Args:
        x, y: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.

    Returns:
        float64 array `(n,)`, infinite for equal images.
    """
    x, y = check_images("x", x), check_images("y", y)
    check_same_size(x=x, y=y)
    difference = unit_images(x) - unit_images(y)
    with np.errstate(divide="ignore"):
        return -10.0 * np.log10(np.mean(difference**2, axis=(1, 2, 3)))


def luma_scores(targets, images, border):
    """Returns the scores of enlarged images by the protocol of super-resolution.

    Args:
        targets, images: RGB or grey images `(n, height, width, channels)`.
        border: int. Pixels of each side that are left out, the factor of enlargement.

    Returns:
        dict: float64 arrays `(n,)`, `psnr`, in decibels, and `ssim`.
    """
    targets = check_images("targets", targets)
    check_int("border", border, 0, (min(targets.shape[1:3]) - 1) // 2)
    inner = slice(border, -border or None)
    x, y = (luma(i)[:, inner, inner] for i in (targets, images))
    return {"psnr": psnr(x, y), "ssim": ssim(x, y)}
