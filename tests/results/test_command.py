"""`kerasgen record` from a run to the tables."""

import json
import shutil

import keras
import pytest

from kerasgen import listing, quiet
from kerasgen.command import cli
from kerasgen.results import command, file, speed, tables
from kerasgen.runs.recipe import run
from tests import tiny_recipe
from tests.results.test_rows import make_campaign, make_run

pytestmark = pytest.mark.any_backend

TOLD = ["--note", "x", "--chosen-on", "nothing"]


def record(*words):
    return cli.main(["record", *(str(word) for word in words)])


def _error(capsys, *words):
    assert record(*words) == 2
    return capsys.readouterr().err


def test_a_run_of_a_recipe_becomes_a_row(tmp_path, capsys):
    folder, path = tmp_path / "run", tmp_path / "rows.jsonl"
    run(tiny_recipe.main, ["--out", str(folder), "--verbose", "0", "--seed", "3"])
    assert record(folder, *TOLD, "--results", path) == 0
    results = json.loads((folder / "results.json").read_text())
    (row,) = file.read(path)
    scalars = {f["name"]: f["value"] for f in row["figures"]}
    assert scalars == pytest.approx(results["metrics"], rel=1e-5)
    assert (row["recipe"], row["seeds"]) == ("tests/tiny_recipe", [3])
    assert row["command"] == "kerasgen train tests/tiny_recipe"
    assert row["settings"]["widths"] == [3, 2]
    assert row["backend"] == keras.backend.backend() and row["best"]
    assert "no standard error: discriminator_fake" in capsys.readouterr().out


def test_what_only_a_person_knows_must_be_told(tmp_path, capsys):
    folder, path = make_run(tmp_path / "run", results={}), tmp_path / "rows.jsonl"
    assert "runs must be named" in _error(capsys, "--results", path)
    assert "--chosen-on must say" in _error(capsys, folder, "--note", "x")
    told = ["--chosen-on", "paper", "--results", path]
    assert "--note must say" in _error(capsys, folder, *told)
    assert "must be a run folder" in _error(capsys, tmp_path, "--note", "x", *told)
    assert not path.exists()


def test_flags_say_what_the_run_does_not(tmp_path, capsys):
    folder, path = make_run(tmp_path / "run", results={}), tmp_path / "rows.jsonl"
    words = ["--results", path, "--device", "half a core", "--data-name", "digits"]
    words += ["--remark", "One.", "--remark", "Two.", "--figures", "negative_elbo,loss"]
    words += ["--paper", "86.76 nats (MNIST)", "--paper", "curves"]
    assert record(folder, *TOLD, *words) == 0
    (row,) = file.read(path)
    assert (row["device"], row["data"]) == ("half a core", "digits")
    assert row["remarks"] == ["One.", "Two."]
    assert [f["name"] for f in row["figures"]] == ["negative_elbo", "loss"]
    assert row["paper"] == [
        {"figure": "86.76 nats", "protocol": "MNIST"},
        {"figure": "curves", "protocol": None},
    ]
    assert "no standard error: kl" in capsys.readouterr().out
    assert "--replace" in _error(capsys, folder, *TOLD, *words)
    assert record(folder, *TOLD, *words, "--replace", "--no-mean", "kl") == 0
    assert len(file.read(path)) == 1


def test_the_paper_is_that_of_other_rows_or_of_the_recipe(tmp_path):
    path, other = tmp_path / "rows.jsonl", {"command": "kerasgen train vae --epochs 9"}
    first = make_run(tmp_path / "first", results={})
    assert record(first, *TOLD, "--results", path) == 0
    (row,) = file.read(path)
    assert "86.76 nats on MNIST" in row["paper"][0]["figure"]  # of the recipe
    row["paper"] = [{"figure": "told", "protocol": None}]
    file.write(path, [row])
    second = make_run(tmp_path / "second", config=other, results=other)
    assert record(second, *TOLD, "--results", path, "--best") == 0
    rows = file.read(path)
    assert [r["paper"] for r in rows] == [row["paper"]] * 2
    assert [r["best"] for r in rows] == [False, True]


def test_seeds_become_one_row(tmp_path):
    path, runs = tmp_path / "rows.jsonl", []
    for seed in (1, 2):
        settings = {"settings": {"data": "mnist", "epochs": 3, "seed": seed}}
        runs.append(make_run(tmp_path / str(seed), config=settings, results=settings))
    assert record(*runs, *TOLD, "--results", path) == 0
    (row,) = file.read(path)
    assert row["seeds"] == [1, 2]


def test_a_campaign_gives_a_row_for_each_recipe_that_ended(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    folder = make_campaign(tmp_path / "out", a="done", b="stopped", c="failed")
    other = {"command": "kerasgen train vae --epochs 9"}
    make_run(folder / "runs" / "a", results={})
    make_run(folder / "runs" / "b", config=other)
    words = ["--chosen-on", "paper", "--results", path]
    assert record(folder, *words) == 0
    (row,) = file.read(path)
    assert row["device"] == "1 NVIDIA H200" and row["note"] is None
    told = capsys.readouterr().out
    assert "b: left out, as it was stopped" in told
    assert "c: left out, as it failed" in told
    assert record(folder, *words, "--replace", "--stopped-early") == 0
    assert [r["stopped_early"] for r in file.read(path)] == [False, True]
    assert "by itself" in _error(capsys, folder, folder, *words)
    assert [r["kind"] for r in speed.read(tmp_path / "speed-rows.jsonl")] == [
        "contract",
        "training",
        "sampling",
    ]
    assert "did not end: training-torch" in told
    one = folder / "runs" / "a"
    assert record(one, "--note", "good", *words, "--replace") == 0
    assert [r["note"] for r in file.read(path)] == ["good", None]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of what the tables are made of, which the command takes for its own."""
    recipes = tmp_path / "recipes"
    shutil.copytree(quiet.recipe_folder(), recipes)
    (tmp_path / "benchmarks").mkdir()
    for folder in (tmp_path, tmp_path / "benchmarks"):
        (folder / "README.md").write_text(f"{tables.BEGIN}\n{tables.END}\n")
    monkeypatch.setattr(quiet, "recipe_folder", lambda: recipes)
    return recipes


def test_tables_are_made_anew_where_rows_are_the_repositorys(repository, capsys):
    assert record("--tables") == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        f"{repository / 'README.md'}: as it was",
        f"{repository.parent / 'README.md'}: made anew",
        f"{repository.parent / 'benchmarks' / 'README.md'}: made anew",
    ]
    before = (repository.parent / "README.md").read_text()
    assert before.count("\n| `") == len(listing.list_models())
    folder = make_run(repository.parent / "run", results={})
    assert record(folder, *TOLD, "--best") == 0
    after = (repository.parent / "README.md").read_text()
    (new,) = set(after.splitlines()) - set(before.splitlines())
    assert "`autoencoders.VAE`" in new and "≤ 87.95 ± 0.80 nats" not in new
    assert "MNIST: -log p(x) ≤ 87.95 ± 0.8 nats (3 epochs)" in new


def test_a_campaign_fills_the_table_of_the_benchmarks(repository, tmp_path):
    folder = make_campaign(tmp_path / "out", good="done")
    make_run(folder / "runs" / "good", results={})
    assert record(folder, "--chosen-on", "paper") == 0
    rows = speed.read(repository.parent / "benchmarks" / file.NAME)
    text = (repository.parent / "benchmarks" / "README.md").read_text()
    assert len(rows) == 3 and text.count("1 NVIDIA H200") == 3
    assert "good" not in text


def test_an_installed_copy_needs_a_file_of_its_own(repository, capsys):
    (repository.parent / "README.md").unlink()
    assert "--results must be given" in _error(capsys, "--tables")


def test_rows_of_what_is_no_model_are_refused(repository):
    path = repository / file.NAME
    rows = file.read(path)
    rows[0] |= {"recipe": "gans/none", "command": "kerasgen train gans/none"}
    file.write(path, rows)
    with pytest.raises(ValueError, match=r"must be a model. Received: \['gans/none'\]"):
        command.pages(repository)
