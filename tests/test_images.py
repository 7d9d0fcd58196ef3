import io
import os

import numpy as np
import pytest
from keras import ops
from PIL import Image

from kerasgen import images


def open_png(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_uint8_and_float_are_inverse_on_all_256_values():
    x = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
    floats = images.to_float(x)
    assert floats.dtype == np.float32 and floats.min() == 0 and floats.max() == 1
    np.testing.assert_array_equal(images.to_uint8(floats), x)
    np.testing.assert_array_equal(images.to_uint8(ops.convert_to_tensor(floats)), x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "bool"])
def test_to_uint8_takes_tensors_of_any_float(dtype):
    x = ops.cast(ops.convert_to_tensor([[0.0, 1.0]]), dtype)
    assert images.to_uint8(x).tolist() == [[0, 255]]


def test_to_uint8_forgives_rounding_of_the_last_activation_only():
    assert images.to_uint8(np.float32([-1e-4, 1 + 1e-4])).tolist() == [0, 255]
    with pytest.raises(ValueError, match=r"\[0, 1\].*Received: x with values in \[-1"):
        images.to_uint8(np.float32([-1.0, 1.0]))
    with pytest.raises(ValueError, match="Received: x with 2 values of 3"):
        images.to_uint8(np.float32([np.nan, np.inf, 0.0]))
    with pytest.raises(TypeError, match="Received: x of dtype int64"):
        images.to_uint8(np.arange(3))


def test_grid_places_every_image_and_leaves_missing_cells_white():
    x = np.arange(5, dtype="uint8").reshape(5, 1, 1, 1) * np.ones((1, 2, 3, 1), "uint8")
    picture = images.grid(x, columns=3, padding=1)
    assert picture.shape == (2 * 2 + 3, 3 * 3 + 4, 1) and picture.dtype == np.uint8
    expected = np.full((7, 13), 255)
    for i in range(5):
        row, column = divmod(i, 3)
        expected[1 + 3 * row : 3 + 3 * row, 1 + 4 * column : 4 + 4 * column] = i
    np.testing.assert_array_equal(picture[..., 0], expected)


@pytest.mark.parametrize(
    "shape, columns, expected",
    [
        ((7, 4, 5), None, (12, 15, 1)),
        ((7, 4, 5, 3), None, (12, 15, 3)),
        ((3, 4, 5, 1), 8, (4, 15, 1)),
        ((1, 4, 5, 3), None, (4, 5, 3)),
    ],
)
def test_grid_is_nearly_square_for_any_batch(shape, columns, expected):
    picture = images.grid(np.zeros(shape), columns=columns, padding=0)
    assert picture.shape == expected


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (2, 4, 4, 2), (4, 4), (1, 2, 4, 4, 1)])
def test_grid_refuses_what_is_no_batch_of_images(shape):
    with pytest.raises(ValueError, match="Received: images of shape"):
        images.grid(np.zeros(shape, "uint8"))


def test_grid_refuses_bad_columns_and_padding():
    x = np.zeros((2, 4, 4, 1), "uint8")
    with pytest.raises(ValueError, match="`columns`.*Received: columns=0"):
        images.grid(x, columns=0)
    with pytest.raises(TypeError, match="`padding`.*Received: padding=1.5"):
        images.grid(x, padding=1.5)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_png_bytes_keep_every_pixel(shape):
    x = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    np.testing.assert_array_equal(open_png(images.png_bytes(x)).ravel(), x.ravel())


def test_png_refuses_other_channels():
    with pytest.raises(ValueError, match=r"Received: image of shape \(5, 7, 2\)"):
        images.png_bytes(np.zeros((5, 7, 2), "uint8"))


def test_save_png_makes_folders_and_replaces_the_old_file(tmp_path):
    path = tmp_path / "a" / "b.png"
    images.save_png(path, np.zeros((2, 2), "uint8"))
    images.save_png(str(path), np.full((2, 2), 9, "uint8"))
    assert open_png(path.read_bytes()).tolist() == [[9, 9], [9, 9]]
    assert os.listdir(path.parent) == ["b.png"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    images.save_png(path, np.zeros((2, 2), "uint8"))
    old = path.read_bytes()

    def fail(source, target):
        raise OSError("disk full")

    monkeypatch.setattr(images.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        images.save_png(path, np.ones((2, 2), "uint8"))
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["x.png"]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.apng"])
@pytest.mark.parametrize("channels", [1, 3])
def test_animation_keeps_frames_and_time(tmp_path, name, channels):
    frames = [np.full((6, 5, channels), 60 * i, "uint8") for i in range(4)]
    images.save_animation(tmp_path / name, iter(frames), fps=4)
    with Image.open(tmp_path / name) as animation:
        assert animation.n_frames == 4
        for i in range(4):
            animation.seek(i)
            assert animation.info["duration"] == 250
            pixels = np.asarray(animation.convert("RGB"))
            assert pixels.shape == (6, 5, 3) and np.all(pixels == 60 * i)
    assert os.listdir(tmp_path) == [name]


def test_animation_refuses_bad_arguments_and_leaves_no_file(tmp_path):
    frames = [np.zeros((4, 4), "uint8"), np.zeros((4, 5), "uint8")]
    with pytest.raises(ValueError, match="one shape. Received .*: frame 0 .* frame 1"):
        images.save_animation(tmp_path / "a.gif", frames)
    with pytest.raises(ValueError, match="Received: path='a.mp4'"):
        images.save_animation("a.mp4", frames[:1])
    with pytest.raises(ValueError, match="`frames` must hold an image"):
        images.save_animation(tmp_path / "a.gif", [])
    with pytest.raises(ValueError, match="Received: fps=0"):
        images.save_animation(tmp_path / "a.gif", frames[:1], fps=0)
    assert os.listdir(tmp_path) == []


def blue(figure):
    return (figure[..., 2].astype(int) - figure[..., 0]) > 80


def test_points_figure_draws_points_where_they_are():
    corners = np.float32([[-1, -1], [1, 1]])
    figure = images.points_figure(np.float32([[0.9, 0.9]]), corners)
    assert figure.shape == (400, 400, 3) and figure.dtype == np.uint8
    rows, columns = np.nonzero(blue(figure))
    assert len(rows) and rows.max() < 200 and columns.min() > 200


def test_points_figure_leaves_out_values_that_are_not_finite():
    points = np.float32([[np.nan, 0], [np.inf, 0], [0, 0], [1, 1]])
    assert blue(images.points_figure(points)).any()
    assert not blue(images.points_figure(np.full((3, 2), np.nan, "float32"))).any()
    with pytest.raises(ValueError, match=r"Received: points of shape \(3, 3\)"):
        images.points_figure(np.zeros((3, 3)))


def test_conditionals_show_expectation_and_entropy():
    x = np.zeros((2, 1, 1, 1), "float32")
    p = np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.0, 1.0]])
    picture = images.conditionals_grid(x, p.reshape(2, 1, 1, 1, 4), padding=0)
    assert picture[..., 0].tolist() == [[0, 0], [128, 255], [255, 0]]
    with pytest.raises(ValueError, match="`probabilities` must have.*Received"):
        images.conditionals_grid(x, p)
