"""Pages of runs: what stands in them, and that they work without other files."""

import json
import math
import re

import numpy as np
import pytest

from kerasgen.command import cli
from kerasgen.images import save_png
from kerasgen.reports import Comparison, write_comparison, write_report
from kerasgen.reports.beside_paper import beside_paper
from kerasgen.reports.comparison import _row, holm
from kerasgen.reports.curves import curves, ticks
from kerasgen.reports.folder import RunFiles
from kerasgen.reports.page import page, slider, table
from kerasgen.results.tables import headline
from tests.reports.browser import needs_browser, run_in_browser
from tests.results.example import row

pytestmark = pytest.mark.any_backend


def make_run(folder, epochs=3, ended=True, scores=None, evaluation=None, data="digits"):
    folder.mkdir(parents=True)
    config = {
        "recipe": "gans/dcgan",
        "settings": {"data": data, "epochs": epochs},
        "command": f"kerasgen train gans/dcgan --data {data}",
        "date": "2026-11-28T12:00:00+00:00",
        "backend": "torch",
        "machine": "a machine",
        "versions": {"keras": "3.15.1"},
        "commit": None,
    }
    (folder / "config.json").write_text(json.dumps(config))
    rows = [
        {"epoch": e, "seconds": 30.0, "timed": e > 1}
        | {"generator_loss": 1.0 / e, "discriminator_loss": float(e)}
        for e in range(1, epochs + 1)
    ]
    (folder / "history.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for e in range(epochs + 1):
        picture = np.full((8, 8, 3), 20 * e, "uint8")
        save_png(folder / "samples" / f"epoch-{e:04}.png", picture)
    if ended:
        results = {**config, "model": "DCGAN", "parameters": 12345}
        results |= {"metrics": rows[-1], "evaluation": evaluation or {}}
        (folder / "results.json").write_text(json.dumps(results))
    if scores:
        (folder / "scores.json").write_text(json.dumps(scores))
    return folder


def make_pictures(run, epochs=3):
    """Writes what `kerasgen report --pictures` leaves in a run's folder."""
    save_png(run / "pictures" / "classes.png", np.zeros((9, 9), "uint8"))
    rows = [{"file": "classes.png", "title": "Samples by class", "text": "a < b"}]
    rows.append({"file": "lost.png", "title": "Lost", "text": ""})
    facts = {"pictures": rows, "left_out": {"Neighbours": "why"}, "epochs": epochs}
    (run / "pictures" / "pictures.json").write_text(json.dumps(facts))


def scores_of(
    distance, recall, samples="100 of DCGAN, seed 0", network="random", real=0.2
):
    rows = [("distance", distance, 0.5, "lower"), ("recall", recall, 0.01, "higher")]
    rows = [(*row, "standard error", None) for row in rows]
    rows.append(("ms_ssim", 0.3, 0.1, "like real", "spread", real))
    keys = ("name", "value", "error", "better", "error_kind", "real")
    return {
        "scores": [dict(zip(keys, row, strict=True)) for row in rows],
        "settings": {"samples": samples, "features": network},
    }


# === One run ===


def test_a_report_holds_all_of_a_run_and_needs_no_other_file(tmp_path, capsys):
    evaluation = {
        "test_nats": 90.5,
        "test_nats_standard_error": 0.25,
        "test_nats_num_examples": 1000,
    }
    run = make_run(
        tmp_path / "first", scores=scores_of(4.0, 0.5), evaluation=evaluation
    )
    assert cli.main(["report", str(run)]) == 0
    assert "report.html" in capsys.readouterr().out
    found = (run / "report.html").read_text(encoding="utf-8")
    for part in (
        "kerasgen train gans/dcgan --data digits",
        "Radford et al., 2016",
        "1.5 min of training",
        "<td>test_nats</td>",
        "± 0.25",
        "1,000",
        "12,345",
        "100 of DCGAN, seed 0",
        "± 0.1 (spread)",
        "generator_loss</span>",
        "discriminator_loss by epoch",
    ):
        assert part in found, part
    assert found.count("data:image/png;base64,") == 4 == found.count("<figure")
    assert found.count("<polyline") == 2
    outside = re.findall(r'(?:src|href|url)\s*[=(]\s*"?([^">)]+)', found)
    links = {link for link in outside if not link.startswith("data:")}
    assert links == {"https://arxiv.org/abs/1511.06434"}
    assert "<td>test_nats_standard_error</td>" not in found


def test_a_run_on_its_way_and_without_scores_says_so(tmp_path):
    run = make_run(tmp_path / "run", ended=False)
    path = write_report(run, tmp_path / "out.html")
    found = path.read_text(encoding="utf-8")
    assert "has not ended" in found and "kerasgen evaluate" in found
    assert "<td>generator_loss</td>" in found and "0.3333" in found


def test_what_a_user_wrote_is_text_and_no_page(tmp_path):
    run = make_run(tmp_path / "run", data="<script>alert(1)</script>&\"'")
    found = write_report(run).read_text(encoding="utf-8")
    assert "<script>alert" not in found and "&lt;script&gt;alert" in found


@pytest.mark.parametrize("name", ["none", "empty"])
def test_what_is_no_run_is_refused(tmp_path, capsys, name):
    (tmp_path / "empty").mkdir()
    assert cli.main(["report", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert "`run` must be the folder of a run" in error and error.count("\n") == 1


def test_a_broken_file_is_named(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "results.json").write_text("{")
    with pytest.raises(ValueError, match="results.json must be a file of JSON"):
        write_report(run)


def test_a_page_of_another_kind_is_refused_before_anything_is_read(tmp_path, capsys):
    assert cli.main(["report", "no-run", "--out", "a.pdf"]) == 2
    assert "--out must end with .html" in capsys.readouterr().err


def test_pictures_that_need_the_model_are_shown_or_the_command_is_named(tmp_path):
    run = make_run(tmp_path / "run")
    found = write_report(run).read_text(encoding="utf-8")
    assert f"kerasgen report {run} --pictures" in found
    make_pictures(run)
    found = write_report(run).read_text(encoding="utf-8")
    assert "<h2>Samples by class</h2>" in found and "<p>a &lt; b</p>" in found
    assert "Neighbours: why." in found and "Lost" not in found
    assert "--pictures" not in found and "Drawn after" not in found
    make_pictures(run, epochs=2)
    assert "Drawn after 2 epochs, not at the end" in write_report(run).read_text()


def test_the_run_stands_beside_kept_runs_and_the_paper(tmp_path):
    evaluation = {"test_nats": 90.5, "test_nats_standard_error": 0.25}
    evaluation |= {"test_nats_num_examples": 1000}
    run = make_run(tmp_path / "run", scores=scores_of(4.0, 0.5), evaluation=evaluation)
    scores = json.loads((run / "scores.json").read_text())
    scores["scores"][0]["name"] = "frechet_distance [random]"
    scores["settings"]["real images"] = "100 of digits, split test"
    (run / "scores.json").write_text(json.dumps(scores))
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    kept = {"recipe": "gans/dcgan", "command": "kerasgen train gans/dcgan"}
    kept |= {"paper": [{"figure": "79 nats", "protocol": "static"}]}
    rows = [row(**kept, best=True), row(**kept, best=False, seeds=[1]), row()]
    (recipes / "results.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = re.findall(r"<tr>(.*?)</tr>", beside_paper(RunFiles(run), recipes))
    cells = [re.findall(r"<t[dh]>(.*?)</t[dh]>", line) for line in found]
    assert cells == [
        ["whose", "figure", "on, by"],
        ["this run", "-log p(x) 90.50 ± 0.25 nats", "digits, 1,000 test examples"],
        [
            "this run",
            "frechet_distance [random] 4 ± 0.5",
            "100 of digits, split test",
        ],
        ["best kept run", headline(rows[0]), "mnist, test, 2026-11-24"],
        ["the paper", "79 nats", "static"],
    ]
    assert beside_paper(RunFiles(run)) == ""


@needs_browser
def test_the_slider_shows_one_picture_at_a_time_on_a_dark_phone(tmp_path):
    run = make_run(tmp_path / "run", scores=scores_of(4.0, 0.5))
    make_pictures(run)
    result = run_in_browser(
        write_report(run).read_text(encoding="utf-8"),
        """
        const range = document.querySelector("input");
        range.value = 1;
        range.dispatchEvent(new Event("input"));
        const figures = [...document.querySelectorAll("[data-slider] figure")];
        done({ shown: figures.filter((f) => f.offsetParent).map((f) => f.innerText),
               count: figures.length, wide: overflow(), faint: faintest(),
               back: getComputedStyle(document.body).backgroundColor });
        """,
        tmp_path,
        dark=True,
    )
    assert result["shown"] == ["epoch 1"] and result["count"] == 4
    assert result["wide"] <= 0 and result["faint"] >= 4.5
    assert result["back"] == "rgb(20, 23, 26)"


# === Several runs ===


def test_a_comparison_says_which_is_better_by_how_much_and_how_surely(tmp_path, capsys):
    good = make_run(tmp_path / "good", scores=scores_of(4.0, 0.505, real=0.29))
    bad = make_run(tmp_path / "bad", scores=scores_of(9.0, 0.5, real=0.1))
    make_pictures(good)
    assert (
        cli.main(["compare", str(bad), str(good), "--out", str(tmp_path / "a.html")])
        == 0
    )
    text = capsys.readouterr().out
    assert re.search(r"distance +lower +9 ± 0.5 +4 ± 0.5 +good, 5\n", text)
    assert re.search(r"recall .*good, 0.005, within chance\n", text)
    assert re.search(r"ms_ssim .*good, 0.19, error not known\n", text)
    assert "good is best in 3 of 3 figures, in 1 by more than chance" in text
    assert "Holm's correction" in text
    shown = Comparison([bad, good])
    assert str(shown) == repr(shown) and shown._repr_html_().count("<tr>") == 4
    assert "<strong>good is best in 3 of 3" in shown._repr_html_()
    found = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert found.count("<img") == 3 and found.count("<polyline") == 4
    assert found.count('<div class="beside">') == 2
    assert "<figcaption>good</figcaption>" in found
    assert f"<p>kerasgen report {bad} --pictures</p>" in found
    assert "good is best in 3 of 3" in found


def test_figures_with_errors_are_compared_by_what_their_names_say(tmp_path):
    def evaluation(nats, accuracy):
        figures = {"test_nats": nats, "test_accuracy": accuracy, "test_size": 3.0}
        return figures | {f"{k}_standard_error": 0.1 for k in figures}

    a = make_run(tmp_path / "a", evaluation=evaluation(90.0, 0.5))
    b = make_run(tmp_path / "b", evaluation=evaluation(91.0, 0.9))
    found = Comparison([a, b])
    assert [(r["name"], r["best"], r["sure"]) for r in found.rows] == [
        ("test_nats", "a", True),
        ("test_accuracy", "b", True),
    ]
    assert found.rows[0]["gap"] == pytest.approx(1.0)
    assert any("kerasgen evaluate RUN" in note for note in found.notes)


def test_many_scores_are_corrected_for_their_number():
    """P-values of Holm's: each against the level over those that are still left."""

    def found(*p_values):
        return holm([{"p_value": p} for p in p_values], 0.05)

    assert found(0.04) == [True] and found(0.06) == [False]
    assert found(0.04, 0.9) == [False, False]
    assert found(0.9, 0.02, None, 0.01) == [False, True, None, True]
    assert found(0.03, 0.01, 0.04) == [False, True, False]  # and the third not alone
    assert found(0.0, 0.0) == [True, True] and found() == []


def test_by_chance_runs_of_one_model_rarely_differ_in_any_of_ten_scores():
    generator = np.random.default_rng(0)
    alarms = 0
    for _ in range(400):
        gaps = np.abs(generator.normal(size=10)) * math.sqrt(2.0)
        rows = [
            _row("a", "lower", {}, {"x": 1.0, "y": 1.0}, {"x": 0.0, "y": gap})
            for gap in gaps
        ]
        alarms += any(holm(rows))
    assert 0.02 < alarms / 400 < 0.08


def test_a_difference_is_as_likely_as_the_normal_distribution_says(tmp_path):
    row = _row("a", "lower", {}, {"x": 3.0, "y": 4.0}, {"x": 0.0, "y": 9.8})
    assert row["p_value"] == pytest.approx(0.05, abs=1e-4)  # 1.96 standard errors
    exact = {"x": 0.0, "y": 0.0}
    assert _row("a", "lower", {}, exact, {"x": 0, "y": 1})["p_value"] == 0.0
    assert _row("a", "lower", {}, exact, {"x": 1, "y": 1})["p_value"] == 1.0


def test_a_score_that_is_not_finite_is_not_compared_and_says_why(tmp_path):
    folders = []
    for name in "ab":
        scores = scores_of(4.0, 0.5)
        if name == "b":
            scores["scores"][0] |= {"value": None, "reason": "all are copies"}
        folders.append(make_run(tmp_path / name, scores=scores))
    found = Comparison(folders)
    assert [row["name"] for row in found.rows] == ["recall", "ms_ssim"]
    assert "distance cannot be compared, of b: all are copies" in str(found)
    page = write_report(folders[1]).read_text(encoding="utf-8")
    assert "not finite" in page and "all are copies" in page


@pytest.mark.parametrize(
    "other", [{"network": "inception"}, {"samples": "50 of DCGAN, seed 0"}]
)
def test_scores_of_other_settings_are_not_compared(tmp_path, other):
    a = make_run(tmp_path / "a", scores=scores_of(4.0, 0.5))
    b = make_run(tmp_path / "b", scores=scores_of(5.0, 0.4, **other))
    found = Comparison([a, b])
    assert found.rows == [] and "cannot be compared" in found.notes[0]
    assert found.verdict() == "Nothing was compared."
    write_comparison(found, tmp_path / "c.html")


def test_models_of_other_names_are_compared_and_equal_values_have_no_best(tmp_path):
    a = make_run(tmp_path / "a", scores=scores_of(4.0, 0.5))
    other = scores_of(4.0, 0.4, samples="100 of LSGAN, seed 0")
    found = Comparison([a, make_run(tmp_path / "b", scores=other)])
    assert [row["best"] for row in found.rows] == [None, "a", None]
    assert "equal" in str(found)


def test_one_run_or_one_twice_is_no_comparison(tmp_path):
    run = make_run(tmp_path / "run")
    for folders in ([run], [run, run, run]):
        with pytest.raises(ValueError, match="`runs` must be .*Received"):
            Comparison(folders)


# === Parts of pages ===


@pytest.mark.parametrize(
    "low, high", [(0, 1), (1, 60), (-3.2, 4.7), (0.001, 0.0016), (1e4, 9e6)]
)
def test_ticks_are_round_few_and_within(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 6 and low <= found[0] and found[-1] <= high * (1 + 1e-9)
    steps = np.diff(found)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    leading = steps[0] / 10 ** np.floor(np.log10(steps[0]) + 1e-9)
    assert min(abs(leading - m) for m in (1, 2, 5, 10)) < 1e-6


def test_curves_leave_out_what_is_not_finite_and_are_within_their_frame():
    drawn = curves({"a": [(1, 2.0), (2, float("nan")), (3, 5.0)], "b": [(1, None)]})
    points = re.search('points="([^"]*)"', drawn)[1].split()
    assert len(points) == 2 and "b</span>" not in drawn
    for point in points:
        x, y = map(float, point.split(","))
        assert 0 <= x <= 640 and 0 <= y <= 240
    assert curves({"a": [(1, float("inf"))]}) == ""
    assert "<circle" in curves({"a": [(1, 1.0)]})


def test_long_histories_keep_their_first_and_last_picture(tmp_path):
    paths = [tmp_path / f"epoch-{e:04}.png" for e in range(100)]
    for path in paths:
        path.write_bytes(b"")
    found = slider(paths, "samples", most=5)
    captions = re.findall("<small>epoch (.*?)</small>", found)
    assert captions == ["0", "25", "50", "74", "99"]
    assert slider([], "samples") == ""


def test_tables_and_pages_leave_out_what_is_empty():
    assert "<th>" not in table(None, [["a", 1]])
    assert table(["n"], [[1234.5678]], numbers=(0,)).count("1235") == 1
    made = page("t", [("Nothing", ""), ("Something", "<p>x</p>")])
    assert "Nothing" not in made and "Something" in made and "<script>" not in made
