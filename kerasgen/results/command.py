"""`kerasgen record`: rows of runs, and the tables of the READMEs."""

import ast
import re
import sys
from pathlib import Path

from kerasgen import listing
from kerasgen.results import figures, file, rows, speed, tables

SPEED = Path("benchmarks", file.NAME)  # in the repository


def run_record(args, recipes):
    """Adds the rows of runs, and makes the tables anew.

    Args:
        args: the flags.
        recipes: path of the folder of recipes.
    """
    recipes = Path(recipes)
    own = args.results is None
    if own and not (recipes.parent / "README.md").is_file():
        raise ValueError(
            "--results must be given where there is no copy of the repository, whose "
            f"tables are made. Received: {recipes.parent}, which has no README.md"
        )
    if not args.runs and not args.tables:
        raise ValueError(
            "The runs must be named, or --tables given to make the tables alone. "
            "Received: neither"
        )
    path = recipes / file.NAME if own else Path(args.results)
    if args.runs:
        _check_words(args)
        known = file.read(path)
        for row in _rows(args, known, recipes):
            known = file.add(known, row, args.best, args.replace)
            _say(f"{path}: {tables.headline(row)}")
        file.write(path, known)
        if _is_campaign(args.runs[0]):
            other = path.with_name(f"speed-{path.name}")
            _keep_speed(args.runs[0], recipes.parent / SPEED if own else other)
    if own:
        write_pages(recipes)


def _rows(args, known, recipes):
    """Returns the new rows: one of all runs, or one of each of a campaign's."""
    lines = {}
    for folder in args.runs:
        lines |= rows.campaign_runs(folder)
    if not _is_campaign(args.runs[0]):
        return [_row(args, [Path(f) for f in args.runs], lines, known, recipes)]
    made = []
    for folder, line in lines.items():
        if line["status"] == "done" or (
            line["status"] == "stopped" and args.stopped_early
        ):
            made.append(_row(args, [folder], lines, known, recipes, line["status"]))
        else:
            _say(f"{folder}: left out, as it {_ENDS[line['status']]}")
    return made


def _keep_speed(folder, path):
    """Adds what a campaign measured beside its runs."""
    new, left_out = speed.of_campaign(folder)
    speed.write(path, speed.add(speed.read(path), new))
    _say(f"{path}: {len(new)} rows of contracts and speed")
    if left_out:
        _say(f"{folder}: left out, as they did not end: {', '.join(left_out)}")


def _check_words(args):
    """Raises ValueError where a person has not said what only a person knows."""
    if args.chosen_on is None:
        raise ValueError(
            "--chosen-on must say what the settings were chosen by. Received: none"
        )
    campaign = any(map(_is_campaign, args.runs))
    if campaign and len(args.runs) > 1:
        raise ValueError(
            f"A campaign must be recorded by itself. Received: {args.runs}"
        )
    if args.note is None and not campaign:
        raise ValueError(
            "--note must say in a sentence what the samples look like. Received: none"
        )


def _is_campaign(folder):
    return (Path(folder) / rows.CAMPAIGN).is_file()


_ENDS = {"failed": "failed", "stopped": "was stopped; --stopped-early takes it"}


def _row(args, folders, lines, known, recipes, status=None):
    made = []
    for folder in folders:
        stopped = args.stopped_early and status != "done"
        row, left_out = rows.row_of_run(
            folder, stopped, args.figures, args.no_mean or ()
        )
        if left_out:
            _say(
                f"{folder}: left out, as they have no standard error: "
                f"{', '.join(left_out)} (--no-mean NAME takes what is no mean)"
            )
        line = next(
            (x for p, x in lines.items() if p.exists() and p.samefile(folder)), None
        )
        made.append(rows.of_campaign(row, line) if line else row)
    row = figures.merged(made)
    row |= {"note": args.note, "chosen_on": args.chosen_on}
    if args.remark:
        row["remarks"] = [*row.get("remarks", ()), *args.remark]
    if args.device is not None:
        row["device"] = args.device
    if args.data_name is not None:
        row["data"] = args.data_name
    row["paper"] = _paper(args.paper, row, known, recipes)
    return row


def _paper(given, row, known, recipes):
    """Returns what the paper reports: as told, or as other rows of the recipe say."""
    if given:
        found = [re.fullmatch(r"(.+?)(?: \(([^()]*)\))?", text) for text in given]
        return [{"figure": m[1], "protocol": m[2]} for m in found]
    others = [r for r in known if r["recipe"] == row["recipe"] and r["paper"]]
    others.sort(key=lambda r: r["data"] == row["data"])
    if others:
        return others[-1]["paper"]
    text = reported(recipes / f"{row['recipe']}.py")
    return [{"figure": text, "protocol": None}] if text else []


def best_of(recipes):
    """Returns a function that tells the best results of a model, given its name."""
    known = file.read(Path(recipes) / file.NAME)
    return lambda name: tables.headlines(name, known) or [tables.NOT_RUN]


def write_pages(recipes):
    """Writes the tables into the READMEs, and says which have changed."""
    for path, text in pages(recipes).items():
        stale = path.read_text(encoding="utf-8") != text
        if stale:
            file.write_text(path, text)
        _say(f"{path}: {'made anew' if stale else 'as it was'}")


def pages(recipes):
    """Returns the READMEs as they have to be, a dict from path to text.

    Args:
        recipes: path of the folder of recipes, which holds `results.jsonl` and
            `README.md`; beside it are README.md, which has the models, and benchmarks/.
    """
    references = listing.references()
    known = file.read(recipes / file.NAME)
    unknown = {row["recipe"] for row in known} - set(references)
    if unknown:
        raise ValueError(
            f"`recipe` of a row must be a model. Received: {sorted(unknown)}"
        )
    papers = {name: reported(recipes / f"{name}.py") for name in references}
    made = {
        recipes / "README.md": tables.recipe_tables(references, known, papers),
        recipes.parent / "README.md": tables.model_table(references, known),
        recipes.parent / SPEED.parent / "README.md": speed.table(
            speed.read(recipes.parent / SPEED)
        ),
    }
    return {
        path: tables.put(path.read_text(encoding="utf-8"), table)
        for path, table in made.items()
    }


def reported(recipe):
    """Returns what a recipe's docstring says of the paper, or nothing."""
    if not recipe.is_file():
        return ""
    docstring = ast.get_docstring(ast.parse(recipe.read_text(encoding="utf-8"))) or ""
    found = re.search(r"^Paper:(.*?)(?=^\S|\Z)", docstring, re.M | re.S)
    return " ".join(found[1].split()) if found else ""


def _say(text):
    sys.stdout.write(text + "\n")
