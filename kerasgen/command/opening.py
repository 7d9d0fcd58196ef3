"""Opening a model of kerasgen's, and nothing else, from a run or a file."""

import difflib
import json
import zipfile
from pathlib import Path

import keras

import kerasgen
from kerasgen.earlier_runs import renewed
from kerasgen.errors import UserError
from kerasgen.runs.folder import CONFIG, has_checkpoint
from kerasgen.training.model_file import check_model_file

_MAX_CONFIG_BYTES = 64 * 2**20
_MOST_CHARACTERS = 400  # of what Keras says of a file


def load_model(path):
    """Loads a model of kerasgen's, and nothing else, from a run or a file.

    Nothing of the file is run: the class named in it must be one of kerasgen's, and
    Keras reads it in its safe mode.

    Args:
        path: a run folder with a `model.keras`, or a `.keras` file.

    Returns:
        `(model, settings)`: the settings of the run, or an empty dict.

    Raises:
        UserError: if there is no such file or it holds another model.
    """
    path = Path(path)
    settings, hint = {}, ""
    if path.is_dir():
        if (path / CONFIG).is_file():
            config = _read_config(path / CONFIG)
            settings = config["settings"]
            way = (
                "To go on with it"
                if has_checkpoint(path)
                else "It made no step. To run it"
            )
            hint = f". {way}: {config.get('resume_command', 'its command')}"
        if not (path / "model.keras").is_file():
            raise UserError(
                "the run folder must hold a model.keras, which is written at the end "
                f"of a run. Received: {path}{hint}"
            )
        path = path / "model.keras"
    cls, config = _check_file(path)
    try:
        check_model_file(path, cls, config)
        return keras.models.load_model(path, safe_mode=True), settings
    except Exception as error:  # whatever a damaged or hostile file makes Keras say
        raise UserError(
            f"the model cannot be loaded: {_shorten(error)} Received: {path}"
        ) from error


def _near(path):
    """Returns a hint of runs beside a path where there is nothing, or nothing."""
    if not path.parent.is_dir():
        return ""
    runs = [p.name for p in path.parent.iterdir() if (p / CONFIG).is_file()]
    found = difflib.get_close_matches(path.name, runs, n=3, cutoff=0.5)
    found = found or [r for r in sorted(runs) if r.endswith(f"-{path.name}")][:3]
    if not found:
        return ""
    return f". Did you mean {' or '.join(str(path.with_name(r)) for r in found)}?"


def _read_config(path):
    """Returns the `config.json` of a run, a dict whose `"settings"` are a dict."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        found = config["settings"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        found = _shorten(error)
    if not isinstance(found, dict):
        raise UserError(
            f"the run's {CONFIG} must be JSON with an object of settings. "
            f"Received: {path} ({found})"
        )
    return renewed(config, path.parent)


def _shorten(error):
    """Returns what another layer's error says, on one line that is not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"


def _check_file(path):
    """Raises unless a file says that it holds a model of kerasgen's.

    Returns:
        `(cls, config)`, the model's class and the arguments of its constructor.
    """
    if not path.is_file():
        raise UserError(
            f"the model must be a file or a run folder. Received: {path}{_near(path)}"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("config.json")
            if entry.file_size > _MAX_CONFIG_BYTES:
                raise zipfile.BadZipFile(f"config.json has {entry.file_size} bytes")
            config = json.loads(archive.read(entry))
        registered, arguments = str(config["registered_name"]), config["config"]
    except OSError:  # it cannot be read, which says so
        raise
    except Exception as error:  # zipfile and JSON raise many kinds for what is broken
        raise UserError(
            f"the model must be a .keras file that Keras wrote ({_shorten(error)}). "
            f"Received: {path}"
        ) from error
    models = kerasgen.list_models().values()
    known = {f"kerasgen>{cls.__name__}": cls for cls in models}
    if registered not in known:
        raise UserError(
            "the model must be one of kerasgen's ('kerasgen list' names them); other "
            f".keras files are not opened. Received: {path}, which holds "
            f"{registered[:80]!r}"
        )
    return known[registered], arguments
