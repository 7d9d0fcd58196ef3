"""`kerasgen report`: a run on one page that can be sent to somebody."""

from pathlib import Path

from kerasgen import listing
from kerasgen.atomic_folder import replacing
from kerasgen.reports.beside_paper import beside_paper
from kerasgen.reports.columns import error_text
from kerasgen.reports.curves import curves
from kerasgen.reports.folder import GRIDS, RunFiles
from kerasgen.reports.page import number, page, picture, slider, table, text

NO_SCORES = "not measured yet: kerasgen evaluate {folder}"
NO_PICTURES = (
    "samples by class, reconstructions of held-out images and the nearest training "
    "images of samples are not drawn yet: kerasgen report {folder} --pictures"
)


def write_report(folder, out=None, recipes=None):
    """Writes a page of a run, one file of HTML that needs no network.

    It has the command that repeats the run, its figures beside the paper's, scores with
    their settings, curves, pictures over time, and those that `kerasgen report
    --pictures` drew.

    Args:
        folder: path of a run folder.
        out: path of the page, or None for `report.html` in the folder.
        recipes: path of the folder of recipes, whose docstrings say what papers report;
            None leaves that out.

    Returns:
        the page's path.

    Raises:
        ValueError: if the folder is no run's.
    """
    run = RunFiles(folder)
    out = Path(folder) / "report.html" if out is None else Path(out)
    with replacing(out) as temporary:
        temporary.write_text(run_page(run, recipes), encoding="utf-8")
    return out


def run_page(run, recipes=None):
    """Returns the page of `RunFiles` as text."""
    sections = [(None, _head(run)), ("Beside the paper", beside_paper(run, recipes))]
    sections += [("Scores", scores_table(run)), ("Figures", _figures(run))]
    for kind in GRIDS:
        sections.append((kind.capitalize(), slider(run.grids(kind), f"{kind}")))
    sections += made_pictures(run)
    for path in run.pictures():
        title = path.stem.replace("-", " ").replace("_", " ").capitalize()
        sections.append((title, picture(path, title)))
    sections.append(("Curves", all_curves({run.name: run})))
    sections.append(("Settings", _settings(run)))
    return page(f"{run.results.get('model', run.recipe)}: {run.name}", sections)


def _head(run):
    parts = []
    known = listing.references()
    if run.recipe in known:
        name, paper, link = known[run.recipe]
        parts.append(f'<p>{text(name)}, <a href="{text(link)}">{text(paper)}</a>.</p>')
    state = "ended" if run.ended else "has not ended: these are figures on the way"
    seconds = [row["seconds"] for row in run.epochs if row.get("seconds")]
    place = [run.config.get(key, "") for key in ("backend", "machine", "date")]
    parts.append(
        f'<p class="faint">{len(run.epochs)} epochs, {sum(seconds) / 60:.1f} min of '
        f"training; the run {state}. {text(', '.join(place))}.</p>"
    )
    parts.append(f"<p>To repeat it:</p><pre>{text(run.config['command'])}</pre>")
    return "".join(parts)


def made_pictures(run):
    """Returns sections of the pictures that need the model, or what makes them."""
    if not run.made:
        told = text(NO_PICTURES.format(folder=run.folder))
        return [("More pictures", f"<p>{told}</p>")]
    sections = []
    for path, title, told in run.made_pictures():
        sections.append((title, f"<p>{text(told)}</p>{picture(path, title)}"))
    said = [f"{title}: {reason}." for title, reason in run.made["left_out"].items()]
    if run.made["epochs"] != len(run.epochs):
        said.insert(0, f"Drawn after {run.made['epochs']} epochs, not at the end.")
    if said:
        sections.append(("Not drawn", f"<p>{text(' '.join(said))}</p>"))
    return sections


def scores_table(run):
    """Returns the scores of samples of a run with their settings, as HTML."""
    if not run.scores:
        return f"<p>{text(NO_SCORES.format(folder=run.folder))}</p>"
    head = ["score", "samples", "error", "real images", "better"]
    rows = [_score_cells(score) for score in run.scores["scores"]]
    settings = table(None, list(run.scores["settings"].items()))
    found = table(head, rows, numbers=(1, 3)) + settings
    rows = [
        [score["of_class"], *_score_cells(score)]
        for score in run.scores.get("per_class", ())
    ]
    if rows:
        found += "<h3>Scores of each class</h3>"
        found += table(["class", *head], rows, numbers=(2, 4))
    return found


def _score_cells(score):
    error = score.get("reason") or error_text(score["error"], score["error_kind"])
    value = "not finite" if score.get("reason") else score["value"]
    return [score["name"], value, error, score["real"], score["better"]]


def _figures(run):
    found = {**run.results.get("metrics", {}), **run.results.get("evaluation", {})}
    if not run.ended and run.epochs:
        found = {k: v[-1][1] for k, v in run.series().items()}
    rows = []
    for name, value in found.items():
        base = name.removesuffix("_standard_error").removesuffix("_num_examples")
        if base != name and base in found:
            continue
        error = found.get(f"{name}_standard_error")
        count = found.get(f"{name}_num_examples")
        error = "" if error is None else f"± {error:.2g}"
        rows.append([name, value, error, count])
    head = ["figure", "value", "standard error", "examples"]
    if not any(row[2] for row in rows):
        head, rows = head[:2], [row[:2] for row in rows]
    return table(head, rows, numbers=(1, 3)) if rows else ""


def all_curves(runs):
    """Returns curves of all scalars, those of one player in one diagram.

    Args:
        runs: dict from name to `RunFiles`: of several, their curves are in one diagram
            for each scalar.
    """
    found = {name: run.series() for name, run in runs.items()}
    groups = {}
    if len(runs) > 1:
        for name in dict.fromkeys(n for series in found.values() for n in series):
            groups[name] = {k: series.get(name, []) for k, series in found.items()}
    else:
        (series,) = found.values()
        for name, points in series.items():
            rate = name.endswith("learning_rate")
            player = "learning rates" if rate else name.partition("_")[0]
            groups.setdefault(player, {})[name] = points
    drawn = {name: curves(series) for name, series in groups.items()}
    return "".join(f"<h3>{text(k)}</h3>{v}" for k, v in drawn.items() if v)


def _settings(run):
    config = run.config
    rows = [[k, "None" if v is None else v] for k, v in config["settings"].items()]
    versions = ", ".join(f"{k} {v}" for k, v in config.get("versions", {}).items())
    facts = [["versions", versions], ["commit", config.get("commit")]]
    data = run.results.get("data") or {}
    facts += [["data", data["name"]]] if data.get("name") else []
    count = run.results.get("parameters")
    facts += [["parameters", number(count)]] if count else []
    return table(["setting", "value"], rows) + table(None, facts)
