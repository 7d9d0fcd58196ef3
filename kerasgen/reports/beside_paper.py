"""What the paper reports beside what a run and the kept runs of its recipe reached."""

from pathlib import Path

from kerasgen.reports.columns import error_text
from kerasgen.reports.page import number, table
from kerasgen.results import figures as figures_of
from kerasgen.results import file, tables
from kerasgen.results.command import reported
from kerasgen.results.rows import split_of

MOST = 6  # figures of the run
# Scores that papers report, where the network is theirs.
_SCORES = ("frechet_distance", "inception_score")


def beside_paper(run, recipes=None):
    """Returns a table of HTML: the run, the kept runs of its recipe, the paper.

    Args:
        run: `RunFiles`.
        recipes: path of the folder of recipes, or None: without the paper's figures.
    """
    rows = _of_run(run) + _of_scores(run)
    kept = []
    if recipes is not None:
        known = file.read(Path(recipes) / file.NAME)
        kept = [row for row in known if row["recipe"] == run.recipe]
    for row in kept:
        if row["best"]:
            rows.append(["best kept run", tables.headline(row), _on(row)])
    paper = _of_paper(run, kept, recipes)
    if not paper:
        return ""
    note = "<p><small>Figures of other data, or by other networks of features, say "
    note += "what the paper reached, and nothing of which is better.</small></p>"
    return table(["whose", "figure", "on, by"], rows + paper) + note


def _of_run(run):
    evaluation, metrics = (run.results.get(k, {}) for k in ("evaluation", "metrics"))
    if not run.ended and run.epochs:
        metrics = {name: points[-1][1] for name, points in run.series().items()}
    split = split_of(evaluation)
    found, _ = figures_of.choose(evaluation, metrics, split, None, ())
    name = run.results.get("data") or {}
    name = name.get("name") or run.config["settings"].get("data")
    rows = []
    for figure in found[:MOST]:
        count = figure["num_examples"]
        on = f"{number(count)} {split or ''} examples".replace("  ", " ")
        on = f"{name}, {on if count else 'last epoch'}"
        rows.append(["this run", tables.figure_text(figure), on])
    return rows


def _of_scores(run):
    rows = []
    for score in run.scores.get("scores", ()):
        if score["name"].startswith(_SCORES) and score["value"] is not None:
            error = error_text(score["error"], score["error_kind"])
            told = f"{score['name']} {score['value']:.4g} {error}".rstrip()
            rows.append(["this run", told, run.scores["settings"]["real images"]])
    return rows


def _on(row):
    return ", ".join(filter(None, [row["data"], row.get("split"), row["date"]]))


def _of_paper(run, kept, recipes):
    """Returns what is known of the paper's figures: of kept runs, or the recipe's."""
    told = []
    for row in kept:
        for paper in row["paper"]:
            cells = ["the paper", paper["figure"], paper["protocol"] or ""]
            if cells not in told:
                told.append(cells)
    words = reported(Path(recipes) / f"{run.recipe}.py") if recipes else ""
    if not told and words:
        told = [["the paper", words, ""]]
    return told
