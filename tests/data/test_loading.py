import numpy as np
import pytest

from kerasgen.data import load
from tests.processes import run_python

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 6, 8, 3), "uint8")


def test_plain_arrays_load():
    dataset = load(IMAGES, labels=np.arange(12) % 4, batch_size=5, image_size=4)
    assert dataset.image_shape == (4, 4, 3)
    assert (dataset.num_classes, dataset.shuffle, len(dataset)) == (4, True, 2)
    assert load(IMAGES, "test", batch_size=5).shuffle is False


def test_a_size_of_other_proportions_crops_the_centre():
    marked = np.zeros((1, 4, 8, 1), "uint8")
    marked[:, :, 2:6] = 200
    x = load(marked, batch_size=1, image_size=4).arrays()[0]
    assert (x == 200).all()


def test_num_examples_is_a_fixed_part():
    assert load("digits", num_examples=None).num_examples == 1500
    parts = [load("digits", labels=True, num_examples=300, seed=s) for s in (0, 1)]
    x, y = parts[0].arrays()
    assert x.shape == (300, 8, 8, 1)
    np.testing.assert_array_equal(parts[1].arrays()[0], x)
    everything, labels = load("digits", labels=True).arrays()
    places = [(everything == image).all(axis=(1, 2, 3)).argmax() for image in x]
    np.testing.assert_array_equal(labels[places], y)
    assert places == sorted(places) and places[-1] > 1400
    with pytest.raises(ValueError, match="at most 1500. Received: num_examples=1501"):
        load("digits", num_examples=1501)


def test_the_resumed_order_is_that_of_the_first_load():
    first, second = load("digits", seed=4), load("digits", seed=4)
    assert first.describe() == second.describe()
    second.seek(2, 3)
    np.testing.assert_array_equal(
        second[0][0], first.arrays()[0][first.order(2)[3 * 128 : 4 * 128]]
    )


@pytest.mark.parametrize(
    "name, kwargs, error, message",
    [
        ("digits", {"imagesize": 3}, TypeError, "'interpolation'.*mean 'image_size'"),
        ("digits", {"split": "tset"}, ValueError, "Did you mean 'test'"),
        ("digits", {"split": 3}, TypeError, "`split` must be a str"),
        ("digits", {"labels": "kind"}, ValueError, "`labels` must be one of"),
        ("digits", {"image_size": 0}, ValueError, "`image_size` must be at least 1"),
        ("digits", {"image_size": (3,)}, ValueError, r"an int or \(height, width\)"),
        ("digits", {"image_size": 8.0}, TypeError, "`image_size` must be an int"),
        ("digits", {"interpolation": "cubic"}, ValueError, "mean 'bicubic'"),
        ("digits", {"data_dir": "x"}, ValueError, "`data_dir` must be None for 'dig"),
        ("digits", {"num_examples": 0}, ValueError, "`num_examples` must be at least"),
        ("mixture", {"image_size": 8}, ValueError, "`image_size` must be None"),
        ("mixture", {"kind": "rings"}, ValueError, "Did you mean 'ring'"),
        ("shapes", {"image_size": 8}, ValueError, "at least 16"),
        ("shapes", {"labels": "colour"}, ValueError, "Did you mean 'color'"),
        ("shapes", {"split": "all"}, ValueError, "`split` must be one of"),
        ("folder:", {}, ValueError, "must have a path after 'folder:'"),
        (3, {}, TypeError, "`name` must be a str or an array"),
        (IMAGES, {"labels": True, "batch_size": 2}, ValueError, "must be an array"),
        (np.zeros((4, 2)), {"image_size": 2}, ValueError, "must be None for points"),
    ],
)
def test_wrong_arguments_are_refused(name, kwargs, error, message):
    with pytest.raises(error, match=message):
        load(name, **kwargs)


@pytest.mark.any_backend
def test_importing_the_package_imports_no_loader_library():
    result = run_python("print(*IMPORTED_WITH_KERASGEN)")
    assert "kerasgen.data.loading" in result.stdout.split(), result.stderr
    new = {name.split(".")[0] for name in result.stdout.split()}
    slow = {"PIL", "sklearn", "tensorflow_datasets", "matplotlib", "scipy"}
    assert not new & slow
