"""Explorations as pictures, text and files."""

import io

import numpy as np
import pytest
from PIL import Image

from kerasgen import explore
from kerasgen.explore import Exploration
from kerasgen.images import labeled_grid
from tests.explore.tiny import gan, images, vae

IMAGES = np.random.default_rng(0).random((2, 3, 4, 5, 1)).astype("float32")


def decoded(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


def test_the_picture_has_the_rows_and_columns_and_says_what_they_are(tmp_path):
    words = {"title": "A title", "row_labels": ["a", "b"], "column_labels": [1, 2, 3]}
    found = Exploration(IMAGES, **words, labels=["", "x"] * 3)
    expected = labeled_grid(IMAGES.reshape(6, 4, 5, 1), ["", "x"] * 3, 3, **words)
    np.testing.assert_array_equal(found.picture(), expected)
    found.save(tmp_path / "new" / "a.png")
    saved = decoded((tmp_path / "new" / "a.png").read_bytes())
    np.testing.assert_array_equal(saved, expected[..., 0])


def test_points_are_drawn_in_the_plane():
    assert Exploration(IMAGES[..., :2, 0, 0]).picture().shape == (512, 512, 3)


def _results():
    """Every kind of result of `kerasgen.explore`, of models with two classes."""
    x, y = images(24), np.arange(24) % 2
    model, other = vae(num_classes=2), gan()
    model.class_names = ["cat", "dog"]
    direction = np.ones(3)
    yield explore.traverse(model, x[0], labels=1, reference=x, reference_labels=y)
    yield explore.traverse(model, x[0], labels=1, relative=True)
    yield explore.plane(other)
    yield explore.interpolate(model, x[:2], x[2:4], labels=np.array([0, 1]))
    yield explore.edit(model, x[:3], direction, labels=y[:3])
    yield explore.nearest(model, x[:3], x, labels=y[:3], reference_labels=y)
    yield explore.nearest(None, x[:3], x, space="pixel")
    yield explore.map_2d(model, x, y)
    yield explore.fit_prior(model, x, y, components=2)


def test_results_are_short_as_text_and_pictures_in_a_notebook():
    words = {}
    for number, found in enumerate(_results()):
        text = repr(found)
        assert text.startswith(type(found).__name__ + "(") and len(text) < 120
        if isinstance(found, Exploration):
            words[number] = found
        if hasattr(found, "picture"):
            picture = decoded(found._repr_png_())
            np.testing.assert_array_equal(picture, np.squeeze(found.picture()))
            assert min(picture.shape[:2]) > 300
    sorted_rows, relative, plane, ways, edits, codes, pixels = words.values()
    assert sorted_rows.title.endswith("class dog")
    kl = [f", KL {value:.2f}" for value in sorted_rows.facts["kl"]]
    names = [f"latent {number}" for number in sorted_rows.facts["dimensions"]]
    assert sorted_rows.row_labels == [a + b for a, b in zip(names, kl, strict=True)]
    values = sorted_rows.facts["values"]
    np.testing.assert_array_equal(sorted_rows.column_labels, values[0])
    assert relative.column_labels is None
    shown = [float(word) for word in relative.labels]
    np.testing.assert_allclose(shown, relative.facts["values"].ravel(), rtol=0.01)
    right, up = plane.facts["values"]
    np.testing.assert_array_equal(plane.column_labels, right)
    np.testing.assert_array_equal(plane.row_labels, up[::-1])
    np.testing.assert_array_equal(ways.column_labels, ways.facts["shares"])
    assert ways.row_labels == ["cat", "dog"]
    assert edits.row_labels == ["cat", "dog", "cat"]
    assert edits.column_labels == ["image", "-1", "-0.5", "0", "0.5", "1"]
    for found, what in ((codes, "codes of VAE"), (pixels, "pixels")):
        assert what in found.title and found.column_labels[:2] == ["image", "1"]
        shown = np.reshape(found.labels, (3, 6))
        assert (shown[:, 0] == "").all()
        distances = shown[:, 1:].astype(float)
        np.testing.assert_allclose(distances, found.facts["distances"], rtol=0.01)


def test_what_cannot_be_drawn_is_text_in_a_notebook():
    points, images = np.zeros((2, 3, 5)), np.zeros((2, 3, 4, 4, 2), "float32")
    assert Exploration(points)._repr_png_() is None
    assert Exploration(images)._repr_png_() is not None


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
