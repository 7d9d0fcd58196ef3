"""How runs end early: told to, without finite numbers, or on a full disk."""

import contextlib
import json
import os
import signal
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.checkpoints.checkpoint import NonFiniteError
from kerasgen.errors import RunError
from kerasgen.runs import Run, recipe
from kerasgen.runs.ending import DivergedError, as_run_error
from kerasgen.training import NonFiniteLossError
from tests import faults, tiny_recipe
from tests.processes import run_python

resource = pytest.importorskip("resource")  # not on Windows

pytestmark = pytest.mark.any_backend
GOOD = ("config.json", "model.keras", "results.json")


def untrained(run=None):
    """A recipe that trains nothing."""
    model = kerasgen.autoregressive.FVBN((2, 2, 1), seed=0)
    before_the_end()
    return run.finish(model, evaluation={"nats": 2.0})


def before_the_end():
    """What a test wants to be called in `untrained`."""


def _train(folder, *words, main=tiny_recipe.main):
    return recipe.run(main, ["--out", str(folder), "--verbose", "0", *words])


def _contents(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _good(folder):
    return {name: (folder / name).read_bytes() for name in GOOD}


def _command_line(monkeypatch, folder, main=tiny_recipe.main, words=()):
    """Runs a recipe as a command; returns its exit code."""
    words = ["recipe.py", "--out", str(folder), "--verbose", "0", *words]
    monkeypatch.setattr("sys.argv", words)
    try:
        recipe.run(main)
    except SystemExit as error:
        return error.code
    return 0


# Numbers that are not finite


class Poison(keras.callbacks.Callback):
    """Makes a weight infinite after the last step of the second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            variable = self.model.generator.trainable_variables[-1]
            variable.assign(np.full(variable.shape, np.inf, "float32"))


@pytest.mark.every_backend
def test_weights_that_become_infinite_in_the_last_step_write_nothing(
    tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "run"
    _train(folder, "--epochs", "1")
    good = _good(folder)
    monkeypatch.setattr(tiny_recipe, "CALLBACKS", [Poison()])
    with pytest.warns(UserWarning, match="Nothing will be saved"):
        code = _command_line(monkeypatch, folder, words=["--epochs", "2"])
    assert code == DivergedError.exit_code == 70
    message = capsys.readouterr().err
    assert message.startswith("error: The state must be finite")
    assert message.count("\n") == 1 and f"--out {folder}" in message
    after = _good(folder)
    assert (after["model.keras"], after["results.json"]) == (
        good["model.keras"],
        good["results.json"],
    )
    monkeypatch.setattr(tiny_recipe, "CALLBACKS", [])
    assert _train(folder, "--epochs", "2")["steps"] == 8


@pytest.fixture(scope="module")
def model():
    return kerasgen.autoregressive.FVBN((2, 2, 1), seed=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["weight", "figure", "last epoch", "other model"])
def test_whatever_writes_looks_at_its_values_first(tmp_path, where, bad, model):
    run = Run(tmp_path, "tests/endings", {}, ["python"], verbose=0)
    (tmp_path / "history.jsonl").write_text('{"epoch":1,"seconds":1,"timed":true}\n')
    run.save_model(model, "m1.keras")
    run.finish(model, evaluation={"nats": 2.0})
    before = _contents(tmp_path)
    weight = model.trainable_variables[0]
    value = keras.ops.convert_to_numpy(weight)
    if where in ("weight", "other model"):
        weight.assign(np.full(value.shape, bad, value.dtype))
    if where == "last epoch":
        row = {"epoch": 1, "seconds": 1, "timed": True, "loss": bad}
        (tmp_path / "history.jsonl").write_text(json.dumps(row))
        before = _contents(tmp_path)
    figure = bad if where == "figure" else 2.0
    try:
        with pytest.raises(NonFiniteError, match="must be finite.*Received"):
            if where == "other model":
                run.save_model(model, "m1.keras")
            else:
                run.finish(model, evaluation={"nats": figure, "images": 3})
    finally:
        weight.assign(value)
    assert _contents(tmp_path) == before


# Signals outside `fit`


@contextlib.contextmanager
def _signal_within(monkeypatch, place, name):
    """Sends a signal to this process while a file is half written."""

    def send():
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_text", write_text)
            os.kill(os.getpid(), getattr(signal, name))

    write_text = Path.write_text

    def half(path, text, *args):
        if path.name == place:
            write_text(path, text[: len(text) // 2])
            send()
        return write_text(path, text, *args)

    def save(self, path):
        path.write_bytes(b"half")
        send()

    with monkeypatch.context() as patch:
        if place.endswith(".keras"):
            patch.setattr(keras.Model, "save", save)
        elif place == "data":
            patch.setattr(f"{__name__}.before_the_end", send)
        else:
            patch.setattr(Path, "write_text", half)
        yield


@pytest.mark.parametrize("place", ["config.json", "data", *GOOD[1:]])
@pytest.mark.parametrize(
    ("name", "code"), [("SIGTERM", 75), ("SIGINT", 130), ("SIGUSR1", 75)]
)
def test_a_signal_outside_fit_has_its_code_and_leaves_nothing_half_done(
    tmp_path, monkeypatch, capsys, place, name, code
):
    number = getattr(signal, name)
    handler, folder = signal.getsignal(number), tmp_path / "run"
    with _signal_within(monkeypatch, place, name):
        assert _command_line(monkeypatch, folder, untrained) == code
    assert signal.getsignal(number) == handler
    message = capsys.readouterr().err
    assert f"stopped by {name}" in message and f"--out {folder}" in message
    left = _contents(folder)
    assert set(left) == (set() if place == "config.json" else {"config.json"})
    assert _command_line(monkeypatch, folder, untrained) == 0
    before = _good(folder)
    with _signal_within(monkeypatch, place, name):  # over a run that is finished
        assert _command_line(monkeypatch, folder, untrained) == code
    after = _contents(folder)
    assert set(after) == set(before)
    assert after["model.keras"] == before["model.keras"]
    json.loads(after["results.json"])


def test_a_signal_while_a_command_starts_has_its_code(tmp_path):
    code = """
import os, signal, sys
from kerasgen import quiet
from kerasgen.command import cli
def import_keras():
    os.kill(os.getpid(), signal.SIGTERM)
    raise AssertionError("not reached")
quiet.import_keras = import_keras
sys.argv = ["kerasgen", "train", "gans/dcgan"]
sys.exit(cli.main())
"""
    ended = run_python(faults.WITHOUT_KERAS + code, fresh=True)
    assert ended.returncode == 75, ended.stderr
    assert ended.stderr.endswith("stopped by SIGTERM before the run has begun\n")


def test_a_stop_between_model_and_results_leaves_a_run_to_be_finished(
    tmp_path, monkeypatch
):
    _train(tmp_path, main=untrained)
    replace = os.replace

    def stop(source, target):
        if Path(target).name == "results.json":
            os.kill(os.getpid(), signal.SIGTERM)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        assert _command_line(patch, tmp_path, untrained) == 75
    assert set(_contents(tmp_path)) == {"config.json", "model.keras"}
    assert _command_line(monkeypatch, tmp_path, untrained) == 0


# A disk that is full


@contextlib.contextmanager
def full_disk():
    """While it lasts, the system refuses every byte that is written to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Fill(keras.callbacks.Callback):
    """Fills the disk at an event of the training."""

    def __init__(self, stack, event):
        super().__init__()
        setattr(self, event, lambda *_, **__: stack.enter_context(full_disk()))


def _check_told(message, folder):
    (line,) = [x for x in message.splitlines() if x.startswith("error: ")]
    assert f"cannot write all of the run folder '{folder}'" in line
    assert "File too large" in line and f"--out {folder}" in line
    assert "Traceback" not in message


def test_a_disk_that_is_full_at_the_start_is_told_in_a_line(
    tmp_path, monkeypatch, capsys
):
    with full_disk():
        code = _command_line(monkeypatch, tmp_path / "run", untrained)
    assert code == 2
    message = capsys.readouterr().err
    _check_told(message, tmp_path / "run")
    assert message.count("\n") == 1
    assert not _contents(tmp_path)


@pytest.mark.parametrize("out", ["file/run", "x" * 300, "loop/run"])
def test_a_folder_that_cannot_be_made_is_told_in_a_line(
    tmp_path, monkeypatch, capsys, out
):
    (tmp_path / "file").write_text("text")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert _command_line(monkeypatch, tmp_path / out, untrained) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1
    assert out in message


def test_a_warning_of_a_run_is_a_line(tmp_path, monkeypatch):
    def shown():
        return warnings.formatwarning(UserWarning("full"), UserWarning, "a.py", 1)

    seen, before = [], shown()
    with monkeypatch.context() as patch:
        patch.setattr(f"{__name__}.before_the_end", lambda: seen.append(shown()))
        _train(tmp_path, main=untrained)
    assert seen == ["warning: full\n"]
    assert shown() == before and "a.py:1" in before


@pytest.mark.every_backend
def test_a_loss_that_is_not_finite_has_the_code_of_weights(tmp_path):
    run = Run(tmp_path, "tests/endings", {}, ["python"], verbose=0)
    error = as_run_error(NonFiniteLossError("Losses must be finite"), run)
    assert error.exit_code == 70 and "Losses must be finite. No step" in str(error)


@pytest.mark.parametrize("finished", [False, True])
def test_a_disk_that_is_full_at_the_end_keeps_the_good_files(
    tmp_path, monkeypatch, capsys, finished
):
    if finished:
        _train(tmp_path, main=untrained)
    before = _contents(tmp_path)
    with contextlib.ExitStack() as stack, monkeypatch.context() as patch:
        fill = lambda: stack.enter_context(full_disk())  # noqa: E731
        patch.setattr(f"{__name__}.before_the_end", fill)
        assert _command_line(patch, tmp_path, untrained) == 2
    _check_told(capsys.readouterr().err, tmp_path)
    after = _contents(tmp_path)
    assert set(after) == (set(before) or {"config.json"})
    assert all(after[name] == before[name] for name in before if name != "config.json")
    assert _command_line(monkeypatch, tmp_path, untrained) == 0


@pytest.mark.filterwarnings("ignore:.*could not.*written:UserWarning")
@pytest.mark.filterwarnings("ignore:.*could not write.*:UserWarning")
@pytest.mark.parametrize("event", ["on_epoch_begin", "on_epoch_end"])
def test_a_disk_that_fills_in_training_is_told_in_a_line(
    tmp_path, monkeypatch, capsys, event
):
    # Pictures, logs and history warn; the checkpoint ends the run.
    with contextlib.ExitStack() as stack, monkeypatch.context() as patch:
        patch.setattr(tiny_recipe, "CALLBACKS", [Fill(stack, event)])
        assert _command_line(patch, tmp_path) == 2
    _check_told(capsys.readouterr().err, tmp_path)
    left = _contents(tmp_path)
    assert not [name for name in left if ".tmp" in name or name.startswith(".")]
    assert _train(tmp_path)["steps"] == 8
    with pytest.raises(RunError, match="holds a run with other settings"):
        _train(tmp_path, "--batch-size", "8")
