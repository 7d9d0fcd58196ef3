"""The lock of a run folder: one process at a time, and none that is gone."""

import contextlib
import errno
import json
import os
import secrets
import socket
import time
from pathlib import Path

from kerasgen.errors import RunError
from kerasgen.runs.record import now, write_json

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK = "run.lock"
_LEFT_BEHIND = 3600  # seconds; taking a lock takes none

# What file systems without advisory locks say, such as Lustre as many clusters have it.
_UNSUPPORTED = {
    getattr(errno, name)
    for name in ("ENOSYS", "ENOLCK", "ENOTSUP", "EOPNOTSUPP")
    if hasattr(errno, name)
}
_held = {}  # the locks of this process by token


class Lock:
    """A run folder's lock: the file `run.lock`, which names the process that holds it.

    The operating system's advisory lock on that file counts where there is one: it ends
    with its process, however that ends, on any host and under any number. Elsewhere a
    lock is taken over whose process no longer runs, or whose number has gone to another
    process, as the time of its start tells. A file that names nobody never blocks.

    Args:
        folder: path of the run folder.
        note: function that is told, in a sentence, that a lock was taken over.

    Raises:
        RunError: if another process holds the folder.
    """

    def __init__(self, folder, note):
        self.path = Path(folder) / LOCK
        self.token = secrets.token_hex(8)
        self._content = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": now(),
            "born": _born(os.getpid()),
            "token": self.token,
        }
        self._file = None
        if self.path.is_symlink():
            raise RunError(
                f"'{self.path}' must be a file of the run folder. Received: a link to "
                f"'{os.readlink(self.path)}'"
            )
        if fcntl is None or not self._lock_file(note):
            self._link_file(note)
        _held[self.token] = self

    # === By the operating system ===

    def _lock_file(self, note):
        """Locks the file, or returns False where the file system has no locks."""
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(self.path, flags, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                at_path = _is_at(file, self.path)  # else its owner just removed it
                if at_path and os.fstat(file).st_nlink > 1:
                    self.path.unlink()  # a hard link: the file is another's, too
                elif at_path:
                    found = read(self.path)
                    self._write(file)
                    break
            except BaseException as error:
                os.close(file)
                if isinstance(error, BlockingIOError):
                    raise self._refusal(read(self.path)) from None
                if getattr(error, "errno", None) in _UNSUPPORTED:
                    return False
                raise
            os.close(file)
        self._file = file
        if found:
            self._tell(found, note)
        return True

    def _write(self, file):
        try:
            os.ftruncate(file, 0)
            os.write(file, json.dumps(self._content, indent=2).encode())
            os.fsync(file)
        except OSError:
            self.path.unlink()
            raise

    def close(self):
        """Closes the file, and so gives the lock up; the file stays."""
        _held.pop(self.token, None)
        if self._file is not None:
            os.close(self._file)
            self._file = None

    # === By number and start time ===

    def _link_file(self, note):
        temporary = self.path.with_name(f".{LOCK}.{self.token}.tmp")
        write_json(temporary, self._content)
        try:
            if not self._link(temporary):
                self._remove_stale(note)
                if not self._link(temporary):
                    raise self._refusal(read(self.path))
        finally:
            temporary.unlink(missing_ok=True)

    def _link(self, temporary):
        try:
            os.link(temporary, self.path)  # atomic; fails where the file is there
        except (FileExistsError, FileNotFoundError):  # or swept by its new owner
            return False
        return True

    def _remove_stale(self, note):
        found = read(self.path)
        if not _is_stale(found):
            raise self._refusal(found)
        aside = self.path.with_name(f".{LOCK}.{self.token}.stale.tmp")
        os.replace(self.path, aside)
        if read(aside) != found:  # another process took it over in between
            os.replace(aside, self.path)
            raise self._refusal(read(self.path))
        aside.unlink()
        if found:
            self._tell(found, note)

    # === Both ===

    def _tell(self, found, note):
        note(
            f"took over the run folder from process {found.get('pid')} on host "
            f"{found.get('host')}, which no longer runs"
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
        if self.token not in _held:  # released before, or in a forked process
            return
        if read(self.path).get("token") == self.token:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()  # before it is free for others
        self.close()


def _close_all():
    for lock in list(_held.values()):
        lock.close()


if hasattr(os, "register_at_fork"):  # else a worker would keep the lock of a dead run
    os.register_at_fork(after_in_child=_close_all)


def sweep(folder):
    """Removes what processes left that were killed while they took a lock."""
    for path in Path(folder).glob(f".{LOCK}.*"):
        if time.time() - path.lstat().st_mtime > _LEFT_BEHIND:
            path.unlink(missing_ok=True)


def read(path):
    """Returns the dict that a JSON file holds, or an empty one."""
    try:
        content = json.loads(Path(path).read_text()) if Path(path).is_file() else None
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_at(file, path):
    try:
        return os.path.samestat(os.fstat(file), os.lstat(path))
    except FileNotFoundError:
        return False


def _is_stale(holder):
    """Tells whether the process that wrote a lock is known to be gone."""
    pid = holder.get("pid")
    if not isinstance(pid, int):
        return True
    if holder.get("host") != socket.gethostname():
        return False
    if pid == os.getpid() and holder.get("token") in _held:
        return False
    born = _born(pid)
    if born is not None and holder.get("born") is not None:
        return holder["born"] != born
    if pid == os.getpid():  # another one of this number, which has ended
        return True
    if os.name == "nt":  # signal 0 would end the process there
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _born(pid):
    """Returns when a process was started, or None where the system does not tell.

    The boot of the machine and the clock ticks since then: not even a restart of the
    machine gives two processes of one number the same.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return f"{boot} {fields[19]}"
    except (OSError, IndexError):
        return None
