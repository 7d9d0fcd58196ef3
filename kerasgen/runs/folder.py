"""Run folders: what a run is, one set of settings, every write whole and in place."""

import datetime
import os
import shlex
from pathlib import Path

from kerasgen.atomic_folder import sweep_all
from kerasgen.checkpoints import checkpoint
from kerasgen.earlier_runs import renewed
from kerasgen.errors import RunError
from kerasgen.run_epochs import HISTORY
from kerasgen.runs import lock as run_lock
from kerasgen.runs.lock import LOCK, Lock
from kerasgen.runs.record import write_json

EXTENDABLE = ("epochs",)  # settings that a resumed run may raise
CONFIG = "config.json"
MODEL = "model.keras"
RESULTS = "results.json"


def open_folder(folder, config, resume, note, defaults=None):
    """Takes a run folder for this process and writes its settings.

    A folder is a run once it holds a checkpoint or a finished model: from then on its
    settings are compared with those of `config`, and `config.json` stays as it is until
    `write_config` is called. What failed before that blocks nothing.

    Args:
        folder: path. Made if it is not there.
        config: dict with `"recipe"`, `"settings"`, `"resume_command"` and what
            `environment` returns.
        resume: bool. False moves an earlier run aside and starts a new one.
        note: function that is told what happened, in a sentence.
        defaults: dict. What settings are that the run does not name, as an earlier
            version of its recipe did not have them.

    Returns:
        The `Lock`, to be released at the end.

    Raises:
        RunError: if the folder is in use, belongs to another run, or holds links.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise RunError(f"--out must be a folder. Received: --out {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder, note)
    try:
        reason = None if resume else ""
        if resume:
            _refuse_links(folder)
        if resume and not _is_empty(folder):
            _check_ours(folder)
            if has_checkpoint(folder) or (folder / MODEL).exists():
                _check_same(folder, config, note, defaults or {})
            history = folder / HISTORY
            epochs = history.exists() and history.stat().st_size > 0
            if epochs and not has_checkpoint(folder):
                reason = "it has no checkpoint to go on from: "
        if reason is not None and not _is_empty(folder):
            aside = _aside(folder, lock)
            lock.release()
            os.replace(folder, aside)
            folder.mkdir()
            lock = Lock(folder, note)
            note(f"{reason}moved the earlier run to '{aside}'")
        sweep_all(folder)
        run_lock.sweep(folder)
        if not has_checkpoint(folder):
            write_config(folder, config)
    except BaseException:
        lock.release()
        raise
    return lock


def write_config(folder, config):
    """Writes the settings of a run, those that its next checkpoint is made under."""
    write_json(Path(folder) / CONFIG, config)


def has_checkpoint(folder):
    """Tells whether a run folder holds a checkpoint, of the run or of a part."""
    if not os.path.isdir(folder):
        return False
    folders = Path(folder).glob("checkpoints*")
    return any(checkpoint.steps(directory) for directory in folders)


def _is_empty(folder):
    names = (path.name for path in folder.iterdir() if path.name != LOCK)
    return all(name.startswith(".") for name in names)


def _aside(folder, lock):
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    return folder.with_name(f"{folder.name}.before-{stamp}-{lock.token[:4]}")


def _refuse_links(folder):
    """Raises if a file of the folder is a link: a run writes below its folder only."""
    for parent, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            path = Path(parent, name)
            if path.is_symlink():
                raise RunError(
                    f"the run folder '{folder}' must hold no links, as a run writes "
                    f"into its own folder only. Received: '{path}', a link to "
                    f"'{os.readlink(path)}'"
                )


def _check_ours(folder):
    """Raises unless a folder that is not empty was made by a run."""
    path = folder / CONFIG
    empty = path.is_file() and not path.read_bytes().strip(b"\0 \t\r\n")
    if "settings" in run_lock.read(path) or empty:
        return
    if path.is_file() and has_checkpoint(folder):
        return  # a damaged one
    raise RunError(
        f"the folder '{folder}' is not empty and holds no run of kerasgen. Pass "
        "another one with --out"
    )


def _check_same(folder, config, note, defaults):
    before = run_lock.read(folder / CONFIG)
    if "settings" not in before:
        note(
            f"{CONFIG} of the run is damaged; its settings are compared with those of "
            "the checkpoints alone"
        )
        return
    before = renewed(before, folder)
    before["settings"] = {**defaults, **before["settings"]}
    differing = _differences(before, renewed(config))
    if differing:
        rows = [f"  {key}: {old!r} there, {new!r} now" for key, old, new in differing]
        known = before.get("resume_command") or resuming(before.get("command", ""))
        same = f"\nTo go on with that run:\n  {known}\n" if known else "\n"
        raise RunError(
            f"the run folder '{folder}' holds a run with other settings:\n"
            + "\n".join(rows)
            + same
            + "For another run, pass another folder with --out, or --no-resume to move "
            "that one aside"
        )
    keys = ("backend", "device", "versions")
    changed = [k for k in keys if before.get(k) != config[k]]
    if changed:
        note(
            "the run goes on under another "
            + ", ".join(f"{k} ({before.get(k)}, now {config[k]})" for k in changed)
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


def resuming(command, backend=None):
    """Returns the command that goes on with the run of a command, and loses nothing.

    Args:
        command: str, the command that was given.
        backend: str, the backend to name where the command names none, or None.
    """
    words = [word for word in shlex.split(command) if word != "--no-resume"]
    flags = [word.partition("=")[0] for word in words]
    if backend is not None and "--backend" not in flags:
        words += ["--backend", backend]
    return shlex.join(words)
