"""Data of two domains by name."""

import numpy as np
import pytest

from kerasgen.data import load_domains
from kerasgen.images import save_png

pytestmark = pytest.mark.any_backend


def fill(folder, count, value):
    for i in range(count):
        image = np.full((8, 8, 3), value + i, "uint8")
        image[0, 0] = 255
        save_png(folder / f"{i:02}.png", image)


@pytest.fixture
def published(tmp_path):
    for name, count, value in (
        ("trainA", 5, 20),
        ("trainB", 3, 120),
        ("testA", 2, 60),
        ("testB", 4, 180),
    ):
        fill(tmp_path / name, count, value)
    return tmp_path


def test_a_folder_as_the_data_sets_of_the_paper_are_published(published):
    train = load_domains(f"folder:{published}")
    assert train.num_examples == 5 and train.split == "train" and train.shuffle
    x = train.take(5)[0]
    assert x["a"][:, 4, 4, 0].tolist() == [20, 21, 22, 23, 24]
    assert x["b"][:, 4, 4, 0].tolist() == [120, 121, 122, 120, 121]
    test = load_domains(f"folder:{published}", split="test", batch_size=2)
    assert test.num_examples == 4 and not test.shuffle
    assert test.take(2)[0]["a"][:, 4, 4, 0].tolist() == [60, 61]
    with pytest.raises(ValueError, match="`split` must be one that the folder has"):
        load_domains(f"folder:{published}", split="validation")


def test_two_folders_and_one_with_a_and_b(tmp_path):
    fill(tmp_path / "A", 4, 20)
    fill(tmp_path / "B", 3, 120)
    both = load_domains(f"folder:{tmp_path}", image_size=4)
    apart = load_domains(
        f"folder:{tmp_path / 'A'}", f"folder:{tmp_path / 'B'}", image_size=4
    )
    assert both.data_shape == apart.data_shape == {"a": (4, 4, 3), "b": (4, 4, 3)}
    for one, other in zip(both, apart, strict=True):
        np.testing.assert_array_equal(one[0]["a"], other[0]["a"])
        np.testing.assert_array_equal(one[0]["b"], other[0]["b"])


def test_drawn_domains_and_a_mixture_of_kinds():
    drawn = load_domains("outlines", num_examples=6, batch_size=2)
    assert drawn.data_shape["b"] == (32, 32, 3) and drawn.batch_size == 2
    mixed = load_domains("digits", "shapes", image_size=16)
    assert mixed.data_shape == {"a": (16, 16, 1), "b": (16, 16, 3)}


def test_one_domain_alone_is_refused(tmp_path):
    fill(tmp_path, 3, 20)
    for name in ("digits", f"folder:{tmp_path}"):
        with pytest.raises(ValueError, match="`target` must name the data of the sec"):
            load_domains(name)
