"""A row has what the run says of itself, and no run that did not end makes one."""

import json

import pytest

from kerasgen.results import rows, schema

pytestmark = pytest.mark.any_backend

SETTINGS = {"data": "npz:/home/me/mnist.npz", "epochs": 3, "prior_epochs": 2}
SETTINGS |= {"seed": 4, "dtype": None, "data_dir": "/data", "levels": 2}
CONFIG = {
    "recipe": "autoencoders/vae",
    "settings": SETTINGS,
    "command": "python recipes/autoencoders/vae.py --data npz:/home/me/mnist.npz "
    "--out /tmp/run --epochs 3 --seed=4 --backend jax --no-resume",
    "resume_command": "python go_on.py",
    "date": "2026-12-01T10:00:00+00:00",
    "backend": "jax",
    "device": "cpu:0",
    "machine": "Linux x86_64, 2 CPUs",
    "versions": {"keras": "3.15.1", "jax": "0.10.2", "numpy": "2"},
    "commit": "0123456789abcdef",
}
EVALUATION = {
    "test_kl": 20.0,
    "test_negative_elbo_50_images": 92.831,
    "test_negative_elbo_50_images_num_examples": 50,
    "test_negative_elbo_50_images_standard_error": 0.2409,
    "test_nll_9_samples_50_images": 87.95,
    "test_nll_9_samples_50_images_standard_error": 0.8,
}
RESULTS = {
    "data": {"name": "npz:/home/me/mnist.npz", "image_shape": [28, 28, 1]},
    "pixels": {"binarization": "dynamic"},
    "epochs": 3,
    "steps": 30,
    "seconds_per_epoch": 10.6123,
    "metrics": {"loss": 100.0},
    "evaluation": EVALUATION,
    **CONFIG,
    "date": "2026-12-01T23:59:00+00:00",
}
EPOCHS = [
    {"epoch": 1, "seconds": 30.0, "timed": False, "loss": 300.0},
    {"epoch": 2, "seconds": 10.0, "timed": True, "loss": 200.0},
]


def make_run(folder, config=None, results=None, epochs=EPOCHS):
    folder.mkdir(parents=True)
    (folder / "checkpoints-prior").mkdir()
    (folder / "config.json").write_text(json.dumps({**CONFIG, **(config or {})}))
    text = "".join(json.dumps(epoch) + "\n" for epoch in epochs)
    (folder / "history.jsonl").write_text(text + '{"epoch": 3, "sec')
    if results is not None:
        (folder / "results.json").write_text(json.dumps({**RESULTS, **results}))
    return folder


def test_a_run_that_ended_gives_all_but_what_a_person_knows(tmp_path):
    found, left_out = rows.row_of_run(make_run(tmp_path / "run", results={}))
    figures = found.pop("figures")
    assert found == {
        "recipe": "autoencoders/vae",
        "command": "kerasgen train autoencoders/vae --data npz:mnist.npz --epochs 3",
        "settings": {
            "data": "npz:mnist.npz",
            "epochs": 3,
            "prior_epochs": 2,
            "levels": 2,
        },
        "data": "mnist",
        "split": "test",
        "image_shape": [28, 28, 1],
        "binarization": "dynamic",
        "epochs": 3,
        "steps": 30,
        "parts": {"prior": 2},
        "seconds_per_epoch": 10.6,
        "device": "2 CPU cores",
        "backend": "jax",
        "versions": {"keras": "3.15.1", "jax": "0.10.2"},
        "precision": "float32",
        "seeds": [4],
        "date": "2026-12-01",
        "commit": "0123456789abcdef",
        "stopped_early": False,
        "best": False,
    }
    assert [f["name"] for f in figures] == ["nll_9_samples", "negative_elbo"]
    assert left_out == ["kl"]
    told = {"figures": figures, "note": "x", "chosen_on": "paper", "paper": []}
    schema.check_row({**found, **told})


def test_figures_of_samples_alone_say_so(tmp_path):
    agreement = {"agreement_of_pairs": 0.9, "agreement_of_pairs_num_examples": 1000}
    agreement["agreement_of_pairs_standard_error"] = 0.01
    results = {"evaluation": agreement}
    found, left_out = rows.row_of_run(make_run(tmp_path / "run", results=results))
    assert (found["split"], left_out) == ("samples", [])
    assert [f["name"] for f in found["figures"]] == ["agreement_of_pairs"]
    schema.check_row({**found, "note": "x", "chosen_on": "paper", "paper": []})


def test_a_run_that_did_not_end_is_refused_unless_told(tmp_path):
    folder = make_run(tmp_path / "run")
    with pytest.raises(ValueError, match="must have ended.*go_on.py.*after 2 epochs"):
        rows.row_of_run(folder)
    found, _ = rows.row_of_run(folder, stopped_early=True)
    assert (found["epochs"], found["planned_epochs"]) == (2, 3)
    assert found["stopped_early"] and found["split"] is None
    assert found["seconds_per_epoch"] == 10.0 and found["date"] == "2026-12-01"
    assert [(f["name"], f["value"]) for f in found["figures"]] == [("loss", 200.0)]
    told = {"note": "x", "chosen_on": "paper", "paper": []}
    schema.check_row({**found, **told})


def test_a_run_that_goes_on_to_more_epochs_did_not_end(tmp_path):
    more = {"settings": {**SETTINGS, "epochs": 9}}
    folder = make_run(tmp_path / "run", config=more, results={})
    with pytest.raises(ValueError, match="must have ended"):
        rows.row_of_run(folder)


@pytest.mark.parametrize(
    "options, changes, message",
    [
        ({}, {"config": {"settings": None}}, "must be a run folder"),
        ({}, {"config": {"command": "kerasgen train x --smoke"}}, "not be a check"),
        ({"stopped_early": True}, {"results": {}}, "--stopped-early must be left out"),
        ({"stopped_early": True}, {"epochs": []}, "some of its epochs"),
        ({"figures": ["kl"]}, {"results": {}}, "must have its number of examples"),
        ({"figures": ["fid"]}, {"results": {}}, "must be one of"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path, options, changes, message):
    folder = make_run(tmp_path / "run", **changes)
    with pytest.raises(ValueError, match=message):
        rows.row_of_run(folder, **options)


def test_other_devices_data_and_precision(tmp_path):
    config = {"device": "cuda:0 (NVIDIA H200)"}
    results = {
        **config,
        "data": {"name": "folder:/pictures/cats/", "image_shape": [2]},
        "settings": SETTINGS,
        "pixels": {"levels": 16, "likelihood": "logistic"},
        "commit": None,
    }
    found, _ = rows.row_of_run(make_run(tmp_path / "run", config, results))
    assert (found["device"], found["data"]) == ("1 NVIDIA H200", "cats")
    assert found["levels"] == 16 and found["commit"] is None
    assert not {"binarization", "image_shape"} & set(found)


def test_parts_are_those_that_were_trained(tmp_path):
    results = {"parts": {"top": {"epochs": 7}, "m1": {"epochs": 4}}}
    found, _ = rows.row_of_run(make_run(tmp_path / "run", results=results))
    assert found["parts"] == {"top": 7, "m1": 4}


@pytest.mark.parametrize(
    "words, expected",
    [
        ("kerasgen train vae --epochs 3", "--epochs 3"),
        ("kerasgen train gans/x", ""),
        ("python x.py --data-dir /a --data=npz:/a/b.npz", "--data=npz:b.npz"),
        ("python x.py --out=/a --verbose 0 --download --labels", "--labels"),
        ("python x.py --data folder:/a/b/", "--data folder:b/"),
    ],
)
def test_commands_keep_what_changes_figures(words, expected):
    found = rows.plain_command("gans/x", words.split())
    assert found == f"kerasgen train gans/x {expected}".strip()


# === Campaigns ===


def make_campaign(folder, **status):
    (folder / "runs").mkdir(parents=True)
    common = {"backend": "jax", "device": "NVIDIA H200", "date": "2026-12-01"}
    common |= {"gpu_busy_percent": 61.5, "gpu_memory_mib": 1234.0, "smoke": False}
    versions = {"jax": "0.11.2", "keras": "3.15.1"}
    training = {"model": "vae", "batch_size": 128, "steps": 300, "precision": "float32"}
    training |= {"ours_images_per_s": 87916.0, "theirs_images_per_s": 148900.0}
    training |= {"ratio": 0.591, "ratio_min": 0.5, "ratio_max": 0.61}
    training |= {"processor_ratio": 0.551234, "load": 3.0}
    sampling = {"batch_size": 16, "cached_seconds": 0.078, "full_seconds": 19.1}
    sampling |= {"ratio": 244.4, "cpu_ratio": 327.2, "first_call_full_seconds": 1.0}
    settings = {"model": "pixelcnn", "size": 28}
    lines = [
        {
            "name": "contract-jax",
            "stage": 1,
            "command": "python -m pytest tests/a.py::test_x tests/b.py::test_x",
            "status": "done",
            "seconds": 108.4,
            "result": None,
        },
        {
            "name": "training-jax-float32",
            "stage": 2,
            "status": "done",
            "result": {"versions": versions, "rows": [training]},
        },
        {"name": "training-torch", "stage": 2, "status": "stopped", "result": None},
        {
            "name": "sampling-jax",
            "stage": 2,
            "status": "done",
            "result": {"versions": versions, "rows": [sampling], "settings": settings},
        },
    ]
    lines = [{**common, **line} for line in lines]
    for name, value in status.items():
        lines.append({**common, "name": name, "stage": 3, "status": value})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / rows.CAMPAIGN).write_text(text)
    return folder


def test_a_trial_of_a_campaign_is_refused(tmp_path):
    folder = make_campaign(tmp_path / "out", good="done")
    text = (folder / rows.CAMPAIGN).read_text()
    (folder / rows.CAMPAIGN).write_text(text.replace('"smoke": false', '"smoke": true'))
    with pytest.raises(ValueError, match="must not be a trial"):
        rows.campaign_runs(folder)


def test_runs_of_a_campaign_have_its_device(tmp_path):
    folder = make_campaign(tmp_path / "out", good="done", other="failed")
    good = make_run(folder / "runs" / "good", results={})
    lines = rows.campaign_runs(folder)
    assert [path.name for path in lines] == ["good", "other"]
    assert list(rows.campaign_runs(good)) == [good]
    assert rows.campaign_runs(tmp_path) == {}
    found = rows.of_campaign(rows.row_of_run(good)[0], lines[good])
    assert found["device"] == "1 NVIDIA H200"
    (remark,) = found["remarks"]
    assert remark == "The GPU was busy 61.5 % of the time, with 1,234 MiB at most."
