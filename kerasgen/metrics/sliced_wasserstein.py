"""Sliced Wasserstein distance, of points and of the patches of images.

Along a line the Wasserstein distance is found by sorting. The sliced one is its mean
over random directions: Rabin, Peyré, Delon and Bernot, 2011, "Wasserstein barycenter
and its application to texture mixing", https://doi.org/10.1007/978-3-642-24785-9_37.

Of images: Karras, Aila, Laine and Lehtinen, 2018, "Progressive growing of GANs",
https://arxiv.org/abs/1710.10196, section 5; code:
https://github.com/tkarras/progressive_growing_of_gans
(`metrics/sliced_wasserstein.py`). Patches of the levels of a Laplacian pyramid are
compared: of the coarsest, of 16 pixels, for structure, of the finest for texture.

Differs from that code:
1. Both sets draw their patches by the same seed, so that equal sets are at 0 exactly.
2. The sets may differ in number: the distance along a line is then that of two step
   functions, exactly.
3. Any number of channels, not 3 alone; sides that are no powers of 2. Images with a
   side below 31 have one level, their own pixels.
4. A channel of one value stays at 0 where that code divides by 0.
5. Sums and distances are in float64.
"""

import math

import numpy as np
from scipy.ndimage import correlate1d

from kerasgen.arguments import check_int
from kerasgen.metrics.checks import (
    check_features,
    check_images,
    check_same_size,
    unit_images,
)

_FILTER = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
_SMALLEST = 16  # the side of the coarsest level, at least
_PATCH = 7
_FLAT = 1e-6  # a deviation that is rounding alone
_VALUES = 1 << 23  # numbers held at once beside the patches


def sliced_wasserstein_distance(x, y, num_directions=128, num_repeats=4, seed=0):
    """Returns the mean distance of two sets of points along random directions.

    Args:
        x: points or features `(n, d)`, finite.
        y: likewise `(m, d)`; `m` may differ from `n`.
        num_directions: int. Directions of a repeat, uniform on the sphere. Defaults to
            `128`.
        num_repeats: int. Defaults to `4`.
        seed: int. Of the directions: compare distances of one seed.

    Returns:
        dict: `sliced_wasserstein`, in the units of the points, and, of two repeats and
        more, `sliced_wasserstein_standard_error`, the standard deviation over repeats
        divided by the root of their number: what the choice of directions adds, not
        that of the points.
    """
    x, y = check_features("x", x), check_features("y", y)
    check_same_size(x=x, y=y)
    directions = _directions(x.shape[1], num_directions, num_repeats, seed)
    return _over_repeats("sliced_wasserstein", [_distance(x, y, d) for d in directions])


def image_sliced_wasserstein(
    real, samples, patches_per_image=128, num_directions=128, num_repeats=4, seed=0
):
    """Returns the distance of patches of images, at each level of their pyramids.

    The protocol of ProGAN: 7x7 patches at random places within each level; each set of
    patches has the mean 0 and the standard deviation 1 in each channel, by its own
    statistics, so that brightness, contrast and tint of a whole set are not seen. The
    paper takes 16,384 images of each kind. Both sets of patches of one level are held
    in float32: `(n + m) * patches_per_image * 49 * channels * 4` bytes.

    Args:
        real: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`, with
            sides of at least 7.
        samples: images `(m, height, width, channels)`, likewise.
        patches_per_image: int. Defaults to `128`.
        num_directions, num_repeats: as in `sliced_wasserstein_distance`.
        seed: int. Of the patches and the directions.

    Returns:
        dict: `sliced_wasserstein_32`, `sliced_wasserstein_16` and so on, for each level
        its smaller side, and `sliced_wasserstein`, their mean; all times 1000 as in the
        paper, with `..._standard_error` as in `sliced_wasserstein_distance`.
    """
    real, samples = check_images("real", real), check_images("samples", samples)
    check_same_size(real=real, samples=samples)
    check_int("patches_per_image", patches_per_image)
    if min(real.shape[1:3]) < _PATCH:
        raise ValueError(
            f"`real` must have sides of at least {_PATCH} pixels. "
            f"Received: real of shape {real.shape}"
        )
    values = _PATCH**2 * real.shape[-1]
    directions = _directions(values, num_directions, num_repeats, seed)
    figures, found = {}, []
    sides = _sides(min(real.shape[1:3]))
    for level, side in enumerate(sides):
        levels = min(level + 2, len(sides))  # coarser ones add nothing to this one
        patches = [
            _normalised(_patches(x, level, levels, patches_per_image, seed))
            for x in (real, samples)
        ]
        repeats = [1000 * _distance(*patches, d) for d in directions]
        figures |= _over_repeats(f"sliced_wasserstein_{side}", repeats)
        found.append(repeats)
    return _over_repeats("sliced_wasserstein", np.mean(found, axis=0)) | figures


def laplacian_pyramid(images, levels):
    """Returns what each level adds to the next, coarser one, and the coarsest.

    Args:
        images: array `(n, height, width, channels)`.
        levels: int, at least 1. Each has half the side of the one before, rounded up.

    Returns:
        list of float64 arrays, the finest first, the last one a smoothed image.

    Reference: Burt and Adelson, 1983, "The Laplacian pyramid as a compact image code".
    """
    pyramid = [np.asarray(images, "float64")]
    for _ in range(levels - 1):
        pyramid.append(_smooth(pyramid[-1])[:, ::2, ::2])
        pyramid[-2] = pyramid[-2] - _enlarged(pyramid[-1], pyramid[-2].shape)
    return pyramid


def from_laplacian_pyramid(pyramid):
    """Returns the images of a Laplacian pyramid."""
    images = pyramid[-1]
    for level in pyramid[-2::-1]:
        images = level + _enlarged(images, level.shape)
    return images


def _smooth(x):
    """Filters with 1, 4, 6, 4, 1 along both sides, mirrored about the edge pixels."""
    return correlate1d(
        correlate1d(x, _FILTER, 1, mode="mirror"), _FILTER, 2, mode="mirror"
    )


def _enlarged(x, shape):
    """Returns images of twice the side, cut to `shape`."""
    large = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2], x.shape[3]))
    large[:, ::2, ::2] = x
    return 4.0 * _smooth(large)[:, : shape[1], : shape[2]]


def _sides(side):
    sides = [side]
    while (side + 1) // 2 >= _SMALLEST:
        side = (side + 1) // 2
        sides.append(side)
    return sides


def _patches(images, level, levels, count, seed):
    """Returns `count` patches of a level of each image, float32 `(n count, 49, c)`."""
    channels = images.shape[-1]
    patches = np.empty((len(images) * count, _PATCH**2, channels), "float32")
    generator = np.random.default_rng([check_int("seed", seed, 0), level])
    size = max(1, _VALUES // max(images[0].size, count * _PATCH**2 * channels))
    for start in range(0, len(images), size):
        part = unit_images(images[start : start + size])
        found = laplacian_pyramid(part, levels)[level]
        places = generator.random((len(part), count, 2))
        patches[start * count : (start + len(part)) * count] = _cut(found, places)
    return patches


def _cut(x, places):
    """Returns patches of images, their corners by shares of the places there are."""
    n, count, _ = places.shape
    room = np.array(x.shape[1:3]) - _PATCH + 1
    top, left = np.moveaxis((places * room).astype("int64"), -1, 0)
    cells = np.arange(_PATCH)
    rows = top[..., None, None] + cells[:, None]
    columns = left[..., None, None] + cells
    found = x[np.arange(n)[:, None, None, None], rows, columns]
    return found.reshape(n * count, _PATCH**2, x.shape[-1])


def _normalised(patches):
    """Gives each channel the mean 0 and the standard deviation 1; returns rows."""
    mean = patches.mean(axis=(0, 1), dtype="float64").astype("float32")
    patches -= mean
    for channel in range(patches.shape[-1]):
        own = patches[..., channel]
        deviation = math.sqrt(np.mean(np.square(own), dtype="float64"))
        own *= np.float32(1.0 / deviation if deviation > _FLAT else 0.0)
    return patches.reshape(len(patches), -1)


def _directions(size, num_directions, num_repeats, seed):
    """Returns unit vectors `(repeats, size, directions)`."""
    check_int("num_directions", num_directions)
    check_int("num_repeats", num_repeats)
    generator = np.random.default_rng(check_int("seed", seed, 0))
    found = generator.standard_normal((num_repeats, num_directions, size))
    found /= np.linalg.norm(found, axis=-1, keepdims=True)
    return np.swapaxes(found, 1, 2)


def _distance(x, y, directions):
    """Returns the mean over directions of the distance along each."""
    x_places, y_places, widths = _steps(len(x), len(y))
    size = max(1, _VALUES // max(len(x), len(y)))
    total = 0.0
    for start in range(0, directions.shape[1], size):
        part = directions[:, start : start + size]
        first, second = _projected(x, part), _projected(y, part)
        if x_places is not None:
            first, second = first[:, x_places], second[:, y_places]
        total += np.sum(np.abs(first - second) @ widths)
    return float(total / directions.shape[1])


def _projected(x, directions):
    """Returns sorted projections `(directions, n)`."""
    size = max(1, _VALUES // x.shape[1])
    parts = [
        directions.T @ x[start : start + size].astype("float64").T
        for start in range(0, len(x), size)
    ]
    return np.sort(np.concatenate(parts, axis=1), axis=1)


def _steps(n, m):
    """Returns the steps of two empirical quantile functions, laid over each other.

    Returns:
        which of `n` and of `m` sorted values holds on each step, None for sets of one
        size, and how wide it is.
    """
    if n == m:
        return None, None, np.full(n, 1.0 / n)
    # In units of 1 / (n m), in which the edges are ints.
    edges = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    return edges[:-1] // m, edges[:-1] // n, np.diff(edges) / (n * m)


def _over_repeats(name, values):
    figures = {name: float(np.mean(values))}
    if len(values) > 1:
        error = np.std(values, ddof=1) / math.sqrt(len(values))
        figures[f"{name}_standard_error"] = float(error)
    return figures
