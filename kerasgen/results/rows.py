"""Rows of run folders: what a run says of itself, in `results.json` and beside it."""

import json
import math
import re
import shlex
from pathlib import Path

from kerasgen.earlier_runs import renewed
from kerasgen.results import figures as figures_of
from kerasgen.run_epochs import epoch_figures, median_seconds, read_history

CAMPAIGN = "campaign.jsonl"
# Flags that change no figure, with those that take a value.
_VALUED = ("--out", "--backend", "--verbose", "--data-dir", "--seed")
_PLAIN = ("--no-resume", "--resume", "--download", "--framework-logs")


def row_of_run(folder, stopped_early=False, figures=None, no_means=()):
    """Returns the row of one run; what only a person knows is missing.

    Args:
        folder: path of the run folder.
        stopped_early: bool. Whether to take a run that did not end as it is: the
            scalars of its last whole epoch.
        figures: list of names, the headline first, or None for all means over held-out
            examples, or without any for the scalars of the last epoch.
        no_means: list of names of figures that are no means over examples.

    Returns:
        `(row, left_out)`: a dict without `note`, `chosen_on` and `paper`, and the names
        of the figures without a standard error, which were left out.

    Raises:
        ValueError: if the run did not end, or a figure that was named lacks its number
            of examples or its standard error.
    """
    folder = Path(folder)
    config = _read(folder / "config.json")
    if not isinstance(config.get("settings"), dict):
        raise ValueError(
            f"The run must be a run folder with its config.json. Received: {folder}"
        )
    words = shlex.split(config["command"])
    if "--smoke" in words:
        raise ValueError(
            f"The run must not be a check. Received: {folder}, made with --smoke"
        )
    epochs = read_history(folder)
    results = _ended(folder, config, epochs, stopped_early)
    settings = results["settings"]
    evaluation = results.get("evaluation") or {}
    scalars = results.get("metrics") or {}
    split = split_of(evaluation)
    found, left_out = figures_of.choose(evaluation, scalars, split, figures, no_means)
    data = results.get("data") or {}
    row = {
        "recipe": config["recipe"],
        "command": plain_command(config["recipe"], words),
        "settings": _settings(settings),
        "data": data_name(str(data.get("name") or settings.get("data") or "")),
        "split": split if any(f["num_examples"] for f in found) else None,
        "image_shape": _image_shape(data.get("image_shape")),
        **_pixels(results, settings),
        "epochs": results["epochs"],
        "steps": results.get("steps"),
        "parts": _parts(folder, results, settings),
        "seconds_per_epoch": figures_of.rounded(results["seconds_per_epoch"]),
        "device": _device(results),
        "backend": results["backend"],
        "versions": {
            name: results["versions"][name] for name in ("keras", results["backend"])
        },
        "precision": settings.get("dtype") or "float32",
        "figures": found,
        "seeds": [settings.get("seed", 0)],
        "date": results["date"][:10],
        "commit": results.get("commit"),
        "stopped_early": stopped_early,
        "best": False,
    }
    if stopped_early:
        row["planned_epochs"] = settings["epochs"]
    nullable = ("split", "seconds_per_epoch", "commit")
    return {k: v for k, v in row.items() if v is not None or k in nullable}, left_out


def _read(path):
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return renewed(found) if isinstance(found, dict) else {}


def _ended(folder, config, epochs, stopped_early):
    """Returns what `results.json` holds, or as much for a run that was stopped."""
    results = _read(folder / "results.json")
    ended = bool(results) and results["settings"] == config["settings"]
    if ended and stopped_early:
        raise ValueError(
            "--stopped-early must be left out for a run that ended. Received: "
            f"{folder}, which has its results.json"
        )
    if ended:
        return results
    if not stopped_early:
        raise ValueError(
            "The run must have ended, or be recorded with --stopped-early. To go on "
            f"with it: {config.get('resume_command', config['command'])}. Received: "
            f"{folder}, after {len(epochs)} epochs"
        )
    if not epochs or len(epochs) >= config["settings"].get("epochs", math.inf):
        raise ValueError(
            "A run that was stopped early must have some of its epochs, and not all. "
            f"Received: {folder}, after {len(epochs)} epochs"
        )
    return {
        **config,
        "epochs": len(epochs),
        "seconds_per_epoch": median_seconds(epochs),
        "metrics": epoch_figures(epochs[-1]),
    }


def split_of(evaluation):
    """Returns the split that figures at the end of a run are of, or None.

    Means over examples that name no split are those of samples.
    """
    names = {name.split("_")[0] for name in evaluation}
    split = next((s for s in ("validation", "test") if s in names), None)
    of_samples = any(name.endswith("_num_examples") for name in evaluation)
    return split or ("samples" if of_samples else None)


# === What it was made with ===


def plain_command(recipe, words):
    """Returns the command of a run as `kerasgen train` has it, with what matters.

    Folders, the backend and the seed, which have fields of their own, are left out;
    `npz:` and `folder:` keep their last name alone.

    Args:
        recipe: str.
        words: list of str, the command.
    """
    flags = next((i for i, w in enumerate(words) if w.startswith("--")), len(words))
    kept, skip = [], False
    for word in words[flags:]:
        name, equals, _ = word.partition("=")
        if skip or name in _PLAIN:
            skip = False
        elif name in _VALUED:
            skip = not equals
        else:
            kept.append(_without_place(word))
    return shlex.join(["kerasgen", "train", recipe, *kept])


def _without_place(word):
    """Returns `npz:mnist.npz` of `npz:PLACE/mnist.npz`, and so of folders."""
    return re.sub(r"((?:npz|folder):)\S*/(?=[^/]+/?$)", r"\1", word)


def _settings(settings):
    """Returns settings without those that have fields of their own, and places."""
    own = ("seed", "dtype", "data_dir")
    return {
        name: _without_place(value) if isinstance(value, str) else value
        for name, value in settings.items()
        if name not in own
    }


def data_name(name):
    """Returns a data set's name, such as `mnist` of `npz:PLACE/mnist.npz`.

    Args:
        name: str.
    """
    kind, _, path = name.rpartition(":")
    if not kind:
        return name
    last = path.rstrip("/").split("/")[-1]
    return last.removesuffix(".npz") if kind == "npz" else last


def _image_shape(shape):
    """Returns the shape of pictures and volumes; None for all else."""
    sizes = shape if isinstance(shape, list) and len(shape) > 2 else [None]
    return shape if all(isinstance(size, int) for size in sizes) else None


def _pixels(results, settings):
    """Returns the levels and how pixels are made binary, as far as they are known."""
    known = results.get("pixels") or settings
    levels, found = known.get("levels"), {}
    if isinstance(levels, int):
        found["levels"] = levels
    if known.get("binarization") and levels in (None, 2):
        found["binarization"] = known["binarization"]
    return found


def _parts(folder, results, settings):
    """Returns the epochs of what was trained beside the model, or None."""
    if "parts" in results:
        return {name: part["epochs"] for name, part in results["parts"].items()}
    found = {}  # as results of before do not say
    for path in sorted(folder.glob("checkpoints-*")):
        name = path.name.partition("-")[2]
        for key in (f"{name}_epochs", f"{name.split('_')[-1]}_epochs"):
            if settings.get(key):
                found[name] = settings[key]
                break
    return found or None


def _device(results):
    """Returns the device in words: `"2 CPU cores"`, `"1 NVIDIA H200"`."""
    kind = re.search(r"\((.+)\)", results["device"])
    if kind:
        return f"1 {kind[1]}"
    cores = re.search(r"(\d+) CPUs", results.get("machine", ""))
    if results["device"].startswith("cpu") and cores:
        return f"{cores[1]} CPU cores" if cores[1] != "1" else "1 CPU core"
    return results["device"]


# === A campaign on a GPU ===


def campaign_runs(folder):
    """Returns the runs of a campaign of `benchmarks/gpu_campaign.py`.

    Args:
        folder: path of its `--out`, or of a run in it.

    Returns:
        dict from the path of each run folder to its line of `campaign.jsonl`, the last
        one; empty if the folder is of no campaign.
    """
    folder = Path(folder)
    places = [folder, *folder.absolute().parents[:2]]
    found = next((p for p in places if (p / CAMPAIGN).is_file()), None)
    if found is None:
        return {}
    lines = [line for line in campaign_lines(found) if line["stage"] == 3]
    runs = {found / "runs" / line["name"]: line for line in lines}
    if found != folder:
        runs = {p: x for p, x in runs.items() if p.absolute() == folder.absolute()}
    return runs


def campaign_lines(folder):
    """Returns the lines of a campaign; one in tiny form is refused."""
    text = (folder / CAMPAIGN).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    if any(line.get("smoke") for line in lines):
        raise ValueError(
            f"The campaign must not be a trial. Received: {folder}, made with --smoke"
        )
    return lines


def device_of(line):
    """Returns the device of a line in words, such as `"1 NVIDIA H200"`."""
    device = line["device"]
    return device if re.match(r"\d", device) else f"1 {device}"


def of_campaign(row, line):
    """Returns a row with what the campaign measured of its device."""
    remarks = [*row.get("remarks", ())]
    if "gpu_busy_percent" in line:
        remarks.append(
            f"The GPU was busy {line['gpu_busy_percent']:g} % of the time, with "
            f"{line['gpu_memory_mib']:,.0f} MiB at most."
        )
    found = {**row, "device": device_of(line)}
    return {**found, "remarks": remarks} if remarks else found
