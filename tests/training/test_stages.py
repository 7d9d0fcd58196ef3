"""Stages of one training: when they begin, what changes, that runs go on in them."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.backend import to_numpy
from kerasgen.callbacks import Backup
from kerasgen.data import Dataset
from kerasgen.training.generative_model import GenerativeModel
from tests.conformance import differing, numpy_state
from tests.faults import raise_at

LENGTHS = (12, 8)  # of batches of 4: stage 1 from step 3, stage 2 from step 5


@keras.saving.register_keras_serializable("kerasgen_stage_tests")
class Growing(GenerativeModel):
    """One weight that is moved towards the stage, and noise that a fade scales."""

    def __init__(self, image_shape=(1, 1, 1), lengths=LENGTHS, **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.lengths = tuple(image_shape), tuple(lengths)
        self.network = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
        self.add_phase("only", self.network, scalars=("loss", "stage", "progress"))
        self.add_stages(lengths)
        self.entered = []

    def compute_losses(self, phase, x, labels, training):
        noise = keras.random.normal((1, 1), seed=self.draw_seed(training))
        value = self.network(ops.ones((1, 1))) + self.stage_progress * noise
        return {
            "loss": ops.sum(ops.square(value - float(self.stage) - ops.mean(x))),
            "stage": ops.convert_to_tensor(float(self.stage)),
            "progress": self.stage_progress,
        }

    def enter_stage(self, stage):
        self.entered = [*self.entered, stage]
        self.optimizer.reset()

    def default_optimizers(self):
        return {"only": keras.optimizers.Adam(0.1)}


def data(count=32):
    images = np.random.default_rng(0).integers(0, 256, (count, 1, 1, 1), "uint8")
    return Dataset(images, batch_size=4, seed=3)


def growing(**kwargs):
    keras.utils.set_random_seed(0)
    model = Growing(seed=1, **kwargs)
    model.compile()
    return model


class Scalars(keras.callbacks.Callback):
    """Keeps what is logged after each step, of an epoch's running means the sums."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_train_batch_end(self, batch, logs=None):
        sums = [(batch + 1) * float(logs[name]) for name in ("stage", "progress")]
        before = self._sums if batch else (0.0, 0.0)
        self.found.append([now - old for now, old in zip(sums, before, strict=True)])
        self._sums = sums


def count(optimizer):
    return int(to_numpy(optimizer.players["only"].iterations))


def test_stages_begin_after_their_examples_and_once():
    model, scalars = growing(), Scalars()
    assert model.stage == 0
    model.fit(data(), epochs=1, verbose=0, callbacks=[scalars])
    stages, progress = np.transpose(scalars.found)
    np.testing.assert_allclose(stages, [0, 0, 0, 1, 1, 2, 2, 2], atol=1e-5)
    np.testing.assert_allclose(
        progress, [0, 1 / 3, 2 / 3, 0, 1 / 2, 0, 0, 0], atol=1e-5
    )
    assert model.entered == [1, 2] and model.stage == 2
    assert int(to_numpy(model.examples_seen)) == 32
    assert count(model.optimizer) == 3, "the slots began anew with the stage"
    model.fit(data(), epochs=1, verbose=0)
    assert model.entered == [1, 2]


def test_single_batches_go_through_the_stages_too():
    model, images = growing(), np.zeros((4, 1, 1, 1), "uint8")
    logs = [model.train_on_batch(images, return_dict=True) for _ in range(6)]
    assert [float(log["stage"]) for log in logs] == [0, 0, 0, 1, 1, 2]
    assert model.entered == [1, 2]
    assert model.evaluate(images, verbose=0, return_dict=True)["stage"] == 2


def test_a_smaller_last_batch_counts_as_what_it_is():
    model, scalars = growing(lengths=(13, 5)), Scalars()
    images = np.zeros((6, 1, 1, 1), "uint8")  # batches of 4 and 2: 4 6 10 12 16 18 22
    fitted = Dataset(images, batch_size=4, seed=3, drop_remainder=False)
    model.fit(fitted, epochs=4, verbose=0, callbacks=[scalars])
    stages = np.round(np.array(scalars.found)[:, 0] * 100) / 100
    weighed = stages[1::2]  # the running mean weighs 2 of 6 examples
    assert model.entered == [1, 2]
    assert list(stages[0::2]) == [0, 0, 0, 2] and weighed[-1] == 2


@pytest.fixture(scope="module")
def straight():
    model = growing()
    model.fit(data(), epochs=1, verbose=0)
    return model


@pytest.mark.parametrize("step", [3, 4])
def test_a_run_goes_on_in_the_middle_of_a_stage_and_between_two(
    tmp_path, straight, step
):
    stopped = growing()
    with pytest.raises(RuntimeError, match="stop"):
        callbacks = [Backup(tmp_path / "run"), raise_at(step, RuntimeError("stop"))]
        stopped.fit(data(), epochs=1, verbose=0, callbacks=callbacks)
    resumed = growing()
    resumed.fit(data(), epochs=1, verbose=0, callbacks=[Backup(tmp_path / "run")])
    assert not differing(numpy_state(straight), numpy_state(resumed))
    assert stopped.entered + resumed.entered == [1, 2]


def test_a_file_goes_on_in_its_stage(tmp_path):
    model = growing()
    model.fit(data(16), epochs=1, verbose=0)
    assert model.stage == 1
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.stage == 1
    for one in (model, again):
        one.fit(data(16), epochs=1, verbose=0)
    assert model.stage == again.stage == 2
    assert again.entered == [2]
    assert not differing(numpy_state(model), numpy_state(again))


@pytest.mark.parametrize("bad", [(0,), (4, 2.5), (2**30, 2**30)])
def test_lengths_are_counts_of_examples(bad):
    with pytest.raises((TypeError, ValueError), match="`lengths` must.*Received"):
        growing(lengths=bad)


def test_to_reset_an_optimizer_leaves_its_rate_alone():
    model = growing()
    images = np.zeros((4, 1, 1, 1), "uint8")
    start = numpy_state(model)
    model.optimizer.players["only"].learning_rate = 0.5
    model.train_on_batch(images)
    model.optimizer.reset("only")
    after = numpy_state(model)
    slots = {name for name in start if name.startswith("optimizer/")}
    moved = slots & set(differing(start, after))
    assert [float(after[name]) for name in moved] == [0.5]
