"""Nearest neighbours, among codes or pixels: has a model learned its data by heart?"""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.explore.codes import encode
from kerasgen.explore.result import Exploration
from kerasgen.images import to_float
from kerasgen.images.text import as_label
from kerasgen.metrics.distances import nearest_rows

SPACES = ("code", "pixel")


def nearest(model, x, reference, k=5, space="code", labels=None, reference_labels=None):
    """Finds the nearest examples of a data set: a row for each image.

    A row begins with the image itself, then its neighbours by Euclidean distance, the
    nearest first. Give generated images and the training images to see whether a model
    repeats them; "far" is to be judged by the same distances of real test images.

    Args:
        model: a model with an encoder; any, or None, for `space="pixel"`.
        x: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
        reference: images `(m, height, width, channels)` to look among.
        k: int, neighbours. Defaults to `5`.
        space: `"code"`, where a conditional model is told the labels, or `"pixel"`.
        labels, reference_labels: int or ints, for a conditional model's codes.

    Returns:
        `Exploration` with `1 + k` columns; `codes` likewise, for `space="code"`.
        `facts`: `"indices"` and `"distances"`, `(n, k)`: of the code, or of all pixels
        in `[0, 1]`.
    """
    check_choice("space", space, SPACES)
    check_int("k", k)
    x, reference = np.asarray(x), np.asarray(reference)
    if x.ndim < 2 or x.shape[1:] != reference.shape[1:] or not len(x):
        raise ValueError(
            "`x` and `reference` must hold images of one shape. Received: x of shape "
            f"{x.shape}, reference of shape {reference.shape}"
        )
    if k > len(reference):
        raise ValueError(
            f"`k` must be at most {len(reference)}, the images to look among. "
            f"Received: k={k}"
        )
    codes = None
    if space == "code":
        queries = encode(model, x, labels)
        keys = encode(model, reference, reference_labels)
        distances, indices = nearest_rows(queries, keys, k)
        codes = np.concatenate([queries[:, None], keys[indices]], axis=1)
    else:
        queries, keys = (np.reshape(a, (len(a), -1)) for a in (x, reference))
        distances, indices = nearest_rows(queries, keys, k)
    real = to_float(x)[:, None]
    images = np.concatenate([real, to_float(reference[indices])], axis=1)
    captions = [["", *map(as_label, row)] for row in distances]
    where = "pixels" if space == "pixel" else f"codes of {type(model).__name__}"
    return Exploration(
        images,
        codes,
        {"indices": indices, "distances": distances},
        title=f"Nearest neighbours, by the distance of {where}",
        column_labels=["image", *map(str, range(1, k + 1))],
        labels=sum(captions, []),
        fields=getattr(model, "fields", None),
    )
