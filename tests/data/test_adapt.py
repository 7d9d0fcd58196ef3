import keras
import numpy as np
import pytest

from kerasgen.data import (
    Dataset,
    as_dataset,
    check_reiterable,
    first_batch,
    split_arrays,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 1), "uint8")
LABELS = np.arange(10) % 3


class OtherPyDataset(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return IMAGES[5 * index : 5 * index + 5], LABELS[5 * index : 5 * index + 5]


def needs(backend):
    if keras.backend.backend() != backend:
        pytest.skip(f"would import {backend} beside another backend")
    return __import__(backend)


@pytest.mark.parametrize("data", [(IMAGES, LABELS), ((IMAGES, LABELS), None)])
def test_arrays_become_a_training_data_set(data):
    dataset = as_dataset(*data, batch_size=4, seed=3)
    assert (dataset.num_classes, dataset.shuffle, len(dataset)) == (3, True, 2)
    x, y = dataset[0]
    np.testing.assert_array_equal(x, IMAGES[dataset.order(0)[:4]])
    np.testing.assert_array_equal(y, LABELS[dataset.order(0)[:4]])


def test_images_alone_yield_images_alone():
    assert len(as_dataset(IMAGES, batch_size=4)[0]) == 1
    assert len(as_dataset((IMAGES,), batch_size=4)[0]) == 1


def test_backend_tensors_are_arrays():
    dataset = as_dataset(keras.ops.convert_to_tensor(IMAGES), shuffle=False)
    np.testing.assert_array_equal(dataset[0][0], IMAGES)


def test_the_default_batch_is_32_or_what_there_is():
    assert as_dataset(IMAGES).batch_size == 10
    assert as_dataset(IMAGES, batches_per_step=3).batch_size == 3
    many = np.repeat(IMAGES, 20, axis=0)
    assert as_dataset(many, batches_per_step=5).batch_size == 32
    with pytest.raises(ValueError, match="has 10. Received: batch_size=64"):
        as_dataset(IMAGES, batch_size=64)


def test_empty_arrays_are_refused():
    with pytest.raises(ValueError, match="at least one example"):
        as_dataset(IMAGES[:0])


def test_a_data_set_is_viewed_and_keeps_its_position():
    dataset = Dataset(IMAGES, batch_size=2)
    view = as_dataset(dataset, batches_per_step=2)
    assert view[0][0].shape[0] == 4
    view.seek(3)
    assert dataset.epoch == 3


@pytest.mark.parametrize(
    "args, kwargs, error, message",
    [
        ((Dataset(IMAGES, batch_size=2), LABELS), {}, ValueError, "`y` must be None"),
        ((OtherPyDataset(), LABELS), {}, ValueError, "`y` must be None"),
        (((IMAGES, LABELS), LABELS), {}, ValueError, "`y` must be None"),
        (
            (Dataset(IMAGES, batch_size=2),),
            {"batch_size": 4},
            ValueError,
            "the data set's own, 2",
        ),
        (("digits",), {}, TypeError, r"kerasgen.data.load\('digits'\)"),
        ((None,), {}, TypeError, "Received: x of type NoneType"),
        (([1, 2],), {}, TypeError, "Received: x of type list"),
    ],
)
def test_what_cannot_be_data_is_refused(args, kwargs, error, message):
    with pytest.raises(error, match=message):
        as_dataset(*args, **kwargs)


def test_another_pydataset_comes_back_untouched():
    data = OtherPyDataset()
    assert as_dataset(data) is data
    x, y = first_batch(data)
    np.testing.assert_array_equal(x, IMAGES[:5])
    np.testing.assert_array_equal(y, LABELS[:5])


def test_tf_data_comes_back_untouched():
    tf = needs("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(5)
    assert as_dataset(data) is data
    check_reiterable(data, epochs=3)
    for _ in range(2):
        x, y = first_batch(data)
        np.testing.assert_array_equal(x, IMAGES[:5])
        np.testing.assert_array_equal(y, LABELS[:5])
    bare = tf.data.Dataset.from_tensor_slices(IMAGES).batch(5)
    np.testing.assert_array_equal(first_batch(bare)[0], IMAGES[:5])


def test_a_torch_loader_comes_back_untouched():
    torch = needs("torch")
    tensors = [torch.from_numpy(a) for a in (IMAGES, LABELS)]
    data = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*tensors), batch_size=5
    )
    assert as_dataset(data) is data
    check_reiterable(data, epochs=3)
    x, y = first_batch(data)
    np.testing.assert_array_equal(x, IMAGES[:5])
    np.testing.assert_array_equal(y, LABELS[:5])


def test_a_torch_loader_of_bare_tensors_is_refused():
    torch = needs("torch")
    data = torch.utils.data.DataLoader(torch.from_numpy(IMAGES), batch_size=5)
    with pytest.raises(ValueError, match="TensorDataset"):
        first_batch(data)


@pytest.mark.parametrize("bare", [True, False])
def test_looking_at_a_generator_loses_no_batch(bare):
    batches = [IMAGES[:5], IMAGES[5:]]
    data = as_dataset(b if bare else (b,) for b in batches)
    np.testing.assert_array_equal(first_batch(data)[0], IMAGES[:5])
    np.testing.assert_array_equal(first_batch(data)[0], IMAGES[:5])
    seen = list(data)
    assert [len(batch) for batch in seen] == [1, 1]
    np.testing.assert_array_equal(np.concatenate([b[0] for b in seen]), IMAGES)


def test_an_iterator_is_refused_for_more_than_one_epoch():
    data = as_dataset(iter([(IMAGES,)]))
    check_reiterable(data, epochs=1)
    check_reiterable(data, epochs=2, steps_per_epoch=3)
    with pytest.raises(ValueError, match="`x` must be re-iterable.*epochs=2"):
        check_reiterable(data, epochs=2)


@pytest.mark.parametrize("empty", [as_dataset(iter([])), []])
def test_data_without_batches_is_refused(empty):
    with pytest.raises(ValueError, match="at least one batch"):
        first_batch(empty)


def test_batches_must_be_tuples_of_arrays():
    with pytest.raises(ValueError, match="Received: batches of type str"):
        first_batch(as_dataset(iter(["no batch"])))


def test_split_arrays_holds_out_the_last_share():
    (x, y), (x_val, y_val) = split_arrays(IMAGES[..., 0], LABELS, 0.2)
    np.testing.assert_array_equal(x, IMAGES[:8])
    np.testing.assert_array_equal(x_val, IMAGES[8:])
    np.testing.assert_array_equal(np.concatenate([y, y_val]), LABELS)
    (x, y), held_out = split_arrays((IMAGES,), None, 0.5)
    assert (len(x), y, len(held_out), len(held_out[0])) == (5, None, 1, 5)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_split_arrays_leaves_examples_on_both_sides(share):
    with pytest.raises(ValueError, match="on both sides"):
        split_arrays(IMAGES, None, share)


def test_split_arrays_needs_arrays():
    with pytest.raises(ValueError, match="must be 0 unless `x` is an array"):
        split_arrays(OtherPyDataset(), None, 0.5)
