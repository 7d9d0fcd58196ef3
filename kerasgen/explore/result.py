"""What an exploration gives: images in rows and columns, and their codes."""

import dataclasses
from pathlib import Path

import numpy as np

from kerasgen import images as pictures


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
        """Writes the picture to a `.png`, or all arrays to an `.npz` file.

        Args:
            path: the file's path; its ending says what is written.
        """
        arrays = {"images": self.images, **self.facts}
        if self.codes is not None:
            arrays["codes"] = self.codes
        save(path, self.picture, arrays)


def save(path, picture, arrays):
    """Writes what `picture()` returns to a `.png`, or arrays to an `.npz` file."""
    suffix = Path(path).suffix.lower()
    if suffix == ".png":
        pictures.save_png(path, picture())
    elif suffix == ".npz":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, **arrays)
    else:
        raise ValueError(
            f"`path` must end in '.png' or '.npz'. Received: path={str(path)!r}"
        )
