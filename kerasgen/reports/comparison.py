"""`kerasgen compare`: which of several runs is better, by what, and how surely."""

import math
import re
from pathlib import Path

from kerasgen.atomic_folder import replacing
from kerasgen.reports.columns import error_text, in_columns
from kerasgen.reports.folder import GRIDS, RunFiles
from kerasgen.reports.page import beside, page, table, text
from kerasgen.reports.run_report import all_curves

LEVEL = 0.05  # how often any of the differences may be called sure that is chance
LOWER = ("nats", "nll", "bits", "error", "elbo", "perplexity", "distance")
HIGHER = ("accuracy", "agreement", "pairs_found", "overlap", "scale_consistency")


class Comparison:
    """Runs beside each other, by the scores and figures that all of them have.

    Scores of other settings (network, number of samples, real images) cannot be
    compared and are left out, which `notes` says.

    Args:
        folders: paths of two run folders or more.

    Attributes:
        runs: dict from name to `RunFiles`.
        rows: list of dicts: `name`, `better`, `values`, `errors`, `best` (the name of a
            run), `gap` to the second best, `p_value` of a gap as large by chance, and
            `sure`: whether it is less than chance explains with 5 % for all rows
            together (Holm's correction); both None where an error is not known.
        notes: list of str.
    """

    def __init__(self, folders):
        if len(folders) < 2:
            raise ValueError(
                "`runs` must be two run folders or more. Received: "
                f"{[str(folder) for folder in folders]}"
            )
        self.runs, self.notes = {}, []
        for folder in folders:
            run = RunFiles(folder)
            name = run.name if run.name not in self.runs else str(folder)
            self.runs[name] = run
        if len(self.runs) < len(folders):
            raise ValueError(
                "`runs` must be different folders. Received: "
                f"{[str(folder) for folder in folders]}"
            )
        self.rows = self._scores() + self._figures()
        for row, sure in zip(self.rows, holm(self.rows), strict=True):
            row["sure"] = sure
        if not self.rows:
            self.notes.append(
                "nothing to compare: run kerasgen evaluate on each of the runs"
            )

    def _scores(self):
        lacking = [name for name, run in self.runs.items() if not run.scores]
        if lacking:
            self.notes.append(
                f"no scores of samples of {', '.join(lacking)}: kerasgen evaluate RUN"
            )
            return []
        settings = {name: _comparable(run) for name, run in self.runs.items()}
        first = next(iter(settings.values()))
        for name, other in settings.items():
            if other != first:
                keys = [k for k in {**first, **other} if first.get(k) != other.get(k)]
                self.notes.append(
                    "scores cannot be compared, as the runs differ in "
                    f"{', '.join(keys)}: {next(iter(settings))} and {name}"
                )
                return []
        tables = {
            name: {score["name"]: score for score in run.scores["scores"]}
            for name, run in self.runs.items()
        }
        shared = [
            n
            for n in next(iter(tables.values()))
            if all(n in t for t in tables.values())
        ]
        rows = []
        for name in shared:
            found = {run: scores[name] for run, scores in tables.items()}
            values = {run: score["value"] for run, score in found.items()}
            errors = {
                run: score["error"] if score["error_kind"] == "standard error" else None
                for run, score in found.items()
            }
            better = next(iter(found.values()))["better"]
            lacking = [run for run, score in found.items() if score["value"] is None]
            if lacking:
                reason = found[lacking[0]].get("reason", "it is not finite")
                self.notes.append(
                    f"{name} cannot be compared, of {', '.join(lacking)}: {reason}"
                )
                continue
            worse = {run: badness(score) for run, score in found.items()}
            if None not in worse.values():
                rows.append(_row(name, better, values, errors, worse))
        return rows

    def _figures(self):
        tables = [run.results.get("evaluation", {}) for run in self.runs.values()]
        rows = []
        for name in tables[0]:
            better = direction(name)
            known = all(f"{name}_standard_error" in t and name in t for t in tables)
            if better is None or not known:
                continue
            values = {r: t[name] for r, t in zip(self.runs, tables, strict=True)}
            errors = {
                r: t[f"{name}_standard_error"]
                for r, t in zip(self.runs, tables, strict=True)
            }
            sign = 1.0 if better == "lower" else -1.0
            worse = {run: sign * value for run, value in values.items()}
            rows.append(_row(name, better, values, errors, worse))
        return rows

    def verdict(self):
        """Returns which run is best in most of what was compared, in a sentence."""
        if not self.rows:
            return "Nothing was compared."
        wins = {
            name: sum(row["best"] == name for row in self.rows) for name in self.runs
        }
        sure = {
            name: sum(row["best"] == name and row["sure"] is True for row in self.rows)
            for name in self.runs
        }
        best = max(self.runs, key=lambda name: (sure[name], wins[name]))
        others = ", ".join(
            f"{name} in {wins[name]} ({sure[name]} surely)"
            for name in self.runs
            if name != best
        )
        return (
            f"{best} is best in {wins[best]} of {len(self.rows)} figures, in "
            f"{sure[best]} by more than chance explains (normal errors, "
            f"{LEVEL:.0%} for all figures together by Holm's correction); {others}."
        )

    def __str__(self):
        head = ["figure", "better", *self.runs, "best by"]
        rows = [head, *([str(c) for c in self._cells(row)] for row in self.rows)]
        return "\n".join([*in_columns(rows), *self.notes, self.verdict()])

    __repr__ = __str__

    def _repr_html_(self):
        return self._found()

    def _found(self):
        """Returns the verdict, the notes and the table, HTML."""
        head = ["figure", "better", *self.runs, "best by"]
        notes = "".join(f"<p>{text(note)}</p>" for note in self.notes)
        found = f"<p><strong>{text(self.verdict())}</strong></p>{notes}"
        if self.rows:
            found += table(head, [self._cells(row) for row in self.rows])
        return found

    def _cells(self, row):
        cells = [row["name"], row["better"]]
        for name in self.runs:
            error = error_text(row["errors"][name], "standard error")
            cells.append(f"{row['values'][name]:.4g} {error}".rstrip())
        if row["best"] is None:
            return [*cells, "equal"]
        sure = {True: "", False: ", within chance", None: ", error not known"}
        return [*cells, f"{row['best']}, {row['gap']:.3g}{sure[row['sure']]}"]

    def page(self):
        """Returns a page of HTML with the pictures and curves of all runs."""
        commands = "".join(
            f"<h3>{text(name)}</h3><pre>{text(run.config['command'])}</pre>"
            for name, run in self.runs.items()
        )
        sections = [(None, self._found())]
        for kind in GRIDS:
            last = {name: run.grids(kind)[-1:] for name, run in self.runs.items()}
            shown = {name: paths[0] for name, paths in last.items() if paths}
            sections.append((kind.capitalize(), beside(shown, kind)))
        made = {name: run.made_pictures() for name, run in self.runs.items()}
        lacking = [str(run.folder) for run in self.runs.values() if not run.made]
        if lacking and len(lacking) < len(self.runs):
            told = "; ".join(f"kerasgen report {path} --pictures" for path in lacking)
            sections.append(("Not drawn yet", f"<p>{text(told)}</p>"))
        for title in dict.fromkeys(t for rows in made.values() for _, t, _ in rows):
            shown = {n: p for n, rows in made.items() for p, t, _ in rows if t == title}
            sections.append((title, beside(shown, title)))
        sections += [("Curves", all_curves(self.runs)), ("Commands", commands)]
        return page(f"Comparison: {', '.join(self.runs)}", sections)


def write_comparison(comparison, out):
    """Writes the page of a `Comparison`, one file; returns its path."""
    with replacing(Path(out)) as temporary:
        temporary.write_text(comparison.page(), encoding="utf-8")
    return Path(out)


def badness(score):
    """Returns how bad a score is: less is better; None where that is not known."""
    if score["better"] == "like real":
        reference = 1.0 if score["real"] is None else score["real"]
        return abs(score["value"] - reference)
    return score["value"] if score["better"] == "lower" else -score["value"]


def direction(name):
    """Returns whether "lower" or "higher" is better of a figure, by its name."""
    words = re.sub("^(test|validation|train)_", "", name)
    if any(word in words for word in LOWER):
        return "lower"
    return "higher" if any(word in words for word in HIGHER) else None


def _comparable(run):
    """Returns the settings of scores without what differs from model to model."""
    settings = dict(run.scores["settings"])
    count, _, rest = settings.pop("samples").partition(" of ")
    seed = rest.partition(", seed ")[2]
    return {**settings, "number of samples": count, "seed": seed}


def _row(name, better, values, errors, worse):
    order = sorted(worse, key=worse.get)
    first, second = order[:2]
    gap = worse[second] - worse[first]
    p_value = None
    if None not in (errors[first], errors[second]):
        error = math.hypot(errors[first], errors[second])
        p_value = math.erfc(gap / (math.sqrt(2.0) * error)) if error else float(not gap)
    row = {"name": name, "better": better, "values": values, "errors": errors}
    return {**row, "best": first if gap > 0 else None, "gap": gap, "p_value": p_value}


def holm(rows, level=LEVEL):
    """Returns which of many differences are more than chance, a bool for each row.

    With Holm's correction any of them is called so that is chance with a probability of
    `level` at most, whatever they have to do with each other. None for rows without a
    `p_value`.

    Reference: Holm, 1979, "A simple sequentially rejective multiple test procedure".
    """
    known = [i for i, row in enumerate(rows) if row["p_value"] is not None]
    known.sort(key=lambda i: rows[i]["p_value"])
    found = [None] * len(rows)
    still = True
    for place, i in enumerate(known):
        still = still and rows[i]["p_value"] <= level / (len(known) - place)
        found[i] = still
    return found
