import numpy as np
import pytest

from kerasgen.data import load

pytestmark = pytest.mark.any_backend


def test_digits_are_real_and_split_once():
    train, test, everything = (
        load("digits", split, labels=True) for split in ("train", "test", "all")
    )
    assert [d.num_examples for d in (train, test, everything)] == [1500, 297, 1797]
    x, y = everything.arrays()
    assert x.dtype == np.uint8 and (x.min(), x.max()) == (0, 255)
    np.testing.assert_array_equal(
        np.concatenate([train.arrays()[0], test.arrays()[0]]), x
    )
    counts = np.bincount(y, minlength=10)
    assert counts.min() >= 174 and counts.sum() == 1797
    assert np.bincount(test.arrays()[1]).min() >= 20
    assert everything.class_names == [str(i) for i in range(10)]


def test_the_values_are_scikit_learns():
    import sklearn.datasets

    theirs = sklearn.datasets.load_digits().images
    ours = load("digits", "all").arrays()[0][..., 0].astype(float) / 255 * 16
    assert np.sort(theirs.sum((1, 2))).tolist() == pytest.approx(
        np.sort(np.round(ours).sum((1, 2))).tolist()
    )


@pytest.mark.parametrize("size, shape", [(28, (28, 28, 1)), ((10, 12), (10, 12, 1))])
def test_digits_are_resized(size, shape):
    dataset = load("digits", image_size=size)
    assert dataset.image_shape == shape
    assert dataset[0][0].shape == (128, *shape)
    assert dataset[0][0].max() > 200


def test_splits_are_shuffled_only_for_training():
    assert load("digits").shuffle and not load("digits", "test").shuffle
    assert len(load("digits", "test")) == 3  # 128 + 128 + 41
    assert not load("digits", shuffle=False).shuffle
