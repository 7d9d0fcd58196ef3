"""Laplacian pyramids: an image as a small one and what each enlargement of it misses.

Burt and Adelson, 1983, "The Laplacian Pyramid as a Compact Image Code", as in Denton et
al., 2015, https://arxiv.org/abs/1506.05751, section 2.2. Levels are counted from the
coarsest. Both filters, `d` that reduces and `u` that enlarges, are bilinear: a tent as
wide as two pixels of the smaller image, about each pixel's centre, cut off at borders.
They are products with fixed matrices, whose gradients of any order are right on every
backend.
"""

import itertools

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.sizes import halvings


def level_sizes(height, width, heights=None, least=1):
    """Returns `(height, width)` of the images of each level, the smallest first.

    Args:
        height, width: int. Of the images.
        heights: tuple of ints, of the smaller levels; widths are in proportion,
            rounded. None halves both sides down to 8 to 15.
        least: int. Fewest pixels of a side above the smallest level.
    """
    if heights is None:
        count = halvings(height, width, least=8)
        return [(height >> i, width >> i) for i in range(count, -1, -1)]
    sizes = [(check_int("heights", h), round(width * h / height)) for h in heights]
    sizes.append((height, width))
    pairs = itertools.pairwise(sizes)
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairs) and sizes[0][1]
    if not rising or any(min(size) < least for size in sizes[1:]):
        raise ValueError(
            "`heights` must rise to that of images, and levels above the first have "
            f"sides of at least {least} pixels. Received: heights={heights} for images "
            f"of {height}x{width}"
        )
    return sizes


def bilinear_matrix(new, old):
    """Returns the matrix that resizes a row of pixels, float32 `(new, old)`."""
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    distances = np.abs(centres[:, None] - np.arange(old)) / max(1.0, old / new)
    weights = np.maximum(0.0, 1.0 - distances)
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")


def resize(x, size):
    """Returns images `(batch, *size, channels)`, float32, `d` or `u` of `x`."""
    rows, columns = (
        bilinear_matrix(new, old) for new, old in zip(size, x.shape[1:3], strict=True)
    )
    x = ops.einsum("ah,bhwc->bawc", rows, ops.cast(x, "float32"))
    return ops.einsum("aw,bhwc->bhac", columns, x)


def gaussian_pyramid(x, sizes):
    """Returns `I_K` to `I_0`, the images of each size, each reduced from the next.

    Args:
        x: float tensor `(batch, height, width, channels)`, which has the last size.
        sizes: list of `(height, width)`, the smallest first.
    """
    images = [ops.cast(x, "float32")]
    for size in reversed(sizes[:-1]):
        images.append(resize(images[-1], size))
    return images[::-1]


def laplacian_pyramid(x, sizes):
    """Returns `I_K` and the residuals `h_k = I_k - u(I_{k+1})` behind it, a list.

    Args:
        x, sizes: as in `gaussian_pyramid`.
    """
    first, *images = gaussian_pyramid(x, sizes)
    lows = [first, *images]
    pairs = zip(images, lows, strict=False)
    return [first, *(image - resize(low, image.shape[1:3]) for image, low in pairs)]


def collapsed(pyramid):
    """Returns the image of a `laplacian_pyramid`: `I_k = u(I_{k+1}) + h_k`."""
    image, *residuals = pyramid
    for residual in residuals:
        image = resize(image, residual.shape[1:3]) + residual
    return image
