"""The order of batches as Keras really reads them, on whichever backend runs."""

import keras
import numpy as np
import pytest

from kerasgen.data import Dataset, as_dataset
from tests.data.recorder import Recorder, Steps


def images(count=14):
    pixels = np.arange(count, dtype="uint8")
    return np.broadcast_to(pixels[:, None, None, None], (count, 2, 2, 1)).copy()


def fit(dataset, epochs, callbacks=(), **kwargs):
    steps = Steps()
    Recorder().fit(
        dataset,
        epochs=epochs,
        verbose=0,
        callbacks=[steps, *callbacks],
        shuffle=False,  # as `GenerativeModel.fit` has it
        **kwargs,
    )
    return steps.epochs


def expected(dataset, epochs):
    return [dataset.order(e)[:12].reshape(3, 4).tolist() for e in epochs]


def test_every_epoch_is_the_permutation_of_its_seed_and_number():
    dataset = Dataset(images(), batch_size=4, seed=5)
    seen = fit(dataset, 3)
    assert seen == expected(dataset, [0, 1, 2])
    assert seen[0] != seen[1] != seen[2]
    assert dataset.position == (3, 0)


def test_a_second_run_is_identical():
    runs = [fit(Dataset(images(), batch_size=4, seed=5), 2) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0] != fit(Dataset(images(), batch_size=4, seed=6), 2)


def test_a_second_fit_goes_on_with_the_next_epoch():
    dataset = Dataset(images(), batch_size=4)
    assert fit(dataset, 1) + fit(dataset, 1) == expected(dataset, [0, 1])


class SeekAtStart(keras.callbacks.Callback):
    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset

    def on_train_begin(self, logs=None):
        self.dataset.seek(1, 2)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("when", ["before_fit", "at_train_begin"])
def test_seek_continues_with_the_batches_that_would_have_followed(when):
    straight = fit(Dataset(images(), batch_size=4), 4)
    dataset = Dataset(images(), batch_size=4)
    if when == "before_fit":
        dataset.seek(1, 2)
        resumed = fit(dataset, 4, initial_epoch=1)
    else:
        resumed = fit(dataset, 4, [SeekAtStart(dataset)], initial_epoch=1)
    assert resumed == [straight[1][2:], straight[2], straight[3]]


class StopAt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True


def test_a_fit_after_an_interrupted_epoch_starts_the_next_one():
    dataset = Dataset(images(), batch_size=4)
    assert fit(dataset, 3, [StopAt()]) == [expected(dataset, [0])[0][:1]]
    assert fit(dataset, 1) == expected(dataset, [1])


def test_fixed_steps_per_epoch_cut_one_stream_of_passes():
    dataset = Dataset(images(), batch_size=4)
    stream = sum(expected(dataset, [0, 1, 2]), [])
    view = dataset.with_steps_per_epoch(2)
    assert fit(view, 4) == [stream[0:2], stream[2:4], stream[4:6], stream[6:8]]
    longer = Dataset(images(), batch_size=4).with_steps_per_epoch(4)
    assert fit(longer, 2) == [stream[0:4], stream[4:8]]


def test_several_workers_read_the_same_batches():
    dataset = Dataset(images(), batch_size=4)
    dataset.workers = 2
    assert fit(dataset, 2) == expected(dataset, [0, 1])


def test_batches_per_step_are_joined_in_order():
    dataset = as_dataset(images(), batch_size=2, batches_per_step=2)
    assert fit(dataset, 2) == expected(dataset, [0, 1])
