"""Explorations as pictures and files."""

import numpy as np
import pytest
from PIL import Image

from kerasgen.explore import Exploration
from kerasgen.images import grid

IMAGES = np.random.default_rng(0).random((2, 3, 4, 5, 1)).astype("float32")


def test_the_picture_has_the_rows_and_columns(tmp_path):
    found = Exploration(IMAGES)
    picture = found.picture()
    assert picture.shape == (2 * (4 + 2) + 2, 3 * (5 + 2) + 2, 1)
    np.testing.assert_array_equal(picture, grid(IMAGES.reshape(6, 4, 5, 1), columns=3))
    found.save(tmp_path / "new" / "a.png")
    with Image.open(tmp_path / "new" / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), picture[..., 0])


def test_points_are_drawn_in_the_plane():
    assert Exploration(IMAGES[..., :2, 0, 0]).picture().shape == (400, 400, 3)


def test_arrays_are_written(tmp_path):
    codes = np.ones((2, 3, 7), "float32")
    Exploration(IMAGES, codes, {"kl": np.arange(2.0)}).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert sorted(arrays.files) == ["codes", "images", "kl"]
        np.testing.assert_array_equal(arrays["images"], IMAGES)
        np.testing.assert_array_equal(arrays["codes"], codes)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must end in .png or .jpg or .jpeg or .npz"):
        Exploration(IMAGES).save(tmp_path / "a.gif")
