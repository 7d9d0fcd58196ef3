"""Which images a `fit` sees is part of the model's state."""

import keras
import numpy as np
import pytest

from kerasgen.data import Dataset
from tests.conformance import differing, numpy_state
from tests.training.tiny import TinyGAN

COUNT = 10


class Noting(TinyGAN):
    """Notes the brightest pixel of every image that reaches a step."""

    def compute_losses(self, phase, x, labels, training):
        if phase == "discriminator":
            pixels = keras.ops.convert_to_numpy(x)[:, 0, 0, 0]
            self.__dict__["seen"] = [*self.__dict__.get("seen", []), pixels]
        return super().compute_losses(phase, x, labels, training)


def images():
    pixels = (np.arange(COUNT) * 20 + 20).astype("uint8")
    return np.broadcast_to(pixels[:, None, None, None], (COUNT, 4, 4, 1)).copy()


def noting(**kwargs):
    model = Noting(seed=1, **kwargs)
    model.compile(run_eagerly=True, jit_compile=False)
    return model


def seen(model):
    """Returns the numbers of the images of every batch since the last call."""
    batches = model.__dict__.pop("seen")
    return [np.round((b + 1) * 127.5 / 20 - 1).astype(int).tolist() for b in batches]


def fit(model, data, **kwargs):
    model.fit(data, verbose=0, **kwargs)
    return seen(model)


def epochs(*numbers):
    dataset = Dataset(images(), batch_size=4, seed=1)
    return [dataset.order(e)[i : i + 4].tolist() for e in numbers for i in (0, 4)]


@pytest.mark.any_backend
@pytest.mark.any_backend
def test_repeated_fits_see_the_orders_of_one_long_fit():
    model, arrays = noting(), {"batch_size": 4}
    assert fit(model, images(), **arrays) == epochs(0)
    assert fit(model, images(), epochs=2, **arrays) == epochs(1, 2)
    assert fit(model, images(), initial_epoch=1, epochs=2, **arrays) == epochs(1)
    # Data sets are no exception, whichever model has read them before.
    data = Dataset(images(), batch_size=4, seed=1)
    assert fit(model, data) == epochs(2)
    assert fit(noting(), data) == epochs(0)
    data.seek(7)
    assert fit(model, data) + fit(model, data) == epochs(7, 8)


def test_images_that_are_not_shuffled_are_all_seen():
    rows = list(range(COUNT))
    for steps in (1, 3):
        model = noting(discriminator_steps=steps)
        batches = fit(model, images(), batch_size=2, shuffle=False)
        assert sorted(sum(batches, [])) == rows
    model = noting()
    assert fit(model, images(), batch_size=4, shuffle=False) == [
        *(rows[:4], rows[4:8], rows[8:])
    ]


def test_an_epoch_that_was_broken_off_is_not_read_again():
    model = noting()
    with pytest.raises(KeyboardInterrupt):
        fit(model, images()[:8], batch_size=2, callbacks=[StopAtSecond()])
    assert model.data_place.epoch == 1


class StopAtSecond(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("shuffle", [True, False])
def test_to_go_on_from_a_file_equals_not_having_stopped(tmp_path, shuffle):
    def made():
        keras.utils.set_random_seed(0)
        model = TinyGAN(seed=1)
        model.compile()
        return model

    def train(model, epochs):
        checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
        arguments = {"batch_size": 3, "shuffle": shuffle, "callbacks": [checkpoint]}
        model.fit(images(), epochs=epochs, verbose=0, **arguments)
        return numpy_state(model)

    expected = train(made(), 2)
    train(made(), 1)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not differing(expected, train(loaded, 1))
