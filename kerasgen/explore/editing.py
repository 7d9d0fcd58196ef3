"""Editing: a real image is encoded, its code moved, and the code decoded."""

import numpy as np

from kerasgen.explore.codes import (
    check_encoder,
    decode,
    encode,
    row_classes,
    row_labels,
)
from kerasgen.explore.result import Exploration
from kerasgen.images import to_float
from kerasgen.images.text import as_label

AMOUNTS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def edit(model, x, direction, amounts=AMOUNTS, labels=None):
    """Adds multiples of a direction to the codes of images: a row for each image.

    A row begins with the image itself; the images after it are `g(f(x) + a v)`, one
    for each amount `a`. At amount 0 that is the reconstruction, bit for bit what
    `model.decode(model.encode(x))` gives. Its distance from the image, the identity
    error, is part of every edit: a change is the direction's only beyond it.

    Args:
        model: a model with an encoder.
        x: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
        direction: floats `(latent_dim,)`, such as one of `attribute_vectors`, or one
            for each image, `(n, latent_dim)`.
        amounts: floats. Defaults to `(-1, -0.5, 0, 0.5, 1)`; the same for all images.
        labels: int or ints `(n,)`, for a conditional model.

    Returns:
        `Exploration` with the images in the first column and a column for each amount;
        `codes` `(n, amounts, latent_dim)`. `facts`: `"amounts"`, `"identity_error"`
        `(n,)`, the mean of `|x - g(f(x))|` over pixels, and `"change"`
        `(n, amounts)`, that of `|g(f(x) + a v) - g(f(x))|`.
    """
    check_encoder(model)
    z = encode(model, x, labels)
    direction = np.asarray(direction, "float32")
    if direction.shape not in ((model.latent_dim,), z.shape):
        raise ValueError(
            f"`direction` must have shape {(model.latent_dim,)} or {z.shape}. "
            f"Received: direction of shape {direction.shape}"
        )
    amounts = np.atleast_1d(np.asarray(amounts, "float32"))
    if amounts.ndim != 1 or not len(amounts):
        raise ValueError(
            "`amounts` must be one or more floats. "
            f"Received: amounts of shape {amounts.shape}"
        )
    if not (np.isfinite(direction).all() and np.isfinite(amounts).all()):
        raise ValueError(
            "`direction` and `amounts` must be finite. Received: NaN or infinity"
        )
    labels = row_labels(model, labels, len(z))
    codes = z[:, None] + amounts[:, None] * np.broadcast_to(direction, z.shape)[:, None]
    # All of one amount at a time: a batch of another size may round differently.
    edited = [decode(model, codes[:, [i]], labels) for i in range(len(amounts))]
    edited = np.concatenate(edited, axis=1)
    reconstruction = decode(model, z[:, None], labels)
    real = to_float(x).reshape(reconstruction.shape)
    facts = {
        "amounts": amounts,
        "identity_error": _difference(real, reconstruction)[:, 0],
        "change": _difference(edited, reconstruction),
    }
    return Exploration(
        np.concatenate([real, edited], axis=1),
        codes,
        facts,
        title=f"{type(model).__name__}: codes moved by multiples of a direction",
        row_labels=row_classes(model, labels),
        column_labels=["image", *map(as_label, amounts)],
        fields=getattr(model, "fields", None),
    )


def _difference(a, b):
    difference = np.abs(a - b)
    return difference.reshape(*difference.shape[:2], -1).mean(axis=-1)
