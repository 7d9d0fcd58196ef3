import io
import os

import numpy as np
import pytest
from PIL import Image

from kerasgen import images

pytestmark = pytest.mark.any_backend


def open_png(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_png_bytes_keep_every_pixel(shape):
    x = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    np.testing.assert_array_equal(open_png(images.png_bytes(x)).ravel(), x.ravel())


@pytest.mark.parametrize("channels, shown", [(2, 1), (4, 3), (7, 3)])
def test_other_channels_are_shown_by_the_first_ones(channels, shown):
    x = np.random.default_rng(0).integers(0, 256, (2, 5, 7, channels), "uint8")
    png = open_png(images.png_bytes(x[0]))
    np.testing.assert_array_equal(png.ravel(), x[0, ..., :shown].ravel())
    np.testing.assert_array_equal(images.grid(x), images.grid(x[..., :shown]))
    with pytest.raises(ValueError, match=r"Received: image of shape \(5, 7, 0\)"):
        images.png_bytes(x[0, ..., :0])


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

    monkeypatch.setattr(os, "replace", fail)
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


@pytest.mark.parametrize("channels", [1, 3])
def test_fewer_colors_make_a_smaller_animation(tmp_path, channels):
    x = np.random.default_rng(0).integers(0, 256, (8, 8, channels), "uint8")
    frame = images.labeled_grid(x[None])
    for name, colors in (("all.gif", None), ("few.gif", 8)):
        images.save_animation(tmp_path / name, [frame, 255 - frame], colors=colors)
    sizes = [(tmp_path / name).stat().st_size for name in ("all.gif", "few.gif")]
    assert sizes[1] < 0.8 * sizes[0]
    with Image.open(tmp_path / "few.gif") as animation:
        found = np.asarray(animation.convert("RGB"))
    assert len(np.unique(found.reshape(-1, 3), axis=0)) <= 8
    if channels == 1:
        assert np.abs(found.astype(int) - frame).max() <= 255 / 7 / 2 + 1
    with pytest.raises(ValueError, match="Received: colors=1"):
        images.save_animation(tmp_path / "a.gif", [frame], colors=1)
