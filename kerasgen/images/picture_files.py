"""Files of pictures and arrays, written as the ending of their name says."""

import io
from pathlib import Path

import numpy as np

from kerasgen.images import png_bytes, save_png, write_atomic

PICTURES = (".png", ".jpg", ".jpeg")
ANIMATIONS = (".gif", ".apng")
ARRAYS = (".npz",)
SOUNDS = (".wav",)


def check_ending(name, path, endings=PICTURES):
    """Raises ValueError unless a path ends in one of `endings`; returns the ending.

    Args:
        name: str. What the path is called in the message, such as `"--out"`.
        path: str or path.
        endings: tuple of str, in lower case.
    """
    ending = Path(path).suffix.lower()
    if ending not in endings:
        raise ValueError(
            f"{name} must end in {' or '.join(endings)}. Received: {str(path)!r}"
        )
    return ending


def save_image(path, image):
    """Writes one image to a PNG or JPEG file, wholly or not at all.

    Args:
        path: the file's path; its ending says which. Its folders are made when they
            are missing.
        image: grey `(height, width)` or `(height, width, 1)`, or colour
            `(height, width, 3)`; floats in [0, 1] or `uint8`.
    """
    from PIL import Image

    if check_ending("`path`", path) == ".png":
        save_png(path, image)
        return
    with Image.open(io.BytesIO(png_bytes(image)), formats=("PNG",)) as picture:
        options = {"format": "JPEG", "quality": 95, "subsampling": 0}
        write_atomic(path, lambda file: picture.save(file, **options))


def save_arrays(path, arrays):
    """Writes a dict of arrays to an `.npz` file, wholly or not at all."""
    check_ending("`path`", path, ARRAYS)
    write_atomic(path, lambda file: np.savez_compressed(file, **arrays))
