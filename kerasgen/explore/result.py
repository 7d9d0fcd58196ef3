"""What an exploration gives: images in rows and columns, and their codes."""

import dataclasses

import numpy as np

from kerasgen import images as pictures
from kerasgen.picture_files import (
    ARRAYS,
    PICTURES,
    check_ending,
    save_arrays,
    save_image,
)


@dataclasses.dataclass
class Exploration:
    """Images in rows and columns.

    Args:
        images: float32 array `(rows, columns, height, width, channels)` in `[0, 1]`,
            or of points, `(rows, columns, features)`.
        codes: float32 array `(rows, columns, latent_dim)`, or None. Where rows start
            with a real image, that one has no code here.
        facts: dict of further arrays and numbers, named by the function.
    """

    images: np.ndarray
    codes: np.ndarray | None = None
    facts: dict = dataclasses.field(default_factory=dict)

    def picture(self):
        """Returns the picture: a grid, or a scatter plot of points in the plane."""
        rows, columns, *shape = self.images.shape
        flat = self.images.reshape(rows * columns, *shape)
        if len(shape) == 1:
            return pictures.points_figure(flat)
        return pictures.grid(flat, columns=columns)

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
