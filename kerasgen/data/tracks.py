"""Tracks of people in text files, as of the ETH and UCY data sets: past and future.

Scenes are cut as in Gupta et al., 2018, "Social GAN", https://arxiv.org/abs/1803.10892
(official code: agrimgupta92/sgan, sgan/data/trajectories.py): every window of steps in
which two people or more are there throughout, one window a step.
"""

import pathlib

import numpy as np

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.data.content import Content, part_of
from kerasgen.data.folder_files import SPLITS
from kerasgen.features import Fields, Tracks

LABELS = (False, True, "past", None)


def load_tracks(
    path,
    split,
    labels,
    *,
    past=8,
    future=12,
    num_agents=None,
    min_agents=2,
    extent=10.0,
    num_examples=None,
):
    """Loads tracks of people from text files, in metres about the middle of each scene.

    Files have a line for each person and step, `frame person x y`, separated by tabs,
    blanks or commas; further columns are passed over. Steps are the frames that occur,
    0.4 s apart in ETH and UCY. A scene is a window of `past + future` of them and holds
    the people who are there throughout; the origin is the mean of their places at the
    last step of the past. `dataset.origins`, `(n, 2)`, are the origins in the files'
    own coordinates.

    Args:
        path: str. A folder with the folders `train`, `val` and `test`, or a folder of
            files, or a file, for `"train"` and `"all"`.
        split: str. `"train"`, `"validation"`, `"test"` or `"all"`.
        labels: False, for whole tracks; True or `"past"`, for the future, with the past
            as its condition; None for this.
        past: int, steps that are known. Defaults to `8`.
        future: int, steps that follow; the papers take 8 and 12. Defaults to `12`.
        num_agents: int, people of a scene, the others being rows of 0; None for the
            most in one scene of any split. Scenes of more are left out.
        min_agents: int. People that a scene has at least. Defaults to `2`.
        extent: float. Metres from the origin to the end of a picture.
        num_examples: int or None. A fixed part of the scenes, of so many.

    Raises:
        ValueError: if a line is not of numbers, or there is no scene.
    """
    check_choice("labels", labels, LABELS)
    steps = check_int("past", past, 1) + check_int("future", future)
    check_int("min_agents", min_agents)
    check_number("extent", extent, 1e-6)
    files = _files(pathlib.Path(path).expanduser())
    check_choice("split", split, (*files, "all"))
    scenes = {
        name: [s for file in own for s in _scenes(file, steps, min_agents)]
        for name, own in files.items()
    }
    if num_agents is None:
        sizes = [len(scene) for own in scenes.values() for scene in own]
        num_agents = max(sizes, default=1)
    check_int("num_agents", num_agents)
    chosen = sum(scenes.values(), []) if split == "all" else scenes[split]
    chosen = [scene for scene in chosen if len(scene) <= num_agents]
    if not chosen:
        raise ValueError(
            f"`tracks:` must hold a scene of {min_agents} to {num_agents} people for "
            f"{steps} steps. Received: {path}, split {split!r}, without any"
        )
    if num_examples is not None:
        part = part_of(len(chosen), check_int("num_examples", num_examples))
        chosen = [chosen[i] for i in part]
    tracks, origins = _padded(chosen, num_agents, past)
    if labels is False:
        content = Content(tracks, field=Tracks(num_agents, steps, past, extent))
    else:
        fields = Fields(
            Tracks(num_agents, future, 0, extent),
            Tracks(num_agents, past, past, extent),
        )
        content = Content(tracks[:, :, past:], tracks[:, :, :past], field=fields)
    content.attributes["origins"] = origins
    return content


def _files(path):
    """Returns the files of each split, sorted, a dict."""
    if path.is_file():
        return {"train": [path]}
    if not path.is_dir():
        raise FileNotFoundError(f"`tracks:` must name a folder. Received: {path}")
    found = {}
    for name, spellings in SPLITS.items():
        for spelling in spellings:
            own = sorted((path / spelling).glob("*.txt"))
            own += sorted((path / spelling).glob("*.csv"))
            if own:
                found[name] = own
    if not found:
        own = sorted([*path.glob("*.txt"), *path.glob("*.csv")])
        found = {"train": own} if own else {}
    if not found:
        raise ValueError(
            "`tracks:` must hold .txt or .csv files, or folders train, val and test of "
            f"them. Received: {path}"
        )
    return found


def _scenes(file, steps, min_agents):
    """Yields the scenes of a file: arrays `(people, steps, 2)`, people in order."""
    rows = _read(file)
    frames, step = np.unique(rows[:, 0], return_inverse=True)
    people, person = np.unique(rows[:, 1], return_inverse=True)
    places = np.full((len(people), len(frames), 2), np.nan)
    places[person, step] = rows[:, 2:]
    there = np.isfinite(places[..., 0])
    # How many of the steps up to each are there: a window is full by a difference.
    counted = np.cumsum(np.pad(there, ((0, 0), (1, 0))), axis=1)
    full = counted[:, steps:] - counted[:, :-steps] == steps
    for start in range(full.shape[1]):
        present = np.flatnonzero(full[:, start])
        if len(present) >= min_agents:
            yield places[present, start : start + steps]


def _read(file):
    """Returns the rows of a file: frame, person, x and y, float64 `(n, 4)`."""
    rows = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        parts = line.replace(",", " ").split()
        if not parts:
            continue
        try:
            rows.append([float(part) for part in parts[:4]])
            bad = len(parts) < 4 or not np.isfinite(rows[-1]).all()
        except ValueError:
            bad = True
        if bad:
            raise ValueError(
                "`tracks:` must hold lines of four numbers, frame, person, x and y. "
                f"Received: {line[:80]!r}, line {number} of {file}"
            )
    if not rows:
        raise ValueError(f"`tracks:` must hold lines. Received: {file} without any")
    return np.array(rows)


def _padded(scenes, num_agents, past):
    """Returns tracks `(n, num_agents, steps, 3)` about their origins, and these."""
    steps = scenes[0].shape[1]
    tracks = np.zeros((len(scenes), num_agents, steps, 3), "float32")
    origins = np.stack([scene[:, past - 1].mean(axis=0) for scene in scenes])
    for place, scene, origin in zip(tracks, scenes, origins, strict=True):
        place[: len(scene), :, :2] = scene - origin
        place[: len(scene), :, 2] = 1.0
    return tracks, origins
