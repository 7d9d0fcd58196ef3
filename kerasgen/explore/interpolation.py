"""Interpolation: the images on the way from one code to another."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.explore.codes import (
    as_codes,
    check_model,
    decode,
    draw_codes,
    row_classes,
    row_labels,
)
from kerasgen.explore.result import Exploration

KINDS = ("linear", "spherical")


def interpolate(
    model, start=None, end=None, steps=8, kind="linear", rows=4, seed=0, labels=None
):
    """Decodes codes on the way from `start` to `end`: a row for each pair.

    `"spherical"` (Shoemake, 1985; White, 2016, https://arxiv.org/abs/1609.04468) keeps
    the codes where a normal prior of many dimensions has its mass; the middle of a
    straight line lies nearer to the centre than almost every code of the prior.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        start, end: codes `(n, latent_dim)` or images `(n, height, width, channels)`,
            or one of either; None draws `rows` codes from the prior.
        steps: int, images of a row, both ends among them. Defaults to `8`.
        kind: `"linear"` or `"spherical"`. Defaults to `"linear"`.
        rows: int. Defaults to `4`. Not used where an end is given.
        seed: int, of what is drawn. Defaults to `0`.
        labels: int or ints `(n,)`, for a conditional model.

    Returns:
        `Exploration` with `steps` columns. `facts`: `"shares"` `(steps,)`, the share
        of `end` in each column.
    """
    check_model(model)
    check_choice("kind", kind, KINDS)
    check_int("steps", steps, 2)
    check_int("rows", rows)
    start = None if start is None else as_codes(model, start, labels, "start")
    end = None if end is None else as_codes(model, end, labels, "end")
    rows = max((len(z) for z in (start, end) if z is not None), default=rows)
    start = draw_codes(model, rows, seed) if start is None else start
    end = draw_codes(model, rows, seed + 1) if end is None else end
    if len(start) not in (1, rows) or len(end) not in (1, rows):
        raise ValueError(
            "`start` and `end` must have the same length, or one of them one code. "
            f"Received: {len(start)} and {len(end)} codes"
        )
    start, end = (np.broadcast_to(z, (rows, model.latent_dim)) for z in (start, end))
    shares = np.linspace(0.0, 1.0, steps)
    codes = (linear if kind == "linear" else spherical)(start, end, shares)
    labels = row_labels(model, labels, rows)
    return Exploration(
        decode(model, codes, labels),
        codes,
        {"shares": shares},
        title=f"{type(model).__name__}: {kind} ways, by the share of their ends",
        row_labels=row_classes(model, labels),
        column_labels=shares,
        fields=getattr(model, "fields", None),
    )


def linear(start, end, shares):
    """Returns codes on straight lines.

    Args:
        start, end: arrays `(n, d)`.
        shares: floats `(steps,)`, from 0 (`start`) to 1 (`end`).

    Returns:
        float32 array `(n, steps, d)`.
    """
    t = np.asarray(shares, "float64")[None, :, None]
    codes = (1 - t) * start[:, None, :] + t * end[:, None, :]
    return codes.astype("float32")


def spherical(start, end, shares):
    """Returns `sin((1-t) w)/sin(w) start + sin(t w)/sin(w) end`, `w` their angle.

    Where both point in one direction, or one of them is zero, it is the straight line.
    Arguments and result as in `linear`.
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
    t = np.asarray(shares, "float64")[None, :, None]
    w = angle[:, None, None]
    straight = (norms == 0)[:, None, None] | (w < 1e-6)
    sine = np.where(straight, 1.0, np.sin(w))
    first = np.where(straight, 1 - t, np.sin((1 - t) * w) / sine)
    second = np.where(straight, t, np.sin(t * w) / sine)
    return (first * start[:, None] + second * end[:, None]).astype("float32")
