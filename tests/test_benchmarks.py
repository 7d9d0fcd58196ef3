"""The benchmarks run, in a tiny form, and compare like with like."""

import importlib
import json
import pathlib

import keras
import numpy as np
import pytest

import kerasgen

FOLDER = pathlib.Path(__file__).parents[1] / "benchmarks"
TINY = {
    "gan": {"latent_dim": 4, "filters": 2},
    "vae": {"latent_dim": 2, "hidden": 8},
    "pixelcnn": {"filters": 2, "blocks": 1, "head_filters": 4},
    "sngan": {"latent_dim": 4, "filters": 2, "discriminator_steps": 2},
    "stylegan2": {"latent_dim": 4, "max_filters": 2, "mapping_depth": 2},
}


@pytest.fixture
def training_speed(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("training_speed")


def _compare(training_speed, name, **sizes):
    sizes = TINY[name] | sizes
    return training_speed.compare(name, repeats=1, steps=2, batch_size=4, **sizes)


@pytest.mark.parametrize("name", ["vae"])
def test_training_speed_compares_the_same_model(training_speed, name):
    row = _compare(training_speed, name)
    assert row["backend"] == keras.backend.backend()
    assert row["parameters"] == 28**2 * 8 + 8 + 8 * 4 + 4 + 2 * 8 + 8 + 9 * 28**2
    assert row["ours_images_per_s"] > 0
    assert set(row["ours_first_losses"]) == {"loss", "reconstruction", "kl"}
    assert training_speed.report(row).count("|") == 12


@pytest.mark.any_backend
@pytest.mark.parametrize("name", ["sngan", "stylegan2"])
def test_both_ways_train_a_gan(training_speed, monkeypatch, name):
    monkeypatch.setitem(training_speed.NEAR, "sngan", 100.0)  # two maps start anywhere
    row = _compare(training_speed, name)
    assert set(row["ours_first_losses"]) >= {"discriminator_loss", "generator_loss"}


@pytest.mark.parametrize("name", TINY)
def test_both_sides_have_the_same_parameters(training_speed, name):
    if (name, keras.backend.backend()) == ("stylegan2", "tensorflow"):
        with pytest.raises(ValueError, match="written for this backend. Received"):
            training_speed.hand_written(name)
        return
    images = np.zeros((4, 28, 28, 1), "uint8")
    arguments = {"images": images, "batch_size": 4, "precision": "float32"}
    ours = training_speed.Ours(name, **arguments, **TINY[name])
    theirs = training_speed.hand_written(name)(**arguments, **TINY[name])
    assert ours.num_parameters == theirs.num_parameters > 100


@pytest.mark.parametrize(
    "name, sizes, scalars",
    [
        ("fvbn", {}, ["loss", "bits_per_dim"]),
        pytest.param(
            "multiscale_pixel_rnn",
            {"layer": "row_lstm", "filters": 2, "head_filters": 2, "factors": (7,)},
            ["scale_0_loss", "scale_0_bits_per_dim"]
            + ["scale_1_loss", "scale_1_bits_per_dim"],
            marks=pytest.mark.any_backend,
        ),
    ],
)
def test_training_speed_against_a_loop_around_the_same_layers(
    training_speed, name, sizes, scalars
):
    row = training_speed.compare(name, repeats=1, steps=2, batch_size=4, **sizes)
    assert row["parameters"] > 100 and row["theirs_images_per_s"] > 0
    ours, theirs = row["ours_first_losses"], row["theirs_first_losses"]
    assert sorted(ours) == sorted(theirs) == sorted(scalars)
    for key in scalars:
        assert ours[key] == pytest.approx(theirs[key], rel=0.1)


def test_training_speed_refuses_different_models(training_speed, monkeypatch):
    monkeypatch.setattr(training_speed.Ours, "num_parameters", 1)
    with pytest.raises(RuntimeError, match="parameter counts of 'vae' differ"):
        _compare(training_speed, "vae")


def test_training_speed_refuses_different_losses(training_speed):
    with pytest.raises(RuntimeError, match="losses of 'x' differ"):
        training_speed._check_losses("x", {"loss": 1.0}, {"loss": 4.0})
    training_speed._check_losses("sngan", {"loss": -1.0}, {"loss": 0.5})
    with pytest.raises(RuntimeError, match="losses of 'sngan' differ"):
        training_speed._check_losses("sngan", {"loss": -1.0}, {"loss": 1.5})
    with pytest.raises(RuntimeError, match="scalars of 'x' differ"):
        training_speed._check_losses("x", {"loss": 1.0}, {"nll": 1.0})


def test_sampling_speed_compares_the_same_integers(monkeypatch, capsys):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("sampling_speed")
    monkeypatch.setitem(module.MODELS, "fvbn", {})
    model = module.make_model("fvbn", 3, 1)
    row = module.measure(model, 2, repeats=1, cached_runs=2, full_passes=4)
    assert row["ratio"] > 0 and len(row["all_cached"]) == 2
    rows = module.grow("fvbn", 1, [2, 3], batch_size=2, cached_runs=1)
    assert [r["size"] for r in rows] == [2, 3]
    assert "us CPU a pixel" in capsys.readouterr().out
    monkeypatch.setattr(
        type(model), "complete", lambda *_, **__: np.full((2, 3, 3, 1), 0.5, "float32")
    )
    with pytest.raises(RuntimeError, match="drew different images"):
        module.measure(model, 2, repeats=1, cached_runs=1)


@pytest.fixture
def scores(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("scores")
    monkeypatch.setattr(module, "FEATURES", 16)
    return module


def _files(scores, folder, count):
    files = [str(folder / name) for name in ("real", "samples")]
    for seed, path in enumerate(files):
        scores.write_images(path, count, seed, shift=0.05 * seed)
    return files


@pytest.mark.any_backend
def test_scores_are_those_of_the_images_of_both_files(scores, tmp_path):
    files = _files(scores, tmp_path, 300)
    sizes = [pathlib.Path(file).stat().st_size for file in files]
    assert sizes == 2 * [300 * 32 * 32 * 3]
    parts = [np.concatenate(list(scores.batches(file, 300))) for file in files]
    assert parts[1].mean() > parts[0].mean() + 3
    rows = {t: scores.measure("ours", t, files, 300, None) for t in ("frechet", "all")}
    (first, _), pixels = scores.matrices(), [x.reshape(300, -1) / 255.0 for x in parts]
    features = [np.maximum(x @ first, 0.0) for x in pixels]
    expected = kerasgen.metrics.frechet_distance(*features)["frechet_distance"]
    for row in rows.values():
        assert row["frechet_distance"] == pytest.approx(expected, rel=1e-3)
        assert row["peak_mb"] > row["own_mb"] >= 0 and row["seconds"] > 0
    assert {"kernel_distance", "inception_score", "recall"} < set(rows["all"])


@pytest.mark.any_backend
def test_scores_are_those_of_torch_fidelity(scores, tmp_path):
    pytest.importorskip("torch_fidelity", reason="pip install torch-fidelity==0.4.0")
    files = _files(scores, tmp_path, 2200)
    rows = [scores.measure(side, "all", files, 2200, None) for side in scores.SIDES]
    scores.check(*rows)


@pytest.mark.any_backend
def test_scores_that_differ_are_refused(scores):
    row = {"frechet_distance": 1.0, "kernel_distance": 0.1}
    row["kernel_distance_spread"] = 0.01
    scores.check(row, row | {"frechet_distance": 1.001, "kernel_distance": 0.105})
    with pytest.raises(RuntimeError, match="frechet_distance differs: 1.0 and 1.01"):
        scores.check(row, row | {"frechet_distance": 1.01})
    with pytest.raises(RuntimeError, match="kernel_distance differs"):
        scores.check(row, row | {"kernel_distance": 0.2})


@pytest.mark.any_backend
def test_the_zoo_is_scored_in_one_table(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("zoo_scores")
    names = module.recipes()
    assert {"gans/dcgan", "autoencoders/vae", "autoregressive/made"} < set(names)
    assert not module.OTHERS & set(names)
    for seed, value in enumerate([1.0, 2.0]):
        found = {"name": "recall [digits classifier]", "value": value / 4}
        distance = {"name": "frechet_distance [digits classifier]", "value": value}
        errors = {"error": 0.125, "real": 0.39}
        row = {"recipe": "gans/dcgan", "flags": "", "seed": seed, "epochs": 40}
        row["scores"] = [distance | errors, found | errors]
        path = tmp_path / f"gans-dcgan-{seed}.json"
        path.write_text(json.dumps(row))
    command = ["--out", str(tmp_path), "--recipes", "gans/dcgan", "--table-only"]
    assert module.main(command) == 0
    assert "| `gans/dcgan` | 1 | 40 | 1 (± 0.1) |  | 0.25 (± 0.1) |" in (
        capsys.readouterr().out
    )
    assert module.main([*command, "--seeds", "0,1"]) == 0
    out = capsys.readouterr().out
    assert "| `gans/dcgan` | 2 | 40 | 1.5 ± 0.7 |  | 0.375 ± 0.2 |" in out
    assert "| training images |  |  | 0.39 |  | 0.39 |" in out
    with pytest.raises(SystemExit):
        module.main([*command[:2], "--recipes", "gans/none"])


@pytest.fixture
def score_ends(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("score_ends")


@pytest.mark.any_backend
def test_what_takes_the_samples_place_is_what_it_is_called(score_ends):
    train = kerasgen.data.load("digits", batch_size=1)
    found = score_ends.drawn(train, 40)
    assert tuple(found) == score_ends.KINDS
    assert {x.shape for x in found.values()} == {(40, 8, 8, 1)}
    sets = {kind: {x.tobytes() for x in images} for kind, images in found.items()}
    known = {x.tobytes() for x in kerasgen.images.to_uint8(train.arrays()[0])}
    assert sets["real"] | sets["one image"] | sets["copies"] <= known
    assert not sets["real"] & sets["copies"] and not sets["noise"] & known
    assert len(sets["one image"]) == 1 and sets["one image"] <= sets["copies"]
    mean = found["noise"].mean()
    assert mean == pytest.approx(127.5, abs=5 * 74 / np.sqrt(40 * 64))


@pytest.mark.any_backend
def test_the_ends_of_scales_are_the_two_ends(score_ends, capsys, monkeypatch):
    command = ["--num-images", "40", "--num-train", "200", "--network", "random"]
    measure, kept = score_ends.measure, []

    def once(*args):
        kept.append(kept[0] if kept else measure(*args))
        return kept[-1]

    monkeypatch.setattr(score_ends, "measure", once)
    score_ends.main([*command, "--json"])
    found = json.loads(capsys.readouterr().out)
    values = {
        kind: {s["name"].split(" [")[0]: s["value"] for s in found[kind]["scores"]}
        for kind in score_ends.KINDS
    }
    distance = {kind: scores["frechet_distance"] for kind, scores in values.items()}
    assert max(distance["real"], distance["copies"]) < 0.5 * distance["noise"]
    assert values["one image"]["recall"] == 0 < values["real"]["recall"]
    assert values["copies"]["exact_copies"] == 1 > values["real"]["exact_copies"]
    score_ends.main(command)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| score | real | noise | one image | copies |"
    assert f"- backend: {keras.backend.backend()}" in lines
    assert lines[2].startswith("| frechet_distance [random] | ")


@pytest.mark.any_backend
def test_the_watch_is_tried_on_sick_runs_and_a_healthy_one(monkeypatch, capsys):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("collapse")
    tried = []

    def train(data, kind, rates, filters, **options):
        tried.append((kind.__name__, rates))
        return original(data, kind, rates, filters, **options)

    original = module.train
    monkeypatch.setattr(module, "train", train)
    command = ["--image-size", "8", "--filters", "2", "--steps", "6", "--period", "2"]
    module.main([*command, "--warmup", "0", "--runs", "healthy,deaf generator"])
    assert tried == [("DCGAN", [2e-4, 2e-4]), ("Deaf", [2e-4, 2e-4])]
    assert module.RUNS["fast discriminator"][1] == (False, True)
    lines = capsys.readouterr().out.splitlines()
    cells = [cell.strip() for cell in lines[2].split("|")]
    assert cells[1] == "healthy" and cells[5:7] == ["`collapse`", "1"]  # just begun
    assert lines[3].startswith("| deaf generator | 0 to 0 | ")
    assert lines[5].startswith("- healthy: CollapseWatch after step 6: samples are too")


@pytest.mark.any_backend
@pytest.mark.parametrize("row", ["hinge", "WGAN-GP"])
def test_mode_coverage_scores_a_row_of_tricks_and_one_of_models(monkeypatch, row):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("mode_coverage")
    found = module.measure(row, "ring", 0, 2, batch_size=4, num_examples=40)
    assert found["num_modes"] == 8 and 0.0 <= found["high_quality"] <= 1.0
    lines = module.table([found, {**found, "seed": 1}]).splitlines()
    assert len(lines) == 3 and lines[2].startswith(f"| {row} |")


@pytest.mark.any_backend
def test_mode_coverage_rows_differ_from_the_control_in_one_thing(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("mode_coverage")
    control = module.build("GAN", 0, 10)
    for row in module.TRICKS:
        model = module.build(row, 0, 10)
        assert model.count_params() >= control.count_params()
        assert model.latent_dim == control.latent_dim


@pytest.mark.any_backend
def test_the_page_which_gan_when_stands_in_the_order_of_the_distances(
    monkeypatch, tmp_path
):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("which_gan")
    page, modes = tmp_path / "page.md", tmp_path / "modes.jsonl"
    page.write_text(f"before\n{module.MARKS[0]}\nold\n{module.MARKS[1]}\nafter\n")
    runs = [{"row": "GAN", "kind": "ring", "cpu_seconds": 8.0, "high_quality": 0.5}]
    runs = [{**run, "modes": count} for run in runs for count in (1, 4)]
    modes.write_text("".join(json.dumps(run) + "\n" for run in runs))
    for name, distance in {"gan": 2.0, "dcgan": 0.625}.items():
        score = {"name": "frechet_distance [x]", "value": distance, "error": 0.1}
        row = {"recipe": f"gans/{name}", "flags": "", "scores": [score]}
        (tmp_path / f"gans-{name}-0.json").write_text(json.dumps(row))
        model = kerasgen.gans.DCGAN((8, 8, 1), filters=2, num_classes=3)
        (tmp_path / f"gans-{name}-0").mkdir()
        model.save(tmp_path / f"gans-{name}-0" / "model.keras")
    module.main(["--zoo", str(tmp_path), "--modes", str(modes), "--page", str(page)])
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "old" not in text
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| !")]
    assert [row[1] for row in rows] == ["`gans/dcgan`", "`gans/gan`"]
    assert rows[1][3:] == ["2 (± 0.1)", "", "2.5", "0.5", "8 |"]
    assert rows[0][2] == module.when("gans/dcgan") != ""
    assert (tmp_path / "page" / "dcgan.png").stat().st_size > 100


@pytest.mark.any_backend
def test_stacked_digits_counts_the_modes_of_each_packing(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("stacked_mnist")

    class Network:
        facts = {"accuracy": 1.0}

        def __call__(self, images):  # a digit is as bright as its number
            bright = np.round(9.0 * np.mean(images, axis=(1, 2, 3))).astype(int)
            return {"logits": np.eye(10)[np.clip(bright, 0, 9)]}

    shown = np.arange(10)[:, None, None, None] * np.ones((8, 8, 3)) / 9.0
    shown[..., 1], shown[..., 2] = 0.0, 1.0
    found = module.covered([shown[:5], shown[5:]], Network())
    assert (found["modes"], found["num_modes"]) == (10, 1000)
    assert found["mode_entropy"] == pytest.approx(np.log(10.0))
    monkeypatch.setattr(module, "classifier_network", lambda *_: Network())
    flags = ["--data", "digits", "--steps", "2", "--filters", "2", "--samples", "40"]
    flags += ["--batch-size", "4", "--packings", "1,2", "--out", str(tmp_path)]
    module.main(flags)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[3:]] == ["| real", "| 1", "| 2"]
    rows = [json.loads(x) for x in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["packing"] for row in rows] == [1, 2]
    assert all(1 <= row["modes"] <= 40 for row in rows)
    assert (tmp_path / "packing-2-0.png").stat().st_size > 100


@pytest.mark.any_backend
def test_a_probe_of_codes_is_beside_that_of_an_untrained_encoder(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("encoder_probe")
    labels = np.arange(60) % 3
    codes = np.eye(3)[labels] + 0.01 * np.random.default_rng(0).normal(size=(60, 3))
    found = module.probe((codes, labels), (codes, labels), 4, 3)
    assert found["all"] == found["few"] == 0.0 and found["few_num_examples"] == 3
    noise = np.random.default_rng(1).normal(size=(60, 3))
    assert module.probe((noise, labels), (codes, labels), 4, 3)["few"] > 30.0
    places = module.few(labels, 4, 0)
    assert len(set(places)) == 12 and np.bincount(labels[places]).tolist() == [4] * 3
    model = kerasgen.gans.BiGAN((8, 8, 1), latent_dim=3, units=4)
    model.compile()
    model.save(tmp_path / "model.keras")
    settings = {"settings": {"data": "digits", "data_dir": None}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    module.main([str(tmp_path), "--draws", "2"])
    lines = capsys.readouterr().out.splitlines()
    names = [line.split(" | ")[0] for line in lines[2:]]
    assert names == ["| trained", "| untrained"]


@pytest.mark.any_backend
def test_super_resolution_measures_sets_by_bicubic_filters_and_runs(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("super_resolution")
    folder = tmp_path / "set"
    for i, shape in enumerate([(21, 30, 3), (24, 27, 3)]):
        picture = np.random.default_rng(i).random(shape)
        kerasgen.images.save_png(folder / f"{i}.png", picture)
    large, small = next(module.pairs(folder, 4))
    assert (large.shape, small.shape) == ((1, 20, 28, 3), (1, 5, 7, 3))
    found, speed = module.measure(folder, 4, lambda x: module.bicubic(x, 4))
    assert found["psnr_num_examples"] == 2 and 5 < found["psnr"] < 20 and speed > 0
    model = kerasgen.gans.SRResNet((8, 8, 3), filters=2, blocks=1)
    model.compile()
    model.save(tmp_path / "own.keras")
    module.main([str(tmp_path / "own.keras"), "--sets", f"Noise={folder}"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[:2] for line in lines[2:]] == [
        ["| Noise", "bicubic"],
        ["| Noise", "own"],
    ]


@pytest.mark.any_backend
def test_mode_coverage_goes_on_after_a_run_that_diverged(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("mode_coverage")

    def diverge(self, *args, **kwargs):
        raise kerasgen.training.NonFiniteLossError("not finite")

    monkeypatch.setattr(module.Player, "fit", diverge)
    found = module.measure("GAN", "ring", 0, 2, batch_size=4, num_examples=8)
    assert (found["modes"], found["num_modes"], found["high_quality"]) == (0, 8, 0)
    cells = module.table([found]).splitlines()[-1].split(" | ")
    assert cells[1:] == ["0", "0", "none |"]
