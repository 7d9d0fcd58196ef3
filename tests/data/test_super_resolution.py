"""Pairs of large and small images: where parts are cut, and how they shrink."""

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.data.super_resolution import smaller

pytestmark = pytest.mark.any_backend

load = kerasgen.data.load_super_resolution


@pytest.fixture
def folder(tmp_path):
    draws = np.random.default_rng(0)
    for i, shape in enumerate([(20, 31, 3), (16, 16, 3), (24, 12, 3), (40, 18, 3)]):
        image = Image.fromarray(draws.integers(0, 256, shape, "uint8"))
        image.save(tmp_path / f"{i}.png")
    return tmp_path


def test_small_images_are_those_of_pillow_and_keep_means():
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 24, 3), "uint8")
    found = smaller(images, 4)
    expected = np.asarray(
        Image.fromarray(images[0]).resize((6, 4), Image.Resampling.BICUBIC)
    )
    np.testing.assert_array_equal(found[0], expected)
    flat = np.full((1, 8, 8, 1), 77, "uint8")
    np.testing.assert_array_equal(smaller(flat, 2), flat[:, :4, :4])


def test_parts_of_a_folder_are_cut_at_places_drawn_once(folder):
    data = load(
        f"folder:{folder}", "all", batch_size=4, crop=16, crops=50, shuffle=False
    )
    assert (data.image_shape, data.label_shape) == ((16, 16, 3), (4, 4, 3))
    assert data.num_examples == 3 * 50  # one file is too narrow, which is said
    assert "1 files smaller than 16 pixels" in data.notes
    large, small = data.take(150)
    np.testing.assert_array_equal(small, smaller(large, 4))
    again = load(f"folder:{folder}", "all", batch_size=4, crop=16, crops=50, seed=0)
    np.testing.assert_array_equal(again.take(150)[0], large)
    other = load(f"folder:{folder}", "all", batch_size=4, crop=16, crops=50, seed=1)
    assert not np.array_equal(other.take(150)[0], large)
    picture = np.asarray(Image.open(folder / "0.png"))
    seen = set()
    for part in large[:50]:
        rows = [
            (i, j)
            for i in range(5)
            for j in range(16)
            if np.array_equal(picture[i : i + 16, j : j + 16], part)
        ]
        assert len(rows) == 1
        seen.add(rows[0])
    assert len(seen) > 25 and {i for i, _ in seen} == set(range(5))
    np.testing.assert_array_equal(large[50], np.asarray(Image.open(folder / "1.png")))


def test_other_data_are_taken_whole():
    data = load("rain", num_examples=6, batch_size=2, scale=2)
    assert (data.image_shape, data.label_shape) == ((64, 64, 3), (32, 32, 3))
    clean = kerasgen.data.load("rain", num_examples=6, batch_size=2, shuffle=False)
    np.testing.assert_array_equal(data.take(6)[0], clean.take(6)[0])
    assert data.shuffle and not load("rain", "test", num_examples=6).shuffle
    grey = load("digits", batch_size=2)
    assert (grey.image_shape, grey.label_shape) == ((8, 8, 1), (2, 2, 1))
    sized = load("digits", batch_size=2, image_size=16, scale=8)
    assert sized.label_shape == (2, 2, 1)
    wrapped = kerasgen.data.super_resolution(
        kerasgen.data.load("digits", batch_size=3), scale=2
    )
    assert wrapped.batch_size == 3 and wrapped.label_shape == (4, 4, 1)


def test_what_cannot_be_made_smaller_is_refused(folder):
    with pytest.raises(ValueError, match="sides are divisible by 4. Received"):
        load("digits", image_size=10)
    with pytest.raises(ValueError, match="`crop` must be divisible by `scale`, 4"):
        load(f"folder:{folder}", crop=18)
    with pytest.raises(ValueError, match="must hold images of 64 x 64 pixels or more"):
        load(f"folder:{folder}", "all", crop=64)
    with pytest.raises(ValueError, match="must be of images whose sides"):
        kerasgen.data.super_resolution(kerasgen.data.load("mixture"))
