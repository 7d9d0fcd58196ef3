"""A map in the plane of the codes of a data set."""

import dataclasses

import numpy as np

from kerasgen.arguments import (
    check_choice,
    check_int,
    class_names,
    decoder_classes,
)
from kerasgen.explore.codes import as_codes, check_model
from kerasgen.explore.result import save
from kerasgen.images import png_bytes
from kerasgen.images.palette import colors
from kerasgen.images.plots import POINTS, plot
from kerasgen.images.text import class_texts, shorten

METHODS = ("latents", "pca", "tsne")
SIZE = (560, 480)  # pixels of the picture
MOST_NAMED = 20  # classes in the legend


@dataclasses.dataclass(repr=False)
class Map:
    """Points in the plane.

    Args:
        points: float32 array `(n, 2)`.
        codes: float32 array `(n, latent_dim)`.
        labels: int array `(n,)`, the colours, or None.
        method: str, where the points come from.
        class_names: sequence of str, the names of the labels, or None.
    """

    points: np.ndarray
    codes: np.ndarray
    labels: np.ndarray | None
    method: str
    class_names: list | None = None

    def picture(self):
        """Returns a scatter plot, `uint8` of shape `(480, 560, 3)`."""
        size = 12 if len(self.points) < 2000 else 4

        def draw(axes):
            axes.set_aspect("equal", adjustable="datalim")
            if self.labels is None:
                axes.scatter(*self.points.T, s=size, color=POINTS, linewidths=0)
                return
            numbers = np.unique(self.labels)
            names = class_texts(numbers, self.class_names)
            for number, name, color in zip(
                numbers, names, colors(len(names)), strict=True
            ):
                chosen = self.points[self.labels == number].T
                options = {"s": size, "color": color.tolist(), "linewidths": 0}
                axes.scatter(*chosen, label=shorten(name, 11, 80), **options)
            if len(names) <= MOST_NAMED:
                axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))

        title = f"{len(self.points)} codes, {self.method}"
        return plot(draw, *SIZE, (0.1, 0.08, 0.74, 0.86), title)

    def __repr__(self):
        count, latents = self.codes.shape
        return f"Map({count} codes of {latents} latents, by {self.method})"

    def _repr_png_(self):
        return png_bytes(self.picture())

    def save(self, path):
        """Writes the picture to a PNG or JPEG file, or all arrays to an `.npz`."""
        arrays = {"points": self.points, "codes": self.codes}
        if self.labels is not None:
            arrays["labels"] = self.labels
        save(path, self.picture, arrays)


def map_2d(model, x, labels=None, method=None, seed=0):
    """Lays the codes of a data set out in the plane, coloured by their labels.

    Args:
        model: a model with an encoder; for codes, any.
        x: images `(n, height, width, channels)` or codes `(n, latent_dim)`.
        labels: ints `(n,)`, the colours, which a conditional model is told, or None.
        method: `"latents"`, the first two; `"pca"`, the two principal components;
            `"tsne"`, scikit-learn's, of which distances between groups mean nothing;
            None for `"latents"` of a model that has just two, else `"pca"`.
        seed: int, for `"tsne"`. Defaults to `0`.

    Returns:
        `Map`.
    """
    check_model(model)
    if method is None:
        method = "latents" if model.latent_dim == 2 else "pca"
    check_choice("method", method, METHODS)
    check_int("seed", seed, 0)
    told = labels if decoder_classes(model) is not None else None
    codes = as_codes(model, x, told)
    if labels is not None:
        labels = np.asarray(labels)
        if labels.shape != (len(codes),):
            raise ValueError(
                f"`labels` must have shape {(len(codes),)}. "
                f"Received: labels of shape {labels.shape}"
            )
    if method == "latents" and model.latent_dim < 2:
        raise ValueError(
            "`method` must be another one than 'latents' for a model with one latent. "
            f"Received: method={method!r}"
        )
    if method == "latents":
        points = codes[:, :2]
    elif method == "pca":
        points = principal_components(codes)
    else:
        points = _tsne(codes, seed)
    names = class_names(model)
    return Map(points.astype("float32"), codes, labels, method, names)


def principal_components(codes):
    """Returns the codes along their two directions of most variance, `(n, 2)`.

    The sign of a direction is such that its largest coefficient is positive.
    """
    centred = codes.astype("float64") - codes.mean(axis=0)
    vectors = np.linalg.svd(centred, full_matrices=False)[2][:2]
    largest = np.abs(vectors).argmax(axis=1)
    signs = np.sign(vectors[np.arange(len(vectors)), largest])
    points = centred @ (vectors * signs[:, None]).T
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))


def _tsne(codes, seed):
    from sklearn.manifold import TSNE

    if len(codes) < 5:
        raise ValueError(
            f"`x` must hold at least 5 examples for 'tsne'. Received: {len(codes)}"
        )
    perplexity = min(30.0, (len(codes) - 1) / 3)
    return TSNE(perplexity=perplexity, random_state=seed).fit_transform(codes)
