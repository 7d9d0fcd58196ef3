"""`benchmarks/results.jsonl`: what a campaign measured beside its runs, and its table.

A row is a dict with `kind`, one of `FIELDS`, what it is of, which tells rows apart,
what was measured, and where it was known how busy the GPU was and its most memory.
"""

import json
import os
from pathlib import Path

from kerasgen.results import rows as run_rows
from kerasgen.results import schema
from kerasgen.results.figures import rounded
from kerasgen.results.file import write_text

_OF = ("kind", "backend", "device", "date")
# What rows of each kind are of, and what was measured.
FIELDS = {
    "contract": (("tests",), ("seconds",)),
    "training": (
        ("model", "batch_size", "steps", "precision"),
        (
            "ours_images_per_s",
            "theirs_images_per_s",
            "ratio",
            "ratio_min",
            "ratio_max",
            "processor_ratio",
        ),
    ),
    "sampling": (
        ("model", "batch_size", "size"),
        ("cached_seconds", "full_seconds", "ratio", "cpu_ratio"),
    ),
}
_GPU = ("gpu_busy_percent", "gpu_memory_mib")


def check_row(row):
    """Raises ValueError unless a row has all fields of its kind, and no other."""
    kind = row.get("kind")
    if kind not in FIELDS:
        raise ValueError(
            f"`kind` must be one of {list(FIELDS)}. Received: kind={kind!r}"
        )
    of, measured = FIELDS[kind]
    needed = {*_OF, *of, *measured, "versions"}
    if needed - set(row) or set(row) - needed - set(_GPU):
        raise ValueError(
            f"A row of kind {kind!r} must have the fields {sorted(needed)}, and may "
            f"have {list(_GPU)}. Received: {sorted(row)}"
        )
    for name in (*measured, *_GPU):
        if not schema.is_number(row.get(name, 0)):
            raise ValueError(
                f"`{name}` must be a finite number. Received: {name}={row[name]!r}"
            )


def key(row):
    """Returns what tells rows apart: what was measured, and on what."""
    return tuple(row[name] for name in (*_OF, *FIELDS[row["kind"]][0]))


def read(path):
    """Returns the rows of a file, checked. No file is no row."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    for row in found:
        check_row(row)
    return found


def write(path, rows):
    """Writes rows to a file, all of them or none."""
    write_text(path, "".join(f"{json.dumps(row)}\n" for row in rows))


def add(rows, new):
    """Returns rows with new ones, which take the place of those of the same key."""
    found = {key(row): row for row in rows}
    for row in new:
        check_row(row)
        found[key(row)] = row
    return list(found.values())


def of_campaign(folder):
    """Returns the rows of a campaign: contracts and speeds that were measured whole.

    Args:
        folder: path of the campaign, which holds `campaign.jsonl`.

    Returns:
        `(rows, left_out)`: list of dicts, and the names of the jobs that were not done.
    """
    found, left_out = [], []
    for line in run_rows.campaign_lines(Path(folder)):
        if line["stage"] == 3:
            continue
        if line["status"] != "done":
            left_out.append(line["name"])
            continue
        result = line["result"] or {}
        kind = line["name"].split("-")[0]
        common = {
            "kind": kind,
            "backend": line["backend"],
            "device": run_rows.device_of(line),
            "date": line["date"],
            "versions": result.get("versions", {}),
            **{name: line[name] for name in _GPU if name in line},
        }
        if kind == "contract":
            words = [word for word in line["command"].split() if "::" in word]
            measured = [{"tests": len(words), "seconds": line["seconds"]}]
        else:
            settings = result.get("settings", {})
            measured = [{**settings, **row} for row in result["rows"]]
        names = [name for part in FIELDS[kind] for name in part]
        for row in measured:
            found.append({**common, **{name: _plain(row[name]) for name in names}})
    return found, left_out


def _plain(value):
    return rounded(value, 5) if isinstance(value, float) else value


def table(rows):
    """Returns the table of `benchmarks/README.md`."""
    if not rows:
        return "No campaign has been recorded yet."
    lines = [
        "| what | device, backend | ours | the other | ratio (spread) | GPU | date |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: [str(part) for part in key(row)]):
        version = row["versions"].get(row["backend"], "")
        on = f"{row['device']}, {row['backend']} {version}".strip()
        gpu = ""
        if all(name in row for name in _GPU):
            gpu = f"{row[_GPU[0]]:g} % busy, {row[_GPU[1]]:,.0f} MiB"
        cells = (_of(row), on, *_measured(row), gpu, row["date"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _of(row):
    if row["kind"] == "contract":
        return f"contract, {row['tests']} models"
    text = f"{row['kind']} {row['model']}, batch {row['batch_size']}"
    if row["kind"] == "training":
        return f"{text}, {row['steps']} updates, {row['precision']}"
    return f"{text}, {row['size']}x{row['size']}"


def _measured(row):
    if row["kind"] == "contract":
        return f"passes, {row['seconds']:.0f} s", "", ""
    if row["kind"] == "training":
        ours, theirs = row["ours_images_per_s"], row["theirs_images_per_s"]
        spread = f"{row['ratio_min']:.2f}-{row['ratio_max']:.2f}"
        return (
            f"{ours:,.0f} images/s",
            f"{theirs:,.0f} images/s",
            f"**{row['ratio']:.2f}** ({spread}), CPU {row['processor_ratio']:.2f}",
        )
    return (
        f"{row['cached_seconds']:.3g} s",
        f"{row['full_seconds']:.3g} s",
        f"**{row['ratio']:.0f}**, CPU {row['cpu_ratio']:.0f}",
    )
