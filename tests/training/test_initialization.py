"""What the first batch of the first `fit` may set, and what it leaves alone."""

import keras
import numpy as np
import pytest

from kerasgen import data
from kerasgen.autoregressive import PixelCNNPlusPlus
from kerasgen.backend import to_numpy
from kerasgen.callbacks import Backup, ModelAverage
from tests.conformance import differing, numpy_state
from tests.faults import raise_at

X = np.random.default_rng(0).random((12, 4, 2, 1)).astype("float32")


def make_model():
    keras.utils.set_random_seed(0)
    model = PixelCNNPlusPlus((4, 2, 1), 2, 1, 1, 1, dropout=0.5, levels=2, seed=3)
    model.compile()
    return model


def dataset():
    return data.as_dataset(X, batch_size=4, seed=1)


def recorded(model):
    """Returns the list of batches that `initialize_from` will be called with."""
    batches, initialize = [], model.initialize_from

    def record(x, labels):
        batches.append(keras.ops.convert_to_numpy(x))
        initialize(x, labels)

    object.__setattr__(model, "initialize_from", record)
    return batches


def test_it_is_called_once_with_the_first_batch():
    model = make_model()
    batches = recorded(model)
    for _ in range(2):
        model.fit(dataset(), verbose=0)
    assert len(batches) == 1
    (expected,) = next(iter(dataset()))[:1]
    np.testing.assert_allclose(batches[0], expected)
    assert batches[0].dtype == np.float32


def test_it_moves_neither_seeds_nor_counters():
    model = make_model()
    before = numpy_state(model)
    model._initialize_once(X[:4])
    moved = differing(before, numpy_state(model))
    assert moved
    assert all(name.endswith(("/scale", "/bias")) for name in moved), moved


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    """A resumed model sets its weights again, before the backup puts them back."""
    whole = make_model()
    whole.fit(dataset(), epochs=2, verbose=0)
    with pytest.raises(KeyError):
        stop = raise_at(4, KeyError())
        backup = Backup(tmp_path, save_freq=1)
        make_model().fit(dataset(), epochs=2, verbose=0, callbacks=[backup, stop])
    resumed = make_model()
    resumed.fit(dataset(), epochs=2, verbose=0, callbacks=[Backup(tmp_path)])
    assert not differing(numpy_state(whole), numpy_state(resumed))


def test_averages_start_at_the_weights_it_set():
    model = make_model()
    model.compile(average_decay=0.9)
    model._initialize_once(X[:4])
    for variable, average in model._average_pairs.pairs:
        np.testing.assert_array_equal(to_numpy(variable), to_numpy(average))
    model = make_model()
    model.fit(dataset(), verbose=0, callbacks=[ModelAverage(0.9)])
    assert np.isfinite(model.log_prob(X)).all()
