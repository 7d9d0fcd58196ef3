"""Structural similarity, at one scale and at several, and how varied samples are by it.

- Wang, Bovik, Sheikh and Simoncelli, 2004, "Image quality assessment: from error
  visibility to structural similarity", https://doi.org/10.1109/TIP.2003.819861.
- Wang, Simoncelli and Bovik, 2003, "Multi-scale structural similarity for image quality
  assessment", https://doi.org/10.1109/ACSSC.2003.1292216.
- As a measure of variety: Odena, Olah and Shlens, 2017, "Conditional image synthesis
  with auxiliary classifier GANs", https://arxiv.org/abs/1610.09585; Karras, Aila, Laine
  and Lehtinen, 2018, "Progressive growing of GANs", https://arxiv.org/abs/1710.10196;
  code: https://github.com/tkarras/progressive_growing_of_gans (`metrics/ms_ssim.py`).

Less is more varied, not better: noise has a similarity near 0.

Of small images, by the rules of the ProGAN code: the window has
`min(11, height, width)` cells and its standard deviation, 1.5 for 11, shrinks with it,
at each scale anew. That code always takes five scales, so that sides must be divisible
by 16.

Differs from it: a row or column without a partner is repeated before halving; there are
as many scales, up to five, as it takes to reach a side of 1 (four for 8x8, five from
9x9 on); of fewer than five the first weights are taken, divided by their sum. It
computes in float64.
"""

import math

import numpy as np
from scipy.ndimage import correlate1d

from kerasgen.arguments import check_int
from kerasgen.metrics.checks import check_images, check_same_size, unit_images

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # their sum is 1.0001, as published
K1, K2 = 0.01, 0.03
_WINDOW, _SIGMA = 11, 1.5
_VALUES = 1 << 20  # of images compared at once


def ssim(x, y):
    """Returns the structural similarity of pairs of images, at their own scale.

    Means, variances and covariances are of Gaussian windows that lie within the images;
    the similarity is the mean over windows and channels. The constants are
    `(0.01 L)^2` and `(0.03 L)^2`, where `L` is 255 for `uint8` and 1 for floats.

    Args:
        x: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
        y: images of the same shape, of either kind.

    Returns:
        float64 array `(n,)`, in `[-1, 1]`, 1 for equal images.

    Reference: Wang et al., 2004, equation 13.
    """
    return _by_parts(lambda a, b: _similarity(a, b)[0], *_pairs(x, y))


def ms_ssim(x, y):
    """Returns the structural similarity of pairs of images at up to five scales.

    It is the product of the contrast and structure terms of all scales but the last and
    of the similarity of the last, each to the power of its weight, negative ones taken
    for 0. From scale to scale images are halved by means of 2x2 pixels.

    Args:
        x, y: images, as in `ssim`.

    Returns:
        float64 array `(n,)`, in `[0, 1]`, 1 for equal images.

    Reference: Wang et al., 2003, equation 7; weights from its section 3.2.
    """
    return _by_parts(_multi_scale, *_pairs(x, y))


def ms_ssim_diversity(samples, num_pairs=None, seed=0, labels=None):
    """Returns the mean similarity of pairs of samples: less is more varied.

    Pairs are drawn at random, no pair twice and no image with itself. Up to half as
    many pairs as images share no image, as in ProGAN: 10,000 pairs of 20,000 images.

    With `labels` pairs are of one class, and the score is the mean over classes, as in
    AC-GAN, for which 0.25, the highest of a class of ImageNet, marks a class that has
    collapsed. Compare with the same of real images.

    Args:
        samples: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
        num_pairs: int or None. Pairs, of each class where there are labels; None for
            half as many as images.
        seed: int. Of the pairs.
        labels: ints `(n,)` or None. Classes, each of two images or more.

    Returns:
        dict: `ms_ssim`, `ms_ssim_num_pairs` and, of two pairs and more,
        `ms_ssim_standard_error`, which allows for pairs that share an image; with
        labels these of each class besides, as `ms_ssim_class_3`.

    Reference: Odena et al., 2017, section 4.2; Karras et al., 2018, section 5.
    """
    samples = check_images("samples", samples)
    generator = np.random.default_rng(check_int("seed", seed, 0))
    if labels is None:
        places = {"ms_ssim": np.arange(len(samples))}
    else:
        labels = np.asarray(labels)
        if labels.shape != (len(samples),) or labels.dtype.kind not in "iu":
            raise ValueError(
                f"`labels` must be {len(samples)} ints, one for each of `samples`. "
                f"Received: labels of shape {labels.shape}, dtype {labels.dtype}"
            )
        places = {
            f"ms_ssim_class_{k}": np.nonzero(labels == k)[0] for k in np.unique(labels)
        }
    figures, errors = {}, []
    for name, own in places.items():
        first, second = _draw_pairs(name, len(own), num_pairs, generator)
        found = _by_parts(_multi_scale, samples, samples, own[first], own[second])
        figures |= {name: float(found.mean()), f"{name}_num_pairs": len(found)}
        if len(found) > 1:
            errors.append(_error(found, first, second))
            figures[f"{name}_standard_error"] = errors[-1]
    if labels is None:
        return figures
    count = len(places)
    pairs = sum(figures[f"{name}_num_pairs"] for name in places)
    whole = {"ms_ssim": sum(map(figures.get, places)) / count}
    whole["ms_ssim_num_pairs"] = pairs
    if len(errors) == count:
        whole["ms_ssim_standard_error"] = math.hypot(*errors) / count
    return whole | figures


def _pairs(x, y):
    x, y = check_images("x", x), check_images("y", y)
    check_same_size(x=x, y=y)
    if len(x) != len(y):
        raise ValueError(
            "`x` and `y` must be pairs of images. "
            f"Received: {len(x)} and {len(y)} images"
        )
    return x, y, np.arange(len(x)), np.arange(len(y))


def _by_parts(similarity, x, y, x_places, y_places):
    """Returns the similarities of the images at the places, a number at a time."""
    size = max(1, _VALUES // x[0].size)
    starts = range(0, len(x_places), size)
    parts = [slice(start, start + size) for start in starts]
    return np.concatenate(
        [
            similarity(unit_images(x[x_places[part]]), unit_images(y[y_places[part]]))
            for part in parts
        ]
    )


def _multi_scale(x, y):
    halvings = (min(x.shape[1:3]) - 1).bit_length()  # until a side is 1
    weights = WEIGHTS[: 1 + halvings]
    if len(weights) < len(WEIGHTS):
        weights = np.divide(weights, sum(weights))
    product = 1.0
    for scale, weight in enumerate(weights):
        similarity, structure = _similarity(x, y)
        last = scale == len(weights) - 1
        product = product * np.maximum(similarity if last else structure, 0.0) ** weight
        if not last:
            x, y = _halved(x), _halved(y)
    return product


def _similarity(x, y):
    """Returns the similarity, and its contrast and structure alone, `(n,)` each."""
    size = min(_WINDOW, *x.shape[1:3])
    places = np.arange(size) - (size - 1) / 2
    window = np.exp(-0.5 * (places / (_SIGMA * size / _WINDOW)) ** 2)
    window /= window.sum()
    x_mean, y_mean = _windowed(x, window), _windowed(y, window)
    x_variance = _windowed(x * x, window) - x_mean**2
    y_variance = _windowed(y * y, window) - y_mean**2
    covariance = _windowed(x * y, window) - x_mean * y_mean
    structure = (2 * covariance + K2**2) / (x_variance + y_variance + K2**2)
    luminance = (2 * x_mean * y_mean + K1**2) / (x_mean**2 + y_mean**2 + K1**2)
    axes = (1, 2, 3)
    return np.mean(luminance * structure, axis=axes), np.mean(structure, axis=axes)


def _windowed(x, window):
    """Returns weighted means of the windows that lie within the images."""
    start = len(window) // 2
    for axis in (1, 2):
        count = x.shape[axis] - len(window) + 1
        x = correlate1d(x, window, axis, mode="nearest")
        x = np.take(x, np.arange(start, start + count), axis)
    return x


def _halved(x):
    """Returns means of 2x2 pixels; a row or column without a partner is repeated."""
    odd = [(0, 0), (0, x.shape[1] % 2), (0, x.shape[2] % 2), (0, 0)]
    x = np.pad(x, odd, mode="edge")
    x = x[:, ::2] + x[:, 1::2]
    return 0.25 * (x[:, :, ::2] + x[:, :, 1::2])


def _draw_pairs(name, count, num_pairs, generator):
    """Returns two int arrays of numbers below `count`, the pairs."""
    most = count * (count - 1) // 2
    if not most:
        raise ValueError(
            "`samples` must be two images or more, of each class where there are "
            f"labels. Received: {count} for {name}"
        )
    num_pairs = count // 2 if num_pairs is None else num_pairs
    check_int("num_pairs", num_pairs, 1, most)
    if 2 * num_pairs <= count:
        return generator.permutation(count)[: 2 * num_pairs].reshape(2, -1)
    # Pair number p is (i, j), i > j, at i (i - 1) / 2 + j.
    pairs = generator.choice(most, num_pairs, replace=False, shuffle=False)
    first = np.floor((1 + np.sqrt(1 + 8.0 * pairs)) / 2).astype("int64")
    second = pairs - first * (first - 1) // 2
    return first, second


def _error(values, first, second):
    """Returns the standard error of a mean over pairs, which may share images.

    Two values are taken for dependent where their pairs share an image: Aronow, Samii
    and Assenova, 2015, "Cluster-robust variance estimation for dyadic data".
    """
    residuals = values - values.mean()
    shared = np.zeros(int(max(first.max(), second.max())) + 1)
    np.add.at(shared, first, residuals)
    np.add.at(shared, second, residuals)
    alone = np.sum(residuals**2)
    variance = max(np.sum(shared**2) - alone, alone)
    count = len(values)
    return float(math.sqrt(variance * count / (count - 1)) / count)
