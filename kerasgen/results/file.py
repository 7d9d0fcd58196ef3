"""`results.jsonl`: reading, writing and adding rows, checked."""

import json
import os

from kerasgen.results import schema

NAME = "results.jsonl"


def key(row):
    """Returns what tells rows apart: what was run, and on what."""
    names = ("recipe", "command", "split", "backend", "device", "precision")
    return (*(row[name] for name in names), *row["seeds"])


def check_rows(rows):
    """Raises ValueError unless all rows are whole, different, and the best are marked.

    Args:
        rows: list of dicts.
    """
    seen, best = {}, {}
    for number, row in enumerate(rows, 1):
        try:
            schema.check_row(row)
        except ValueError as error:
            message = f"Row {number}: {error}"
            raise ValueError(message) from error
        if key(row) in seen:
            raise ValueError(
                f"Row {number} must differ from row {seen[key(row)]} in recipe, "
                f"command, split, backend, device, precision or seeds. Received: "
                f"{row['command']!r} twice"
            )
        seen[key(row)] = number
        best.setdefault((row["recipe"], row["data"]), []).append(row["best"])
    for (recipe, data), marks in best.items():
        if sum(marks) != 1:
            raise ValueError(
                f"One row of {recipe} on {data} must be the best. Received: "
                f"{sum(marks)} of {len(marks)} rows with best=true"
            )


def read(path):
    """Returns the rows of a file, checked.

    Args:
        path: path of `results.jsonl`. No file is no row.

    Raises:
        ValueError: if a line is no row, or rows contradict each other.
    """
    if not os.path.exists(path):
        return []
    rows = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise ValueError(
                    f"{path} must have one JSON object a line. Received: line "
                    f"{number}, {line.strip()[:60]!r}"
                ) from error
    try:
        check_rows(rows)
    except ValueError as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error
    return rows


def write(path, rows):
    """Writes rows to a file, checked, and all of them or none.

    Args:
        path: path of `results.jsonl`.
        rows: list of dicts.
    """
    check_rows(rows)
    lines = [{name: row[name] for name in schema.ROW if name in row} for row in rows]
    write_text(path, "".join(f"{json.dumps(x, ensure_ascii=False)}\n" for x in lines))


def write_text(path, text):
    """Writes a text file, wholly or not at all."""
    temporary = f"{path}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def add(rows, row, best=False, replace=False):
    """Returns rows with one more, the best one marked.

    Args:
        rows: list of dicts.
        row: dict. Its `best` is set here: the first row of a recipe and data is the
            best one.
        best: bool. Whether it is the best of its recipe and data.
        replace: bool. Whether it takes the place of the row of the same run.

    Raises:
        ValueError: if there is a row of the same run, unless `replace`.
    """
    before = next((old for old in rows if key(old) == key(row)), None)
    if before is not None and not replace:
        raise ValueError(
            "The run must not have a row yet; --replace puts this one in its place. "
            f"Received: {row['command']!r}, which has one of {before['date']}"
        )
    group = (row["recipe"], row["data"])
    others = [old for old in rows if old is not before]
    best = best or not any(
        old["best"] and (old["recipe"], old["data"]) == group for old in others
    )
    row, found = {**row, "best": best}, []
    for old in rows:
        if old is before:
            found.append(row)
        elif best and (old["recipe"], old["data"]) == group:
            found.append({**old, "best": False})
        else:
            found.append(old)
    return found if before is not None else [*found, row]
