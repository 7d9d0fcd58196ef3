"""The campaign on a GPU: its jobs exist, it ends in time, and it goes on later."""

import importlib
import inspect
import json
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
pytestmark = pytest.mark.any_backend


@pytest.fixture
def campaign(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("gpu_campaign")


def script(campaign, name, code, limit=60.0, **kwargs):
    return campaign.Job(name, 3, "torch", ["-c", code], limit, **kwargs)


def test_what_jobs_run_is_there(campaign):
    todo = campaign.jobs(["jax", "torch"], "digits")
    assert len({job.name for job in todo}) == len(todo)
    assert {job.stage for job in todo} == {1, 2, 3}
    for test in campaign.CONTRACTS:
        path, name = test.split("::")
        assert f"def {name}(" in (ROOT / path).read_text()
    for recipe, *flags in campaign.QUEUE:
        module = importlib.import_module(f"recipes.{recipe.replace('/', '.')}")
        known = inspect.signature(module.main).parameters
        assert {f[2:].replace("-", "_") for f in flags if f[:2] == "--"} <= set(known)


def test_results_are_gathered_and_only_what_is_not_done_runs_again(campaign, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    good = script(
        campaign,
        "good",
        "import os, json; json.dump(os.environ['KERAS_BACKEND'], open('{out}/g', 'w'))",
        result="g",
    )
    bad = script(campaign, "bad", "print('why'); raise SystemExit(3)")
    lines = campaign.campaign([good, bad], first, 120.0)
    assert [(x["status"], x["code"]) for x in lines] == [("done", 0), ("failed", 3)]
    assert lines[0]["result"] == "torch"
    assert (first / "logs" / "bad.txt").read_text() == "why\n"
    written = (first / "campaign.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in written] == lines
    again = campaign.campaign([good, bad], second, 120.0, resume=first, smoke=True)
    assert [line["name"] for line in again] == ["bad"]
    assert not lines[0]["smoke"] and again[0]["smoke"]


def test_a_job_is_stopped_in_time_and_finds_its_folder_again(campaign, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    code = (
        "import pathlib, signal, sys, time\n"
        "folder = pathlib.Path('{out}/run'); folder.mkdir(exist_ok=True)\n"
        "print(sorted(p.name for p in folder.iterdir()), flush=True)\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))\n"
        "(folder / 'kept').touch()\n"
        "time.sleep(100)\n"
    )
    job = script(campaign, "long", code, limit=3.0, folder="run")
    (line,) = campaign.campaign([job], first, 120.0)
    assert line["status"] == "stopped" and line["seconds"] < 60
    campaign.campaign([job], second, 120.0, resume=first)
    assert (second / "logs" / "long.txt").read_text() == "['kept']\n"
    assert campaign.campaign([job], tmp_path / "third", campaign.GRACE + 5.0) == []


def test_what_a_gpu_says_is_read(campaign, monkeypatch, tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!{sys.executable}\nprint('A GPU, big, 80, 1024')\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert campaign.Watch.ask() == ("A GPU, big", 80.0, 1024.0)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert campaign.Watch.ask() is None
