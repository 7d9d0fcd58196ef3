import json

import numpy as np
import pytest

from kerasgen.data import Dataset


def images(count=10, size=3):
    generator = np.random.default_rng(1)
    return generator.integers(0, 256, (count, size, size, 1), "uint8")


def test_order_is_a_pure_function_of_seed_and_epoch():
    dataset = Dataset(images(), batch_size=3, seed=7)
    orders = [dataset.order(epoch) for epoch in (4, 0, 9, 4)]
    np.testing.assert_array_equal(orders[0], orders[3])
    np.testing.assert_array_equal(
        orders[0], np.random.default_rng([7, 4]).permutation(10)
    )
    assert orders[0].tolist() != orders[1].tolist()
    assert dataset.position == (0, 0)


def test_without_shuffling_the_order_is_the_storage_order_and_nothing_is_dropped():
    dataset = Dataset(images(), np.arange(10), batch_size=4, shuffle=False)
    batches = list(dataset)
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    np.testing.assert_array_equal(
        np.concatenate([y for _, y in batches]), np.arange(10)
    )
    assert batches[0][1].dtype == np.int32
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), images())


def test_training_drops_the_last_smaller_batch():
    dataset = Dataset(images(), batch_size=4)
    assert len(dataset) == dataset.batches_per_epoch == dataset.num_batches == 2
    assert [x.shape for (x,) in dataset] == [(4, 3, 3, 1)] * 2


def test_labels_stay_with_their_images():
    labels = np.arange(10)
    dataset = Dataset(images(), labels, batch_size=5, seed=3)
    for x, y in dataset:
        np.testing.assert_array_equal(x, images()[y])
    assert dataset.num_classes == 10


def test_batch_indices_are_those_of_the_batch():
    dataset = Dataset(images(), batch_size=3, seed=3)
    dataset.seek(2, 1)
    np.testing.assert_array_equal(
        dataset[1][0], dataset.source[dataset.batch_indices(1)]
    )
    np.testing.assert_array_equal(dataset.batch_indices(1), dataset.order(2)[6:9])


def test_seek_shrinks_the_epoch_and_its_end_restores_it():
    dataset = Dataset(images(), batch_size=2)
    dataset.seek(3, 4)
    assert (dataset.epoch, dataset.offset, len(dataset)) == (3, 4, 1)
    assert len(list(dataset)) == 1
    dataset.on_epoch_begin()
    assert dataset.num_batches == 1
    dataset.on_epoch_end()
    assert dataset.position == (4, 0)
    assert dataset.num_batches == len(dataset) == 5


def test_seek_to_the_end_is_the_start_of_the_next_epoch():
    dataset = Dataset(images(), batch_size=2)
    dataset.seek(1, 5)
    assert dataset.position == (2, 0)
    with pytest.raises(ValueError, match="`batch` must be at most 5.*batch=6"):
        dataset.seek(1, 6)


def test_epoch_end_without_a_begin_does_not_count():
    dataset = Dataset(images(), batch_size=2)
    dataset.on_epoch_end()
    assert dataset.position == (0, 0)


def test_batches_per_step_join_batches_and_share_the_position():
    dataset = Dataset(images(), batch_size=2)
    view = dataset.with_batches_per_step(2)
    assert (len(view), view.batches_per_step, dataset.batches_per_step) == (2, 2, 1)
    np.testing.assert_array_equal(
        view[1][0], np.concatenate([dataset[2][0], dataset[3][0]])
    )
    view.seek(5, 1)
    assert dataset.position == (5, 2)
    assert dataset.copy().position == (0, 0)


def test_every_part_of_a_step_of_several_batches_has_an_example():
    """Shuffled data drop what is left; others keep it, and fill it up if need be."""
    shuffled = Dataset(images(), batch_size=2).with_batches_per_step(2)
    assert [len(x) for (x,) in shuffled] == [4, 4]
    view = Dataset(images(), batch_size=2, shuffle=False).with_batches_per_step(2)
    assert [len(x) for (x,) in view] == [4, 4, 2]
    view = Dataset(images(), batch_size=1, shuffle=False).with_batches_per_step(3)
    assert view.batch_indices(3).tolist() == [9, 0, 1]


def test_batches_per_step_need_enough_examples():
    dataset = Dataset(images(), batch_size=4)
    with pytest.raises(ValueError, match="3 batches of 4.*has 10.*batch_size=4"):
        dataset.with_batches_per_step(3)


def test_take_and_arrays_are_in_storage_order():
    dataset = Dataset(images(), np.arange(10), batch_size=2)
    x, y = dataset.take(3)
    np.testing.assert_array_equal(x, images()[:3])
    assert y.tolist() == [0, 1, 2]
    x, y = Dataset(images(), batch_size=2).arrays()
    np.testing.assert_array_equal(x, images())
    assert y is None
    assert len(dataset.take(99)[0]) == 10


def test_describe_is_json_and_tells_data_apart():
    described = Dataset(images(), np.arange(10), batch_size=2).describe()
    assert json.loads(json.dumps(described)) == described
    assert described["image_shape"] == [3, 3, 1]
    again = Dataset(images(), np.arange(10), batch_size=2).describe()
    assert described == again
    changed = images()
    changed[0, 0, 0, 0] ^= 1
    other_pixels = Dataset(changed, np.arange(10), batch_size=2).describe()
    other_labels = Dataset(images(), np.arange(10)[::-1], batch_size=2).describe()
    prints = [d["fingerprint"] for d in (described, other_pixels, other_labels)]
    assert len(set(prints)) == 3


def test_grey_images_get_a_channel_and_points_have_no_image_shape():
    assert Dataset(images()[..., 0], batch_size=2).image_shape == (3, 3, 1)
    points = Dataset(np.zeros((4, 2)), batch_size=2)
    assert (points.image_shape, points.data_shape) == (None, (2,))
    assert points[0][0].dtype == np.float32


class Lazy:
    """A source that counts what is read."""

    def __init__(self):
        self.read = []

    def __len__(self):
        return 1000

    def __getitem__(self, indices):
        self.read.extend(np.atleast_1d(indices).tolist())
        return np.zeros((len(indices), 2, 2, 3), "uint8")


def test_a_source_is_read_only_where_a_batch_needs_it():
    source = Lazy()
    dataset = Dataset(source, batch_size=5)
    assert set(source.read) == {0}
    source.read.clear()
    assert dataset[7][0].shape == (5, 2, 2, 3)
    assert source.read == dataset.order(0)[35:40].tolist()


@pytest.mark.parametrize(
    "kwargs, error, message",
    [
        ({"batch_size": 0}, ValueError, "`batch_size` must be at least 1"),
        ({"batch_size": -1}, ValueError, "`batch_size` must be at least 1"),
        ({"batch_size": 2.0}, TypeError, "`batch_size` must be an int"),
        ({"batch_size": True}, TypeError, "`batch_size` must be an int"),
        ({"batch_size": 11}, ValueError, "has 10. Received: batch_size=11"),
        ({"seed": -1}, ValueError, "`seed` must be at least 0"),
        ({"labels": np.arange(9)}, ValueError, "each of the 10 examples.*9 labels"),
        ({"labels": np.arange(10.0)}, ValueError, "`labels` must be integers"),
        ({"labels": np.arange(10) - 1}, ValueError, "at least 0.*from -1 to 8"),
        ({"labels": np.eye(10)}, ValueError, "one-hot"),
        ({"labels": True}, TypeError, "`labels` must be an array"),
        (
            {"labels": np.arange(10), "num_classes": 9},
            ValueError,
            r"in \[0, 8\]. Received: labels from 0 to 9",
        ),
    ],
)
def test_wrong_arguments_are_refused(kwargs, error, message):
    with pytest.raises(error, match=message):
        Dataset(images(), **{"batch_size": 2, **kwargs})


def test_index_out_of_the_epoch_is_refused():
    with pytest.raises(IndexError, match=r"\[0, 4\]. Received: index=5"):
        Dataset(images(), batch_size=2)[5]


@pytest.mark.parametrize("labeled", [True, False])
@pytest.mark.parametrize("mixed", [True, False])
def test_spread_takes_every_class_by_its_share(labeled, mixed):
    classes = np.repeat(np.arange(4), [40, 40, 10, 10])
    if mixed:
        classes = np.random.default_rng(0).permutation(classes)
    x = np.zeros((100, 2, 2, 1), "uint8")
    x[:, 0, 0, 0], x[:, 1, 1, 0] = classes, np.arange(100)
    dataset = Dataset(x, classes if labeled else None, batch_size=10)
    found, labels = dataset.spread(20)
    assert (labels is not None) == labeled
    if labeled:
        np.testing.assert_array_equal(labels, found[:, 0, 0, 0])
    if labeled or not mixed:
        assert np.bincount(found[:, 0, 0, 0]).tolist() == [8, 8, 2, 2]
    order = found[:, 1, 1, 0].tolist()
    assert order == sorted(set(order))
    np.testing.assert_array_equal(dataset.spread(20)[0], found)
    assert (dataset.spread(20, seed=1)[0] != found).any()
    np.testing.assert_array_equal(dataset.spread(1000)[0], x)


def test_spread_draws_every_example_alike():
    x = np.zeros((12, 1, 1, 1), "uint8")
    x[:, 0, 0, 0] = np.arange(12)
    dataset = Dataset(x, batch_size=4)
    drawn = [dataset.spread(4, seed)[0].ravel() for seed in range(300)]
    counts = np.bincount(np.concatenate(drawn), minlength=12)
    assert counts.sum() == 1200 and counts.min() > 70 and counts.max() < 130
