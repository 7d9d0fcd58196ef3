"""How far predicted tracks are from those that were walked: ADE and FDE.

By the protocol of Gupta et al., 2018, "Social GAN", https://arxiv.org/abs/1803.10892,
section 4 (official code: agrimgupta92/sgan, scripts/evaluate_model.py): of several
futures of a scene the best one counts, by the sum over its people, for each of the two
errors by itself; then the mean is over all people of all scenes.
"""

import math

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.images.values import to_numpy
from kerasgen.metrics.checks import check_finite


def displacement_errors(targets, futures):
    """Returns the average and the final displacement error, in the tracks' unit.

    Args:
        targets: tracks `(n, people, steps, 3)`, as of `kerasgen.features.Tracks`: `x`,
            `y` and 1 where a person is there, who must be there throughout or not at
            all.
        futures: array `(n, k, people, steps, 2)`, or 3, whose third number is not
            looked at: `k` futures of each scene; or `(n, people, steps, 2)` for one.

    Returns:
        dict: `ade`, the mean distance over steps and people, and `fde`, that at the
        last step, each by the best of `k`; their standard errors, over scenes, and the
        numbers of people and of futures.

    Raises:
        ValueError: if the shapes do not fit, or there is no person.
    """
    targets, futures = to_numpy(targets), to_numpy(futures)
    futures = futures[:, None] if futures.ndim == 4 else futures
    fits = targets.ndim == 4 and futures.ndim == 5 and targets.shape[-1] == 3
    fits = fits and futures.shape[-1] in (2, 3)
    if not fits or futures[:, 0].shape[:-1] != targets.shape[:-1]:
        raise ValueError(
            "`futures` must be (n, k, people, steps, 2) for targets (n, people, steps, "
            f"3). Received: shapes {futures.shape} and {targets.shape}"
        )
    check_finite("futures", futures)
    there = targets[..., 2] >= 0.5
    if (there.any(axis=-1) != there.all(axis=-1)).any():
        raise ValueError(
            "`targets` must be of people who are there throughout or not at all. "
            "Received: some who are there for a part of the steps"
        )
    there = there[..., 0]
    steps = futures[..., :2].astype("float64") - targets[:, None, ..., :2]
    distances = np.sqrt(np.sum(steps**2, axis=-1)) * there[:, None, :, None]
    counts = there.sum(axis=1)
    if not counts.sum():
        raise ValueError("`targets` must be of people. Received: nobody is there")
    figures = {}
    for name, errors in (
        ("ade", distances.mean(axis=-1)),
        ("fde", distances[..., -1]),
    ):
        best = errors.sum(axis=-1).min(axis=1)
        mean = best.sum() / counts.sum()
        figures[name] = float(mean)
        figures[f"{name}_standard_error"] = _ratio_error(best, counts, mean)
    figures["num_people"] = int(counts.sum())
    figures["num_futures"] = futures.shape[1]
    return figures


def linear_futures(past, num_steps):
    """Returns the futures of people who go on along a line, the papers' baseline.

    The line is that of the least squared error to the past, in each coordinate.

    Args:
        past: tracks `(n, people, steps, 3)`.
        num_steps: int. Steps of the future.

    Returns:
        float64 array `(n, people, num_steps, 2)`.
    """
    past = to_numpy(past)
    check_int("num_steps", num_steps)
    length = past.shape[2]
    times = np.stack([np.ones(length), np.arange(length)], axis=1)
    later = np.stack([np.ones(num_steps), length + np.arange(num_steps)], axis=1)
    weights = later @ np.linalg.pinv(times)  # from the past to the future
    return np.einsum("fp,naps->nafs", weights, past[..., :2].astype("float64"))


def _ratio_error(sums, counts, mean):
    """Returns the standard error of a mean over people who come in scenes."""
    scenes = len(sums)
    if scenes < 2:
        return math.nan
    residuals = sums - mean * counts
    variance = np.sum(residuals**2) * scenes / (scenes - 1)
    return float(math.sqrt(variance) / counts.sum())
