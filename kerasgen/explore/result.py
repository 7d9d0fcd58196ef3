"""What an exploration gives: images in rows and columns, and their codes."""

import dataclasses

import numpy as np

from kerasgen import features
from kerasgen import images as pictures
from kerasgen.images.picture_files import (
    ARRAYS,
    PICTURES,
    check_ending,
    save_arrays,
    save_image,
)


@dataclasses.dataclass(repr=False)
class Exploration:
    """Images in rows and columns.

    Args:
        images: float32 array `(rows, columns, height, width, channels)` in `[0, 1]`,
            or of points, `(rows, columns, features)`.
        codes: float32 array `(rows, columns, latent_dim)`, or None. Where rows start
            with a real image, that one has no code here.
        facts: dict of further arrays and numbers, named by the function.
        title: str or None, above the picture.
        row_labels, column_labels: str or number for each row, each column; or None.
        labels: str for each image, row by row, or None.
        fields: `kerasgen.features.Fields` of the model, or None: what says how data
            that are neither images nor points are drawn.
    """

    images: np.ndarray
    codes: np.ndarray | None = None
    facts: dict = dataclasses.field(default_factory=dict)
    title: str | None = None
    row_labels: list | None = None
    column_labels: list | None = None
    labels: list | None = None
    fields: object = None

    def picture(self):
        """Returns the picture: a grid, or a scatter plot of points in the plane."""
        rows, columns, *shape = self.images.shape
        flat = self.images.reshape(rows * columns, *shape)
        if len(shape) == 1:
            return pictures.points_figure(flat, title=self.title)
        flat = features.pictures(self.fields, flat)
        return pictures.labeled_grid(
            flat, self.labels, columns, self.title, self.row_labels, self.column_labels
        )

    def __repr__(self):
        rows, columns, *shape = self.images.shape
        text = f"{rows} rows and {columns} columns of {'x'.join(map(str, shape))}"
        if self.codes is not None:
            text += f", codes of {self.codes.shape[-1]} latents"
        facts = f"; facts: {', '.join(self.facts)}" if self.facts else ""
        return f"Exploration({text}{facts})"

    def _repr_png_(self):
        *size, channels = self.images.shape[2:]
        drawable = bool(size) or channels == 2
        return pictures.png_bytes(self.picture()) if drawable else None

    def save(self, path):
        """Writes the picture to a PNG or JPEG file, or all arrays to an `.npz` file.

        Args:
            path: the file's path; its ending says what is written.
        """
        arrays = {"images": self.images, **self.facts}
        if self.codes is not None:
            arrays["codes"] = self.codes
        save(path, self.picture, arrays)


def save(path, picture, arrays):
    """Writes what `picture()` returns, or arrays to an `.npz` file."""
    if check_ending("`path`", path, PICTURES + ARRAYS) in ARRAYS:
        save_arrays(path, arrays)
    else:
        save_image(path, picture())
