"""Perceptual path length: how much images change along a short way between latents.

Karras, Laine and Aila, 2019, "A style-based generator architecture for generative
adversarial networks", https://arxiv.org/abs/1812.04948, section 4.1; code:
https://github.com/NVlabs/stylegan (`metrics/perceptual_path_length.py`), and
https://github.com/NVlabs/stylegan2-ada-pytorch, which takes 50,000 samples where the
paper has 100,000.

The published figures are of the LPIPS distance of VGG-16 on images of 256 pixels, of
faces their middle: figures by another distance cannot be compared with them.

Differs from that code: spherical ways keep the lengths of latents, where that code
makes all latents unit vectors, as its mapping network does anyway. Give unit vectors as
`latents` for the same.
"""

import numpy as np

from kerasgen.arguments import check_choice, check_int, check_number, check_numbers
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_features, check_finite, check_same_size
from kerasgen.metrics.means import mean_figures

INTERPOLATIONS = ("linear", "spherical")
SAMPLINGS = ("full", "end")


def perceptual_path_length(
    generate,
    distance,
    latents,
    num_samples=10000,
    interpolation="spherical",
    sampling="full",
    epsilon=1e-4,
    percentiles=(1.0, 99.0),
    batch_size=64,
    seed=0,
    labels=None,
):
    """Returns the mean of `distance(G(z_t), G(z_(t + epsilon))) / epsilon^2`.

    Args:
        generate: callable. Takes latents, float64 `(b, d)`, returns images `(b, ...)`.
            It is called for both ends of the small step in turn: whatever it draws
            besides must be the same both times. Compute in float32 at least.
        distance: callable. Takes two arrays of images `(b, ...)`, returns `(b,)`
            distances, at least 0, which are squares already, such as LPIPS or the
            squared distance of features.
        latents: int, the size `d` of standard normal latents that are drawn; or two
            arrays `(n, d)`, the ends of the ways, which is how to measure in a mapped
            space, such as StyleGAN's `w`.
        num_samples: int. Ways that are drawn. Defaults to `10000`. Not used where the
            ends are given.
        interpolation: `"linear"`, for mapped spaces, or `"spherical"` (default), for
            normal latents.
        sampling: `"full"` (default), small steps anywhere along the ways, or `"end"`,
            at their start.
        epsilon: float > 0, the small step as a share of the way. Defaults to `1e-4`.
        percentiles: two floats. Values below the first and above the second are left
            out; `(0, 100)` keeps all. Defaults to `(1, 99)`.
        batch_size: int. Ways at once. Defaults to `64`.
        seed: int. Of all that is drawn, which does not depend on `batch_size`.
        labels: array `(n,)` or None. A class for each way, which `generate` then takes
            as a second argument, `(b,)`, the same for both ends of a step.

    Returns:
        dict: `perceptual_path_length`, at least 0, with the number of values kept and
        the standard error of their mean.

    Reference: Karras et al., 2019, equations 2 and 3.
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    check_choice("sampling", sampling, SAMPLINGS)
    check_number("epsilon", epsilon, 1e-12)
    check_int("batch_size", batch_size)
    low, high = check_numbers("percentiles", tuple(percentiles), 2)
    if not 0 <= low < high <= 100:
        raise ValueError(
            f"`percentiles` must rise, in [0, 100]. Received: percentiles={percentiles}"
        )
    between = linear_between if interpolation == "linear" else spherical_between
    found, begin = [], 0
    for start, end, shares in _ways(latents, num_samples, batch_size, seed):
        shares = shares * (sampling == "full")
        given = ()
        if labels is not None:
            given = (np.asarray(labels)[begin : begin + len(start)],)
            if len(given[0]) < len(start):
                raise ValueError(
                    "`labels` must be as many as there are ways. "
                    f"Received: {len(labels)} labels"
                )
        begin += len(start)
        first, second = (
            to_numpy(generate(between(start, end, share), *given))
            for share in (shares, shares + epsilon)
        )
        found.append(_checked(distance(first, second), len(start)))
    values = np.concatenate(found) / epsilon**2
    least = np.percentile(values, low, method="lower")
    most = np.percentile(values, high, method="higher")
    kept = values[(values >= least) & (values <= most)]
    return mean_figures("perceptual_path_length", kept)


def linear_between(start, end, shares):
    """Returns points on straight lines, `(1 - t) start + t end`.

    Args:
        start, end: arrays `(..., d)`.
        shares: array `(...,)`, `t` of each: 0 at the start, 1 at the end.

    Returns:
        float64 array `(..., d)`.
    """
    start, end = np.asarray(start, "float64"), np.asarray(end, "float64")
    shares = np.asarray(shares, "float64")[..., None]
    return (1.0 - shares) * start + shares * end


def spherical_between(start, end, shares):
    """Returns `sin((1 - t) w) / sin(w) start + sin(t w) / sin(w) end`, `w` their angle.

    Of two vectors of one length the points on the arc between them. Where both point in
    one direction, or one of them is zero, it is the straight line.

    Args:
        start, end, shares: as in `linear_between`; not of opposite directions.

    Returns:
        float64 array `(..., d)`.

    Reference: Shoemake, 1985, "Animating rotation with quaternion curves".
    """
    start, end = np.asarray(start, "float64"), np.asarray(end, "float64")
    norms = np.linalg.norm(start, axis=-1) * np.linalg.norm(end, axis=-1)
    cosine = np.sum(start * end, axis=-1) / np.where(norms > 0, norms, 1.0)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.any((np.pi - angle < 1e-6) & (norms > 0)):
        raise ValueError(
            "`start` and `end` must not be opposite, as no arc between them is the "
            "shortest. Received: codes with an angle of 180 degrees"
        )
    shares = np.asarray(shares, "float64")
    straight = (norms == 0) | (angle < 1e-6)
    sine = np.where(straight, 1.0, np.sin(angle))
    first = np.where(straight, 1 - shares, np.sin((1 - shares) * angle) / sine)
    second = np.where(straight, shares, np.sin(shares * angle) / sine)
    return first[..., None] * start + second[..., None] * end


def _ways(latents, num_samples, batch_size, seed):
    """Yields starts and ends of ways, and where on them, batch by batch."""
    normals, uniforms = (
        np.random.default_rng([check_int("seed", seed, 0), i]) for i in range(2)
    )
    if not isinstance(latents, (tuple, list)):
        size = check_int("latents", latents)
        given = None
        count = check_int("num_samples", num_samples)
    else:
        if len(latents) != 2:
            raise ValueError(
                "`latents` must be an int or two arrays, starts and ends. "
                f"Received: {len(latents)} arrays"
            )
        given = [check_features("latents", z) for z in latents]
        check_same_size(starts=given[0], ends=given[1])
        count = len(given[0])
        if len(given[1]) != count:
            raise ValueError(
                "`latents` must be as many starts as ends. "
                f"Received: {count} and {len(given[1])} latents"
            )
    for begin in range(0, count, batch_size):
        rows = slice(begin, min(begin + batch_size, count))
        if given is None:
            drawn = normals.standard_normal((rows.stop - begin, 2, size))
            start, end = drawn[:, 0], drawn[:, 1]
        else:
            start, end = (z[rows] for z in given)
        yield start, end, uniforms.random(len(start))


def _checked(distances, count):
    distances = to_numpy(distances)
    if distances.shape != (count,):
        raise ValueError(
            f"`distance` must return {count} numbers, one for each pair of images. "
            f"Received: an array of shape {distances.shape}"
        )
    distances = check_finite("distance", distances.astype("float64"))
    if distances.min() < 0:
        raise ValueError(
            "`distance` must return no negative numbers. "
            f"Received: {distances.min():g} among them"
        )
    return distances
