"""The plane of two latents: what a model draws, laid out by the prior's quantiles."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.explore.codes import (
    as_codes,
    check_dimensions,
    check_model,
    class_suffix,
    decode,
    prior_quantiles,
    row_labels,
)
from kerasgen.explore.result import Exploration


def plane(model, dimensions=(0, 1), steps=15, start=None, labels=None):
    """Decodes a grid over two latents, each at the prior's quantiles.

    At step `i` a latent has the quantile of `(i + 1/2) / steps`, so that every image
    stands for an equal share of the prior (Kingma and Welling, 2014, figure 4). The
    first latent grows to the right, the second one upwards.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        dimensions: two ints, the latents. Defaults to `(0, 1)`.
        steps: int, images in a row and in a column. Defaults to `15`.
        start: code `(latent_dim,)` or image, which gives the other latents; None for
            the centre of the prior.
        labels: int, for a conditional model.

    Returns:
        `Exploration`. `facts`: `"values"` `(2, steps)`, from left to right and from
        the bottom to the top.
    """
    check_model(model)
    check_int("steps", steps)
    chosen = check_dimensions(model, dimensions)
    if len(chosen) != 2:
        raise ValueError(
            f"`dimensions` must be two latents. Received: dimensions={dimensions!r}"
        )
    if start is None:
        start = prior_quantiles(model, [0.5])
    start = as_codes(model, start, labels, "start")[:1]
    quantiles = prior_quantiles(model, (np.arange(steps) + 0.5) / steps)
    right, up = quantiles[:, chosen[0]], quantiles[:, chosen[1]]
    codes = np.tile(start[None], (steps, steps, 1))
    codes[..., chosen[0]] = right[None, :]
    codes[..., chosen[1]] = up[::-1, None]
    labels = row_labels(model, labels, steps)
    title = f"{type(model).__name__}: latent {chosen[0]} to the right, "
    title += f"latent {chosen[1]} upwards{class_suffix(model, labels)}"
    return Exploration(
        decode(model, codes, labels),
        codes,
        {"values": np.stack([right, up])},
        title=title,
        row_labels=up[::-1],
        column_labels=right,
        fields=getattr(model, "fields", None),
    )
