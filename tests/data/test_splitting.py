import numpy as np
import pytest

import kerasgen
from kerasgen.data import Dataset, few_labels, hold_out, load_splits

pytestmark = pytest.mark.any_backend


def numbered(count=10, **kwargs):
    """Images whose pixels, and labels whose values, tell which image they are."""
    images = np.arange(count, dtype="uint8")[:, None, None, None]
    return Dataset(np.tile(images, (1, 2, 2, 1)), np.arange(count), 2, **kwargs)


def members(dataset):
    images, labels = dataset.arrays()
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)
    return list(labels)


def test_every_example_is_held_out_or_learned_from():
    rest, held_out = hold_out(numbered(seed=5), 3, seed=1)
    assert (rest.num_examples, held_out.num_examples) == (7, 3)
    assert sorted(members(rest) + members(held_out)) == list(range(10))
    assert members(held_out) == members(hold_out(numbered(seed=6), 3, seed=1)[1])
    assert members(held_out) != members(hold_out(numbered(), 3, seed=2)[1])
    assert rest.num_classes == held_out.num_classes == 10
    assert rest.describe()["fingerprint"] != held_out.describe()["fingerprint"]


def test_batches_are_those_of_training_and_of_evaluation():
    dataset = numbered()
    rest, held_out = hold_out(dataset, 3)
    assert (rest.split, held_out.split) == ("all", "validation")
    assert [len(x) for x, _ in rest] == [2, 2, 2]
    assert [len(x) for x, _ in held_out] == [2, 1]
    seen = np.concatenate([y for _, y in rest])
    assert set(seen) < set(members(rest)) and list(seen) != sorted(seen)
    np.testing.assert_array_equal(
        np.concatenate([y for _, y in held_out]), members(held_out)
    )
    rest.seek(3, 1)
    assert held_out.position == dataset.position == (0, 0)
    assert dataset.num_examples == 10


def test_a_source_and_few_labels_are_held_out_too():
    shapes = kerasgen.data.load("shapes", num_examples=12, batch_size=4)
    assert not isinstance(shapes.source, np.ndarray)
    rest, held_out = hold_out(shapes, 5)
    both = np.concatenate([rest.arrays()[0], held_out.arrays()[0]])
    expected = shapes.arrays()[0]
    assert sorted(x.tobytes() for x in both) == sorted(x.tobytes() for x in expected)
    few = few_labels(hold_out(numbered(), 3)[0], 7, repeats=2)
    assert few.num_examples == 14 and few.num_classes == 10


def test_the_test_split_is_read_only_where_nothing_is_held_out(monkeypatch):
    names = []
    load = kerasgen.data.splitting.load

    def spy(name, split="train", **options):
        names.append(split)
        return load(name, split=split, **options)

    monkeypatch.setattr(kerasgen.data.splitting, "load", spy)
    options = {"labels": True, "batch_size": 64, "seed": 3}
    training, test = load_splits("digits", **options)
    assert (training.split, test.split) == ("train", "test")
    assert names == ["train", "test"]
    rest, held_out = load_splits("digits", validation=300, **options)
    assert names == ["train", "test", "train"]
    assert (rest.num_examples, held_out.num_examples) == (1200, 300)
    assert rest.seed == 3 and held_out.split == "validation"


def test_a_part_that_leaves_nothing_is_refused():
    for count in (0, 10):
        with pytest.raises(ValueError, match=f"`count` must be .*{count}"):
            hold_out(numbered(), count)
    with pytest.raises(ValueError, match="`validation` must be at least 0"):
        load_splits("digits", validation=-1)
    with pytest.raises(ValueError, match="`batch_size` must leave enough"):
        hold_out(numbered(), 9)


def test_splits_of_another_loader():
    pairs = kerasgen.data.load_pairs
    train, test = load_splits("outlines", loader=pairs, num_examples=8, batch_size=2)
    assert (train.split, test.split) == ("train", "test") and test.label_shape
    _, held = load_splits("outlines", 3, loader=pairs, num_examples=8, batch_size=2)
    assert held.split == "validation" and held.num_examples == 3
