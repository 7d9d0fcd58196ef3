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
from kerasgen.metrics.path_length import linear_between, spherical_between

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
    return _between(linear_between, start, end, shares)


def spherical(start, end, shares):
    """Returns `sin((1-t) w)/sin(w) start + sin(t w)/sin(w) end`, `w` their angle.

    Where both point in one direction, or one of them is zero, it is the straight line.
    Arguments and result as in `linear`.
    """
    return _between(spherical_between, start, end, shares)


def _between(way, start, end, shares):
    start, end = np.asarray(start)[:, None], np.asarray(end)[:, None]
    return way(start, end, np.asarray(shares)[None]).astype("float32")
