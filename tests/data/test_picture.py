"""`kerasgen.show`, and what data sets show of themselves."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.data import Dataset
from kerasgen.images import labeled_grid

pytestmark = pytest.mark.any_backend

X = np.random.default_rng(0).integers(0, 256, (40, 4, 3, 1), "uint8")
Y = np.repeat([0, 1], 20)


def decoded(found):
    with Image.open(io.BytesIO(found._repr_png_())) as image:
        return np.asarray(image)


def test_arrays_of_every_shape_become_one_picture(tmp_path):
    words = {"title": "Six", "row_labels": ["a", "b"], "class_names": ["cat", "dog"]}
    found = kerasgen.show(X[:6], Y[:6], 3, **words)
    expected = labeled_grid(X[:6], Y[:6], 3, **words)
    np.testing.assert_array_equal(found.pixels, expected)
    np.testing.assert_array_equal(np.asarray(found), expected)
    np.testing.assert_array_equal(decoded(found), expected[..., 0])
    height, width = expected.shape[:2]
    assert repr(found) == f"Picture(6 images 4x3x1, {width}x{height} pixels)"
    found.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), expected[..., 0])
    rows = kerasgen.show(X[:6].reshape(2, 3, 4, 3, 1), Y[:6], **words)
    np.testing.assert_array_equal(rows.pixels, expected)
    for images, count in ((X[0], 1), (X[0, ..., 0], 1), (X[..., 0].repeat(2, 2), 40)):
        pixels = kerasgen.show(images).pixels
        batch = images[None] if count == 1 else images
        np.testing.assert_array_equal(pixels, labeled_grid(batch))
    points = np.random.default_rng(0).random((9, 2), "float32")
    assert repr(kerasgen.show(points)) == "Picture(9 points, 512x512 pixels)"
    with pytest.raises(ValueError, match="`labels` must be None for points. Received"):
        kerasgen.show(points, labels=[1] * 9)
    with pytest.raises(ValueError, match="must hold floats in.*Received"):
        kerasgen.show(X.astype("float32"))


def test_a_data_set_shows_examples_of_all_classes_and_a_line_of_text():
    data = Dataset(X, Y, batch_size=5, class_names=["cat", "dog"], name="pets")
    assert repr(data) == "pets (all): 40 images 4x3x1, 2 classes, 5 a batch"
    data.seek(1, 2)
    x, y = data.spread(32)
    assert np.bincount(y).tolist() == [16, 16]
    expected = labeled_grid(x, y, title=repr(data), class_names=["cat", "dog"])
    np.testing.assert_array_equal(decoded(data), expected[..., 0])
    np.testing.assert_array_equal(kerasgen.show(data).pixels, expected)
    assert data.position == (1, 2)  # training goes on where it was


def test_a_data_set_of_anything_has_a_text_and_a_picture_where_it_can():
    points = np.random.default_rng(0).random((40, 2), "float32")
    data = Dataset(points, np.repeat([0, 1], 20), batch_size=5)
    assert repr(data) == "arrays (all): 40 points of 2 values, 2 classes, 5 a batch"
    title = repr(data)
    expected = kerasgen.images.points_figure(points, title=title)
    np.testing.assert_array_equal(decoded(data), expected)
    pairs = Dataset(X, X, batch_size=5)  # conditional on images
    assert decoded(pairs).ndim == 2
    assert Dataset(points.repeat(2, axis=1), batch_size=5)._repr_png_() is None
    four = Dataset(X.repeat(4, axis=-1), batch_size=5)  # the first three are shown
    three = kerasgen.show(four.spread(32)[0][..., :3], title=repr(four))
    np.testing.assert_array_equal(decoded(four), three.pixels)


def test_other_kinds_are_shown_as_their_field_draws_them():
    volumes = np.random.default_rng(0).random((3, 4, 4, 4)) > 0.5
    field = kerasgen.features.Volume(4)
    found = kerasgen.show(volumes, [0, 1, 0], field=field, class_names=["a", "b"])
    drawn = kerasgen.images.volume_views(volumes)
    expected = labeled_grid(drawn, [0, 1, 0], class_names=["a", "b"])
    np.testing.assert_array_equal(found.pixels, expected)
    video = np.random.default_rng(1).integers(0, 256, (2, 5, 4, 3, 1), "uint8")
    field = kerasgen.features.Video(5, (4, 3, 1))
    fields = kerasgen.features.Fields(x=field)
    expected = labeled_grid(field.picture(video))
    for given in (field, fields):
        found = kerasgen.show(video, field=given)
        np.testing.assert_array_equal(found.pixels, expected)
    with pytest.raises(ValueError, match="`images` must have volumes.*Received"):
        kerasgen.show(video, field=kerasgen.features.Volume(4))


def test_a_history_becomes_curves():
    history = keras.callbacks.History()
    history.history = {"loss": [3.0, 2.0], "val_loss": [3.0, 2.5]}
    found = kerasgen.show(history, title="A run")
    expected = kerasgen.images.history_figure(history.history, "A run")
    np.testing.assert_array_equal(found.pixels, expected)
    assert repr(found) == "Picture(a history of 2 epochs, 640x260 pixels)"
    with pytest.raises(ValueError, match="`labels` must be None for a history"):
        kerasgen.show(history, [1, 2])
