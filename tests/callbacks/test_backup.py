"""What Backup saves, when, and what it puts back."""

import os
import re
import signal
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasgen.callbacks import Backup
from kerasgen.callbacks.interruption import SignalNote
from kerasgen.checkpoints import checkpoint
from kerasgen.checkpoints.checkpoint import CheckpointError
from tests.faults import AtStep, no_space, nth_call, raise_at, signal_at
from tests.tiny_gan import as_new, digests, tiny_data, tiny_images

STEPS = 4  # in an epoch


class Stop(Exception):
    pass


def fit(directory, epochs=2, stop=None, model=None, callbacks=(), data=None, **kwargs):
    """Fits a model that is the same every time; returns what came out of it."""
    model = model or as_new()
    data = tiny_data() if data is None else data
    backup = Backup(directory, **kwargs)
    callbacks = [backup, *callbacks]
    if stop is not None:
        callbacks.append(stop)
    history = model.fit(data, epochs=epochs, verbose=0, callbacks=callbacks)
    return SimpleNamespace(
        backup=backup,
        model=model,
        epochs=history.epoch,
        history=history.history,
        state=digests(model),
        steps=int(keras.ops.convert_to_numpy(model.steps.value)),
    )


def interrupted(directory, step, **kwargs):
    with pytest.raises(Stop):
        fit(directory, stop=raise_at(step, Stop()), **kwargs)


def manifest(directory):
    return checkpoint.read_latest(directory).manifest


# When it saves


def test_every_epoch(tmp_path):
    fit(tmp_path, keep=9)
    assert checkpoint.steps(tmp_path) == [STEPS, 2 * STEPS]
    assert manifest(tmp_path)["position"] == {"epoch": 2, "batch": 0, "data": 2}


def test_every_few_steps_and_every_epoch(tmp_path):
    fit(tmp_path, save_freq=3, keep=9)
    assert checkpoint.steps(tmp_path) == [3, 4, 7, 8]
    position = checkpoint.read(tmp_path / "step-000000007").manifest["position"]
    assert position == {"epoch": 1, "batch": 3, "data": 1}


def test_every_few_minutes(tmp_path):
    fit(tmp_path, minutes=0, keep=9)
    assert checkpoint.steps(tmp_path) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_best_epoch_is_kept(tmp_path):
    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [1.0, 3.0, 2.0, 0.0][epoch]

    options = {"keep": 1, "monitor": "score", "mode": "max"}
    fit(tmp_path, epochs=4, callbacks=[Score()], **options)
    assert checkpoint.steps(tmp_path) == [2 * STEPS, 4 * STEPS]


def test_the_direction_of_a_loss_is_known(tmp_path):
    fit(tmp_path, epochs=1, monitor="generator_loss")
    metric = manifest(tmp_path)["metric"]
    assert (metric["name"], metric["mode"]) == ("generator_loss", "min")


def test_training_is_not_slowed_by_a_batch_end_hook(tmp_path):
    # With one, Keras on JAX and PyTorch waits for the device in every step.
    for name in ("on_train_batch_end", "on_batch_end"):
        hook, default = getattr(Backup, name), getattr(keras.callbacks.Callback, name)
        assert hook is default


def test_nothing_is_written_twice(tmp_path):
    with nth_call("replace", 0, None) as renames:
        fit(tmp_path, epochs=1, save_freq=STEPS)
    assert len(renames) == 1


# What it puts back (bit for bit in a new process: tests/test_faults.py)


def test_a_finished_run_is_not_trained_further(tmp_path):
    first, again = fit(tmp_path), fit(tmp_path)
    assert again.backup.resumed_step == again.steps == 2 * STEPS
    assert again.state == first.state
    assert again.history == first.history


@pytest.mark.parametrize("step", [1, STEPS, STEPS + 2])
def test_a_stopped_run_ends_as_if_it_had_not(tmp_path, step):
    straight = fit(tmp_path / "straight")
    interrupted(tmp_path / "stopped", step)
    assert checkpoint.steps(tmp_path / "stopped")[-1] == step
    resumed = fit(tmp_path / "stopped")
    assert resumed.backup.resumed_step == step
    assert resumed.state == straight.state
    assert resumed.history == straight.history
    assert resumed.epochs == [0, 1]


def test_later_epochs_have_their_full_length_again(tmp_path):
    interrupted(tmp_path, 2)
    assert fit(tmp_path, epochs=3).steps == 3 * STEPS


def test_data_that_was_read_by_an_earlier_fit_goes_on_after_it(tmp_path):
    def data():
        read = tiny_data()
        read.seek(5)
        return read

    straight = fit(tmp_path / "straight", data=data())
    interrupted(tmp_path / "stopped", 6, data=data())
    position = manifest(tmp_path / "stopped")["position"]
    assert position == {"epoch": 1, "batch": 2, "data": 6}
    assert fit(tmp_path / "stopped", data=data()).state == straight.state


def test_the_next_fit_starts_at_its_own_epoch(tmp_path):
    interrupted(tmp_path, STEPS + 1)
    model = fit(tmp_path).model
    history = model.fit(tiny_data(), epochs=1, verbose=0)
    assert history.epoch == [0]
    assert len(history.history["generator_loss"]) == 1


class Counter(keras.callbacks.Callback):
    def __init__(self, size=3):
        super().__init__()
        self.size = size
        self.path = "somewhere"
        self.start_time = 0.0
        self.batches, self.pair = 0, (0, None)

    def on_train_begin(self, logs=None):
        self.batches = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.batches += 100

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        self.pair = (self.batches, None)


class Explicit(keras.callbacks.Callback):
    state = None

    def get_state(self):
        return {"text": "kept", "array": np.arange(3)}

    def set_state(self, state):
        self.state = state


def test_callbacks_get_their_state_back(tmp_path):
    straight = Counter()
    fit(tmp_path / "straight", callbacks=[straight])
    interrupted(tmp_path / "stopped", 5, callbacks=[Counter(), Explicit()])
    counter, explicit = Counter(size=4), Explicit()
    counter.path, counter.start_time = "elsewhere", 1.0
    fit(tmp_path / "stopped", callbacks=[counter, explicit])
    assert (counter.batches, counter.pair) == (straight.batches, straight.pair)
    assert (counter.size, counter.path, counter.start_time) == (4, "elsewhere", 1.0)
    assert explicit.state["text"] == "kept"
    np.testing.assert_array_equal(explicit.state["array"], [0, 1, 2])


def test_early_stopping_goes_on_counting(tmp_path):
    def early():
        return keras.callbacks.EarlyStopping(
            "generator_loss",
            patience=2,
            min_delta=100.0,
            restore_best_weights=True,
        )

    straight = early()
    first = fit(tmp_path / "a", epochs=9, callbacks=[straight])
    fit(tmp_path / "b", epochs=1, callbacks=[early()])
    resumed = early()
    second = fit(tmp_path / "b", epochs=9, callbacks=[resumed])
    assert straight.stopped_epoch == resumed.stopped_epoch == 2
    assert (straight.best, straight.best_epoch) == (resumed.best, resumed.best_epoch)
    assert second.state == first.state  # the best weights were put back


def test_a_schedule_is_not_applied_twice(tmp_path):
    class Halve(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            for player in self.model.optimizer.players.values():
                player.learning_rate = float(player.learning_rate) / 2

    straight = fit(tmp_path / "straight", callbacks=[Halve()])
    interrupted(tmp_path / "stopped", 5, callbacks=[Halve()])
    assert fit(tmp_path / "stopped", callbacks=[Halve()]).state == straight.state


def test_a_model_whose_rate_was_changed_in_training_is_still_the_same(tmp_path):
    class Halve(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.5

    model = fit(tmp_path, epochs=1, callbacks=[Halve()]).model
    assert fit(tmp_path, epochs=1, model=model).backup.resumed_step == STEPS


# What it refuses


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("rate", r"compile\.optimizer\..*generator.*rate: saved 0.00999.*, now 0.25"),
        ("width", "  model.width: saved 4, now 8"),
        ("batch", "  data.batch_size: saved 4, now 2"),
    ],
)
def test_another_run_is_refused_with_its_differences(
    tmp_path, monkeypatch, change, line
):
    fit(tmp_path, epochs=1)
    model, data = as_new(), tiny_data(batch_size=2 if change == "batch" else 4)
    if change == "rate":
        model.optimizer.players["generator"].learning_rate = 0.25
    if change == "width":
        monkeypatch.setattr(model, "width", 8)
    state = digests(model)
    with pytest.raises(CheckpointError, match="with other settings:\n") as caught:
        fit(tmp_path, model=model, data=data)
    assert re.search(line, str(caught.value))
    assert len(str(caught.value).splitlines()) == 2  # no other difference
    assert digests(model) == state
    assert checkpoint.steps(tmp_path) == [STEPS]


def test_another_run_goes_on_if_asked_to(tmp_path):
    interrupted(tmp_path, 2)
    model = as_new()
    model.optimizer.players["generator"].learning_rate = 0.25
    data = tiny_data(batch_size=2)
    message = "not bit for bit(.|\n)*data.batch_size(.|\n)*from its first batch"
    with pytest.warns(UserWarning, match=message):
        run = fit(tmp_path, epochs=1, model=model, data=data, on_mismatch="warn")
    assert (run.backup.resumed_step, run.steps) == (2, 2 + 8)
    players = model.optimizer.players
    assert float(players["generator"].learning_rate) == 0.25  # the new one
    assert float(players["discriminator"].learning_rate) == pytest.approx(0.01)


def test_how_a_step_is_compiled_is_not_another_run(tmp_path, monkeypatch):
    fit(tmp_path, epochs=1)
    model = as_new()
    monkeypatch.setitem(model._compile_arguments, "run_eagerly", True)
    with pytest.warns(UserWarning, match="compile.run_eagerly: saved False, now True"):
        run = fit(tmp_path, epochs=1, model=model)
    assert run.backup.resumed_step == STEPS


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"directory": 3}, TypeError, "`directory` must be a path. Received: dir"),
        ({"save_freq": "epochs"}, ValueError, "Did you mean 'epoch'"),
        ({"save_freq": 0}, ValueError, "`save_freq` must be at least 1"),
        ({"minutes": -1}, ValueError, "`minutes` must be at least 0"),
        ({"keep": 0}, ValueError, "`keep` must be at least 1"),
        ({"mode": "mim"}, ValueError, "Did you mean 'min'"),
        ({"on_mismatch": "raise"}, ValueError, "`on_mismatch` must be one of"),
        ({"on_error": "refuse"}, ValueError, "`on_error` must be one of"),
    ],
)
def test_arguments_are_checked(kwargs, error, message):
    with pytest.raises(error, match=message):
        Backup(**{"directory": "x", **kwargs})


def test_a_monitor_without_direction_or_value_is_refused(tmp_path):
    with pytest.raises(ValueError, match='must be "min" or "max"'):
        fit(tmp_path, monitor="score")
    with pytest.raises(ValueError, match="must be one of .*'generator_loss'.*'score'"):
        fit(tmp_path, monitor="score", mode="min")


def test_other_models_are_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    with pytest.raises(TypeError, match="GenerativeModel. Received: .* Sequential"):
        model.fit(np.zeros((2, 2)), np.zeros(2), callbacks=[Backup(tmp_path)])


# Signals and errors


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1"])
def test_a_signal_saves_and_stops(tmp_path, name):
    handlers = [signal.getsignal(getattr(signal, n)) for n in ("SIGTERM", "SIGINT")]
    stopped = fit(tmp_path, stop=signal_at(2, name))
    assert (stopped.backup.interrupted, stopped.epochs) == (name, [0])
    assert checkpoint.steps(tmp_path) == [2]
    again = [signal.getsignal(getattr(signal, n)) for n in ("SIGTERM", "SIGINT")]
    assert again == handlers
    resumed = fit(tmp_path)
    assert (resumed.backup.resumed_step, resumed.backup.interrupted) == (2, None)
    assert resumed.state == fit(tmp_path / "straight").state


def test_a_signal_in_the_last_step_of_an_epoch_ends_with_it(tmp_path):
    stopped = fit(tmp_path, stop=signal_at_end_of_epoch())
    assert stopped.backup.interrupted == "SIGTERM"
    assert manifest(tmp_path)["position"]["epoch"] == 1
    assert checkpoint.steps(tmp_path) == [STEPS]


def signal_at_end_of_epoch():
    def send():
        os.kill(os.getpid(), signal.SIGTERM)

    return AtStep(STEPS, send, "on_train_batch_end")


def test_the_second_signal_acts_at_once():
    note = SignalNote()
    note.install()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        assert note.received == "SIGINT"
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        note.restore()


def test_handlers_are_put_back_after_an_error(tmp_path):
    handler = signal.getsignal(signal.SIGTERM)
    interrupted(tmp_path, 1)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_a_write_that_fails_ends_the_training_or_is_warned_of(tmp_path):
    fit(tmp_path, epochs=1)
    with nth_call("fsync", 1, no_space), pytest.raises(CheckpointError, match="space"):
        fit(tmp_path, epochs=2)
    with nth_call("fsync", 1, no_space), pytest.warns(UserWarning, match="No space"):
        fit(tmp_path, epochs=3, on_error="warn")
    assert checkpoint.steps(tmp_path) == [STEPS, 3 * STEPS]


def test_a_stop_by_another_callback_is_resumed_in_the_middle(tmp_path):
    class StopAt2(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    fit(tmp_path, callbacks=[StopAt2()])
    assert manifest(tmp_path)["position"] == {"epoch": 0, "batch": 2, "data": 0}
    assert fit(tmp_path).state == fit(tmp_path / "straight").state


def test_foreign_data_starts_the_epoch_again(tmp_path):
    class Foreign(keras.utils.PyDataset):
        def __len__(self):
            return STEPS

        def __getitem__(self, index):
            return (tiny_images()[:8],)

    interrupted(tmp_path, 6, data=Foreign())
    position = manifest(tmp_path)["position"]
    assert position == {"epoch": 1, "batch": 2, "data": None}
    with pytest.warns(UserWarning, match="epoch 1 starts again") as caught:
        resumed = fit(tmp_path, data=Foreign())
    assert len([w for w in caught if w.category is UserWarning]) == 1
    assert (resumed.backup.resumed_step, resumed.steps) == (6, 6 + STEPS)
