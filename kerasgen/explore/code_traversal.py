"""Traversals of a code that a GAN has beside its noise, as InfoGAN's figures show."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.explore.codes import check_model, decode, draw_codes
from kerasgen.explore.result import Exploration


def traverse_codes(model, code=0, rows=5, steps=10, seed=0):
    """Sets one code to all its values: a row for each draw of all other latents.

    A column shows what images of one value have in common (Chen et al., 2016, figure
    2).

    Args:
        model: a model with `latent_codes`, such as `InfoGAN`.
        code: int. Which code: categorical ones come first.
        rows: int. Draws of the other latents. Defaults to `5`.
        steps: int. Values of a continuous code, over its range. Defaults to `10`.
        seed: int. Of the draws.

    Returns:
        `Exploration`. `facts`: `"values"` `(columns,)`.
    """
    check_model(model)
    parts = getattr(model, "latent_codes", None)
    if parts is None:
        raise TypeError(
            "`model` must have codes beside its noise, as InfoGAN has. "
            f"Received: model of type {type(model).__name__}"
        )
    check_int("code", code, 0, parts.num_codes - 1)
    latents = draw_codes(model, check_int("rows", rows), seed)
    number = code - len(parts.categories)
    if number < 0:
        kind, number, values = "categorical", code, np.arange(parts.categories[code])
    else:
        kind, values = (
            "continuous",
            np.linspace(-1.0, 1.0, check_int("steps", steps, 2)),
        )
    columns = []
    for value in values:
        told = parts.drawn(latents)[kind]
        told[:, number] = value
        columns.append(parts.place(latents, {kind: told}))
    codes = np.stack(columns, axis=1)
    return Exploration(
        decode(model, codes),
        codes,
        {"values": values},
        title=f"{type(model).__name__}: {kind} code {number}, set to the values above",
        column_labels=values,
        fields=getattr(model, "fields", None),
    )
