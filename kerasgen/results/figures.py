"""Figures of rows: those of a run, and their means over several."""

import math
import re
import statistics

_AFTER = ("standard_error", "num_examples", "deviation")  # what goes with a mean
# Units of figures and by how much they are to be multiplied for it, by their names.
_UNITS = {
    r"nats|.*_nats|nll_.*|negative_elbo|kl|.*_kl|reconstruction": ("nats", 1),
    "bits_per_dim": ("bits a dimension", 1),
    r"error|(matching|component)_error|error_\d+_labels.*": ("%", 100),
}


def choose(evaluation, scalars, split, names, no_means):
    """Returns the figures that are wanted, and the names of those left out.

    Args:
        evaluation: dict of what was measured at the end, as `kerasgen.runs.figures`
            names it: `test_NAME`, `test_NAME_standard_error`, `test_NAME_num_examples`.
        scalars: dict of the scalars of the last epoch.
        split: str, the beginning of the names in `evaluation`, or None.
        names: list of names, or None for all means, or without any for all scalars.
        no_means: names of figures that are no means over examples.
    """
    found, bare = {}, []
    for key, value in evaluation.items():
        short = key.removeprefix(f"{split}_")
        mean = next((n for n in evaluation if key.startswith(f"{n}_")), None)
        if short == "images" or (mean and key[len(mean) + 1 :] in _AFTER):
            continue
        counted = re.fullmatch(r"(.*)_(\d+)_images", short)
        short = counted[1] if counted else short
        count = evaluation.get(f"{key}_num_examples")
        count = count or (counted and int(counted[2]))
        count = count or evaluation.get(f"{split}_images")
        kind = "examples"
        error = evaluation.get(f"{key}_standard_error")
        if error is None and f"{key}_deviation" in evaluation:
            kind, error = "deviation", evaluation[f"{key}_deviation"]
        if short in no_means:
            found[short] = _figure(short, value, None, None, "none")
        elif error is None or count is None:
            bare.append(short)
        else:
            found[short] = _figure(short, value, count, error, kind)
    plain = {n: _figure(n, v, None, None, "none") for n, v in scalars.items()}
    if names is None:
        bounds = [name for name in found if name.startswith("nll_")]
        means = [*bounds, *(name for name in found if name not in bounds)]
        return [found[name] for name in means] or [*plain.values()], bare
    known = {**plain, **found}
    for name in names:
        if name in bare and name not in found:
            raise ValueError(
                "A mean over examples must have its number of examples and its "
                "standard error; --no-mean names figures that are no means. Received: "
                f"{name}"
            )
        if name not in known:
            raise ValueError(
                f"A figure must be one of {sorted(known)}. Received: {name!r}"
            )
    return [known[name] for name in names], [b for b in bare if b not in names]


def _figure(name, value, count, error, kind):
    units = (unit for rule, unit in _UNITS.items() if re.fullmatch(rule, name))
    unit, factor = next(units, (None, 1))
    return {
        "name": name,
        "value": rounded(factor * value, 6),
        "unit": unit,
        "num_examples": count,
        "standard_error": None if error is None else rounded(factor * error),
        "standard_error_from": kind,
    }


def rounded(value, digits=3):
    """Returns a number with so many digits; an int or None as it is."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.{digits}g}")


def merged(rows):
    """Returns the row of runs that differ by their seeds alone: means over them.

    Args:
        rows: list of dicts, as `row_of_run` makes them.
    """
    if len(rows) == 1:
        return rows[0]
    own = ("figures", "seeds", "seconds_per_epoch", "date", "device")
    first = rows[0]
    for row in rows[1:]:
        for name in {*first, *row} - {*own}:
            if row.get(name) != first.get(name):
                raise ValueError(
                    "Runs of one row must differ by their seeds alone. Received: "
                    f"{name}={first.get(name)!r} and {row.get(name)!r}"
                )
    seeds = [row["seeds"][0] for row in rows]
    names = [[f["name"] for f in row["figures"]] for row in rows]
    if len(set(seeds)) < len(seeds) or any(n != names[0] for n in names):
        raise ValueError(
            "Runs of one row must have different seeds and the same figures. Received: "
            f"seeds {seeds}, figures {names}"
        )
    figures = []
    for group in zip(*(row["figures"] for row in rows), strict=True):
        values = [figure["value"] for figure in group]
        error = statistics.stdev(values) / math.sqrt(len(values))
        count = group[0]["num_examples"]
        figures.append(
            {
                **group[0],
                "value": rounded(statistics.mean(values), 6),
                "standard_error": rounded(error) if count else None,
                "standard_error_from": "seeds" if count else "none",
                "values": values,
            }
        )
    times = [row["seconds_per_epoch"] for row in rows]
    return {
        **first,
        "figures": figures,
        "seeds": seeds,
        "seconds_per_epoch": [min(times), max(times)] if None not in times else None,
        "date": max(row["date"] for row in rows),
    }
