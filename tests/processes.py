"""New processes for tests: fresh ones, or forks of one that has imported kerasgen."""

import contextlib
import fcntl
import functools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import keras

ROOT = pathlib.Path(__file__).parent.parent
# A folder that all workers of a run of the suite share, and nobody else may enter.
FOLDER = "KERASGEN_TESTS_ZYGOTE"


def run_python(code, *words, backend=None, fresh=False, cwd=ROOT, timeout=600, **env):
    """Runs code in a new process, with the repository on its path.

    Args:
        code: str.
        words: str. Arguments, from `sys.argv[1]` on.
        backend: name of another backend than the running one, whose process is fresh.
        fresh: bool. Whether the process is to import Keras and kerasgen itself, and
            not to be forked from one that did so and nothing else.
        cwd: folder.
        timeout: seconds.
        **env: variables of the environment.

    Returns:
        `subprocess.CompletedProcess` with text in `stdout` and `stderr`.
    """
    env = {
        **os.environ,
        "KERAS_BACKEND": backend or keras.backend.backend(),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
        **env,
    }
    if fresh or env["KERAS_BACKEND"] != keras.backend.backend():
        return subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, *words],
            cwd=cwd,
            env=env,
            timeout=timeout,
            capture_output=True,
            text=True,
        )
    connection = _zygote()
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}" for name in ("stdout", "stderr")]
        request = {"code": code, "argv": words, "cwd": str(cwd), "env": env}
        request |= {"stdout": paths[0], "stderr": paths[1]}
        connection.write(json.dumps(request) + "\n")
        connection.flush()
        child = int(connection.readline())
        with _killed_after(timeout, child):
            status = int(connection.readline())
        said = [pathlib.Path(path).read_text() for path in paths]
    return subprocess.CompletedProcess(child, status, *said)


@contextlib.contextmanager
def _killed_after(seconds, process):
    """Kills a process that runs for too long, and says so."""

    def end(*_):
        os.kill(process, signal.SIGKILL)
        raise subprocess.TimeoutExpired(process, seconds)

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@functools.cache
def _zygote():
    """Returns a connection to `tests.zygote`, started by whoever needs it first."""
    folder = pathlib.Path(os.environ[FOLDER])
    path = folder / "socket"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            log = (str(folder / "log"), os.O_WRONLY | os.O_CREAT, 0o600)
            process = os.posix_spawn(
                sys.executable,
                [sys.executable, "-m", "tests.zygote", str(path)],
                {**os.environ, "PYTHONPATH": str(ROOT)},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 1, *log),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
            )
            while not path.exists():
                ended, _ = os.waitpid(process, os.WNOHANG)
                assert not ended, (folder / "log").read_text()
                time.sleep(0.05)
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(path))
    return client.makefile("rw")
