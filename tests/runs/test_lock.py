"""Who holds a run folder: living processes, and no other."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from kerasgen.errors import RunError
from kerasgen.runs import lock as run_lock
from kerasgen.runs.lock import LOCK, Lock
from tests import faults

pytestmark = pytest.mark.any_backend

HOLD = (
    faults.WITHOUT_KERAS.replace('("kerasgen", ', '("keras", "kerasgen", ')
    + """
from kerasgen.runs.lock import Lock
lock = Lock(sys.argv[1], print)
print("held", flush=True)
sys.stdin.read()
"""
)


@pytest.fixture(params=["system", "number", "refused"])
def kind(request, monkeypatch):
    """Locks of the system, or by number: without them, or where a disk has none."""

    def refuse(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    if request.param == "number":
        monkeypatch.setattr(run_lock, "fcntl", None)
    elif request.param == "refused":
        monkeypatch.setattr(run_lock.fcntl, "flock", refuse)
    return request.param


def _take(folder, notes=None):
    return Lock(folder, [].append if notes is None else notes.append)


def _holder(folder):
    return json.loads((folder / LOCK).read_text())


def _write(folder, pid, host=None, **more):
    holder = {"pid": pid, "host": host or socket.gethostname(), "started": "then"}
    (folder / LOCK).write_text(json.dumps(holder | more))


def _dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_it_names_this_process_and_goes_away(tmp_path, kind):
    lock = _take(tmp_path)
    assert _holder(tmp_path)["pid"] == os.getpid()
    assert _holder(tmp_path)["host"] == socket.gethostname()
    lock.release()
    assert not list(tmp_path.iterdir())


def test_that_of_this_process_is_refused(tmp_path, kind):
    lock = _take(tmp_path)
    with pytest.raises(RunError, match=f"in use by process {os.getpid()}"):
        _take(tmp_path)
    lock.release()
    _take(tmp_path).release()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("end", ["released", "killed"])
def test_another_process_holds_it_as_long_as_it_lives(tmp_path, end):
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=faults.ROOT
    ) as other:
        assert other.stdout.readline() == b"held\n"
        content = _holder(tmp_path)
        content["host"] = "elsewhere"  # which is not what counts
        (tmp_path / LOCK).write_text(json.dumps(content))
        with pytest.raises(RunError, match=f"process {other.pid} on host elsewhere"):
            _take(tmp_path)
        if end == "killed":
            other.send_signal(signal.SIGKILL)
        other.stdin.close()
        other.wait()
    notes = []
    _take(tmp_path, notes).release()
    assert len(notes) == 1 and f"process {other.pid}" in notes[0]
    assert not list(tmp_path.iterdir())


def test_that_of_a_living_process_is_refused_by_its_number(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "fcntl", None)
    born = run_lock._born(os.getppid())
    for more in ({"born": born}, {}):
        _write(tmp_path, os.getppid(), **more)
        with pytest.raises(RunError, match=f"in use by process {os.getppid()}"):
            _take(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == [LOCK]


def test_that_of_another_host_is_refused_where_its_number_says_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(run_lock, "fcntl", None)
    _write(tmp_path, _dead_pid(), host="elsewhere")
    with pytest.raises(RunError, match="on host elsewhere.*delete"):
        _take(tmp_path)


@pytest.mark.parametrize("left", ["dead", "reused", "own number"])
def test_that_of_a_process_that_is_gone_is_taken_over(tmp_path, kind, left):
    if left == "reused" and run_lock._born(1) is None:
        pytest.skip("this system does not tell when a process was started")
    pid = {"dead": _dead_pid(), "reused": os.getppid(), "own number": os.getpid()}[left]
    notes = []
    _write(tmp_path, pid, born="another boot 123")
    lock = _take(tmp_path, notes)
    assert _holder(tmp_path)["pid"] == os.getpid()
    assert len(notes) == 1 and f"process {pid}" in notes[0]
    lock.release()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(run_lock.fcntl is None, reason="the system has no such locks")
def test_that_of_another_host_is_taken_over_where_the_system_tells(tmp_path):
    _write(tmp_path, os.getppid(), host="a container that is gone")
    _take(tmp_path).release()


@pytest.mark.parametrize("content", [b"", b"\0" * 40, b"{", b"[1]", b"{}"])
def test_a_file_that_names_nobody_never_blocks(tmp_path, kind, content):
    (tmp_path / LOCK).write_bytes(content)
    notes = []
    _take(tmp_path, notes).release()
    assert not notes and not list(tmp_path.iterdir())


def test_it_is_synced(tmp_path, kind):
    with faults.nth_call("fsync", 0, None) as syncs:
        lock = _take(tmp_path)
    assert syncs
    lock.release()


def test_a_link_in_its_place_is_refused(tmp_path, kind):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / LOCK).symlink_to(outside)
    with pytest.raises(RunError, match="must be a file.*a link to"):
        _take(folder)
    assert outside.read_text() == "mine"


def test_a_hard_link_in_its_place_is_replaced(tmp_path, kind):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "run"
    folder.mkdir()
    os.link(outside, folder / LOCK)
    lock = _take(folder)
    assert outside.read_text() == "mine"
    assert _holder(folder)["pid"] == os.getpid()
    lock.release()
    assert outside.read_text() == "mine" and not list(folder.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_worker_that_outlives_the_run_does_not_keep_it(tmp_path):
    fork = "os.fork() or print('worker', flush=True); sys.stdin.read()"
    code = HOLD.replace("sys.stdin.read()", fork)
    code = code.replace("import sys, types", "import os, sys, types")
    words = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=faults.ROOT
    ) as run:
        assert run.stdout.readline() == b"held\n"
        assert run.stdout.readline() == b"worker\n"
        with pytest.raises(RunError, match="in use"):
            _take(tmp_path)
        run.send_signal(signal.SIGKILL)  # its worker still waits for input
        run.wait()
        _take(tmp_path).release()
        run.stdin.close()


def test_one_that_changes_hands_in_between_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "fcntl", None)
    _write(tmp_path, _dead_pid())
    replace = os.replace

    def taken_by_another_first(source, target):
        if str(source) == str(tmp_path / LOCK):
            (tmp_path / LOCK).write_text(json.dumps({"pid": 1, "host": "other"}))
        replace(source, target)

    monkeypatch.setattr(run_lock.os, "replace", taken_by_another_first)
    with pytest.raises(RunError, match="in use by process 1 on host other"):
        _take(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [LOCK]


def test_release_leaves_that_of_another(tmp_path, kind):
    lock = _take(tmp_path)
    (tmp_path / LOCK).unlink()
    (tmp_path / LOCK).write_text(json.dumps({"pid": 1, "host": "other"}))
    lock.release()
    assert (tmp_path / LOCK).exists()


def test_what_killed_processes_left_is_swept_in_time(tmp_path):
    old, new = tmp_path / f".{LOCK}.1.tmp", tmp_path / f".{LOCK}.2.stale.tmp"
    for path in (old, new):
        path.write_text("{}")
    os.utime(old, (0, 0))
    run_lock.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [new.name]
