"""Stacked images: triples of grey ones, and their classes."""

import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import class_coverage

pytestmark = pytest.mark.any_backend


def load(*args, **kwargs):
    return kerasgen.data.load(*args, batch_size=2, **kwargs)


def test_channels_are_images_of_the_split_and_classes_those_of_the_triple():
    data = load("stacked:digits", labels=True, num_examples=50, shuffle=False)
    assert (data.num_examples, data.num_classes) == (50, 1000)
    assert data.image_shape == (8, 8, 3)
    images, classes = data.take(50)
    assert images.dtype == np.uint8 and classes.dtype == np.int32
    known, labels = load("digits", labels=True, shuffle=False).arrays()
    places = {x.tobytes(): label for x, label in zip(known, labels, strict=True)}
    for image, number in zip(images, classes, strict=True):
        digits = [places[image[..., i].tobytes()] for i in range(3)]
        assert number == 100 * digits[0] + 10 * digits[1] + digits[2]
    again = load("stacked:digits", labels=True, num_examples=50, shuffle=False)
    np.testing.assert_array_equal(again.take(50)[0], images)


def test_splits_and_seeds_are_drawn_apart():
    def first(split, seed=0):
        data = load("stacked:digits", split, seed=seed, num_examples=20)
        return data.take(20)[0]

    assert not np.array_equal(first("train"), first("train", seed=1))
    test, _ = load("digits", "test").arrays()
    known = {x.tobytes() for x in test}
    shown = first("test")
    assert all(x[..., i].tobytes() in known for x in shown for i in range(3))
    assert not any(x[..., 0].tobytes() in known for x in first("train"))


def test_numbers_of_examples_are_the_papers_and_all_modes_are_there():
    assert load("stacked:digits").num_examples == 128_000
    data = load("stacked:digits", "test", labels=True)
    assert data.num_examples == 26_000
    classes = np.stack([data.labels // 100, data.labels // 10 % 10, data.labels % 10])
    found = class_coverage(classes.T, 10)
    assert found["modes"] == found["num_modes"] == 1000
    assert load("stacked:digits", labels=None, num_examples=5).num_classes == 1000
    assert load("stacked:digits", image_size=12, num_examples=5).image_shape == (
        12,
    ) * 2 + (3,)


@pytest.mark.parametrize(
    "name, message",
    [("stacked:shapes", "must name grey images"), ("stacked:", "a path after")],
)
def test_what_cannot_be_stacked_is_refused(name, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        load(name)


def test_classes_that_are_not_there_are_refused(tmp_path):
    np.savez(tmp_path / "grey.npz", x_train=np.zeros((4, 8, 8), "uint8"))
    name = f"stacked:npz:{tmp_path / 'grey.npz'}"
    assert load(name, labels=None, num_examples=4).num_classes is None
    with pytest.raises(ValueError, match="Received"):
        load(name, labels=True, num_examples=4)
