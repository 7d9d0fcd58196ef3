import json
import os

import numpy as np
import pytest

from kerasgen.atomic_folder import replacing
from kerasgen.checkpoints import checkpoint
from kerasgen.runs.folder import (
    LOCK,
    RunError,
    open_folder,
    resuming,
    write_config,
)
from kerasgen.runs.lock import Lock

pytestmark = pytest.mark.any_backend


def _config(**settings):
    return {
        "recipe": "gans/tiny",
        "settings": {"epochs": 2, "seed": 0, **settings},
        "backend": "jax",
        "device": "cpu:0",
        "versions": {"keras": "3"},
        "command": "train --seed 0 --no-resume",
    }


def _open(folder, notes=None, resume=True, config=None, **settings):
    notes = [] if notes is None else notes
    return open_folder(folder, config or _config(**settings), resume, notes.append)


def _earlier(folder, rate=0.1, checkpoint_in="checkpoints", **files):
    """Leaves a run in the folder, with a checkpoint unless told otherwise."""
    _open(folder, rate=rate).release()
    if checkpoint_in is not None:
        checkpoint.write(folder / checkpoint_in, 1, {"x": np.zeros(2)})
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_without_a_checkpoint_blocks_nothing(tmp_path):
    for settings in ({"rate": 0.1}, {"rate": 0.2, "levels": 2}, {"epochs": 1}):
        notes = []
        _open(tmp_path, notes, **settings).release()
        config = json.loads((tmp_path / "config.json").read_text())
        assert config["settings"] == _config(**settings)["settings"]
        assert _names(tmp_path) == ["config.json"] and not notes


def test_a_checkpoint_of_a_part_makes_a_run(tmp_path):
    _earlier(tmp_path, checkpoint_in="checkpoints-m1")
    with pytest.raises(RunError, match="rate: 0.1 there, 0.2 now"):
        _open(tmp_path, rate=0.2)


def test_a_setting_that_an_earlier_version_did_not_have_is_its_default(tmp_path):
    _earlier(tmp_path)
    defaults = {"rate": 0.5, "validation": 0}

    def go_on(validation):
        config = _config(rate=0.1, validation=validation)
        return open_folder(tmp_path, config, True, print, defaults)

    go_on(0).release()
    with pytest.raises(RunError, match="validation: 0 there, 9 now"):
        go_on(9)
    with pytest.raises(RunError, match="rate: 0.1 there, 0.5 now"):
        open_folder(tmp_path, _config(rate=0.5), True, print, defaults)


def _cvae_run(folder, recipe, **settings):
    command = f"kerasgen train {recipe} --batch-size 9"
    return {
        **_config(batch_size=9, **settings),
        "recipe": recipe,
        "command": command,
        "resume_command": f"{command} --backend jax",
    }


def test_a_run_of_a_recipe_that_became_two_goes_on_as_the_right_one(tmp_path):
    whole, part = "autoencoders/cvae", "autoencoders/quadrant_cvae"
    now = {0: _cvae_run(tmp_path, whole), 1: _cvae_run(tmp_path, part, quadrants=1)}
    for quadrants in (0, 1):
        folder = tmp_path / str(quadrants)
        before = _cvae_run(folder, whole, quadrants=quadrants)
        _open(folder, config=before).release()
        checkpoint.write(folder / "checkpoints", 1, {"x": np.zeros(2)})
        _open(folder, config=now[quadrants]).release()
        with pytest.raises(RunError, match="other settings") as caught:
            _open(folder, config=now[1 - quadrants])
        recipe = now[quadrants]["recipe"]
        known = f"kerasgen train {recipe} --batch-size 9 --backend jax --out {folder}"
        assert known in str(caught.value).splitlines()[-2]
        _open(folder, config=before).release()  # of a copy of the recipe as it was


def test_epochs_without_a_checkpoint_are_moved_aside(tmp_path):
    folder, notes = tmp_path / "run", []
    _earlier(folder, checkpoint_in=None, history_jsonl="{}")
    _open(folder, notes, rate=0.2).release()
    assert _names(folder) == ["config.json"]
    (aside,) = (path for path in tmp_path.iterdir() if path != folder)
    assert _names(aside) == ["config.json", "history.jsonl"]
    assert len(notes) == 1 and str(aside) in notes[0]


def test_a_finished_model_is_a_run_without_its_checkpoints(tmp_path):
    folder = tmp_path / "run"
    _earlier(folder, checkpoint_in=None, history_jsonl="{}", model_keras="m")
    with pytest.raises(RunError, match="rate: 0.1 there, 0.2 now"):
        _open(folder, rate=0.2)
    _open(folder, rate=0.1).release()  # which would train over it
    (aside,) = (path for path in tmp_path.iterdir() if path != folder)
    assert (aside / "model.keras").read_text() == "m"


def test_settings_stay_those_of_the_checkpoints(tmp_path):
    _earlier(tmp_path)
    before = (tmp_path / "config.json").read_text()
    config = {**_config(rate=0.1), "backend": "torch"}
    _open(tmp_path, config=config).release()  # and fails before it goes on, say
    assert (tmp_path / "config.json").read_text() == before
    write_config(tmp_path, config)
    assert json.loads((tmp_path / "config.json").read_text()) == config


@pytest.mark.parametrize("content", ["", "\0\0\0", '{"settings": {'])
def test_damaged_settings_do_not_block_a_run(tmp_path, content):
    _earlier(tmp_path, config_json=content)
    notes = []
    _open(tmp_path, notes).release()
    assert len(notes) == 1 and "config.json of the run is damaged" in notes[0]


def test_empty_settings_block_no_start(tmp_path):
    _earlier(tmp_path, checkpoint_in=None, config_json="")
    _open(tmp_path, rate=3).release()
    assert "rate" in (tmp_path / "config.json").read_text()


@pytest.mark.parametrize(
    "name",
    ["history.jsonl", "samples", "logs", "checkpoints/step-000000001", ".hidden"],
)
def test_links_inside_are_refused(tmp_path, name):
    outside, folder = tmp_path / "outside", tmp_path / "run"
    outside.mkdir()
    _earlier(folder)
    if name.startswith("checkpoints"):
        os.replace(folder / name, outside / "step")
    (folder / name).symlink_to(outside)
    with pytest.raises(RunError, match="must hold no links.*a link to") as error:
        _open(folder, rate=0.1)
    assert f"{folder / name}" in str(error.value)
    assert not (folder / LOCK).exists()
    _open(folder, resume=False).release()  # nothing is written through it
    assert _names(folder) == ["config.json"]


def test_a_link_to_a_run_folder_is_that_folder(tmp_path):
    (tmp_path / "large_disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "large_disk")
    _open(tmp_path / "run").release()
    assert _names(tmp_path / "large_disk") == ["config.json"]


def test_what_killed_writers_left_is_swept(tmp_path):
    _earlier(tmp_path)
    left = [tmp_path, tmp_path / "samples", tmp_path / "checkpoints-prior"]
    for folder in left:
        folder.mkdir(exist_ok=True)
        with pytest.raises(KeyError), replacing(folder / "half.png") as temporary:
            temporary.write_text("half")
            (kept,) = folder.glob(".tmp-*")
            os.replace(kept, folder / "saved")
            raise KeyError
        os.replace(folder / "saved", kept)
    _open(tmp_path, rate=0.1).release()
    assert not list(tmp_path.rglob(".*")) and not list(tmp_path.rglob("half*"))


def test_resuming_command_loses_nothing():
    command = "kerasgen train gans/gan --no-resume --out 'a b' --epochs 3"
    expected = "kerasgen train gans/gan --out 'a b' --epochs 3"
    assert resuming(command) == expected
    assert resuming(command, "jax") == f"{expected} --backend jax"
    for flag in ("--backend torch", "--backend=torch"):
        assert resuming(f"a {flag}", "jax") == f"a {flag}"


def test_other_settings_are_refused_by_name(tmp_path):
    _earlier(tmp_path)
    before = (tmp_path / "config.json").read_text()
    with pytest.raises(RunError) as error:
        _open(tmp_path, rate=0.2, seed=1, levels=2)
    assert "rate: 0.1 there, 0.2 now" in str(error.value)
    assert "seed: 0 there, 1 now" in str(error.value)
    assert "levels: None there, 2 now" in str(error.value)
    assert "epochs" not in str(error.value)
    assert "To go on with that run:\n  train --seed 0\n" in str(error.value)
    assert (tmp_path / "config.json").read_text() == before
    assert not (tmp_path / LOCK).exists()


def test_epochs_may_grow_but_not_shrink(tmp_path):
    _earlier(tmp_path)
    _open(tmp_path, rate=0.1, epochs=5).release()
    write_config(tmp_path, _config(rate=0.1, epochs=5))
    with pytest.raises(RunError, match="epochs: 5 there, 4 now"):
        _open(tmp_path, rate=0.1, epochs=4)


def test_another_recipe_is_refused(tmp_path):
    _earlier(tmp_path)
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
    _earlier(tmp_path)
    notes = []
    config = {**_config(rate=0.1), "backend": "torch"}
    _open(tmp_path, notes, config=config).release()
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
    lock = _open(folder)
    with pytest.raises(RunError, match="in use"):
        _open(folder, resume=False)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    lock.release()


def test_failed_start_gives_the_lock_back(tmp_path):
    with pytest.raises(TypeError):
        _open(tmp_path, bad=object())
    assert not (tmp_path / LOCK).exists()
    assert isinstance(_open(tmp_path), Lock)
