import json
import os
import socket
import subprocess
import sys

import pytest

from kerasgen import run_folder
from kerasgen.run_folder import LOCK, Lock, RunError, open_folder


def _config(**settings):
    return {
        "recipe": "gans/tiny",
        "settings": {"epochs": 2, "seed": 0, **settings},
        "backend": "jax",
        "device": "cpu:0",
        "versions": {"keras": "3"},
    }


def _open(folder, notes=None, resume=True, config=None, **settings):
    notes = [] if notes is None else notes
    return open_folder(folder, config or _config(**settings), resume, notes.append)


def _write_lock(folder, pid, host=None):
    folder.mkdir()
    holder = {"pid": pid, "host": host or socket.gethostname(), "started": "then"}
    (folder / LOCK).write_text(json.dumps(holder))


def _dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_lock_names_this_process_and_goes_away(tmp_path):
    lock = _open(tmp_path / "run")
    holder = json.loads((tmp_path / "run" / LOCK).read_text())
    assert holder["pid"] == os.getpid()
    assert holder["host"] == socket.gethostname()
    lock.release()
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["config.json"]


def test_folder_held_by_this_process_is_refused(tmp_path):
    lock = _open(tmp_path)
    with pytest.raises(RunError, match=f"in use by process {os.getpid()}"):
        _open(tmp_path)
    lock.release()
    _open(tmp_path).release()


def test_folder_of_a_living_process_is_refused(tmp_path):
    folder = tmp_path / "run"
    _write_lock(folder, os.getppid())
    with pytest.raises(RunError, match=f"in use by process {os.getppid()}"):
        _open(folder)
    assert [p.name for p in folder.iterdir()] == [LOCK]


def test_folder_of_another_host_is_refused(tmp_path):
    folder = tmp_path / "run"
    _write_lock(folder, _dead_pid(), host="elsewhere")
    with pytest.raises(RunError, match="on host elsewhere"):
        _open(folder)


def test_folder_of_a_dead_process_is_taken_over_with_a_note(tmp_path):
    folder, notes, pid = tmp_path / "run", [], _dead_pid()
    _write_lock(folder, pid)
    lock = _open(folder, notes)
    assert json.loads((folder / LOCK).read_text())["pid"] == os.getpid()
    assert len(notes) == 1 and f"process {pid}" in notes[0]
    lock.release()


def test_lock_of_an_earlier_life_of_this_pid_is_stale(tmp_path):
    folder = tmp_path / "run"
    _write_lock(folder, os.getpid())
    _open(folder).release()


def test_lock_that_changes_hands_in_between_is_left_alone(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    _write_lock(folder, _dead_pid())
    replace = os.replace

    def taken_by_another_first(source, target):
        if str(source) == str(folder / LOCK):
            (folder / LOCK).write_text(json.dumps({"pid": 1, "host": "other"}))
        replace(source, target)

    monkeypatch.setattr(run_folder.os, "replace", taken_by_another_first)
    with pytest.raises(RunError, match="in use by process 1 on host other"):
        _open(folder)
    assert [p.name for p in folder.iterdir()] == [LOCK]


def test_release_leaves_the_lock_of_another(tmp_path):
    lock = _open(tmp_path)
    (tmp_path / LOCK).write_text(json.dumps({"pid": 1, "host": "other"}))
    lock.release()
    assert (tmp_path / LOCK).exists()


def test_other_settings_are_refused_by_name(tmp_path):
    _open(tmp_path, rate=0.1).release()
    before = (tmp_path / "config.json").read_text()
    with pytest.raises(RunError) as error:
        _open(tmp_path, rate=0.2, seed=1, levels=2)
    assert "rate: 0.1 there, 0.2 now" in str(error.value)
    assert "seed: 0 there, 1 now" in str(error.value)
    assert "levels: None there, 2 now" in str(error.value)
    assert "epochs" not in str(error.value)
    assert (tmp_path / "config.json").read_text() == before
    assert not (tmp_path / LOCK).exists()


def test_epochs_may_grow_but_not_shrink(tmp_path):
    _open(tmp_path).release()
    _open(tmp_path, epochs=5).release()
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["settings"]["epochs"] == 5
    with pytest.raises(RunError, match="epochs: 5 there, 4 now"):
        _open(tmp_path, epochs=4)


def test_another_recipe_is_refused(tmp_path):
    _open(tmp_path).release()
    with pytest.raises(RunError, match="recipe: 'gans/tiny' there, 'gans/big' now"):
        _open(tmp_path, config={**_config(), "recipe": "gans/big"})


def test_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("text")
    with pytest.raises(RunError, match="holds no run of kerasgen"):
        _open(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_file_instead_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(RunError, match="--out must be a folder"):
        _open(tmp_path / "file")


def test_another_backend_goes_on_with_a_note(tmp_path):
    _open(tmp_path).release()
    notes = []
    _open(tmp_path, notes, config={**_config(), "backend": "torch"}).release()
    assert len(notes) == 1 and "backend (jax, now torch)" in notes[0]


def test_no_resume_moves_the_earlier_run_aside(tmp_path):
    folder, notes = tmp_path / "run", []
    _open(folder).release()
    (folder / "results.json").write_text("{}")
    lock = _open(folder, notes, resume=False, seed=1)
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", LOCK]
    (aside,) = (p for p in tmp_path.iterdir() if p != folder)
    assert sorted(p.name for p in aside.iterdir()) == ["config.json", "results.json"]
    assert str(aside) in notes[0]
    lock.release()


def test_no_resume_leaves_a_running_run_alone(tmp_path):
    folder = tmp_path / "run"
    _write_lock(folder, os.getppid())
    with pytest.raises(RunError, match="in use"):
        _open(folder, resume=False)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_failed_start_gives_the_lock_back(tmp_path):
    with pytest.raises(TypeError):
        _open(tmp_path, bad=object())
    assert not (tmp_path / LOCK).exists()
    assert isinstance(_open(tmp_path), Lock)
