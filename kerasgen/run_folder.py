"""Run folders: one process at a time, one set of settings, every write whole."""

import datetime
import json
import os
import secrets
import socket
from pathlib import Path

from kerasgen.record import now, write_json

EXTENDABLE = ("epochs",)  # settings that a resumed run may raise
LOCK = "run.lock"
CONFIG = "config.json"

_held = set()  # tokens of the locks of this process


class RunError(ValueError):
    """A run that cannot be started or gone on with; the message says all."""


class Lock:
    """A run folder's lock file, which names the process that holds it.

    Args:
        folder: path of the run folder.
        note: function that is told, in a sentence, that a stale lock was taken over.

    Raises:
        RunError: if another process holds the folder.
    """

    def __init__(self, folder, note):
        self.path = Path(folder) / LOCK
        self.token = secrets.token_hex(8)
        temporary = self.path.with_name(f".{LOCK}.{self.token}.tmp")
        write_json(
            temporary,
            {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "started": now(),
                "token": self.token,
            },
        )
        try:
            if not self._link(temporary):
                self._remove_stale(note)
                if not self._link(temporary):
                    raise self._refusal(_read(self.path))
        finally:
            temporary.unlink()
        _held.add(self.token)

    def _link(self, temporary):
        try:
            os.link(temporary, self.path)  # atomic; fails where the file is there
        except FileExistsError:
            return False
        return True

    def _remove_stale(self, note):
        found = _read(self.path)
        if not _is_stale(found):
            raise self._refusal(found)
        aside = self.path.with_name(f".{LOCK}.{self.token}.stale.tmp")
        os.replace(self.path, aside)
        if _read(aside) != found:  # another process took it over in between
            os.replace(aside, self.path)
            raise self._refusal(_read(self.path))
        aside.unlink()
        note(
            f"took over the run folder from process {found.get('pid')}, which is no "
            "longer running"
        )

    def _refusal(self, found):
        return RunError(
            f"the run folder '{self.path.parent}' is in use by process "
            f"{found.get('pid')} on host {found.get('host')}, since "
            f"{found.get('started')}. Pass another folder with --out; if that process "
            f"is gone for certain, delete '{self.path}'"
        )

    def release(self):
        """Gives the folder free again, unless another process has taken it over."""
        _held.discard(self.token)
        if _read(self.path).get("token") == self.token:
            self.path.unlink()


def _read(path):
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_stale(holder):
    """Tells whether the process that wrote a lock is known to be gone."""
    pid = holder.get("pid")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int):
        return False
    if pid == os.getpid():  # a container that was started again, or this process
        return holder.get("token") not in _held
    if os.name == "nt":  # signal 0 would end the process there
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


# === One set of settings ===


def open_folder(folder, config, resume, note):
    """Takes a run folder for this process and writes its settings.

    Args:
        folder: path. Made if it is not there.
        config: dict with `"recipe"`, `"settings"` and what `environment` returns.
        resume: bool. False moves an earlier run aside and starts a new one.
        note: function that is told what happened, in a sentence.

    Returns:
        The `Lock`, to be released at the end.

    Raises:
        RunError: if the folder is in use, or belongs to another run.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise RunError(f"--out must be a folder. Received: --out {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder, note)
    try:
        names = [p.name for p in folder.iterdir() if p.name != LOCK]
        earlier = any(not name.startswith(".") for name in names)
        if earlier and not resume:
            lock = _move_aside(folder, lock, note)
        elif earlier:
            _check_same(folder, config, note)
        write_json(folder / CONFIG, config)
    except BaseException:
        lock.release()
        raise
    return lock


def _move_aside(folder, lock, note):
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    aside = folder.with_name(f"{folder.name}.before-{stamp}-{lock.token[:4]}")
    lock.release()
    os.replace(folder, aside)
    folder.mkdir()
    note(f"moved the earlier run to '{aside}'")
    return Lock(folder, note)


def _check_same(folder, config, note):
    before = _read(folder / CONFIG)
    if "settings" not in before:
        raise RunError(
            f"the folder '{folder}' is not empty and holds no run of kerasgen. Pass "
            "another one with --out"
        )
    differing = _differences(before, config)
    if differing:
        rows = [f"  {key}: {old!r} there, {new!r} now" for key, old, new in differing]
        raise RunError(
            f"the run folder '{folder}' holds a run with other settings:\n"
            + "\n".join(rows)
            + "\nPass the same settings to resume it, another folder with --out, or "
            "--no-resume to move it aside and start anew"
        )
    changed = [k for k in ("backend", "device", "versions") if before[k] != config[k]]
    if changed:
        note(
            "the run goes on under another "
            + ", ".join(f"{k} ({before[k]}, now {config[k]})" for k in changed)
            + ": its numbers will not be those of an uninterrupted run, bit for bit"
        )


def _differences(before, config):
    rows = [("recipe", before.get("recipe"), config["recipe"])]
    old, new = before["settings"], config["settings"]
    rows += [(k, old.get(k), new.get(k)) for k in dict.fromkeys((*old, *new))]

    def extended(key, a, b):
        numbers = isinstance(a, int) and isinstance(b, int)
        return key in EXTENDABLE and numbers and b > a

    return [r for r in rows if r[1] != r[2] and not extended(*r)]
