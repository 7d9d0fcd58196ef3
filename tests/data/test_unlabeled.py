import numpy as np
import pytest

from kerasgen.data import Dataset, few_labels, hide_labels


def test_labels_left_are_even_over_classes_and_true():
    labels = np.repeat([0, 1, 5], [10, 50, 200])
    hidden = hide_labels(labels, 10, seed=1)
    kept = hidden >= 0
    np.testing.assert_array_equal(hidden[kept], labels[kept])
    assert sorted(np.unique(hidden[kept], return_counts=True)[1]) == [3, 3, 4]
    np.testing.assert_array_equal(hidden, hide_labels(labels, 10, seed=1))
    assert np.any(hidden != hide_labels(labels, 10, seed=2))
    for bad in (2, 34):
        with pytest.raises(ValueError, match=f"Received: num_labeled={bad}"):
            hide_labels(labels, bad)


def test_a_data_set_takes_hidden_labels_where_told_to():
    images = np.zeros((4, 2, 2, 1), "float32")
    labels = np.array([-1, 2, -1, 0])
    dataset = Dataset(images, labels, 2, num_classes=3, allows_unlabeled=True)
    np.testing.assert_array_equal(dataset.arrays()[1], labels)
    with pytest.raises(ValueError, match="at least 0. Received: labels from -1 to 2"):
        Dataset(images, labels, 2)
    with pytest.raises(ValueError, match=r"in \[0, 1\], or -1 for no label. Received"):
        Dataset(images, labels, 2, num_classes=2, allows_unlabeled=True)


def test_few_labels_is_a_view_with_the_others_hidden():
    images = np.arange(32, dtype="float32").reshape(8, 2, 2, 1) / 32
    dataset = Dataset(images, np.arange(8) % 2, 4, seed=3)
    few = few_labels(dataset, 2, seed=0)
    assert sorted(few.arrays()[1]) == [-1] * 6 + [0, 1]
    np.testing.assert_array_equal(few[0][0], dataset[0][0])
    assert few.num_classes == 2 and min(dataset.arrays()[1]) == 0
    with pytest.raises(ValueError, match="Received: labels of type NoneType"):
        few_labels(Dataset(images, None, 4), 2)


def test_labelled_images_can_come_more_often_than_the_others():
    images = np.arange(32, dtype="float32").reshape(8, 2, 2, 1) / 32
    dataset = Dataset(images, np.arange(8) % 2, 4, seed=3, name="some", split="train")
    few = few_labels(dataset, 2, seed=0, repeats=3)
    assert (few.num_examples, few.batch_size, few.num_classes) == (12, 4, 2)
    assert (few.name, few.split, few.seed) == ("some", "train", 3)
    rows = [few[i] for i in range(3)]
    x, y = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    once = few_labels(dataset, 2, seed=0).labels
    for image, label in zip(images, once, strict=True):
        found = np.all(x == image, axis=(1, 2, 3))
        assert np.sum(found) == (1 if label < 0 else 3)
        assert set(y[found]) == {label}
    with pytest.raises(ValueError, match="`repeats` must be"):
        few_labels(dataset, 2, repeats=0)
