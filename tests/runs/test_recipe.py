import json
import os
import signal
import sys

import keras
import numpy as np
import pytest

from kerasgen.checkpoints import checkpoint
from kerasgen.errors import RunError
from kerasgen.runs import recipe
from kerasgen.runs.recipe import load_recipe, run
from tests import tiny_recipe
from tests.conformance import differing, numpy_state

pytestmark = pytest.mark.any_backend

RUNNING = keras.backend.backend()
OTHER = next(name for name in recipe.BACKENDS if name != RUNNING)


class Interrupt(keras.callbacks.Callback):
    """Sends a signal to this process in the second epoch."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.epoch = None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 1 and batch == 2:
            os.kill(os.getpid(), self.number)


def _run(folder, *words):
    return run(tiny_recipe.main, ["--out", str(folder), "--verbose", "0", *words])


def _state(folder):
    return numpy_state(keras.models.load_model(folder / "model.keras"))


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A run of two epochs that nothing has disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "straight"
    return folder, _run(folder)


@pytest.mark.every_backend
def test_run_folder_holds_everything(straight):
    folder, _ = straight
    names = {path.name for path in folder.iterdir()}
    files = {"config.json", "history.jsonl", "model.keras", "results.json"}
    assert names == files | {"checkpoints", "logs", "samples", "samples.gif"}
    assert len(list((folder / "samples").glob("*.png"))) == 3


def test_results_hold_what_repeats_them(straight):
    folder, results = straight
    assert json.loads((folder / "results.json").read_text()) == results
    assert results["recipe"] == "tests/tiny_recipe"
    assert results["settings"]["widths"] == [3, 2]
    assert results["settings"]["seed"] == 0
    assert f"--out {folder}" in results["command"]
    assert results["data"]["num_examples"] == 16
    assert results["backend"] == RUNNING
    assert results["versions"]["keras"] == keras.__version__
    assert results["device"].split(":")[0] in ("cpu", "gpu", "cuda", "mps", "tpu")
    assert (results["epochs"], results["steps"]) == (2, 8)
    assert 0 < results["seconds_per_epoch"] < 600
    for figures in (results["metrics"], results["evaluation"]):
        assert np.isfinite(figures["generator_loss"])


def test_config_is_written_at_the_start(straight):
    folder, results = straight
    config = json.loads((folder / "config.json").read_text())
    for key in ("recipe", "settings", "command", "backend", "device", "versions"):
        assert config[key] == results[key]


def test_finished_run_is_not_trained_again(straight):
    folder, results = straight
    before = _state(folder)
    again = _run(folder)
    assert again["steps"] == results["steps"]
    assert again["metrics"] == results["metrics"]
    assert not differing(before, _state(folder))


@pytest.mark.every_backend
def test_extended_run_equals_a_straight_one(straight, tmp_path):
    _run(tmp_path / "run", "--epochs", "1")
    results = _run(tmp_path / "run")
    assert (results["epochs"], results["steps"]) == (2, 8)
    assert not differing(_state(straight[0]), _state(tmp_path / "run"))


@pytest.mark.parametrize(
    "name, code",
    [
        pytest.param("SIGTERM", 75, marks=pytest.mark.every_backend),
        ("SIGUSR1", 75),
        ("SIGINT", 130),
    ],
)
def test_signal_ends_the_run_and_the_same_command_goes_on(
    name, code, straight, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "run"
    interrupt = Interrupt(getattr(signal, name))
    monkeypatch.setattr(tiny_recipe, "CALLBACKS", [interrupt])
    with pytest.raises(SystemExit) as error:
        _run(folder)
    assert error.value.code == code
    message = capsys.readouterr().err
    assert f"stopped by {name}" in message and f"--out {folder}" in message
    assert not (folder / "results.json").exists()
    assert checkpoint.steps(folder / "checkpoints")[-1] == 6  # saved, then stopped
    monkeypatch.setattr(tiny_recipe, "CALLBACKS", [])
    assert _run(folder)["steps"] == 8
    assert not differing(_state(straight[0]), _state(folder))


def test_smoke_settings_hold_unless_a_flag_says_otherwise(tmp_path):
    results = _run(tmp_path / "run", "--smoke", "--num-examples", "8")
    assert results["settings"]["epochs"] == 1
    assert results["settings"]["num_examples"] == 8
    assert results["steps"] == 2


@pytest.mark.parametrize(
    "words, name",
    [
        ([], "tests-tiny_recipe"),
        (["--smoke"], "smoke-tests-tiny_recipe"),
        (["--data", "folder:/a/b c"], "tests-tiny_recipe-folder-a-b-c"),
        (["--data", "folder:../../my.a/./b"], "tests-tiny_recipe-folder-my.a-b"),
    ],
)
def test_default_folder(words, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recipe.Run, "finish", lambda run, *_: run.folder)
    monkeypatch.setattr(recipe.Run, "fit", lambda *_, **__: None)
    folder = run(tiny_recipe.main, [*words, "--verbose", "0"])
    assert folder.as_posix() == f"runs/{name}"


def test_bad_smoke_settings_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tiny_recipe, "SMOKE", {"epoch": 1})
    with pytest.raises(ValueError, match=r"`SMOKE` must be.*Received"):
        _run(tmp_path, "--smoke")


def test_other_settings_are_refused_before_training(straight):
    with pytest.raises(RunError, match="batch_size: 4 there, 8 now"):
        _run(straight[0], "--batch-size", "8")


@pytest.mark.every_backend
def test_seed_decides_the_run(straight, tmp_path):
    _run(tmp_path / "run", "--seed", "1")
    assert differing(_state(straight[0]), _state(tmp_path / "run"))


@pytest.mark.every_backend
def test_dtype_is_that_of_the_model_and_of_no_other(tmp_path):
    before = keras.config.dtype_policy().name
    results = _run(tmp_path / "run", "--smoke", "--dtype", "mixed_bfloat16")
    assert keras.config.dtype_policy().name == before
    assert results["settings"]["dtype"] == "mixed_bfloat16"
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    assert model.dtype_policy.name == "mixed_bfloat16"
    assert model.compute_dtype == "bfloat16"


def test_other_dtype_is_refused(straight):
    with pytest.raises(RunError, match="dtype: None there, 'mixed_bfloat16' now"):
        _run(straight[0], "--dtype", "mixed_bfloat16")


def test_failed_save_keeps_the_old_model(straight, monkeypatch):
    folder = straight[0]
    before = (folder / "model.keras").read_bytes()

    def fail(self, path):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(keras.Model, "save", fail)
    with pytest.raises(RunError, match="disk full"):
        _run(folder)
    assert (folder / "model.keras").read_bytes() == before
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_users_error_is_a_message_and_code_2(tmp_path, monkeypatch, capsys):
    words = ["--data", "bad", "--out", str(tmp_path), "--verbose", "0"]
    monkeypatch.setattr(sys, "argv", ["tiny_recipe.py", *words])
    with pytest.raises(SystemExit) as error:
        run(tiny_recipe.main)
    assert error.value.code == 2
    expected = "error: `data` must be 'noise'. Received: data='bad'\n"
    assert capsys.readouterr().err == expected


@pytest.mark.every_backend
def test_running_backend_is_accepted_and_another_starts_anew(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setenv("KERAS_BACKEND", RUNNING)
    monkeypatch.setattr(os, "execv", lambda *call: calls.append(call))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-X", "dev", "tiny.py", "--a"])
    recipe.use_backend(RUNNING, restart=True)
    assert calls == []
    recipe.use_backend(OTHER, restart=True)
    words = [sys.executable, "-X", "dev", "tiny.py", "--a"]
    assert calls == [(sys.executable, words)]
    assert os.environ["KERAS_BACKEND"] == OTHER


def test_another_backend_in_this_process_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "execv", pytest.fail)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    with pytest.raises(RunError, match=f"--backend must be {RUNNING}"):
        _run(tmp_path / "run", "--backend", OTHER)
    assert not (tmp_path / "run").exists()


def test_backend_that_is_not_installed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RunError, match=f"'pip install {OTHER}' gets it"):
        _run(tmp_path / "run", "--backend", OTHER)


def test_a_flag_that_is_another_recipes_now_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main = recipe.load_recipe("autoencoders/cvae")
    command = ["kerasgen", "train", "cvae"]
    for flags, now in (
        (["--quadrants", "2", "--seed", "1"], "quadrant_cvae --quadrants 2 --seed 1"),
        (["--seed", "1", "--quadrants=0"], "cvae --seed 1"),
    ):
        with pytest.raises(RunError) as caught:
            recipe.run(main, flags, command)
        told = str(caught.value)
        assert f"  kerasgen train {now}\n" in told
        assert "Received: --quadrants " in told and "--out" in told
    assert not list(tmp_path.iterdir())


def test_recipe_is_loaded_by_path_with_its_docstring():
    main = load_recipe(tiny_recipe.__file__)
    assert main is not tiny_recipe.main
    text = recipe.make_parser(main, "python tiny.py").format_help()
    assert text.startswith("usage: python tiny.py")
    assert "GAN on noise, as small as a recipe can be." in text


def test_recipes_are_found_and_the_nearest_is_named(tmp_path, monkeypatch):
    (tmp_path / "gans").mkdir()
    (tmp_path / "gans" / "dcgan.py").write_text("def main():\n    return 5\n")
    monkeypatch.setattr(recipe, "recipe_folder", lambda: tmp_path)
    assert list(recipe.list_recipes()) == ["gans/dcgan"]
    assert load_recipe("gans/dcgan")() == load_recipe("dcgan")() == 5
    with pytest.raises(ValueError, match="Did you mean 'gans/dcgan'"):
        load_recipe("gans/dcgn")


def test_recipe_folder_is_that_of_the_source():
    assert (recipe.recipe_folder() / "README.md").is_file()
