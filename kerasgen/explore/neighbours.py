"""Nearest neighbours in codes, pixels or features: are samples learned by heart?"""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.dataset import Dataset
from kerasgen.explore.codes import check_encoder, encode, row_labels
from kerasgen.explore.result import Exploration
from kerasgen.images import to_float
from kerasgen.images.text import as_label
from kerasgen.metrics.distances import nearest_rows
from kerasgen.metrics.named_networks import feature_network

SPACES = ("code", "pixel", "feature")
CHUNK = 1024  # images of a data set that are in memory at once


def nearest(
    model,
    x,
    reference,
    k=5,
    space="code",
    labels=None,
    reference_labels=None,
    network=None,
):
    """Finds the nearest examples of a data set: a row for each image.

    A row begins with the image itself, then its neighbours by Euclidean distance, the
    nearest first. Give generated images and the training images to see whether a model
    repeats them; "far" is to be judged by the same distances of real test images.

    Args:
        model: a model with an encoder; any, or None, for the other spaces.
        x: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
        reference: images `(m, height, width, channels)` to look among; or a
            `kerasgen.data.Dataset`, which is read in parts: of any size, as only the
            neighbours are kept. Indices are of its storage order.
        k: int, neighbours. Defaults to `5`.
        space: `"code"`, where a conditional model is told the labels; `"pixel"`; or
            `"feature"`, of a network.
        labels, reference_labels: int or ints, for a conditional model's codes; a
            data set brings its own.
        network: for features, a network as in `kerasgen.metrics.feature_network`; those
            that are trained on data, `"classifier"`, are given made.

    Returns:
        `Exploration` with `1 + k` columns; `codes` likewise, for `space="code"`.
        `facts`: `"indices"` and `"distances"`, `(n, k)`: of the code, of all pixels in
        `[0, 1]`, or of the features.
    """
    check_choice("space", space, SPACES)
    check_int("k", k)
    if (space == "feature") != (network is not None):
        raise ValueError(
            "`network` must be given for space='feature', and for no other. "
            f"Received: space={space!r}, network={network!r}"
        )
    x, parts = np.asarray(x), Parts(reference)
    if x.ndim < 2 or x.shape[1:] != parts.shape or not len(x):
        raise ValueError(
            "`x` and `reference` must hold images of one shape. Received: x of shape "
            f"{x.shape}, reference of shape {(len(parts), *parts.shape)}"
        )
    if k > len(parts):
        raise ValueError(
            f"`k` must be at most {len(parts)}, the images to look among. "
            f"Received: k={k}"
        )
    told, known = space == "code", None
    if told:
        check_encoder(model)
        labels = row_labels(model, labels, len(x))
        if isinstance(reference, Dataset) and model.decoder_classes is not None:
            reference_labels = parts.labels()
        known = row_labels(model, reference_labels, len(parts))
    network = None if network is None else feature_network(network)

    def keys_of(images, labels):
        if told:
            return encode(model, images, labels)
        if network is not None:
            return network(images)["features"]
        return np.reshape(images, (len(images), -1))

    queries = keys_of(x, labels)
    distances, indices = np.full((len(x), k), np.inf), np.zeros((len(x), k), "int64")
    images = np.zeros((len(x), k, *parts.shape), parts.dtype)
    codes = np.zeros((len(x), k, queries.shape[1] if told else 0), "float32")
    for rows, batch in parts:
        keys = keys_of(batch, known if known is None else known[rows])
        found, near = nearest_rows(queries, keys, min(k, len(keys)))
        found = np.concatenate([distances, found], axis=1)
        best = np.argsort(found, axis=1, kind="stable")[:, :k]
        distances = np.take_along_axis(found, best, axis=1)
        indices = _kept(indices, rows[near], best)
        images = _kept(images, batch[near], best)
        if told:
            codes = _kept(codes, keys[near], best)
    where = {"pixel": "pixels", "code": f"codes of {type(model).__name__}"}
    where["feature"] = f"features of {getattr(network, 'name', None)}"
    real = to_float(x)[:, None]
    captions = [["", *map(as_label, row)] for row in distances]
    return Exploration(
        np.concatenate([real, to_float(images)], axis=1),
        np.concatenate([queries[:, None], codes], axis=1) if told else None,
        {"indices": indices, "distances": distances},
        title=f"Nearest neighbours, by the distance of {where[space]}",
        column_labels=["image", *map(str, range(1, k + 1))],
        labels=sum(captions, []),
        fields=getattr(model, "fields", None),
    )


def _kept(old, new, best):
    """Returns what is nearest of what was kept and of what is new, as `best` says."""
    places = best.reshape(*best.shape, *[1] * (old.ndim - 2))
    return np.take_along_axis(np.concatenate([old, new], axis=1), places, axis=1)


class Parts:
    """Images of an array or a data set in storage order, a part at a time.

    Args:
        images: array `(n, ...)`, or `kerasgen.data.Dataset`.

    Yields: indices, int array, and images.
    """

    def __init__(self, images):
        self.images = images
        self.dataset = isinstance(images, Dataset)
        self.source = images.source if self.dataset else np.asarray(images)
        first = np.asarray(self.source[np.arange(min(1, len(self.source)))])
        self.shape, self.dtype = first.shape[1:], first.dtype

    def __len__(self):
        return len(self.source)

    def __iter__(self):
        for start in range(0, len(self), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(self)))
            yield rows, np.asarray(self.source[rows])

    def labels(self):
        """Returns the labels of a data set, an array, or None."""
        labels = self.images.labels
        return None if labels is None else np.asarray(labels[np.arange(len(self))])
