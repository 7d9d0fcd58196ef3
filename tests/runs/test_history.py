"""What a run tells of itself: one line an epoch, and nothing lost by a kill."""

import json
import os
import signal
from types import SimpleNamespace

import keras
import pytest

from kerasgen.callbacks import Backup, SampleGrid
from kerasgen.run_epochs import median_seconds, read_history
from kerasgen.runs import Run
from kerasgen.runs import history as run_history
from tests.callbacks.tiny import read_events
from tests.tiny_gan import as_new, digests, tiny_data

pytestmark = pytest.mark.any_backend

STEPS = 4  # in an epoch
_OWN = ("seconds", "timed", "resumed")


class Stateless(keras.callbacks.Callback):
    """A callback that a backup leaves alone."""

    def get_state(self):
        return {}

    def set_state(self, state):
        pass


class StopAt(Stateless):
    """Sends SIGTERM before a step, counted from the start of the process."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        self.left -= 1


class Clock(Stateless):
    """A clock that goes on by one second at the beginning of a step."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def monotonic(self):
        return self.now

    def on_train_batch_begin(self, batch, logs=None):
        self.now += 1.0


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(run_history, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def _fit(folder, clock, *callbacks, epochs=2, verbose=0, **kwargs):
    run = Run(folder, "tests/tiny", {}, ["python", "tiny.py"], verbose=verbose)
    run.verbose = 0  # of Keras
    run.say = lambda text: verbose and told.append(text)
    told = []
    run.fit(
        as_new(), tiny_data(), callbacks=[clock, *callbacks], epochs=epochs, **kwargs
    )
    return told


def _stop(folder, clock, step, epochs=2):
    with pytest.raises(SystemExit) as error:
        _fit(folder, clock, StopAt(step), epochs=epochs)
    assert error.value.code == 75


def _lines(folder):
    lines = (folder / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _scalars(rows):
    return [{k: v for k, v in row.items() if k not in _OWN} for row in rows]


def test_an_epoch_that_was_stopped_three_times_has_one_line(tmp_path, clock):
    _fit(tmp_path / "straight", clock)
    folder = tmp_path / "stopped"
    _stop(folder, clock, STEPS + 1)
    assert [row["epoch"] for row in _lines(folder)] == [1]  # the second is not done
    _stop(folder, clock, 1)
    _stop(folder, clock, 1)
    _fit(folder, clock)
    straight, rows = _lines(tmp_path / "straight"), _lines(folder)
    assert _scalars(rows) == _scalars(straight)
    assert [row["seconds"] for row in straight] == [STEPS, STEPS]
    # A step that begins when the signal comes is done again.
    assert [row["seconds"] for row in rows] == [STEPS, STEPS + 3]
    assert "resumed" not in rows[0] and rows[1]["resumed"] == 3
    assert rows[1]["timed"] is False
    assert median_seconds(read_history(folder)) == STEPS


def test_half_a_line_and_lines_of_epochs_done_again_are_repaired(tmp_path, clock):
    _fit(tmp_path, clock, epochs=1)
    path = tmp_path / "history.jsonl"
    with path.open("a") as file:  # killed after the lines, before the checkpoint
        file.write('{"epoch": 2, "seconds": 99, "timed": true}\n{"epoch": 3, "sec')
    _fit(tmp_path, clock, epochs=3)
    rows = _lines(tmp_path)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["seconds"] for row in rows] == [STEPS] * 3
    assert "resumed" not in rows[1]
    whole = path.read_text()
    path.write_text(whole + '{"epo')
    _fit(tmp_path, clock, epochs=3)  # nothing left to train
    assert path.read_text() == whole


def test_a_copy_by_hard_links_stays_as_it_is(tmp_path, clock):
    _fit(tmp_path / "run", clock, epochs=1)
    os.link(tmp_path / "run" / "history.jsonl", tmp_path / "copy.jsonl")
    _fit(tmp_path / "run", clock, epochs=2)
    assert len(_lines(tmp_path / "run")) == 2
    assert len((tmp_path / "copy.jsonl").read_text().splitlines()) == 1


def test_lines_that_the_disk_did_not_take_are_written_later(
    tmp_path, clock, monkeypatch
):
    _fit(tmp_path / "straight", clock, epochs=3)
    folder = tmp_path / "full"
    fsync, calls = os.fsync, []

    def full(file):  # for the lines of the first two epochs
        name = os.readlink(f"/proc/self/fd/{file}")
        if name.endswith("history.jsonl"):
            calls.append(name)
            if len(calls) <= 2:
                raise OSError(28, "No space left on device")
        return fsync(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(UserWarning, match="history.jsonl could not be written") as seen:
        _fit(folder, clock, epochs=1)
        assert (folder / "history.jsonl").read_text() == ""
        _fit(folder, clock, epochs=3)
    assert len([w for w in seen if w.category is UserWarning]) == 1
    assert _scalars(_lines(folder)) == _scalars(_lines(tmp_path / "straight"))


def test_the_user_is_told_where_a_run_goes_on(tmp_path, clock):
    _stop(tmp_path, clock, STEPS + 1)
    assert _fit(tmp_path, clock, verbose=1) == ["resumed at step 5, in epoch 2"]
    assert _fit(tmp_path, clock, verbose=1) == ["trained already, to step 8"]
    assert _fit(tmp_path / "new", clock, verbose=1) == []


def test_pictures_of_a_killed_end_are_drawn(tmp_path, clock):
    def pictures():
        names = [*(tmp_path / "samples").iterdir(), tmp_path / "samples.gif"]
        return {path.name: path.read_bytes() for path in names}

    _fit(tmp_path, clock, epochs=3, sample_period=2)
    state, expected = digests(as_new()), pictures()
    tags = {tag: len(x) for tag, x in read_events(tmp_path / "logs" / "train").items()}
    assert sorted(expected) == [
        "epoch-0000.png",
        "epoch-0002.png",
        "epoch-0003.png",
        "samples.gif",
    ]
    for lost in (["samples/epoch-0003.png", "samples.gif"], ["samples.gif"]):
        for name in lost:  # killed after the last checkpoint
            (tmp_path / name).unlink()
        _fit(tmp_path, clock, epochs=3, sample_period=2)
        assert pictures() == expected
    found = {tag: len(x) for tag, x in read_events(tmp_path / "logs" / "train").items()}
    assert found == {**tags, "samples": tags["samples"] + 1}
    assert digests(as_new()) == state


def test_an_animation_older_than_the_last_picture_is_made_again(tmp_path, clock):
    _fit(tmp_path, clock, epochs=2)
    animation = (tmp_path / "samples.gif").read_bytes()
    (tmp_path / "samples.gif").write_bytes(b"of a shorter run")
    os.utime(tmp_path / "samples.gif", (0, 0))
    _fit(tmp_path, clock, epochs=2)
    assert (tmp_path / "samples.gif").read_bytes() == animation


def test_a_signal_at_the_very_end_of_training_is_not_lost(tmp_path):
    class Signal(SampleGrid):
        def on_train_end(self, logs=None):
            os.kill(os.getpid(), signal.SIGTERM)  # while the animation is written

    backup = Backup(tmp_path / "checkpoints")
    grid = Signal(tmp_path, animate=False)
    as_new().fit(tiny_data(), epochs=1, verbose=0, callbacks=[grid, backup])
    assert backup.interrupted == "SIGTERM"


def test_rows_of_damaged_lines_are_left_out(tmp_path):
    lines = ['{"epoch": 1, "seconds": 2, "timed": true}', "{", "[]", "7", '{"a": 1}']
    (tmp_path / "history.jsonl").write_text("\n".join(lines))
    assert [row["epoch"] for row in read_history(tmp_path)] == [1]
