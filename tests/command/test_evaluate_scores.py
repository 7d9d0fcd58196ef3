"""`kerasgen evaluate` and the scores that it prints and keeps."""

import json

import keras
import pytest

import kerasgen
from kerasgen.command import cli
from kerasgen.metrics import kinds, score_samples
from kerasgen.reports import write_report

pytestmark = pytest.mark.any_backend


def make_run(folder, model, **settings):
    """Writes the folder of a run that ended with a model."""
    folder.mkdir()
    config = {
        "recipe": "gans/gan",
        "settings": {"data": "digits", "seed": 0, **settings},
        "command": "kerasgen train gans/gan",
    }
    (folder / "config.json").write_text(json.dumps(config))
    model.compile()
    model.save(folder / "model.keras")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    model = kerasgen.gans.GAN(
        (8, 8, 1), num_classes=10, generator_units=4, discriminator_units=3, seed=0
    )
    return make_run(tmp_path_factory.mktemp("runs") / "run", model)


def evaluate(capsys, *words):
    assert cli.main(["evaluate", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_scores_of_each_class_are_printed_kept_and_in_the_report(run, capsys):
    words = [run, "--scores", "ms_ssim", "--num-samples", 120, "--per-class"]
    words += ["--network", "random"]
    text = evaluate(capsys, *words)
    kept = json.loads((run / "scores.json").read_text())
    model = keras.models.load_model(run / "model.keras")
    data = [kerasgen.data.load("digits", k, labels=True) for k in ("test", "train")]
    found = score_samples(model, *data, None, 120, ["ms_ssim"], per_class=True)
    assert len(kept["per_class"]) == 10
    for row, score in zip(kept["per_class"], found.per_class, strict=True):
        assert row["value"] == pytest.approx(score.value, rel=1e-3)
        assert row["of_class"] == score.of_class
        assert f"ms_ssim  {score.of_class}      {row['value']:.4g}" in text
    page = write_report(run).read_text(encoding="utf-8")
    assert "Scores of each class" in page
    assert page.count("<td>ms_ssim</td>") == 11


def test_points_have_the_scores_of_their_kind_without_a_network(tmp_path, capsys):
    model = kerasgen.gans.GAN((2,), generator_units=4, discriminator_units=3, seed=0)
    run = make_run(tmp_path / "run", model, data="mixture")
    words = [run, "--num-examples", 100, "--num-samples", 60]
    text = evaluate(capsys, *words)
    assert "precision [points]" in text and "\nmodes " in text
    assert "60 of mixture, split test" in text and "random" not in text
    kept = json.loads((run / "scores.json").read_text())
    assert kept["settings"]["features"] == "the points themselves"
    assert cli.main(["evaluate", str(run), "--to", "a"]) == 2
    assert "`to` must be None for a model that does not" in capsys.readouterr().err


def test_a_model_without_scores_says_so_and_refuses_those_asked_for(
    run, capsys, monkeypatch
):
    monkeypatch.setattr(kinds, "KINDS", {})
    words = ["evaluate", str(run), "--num-examples", "10"]
    assert cli.main(words) == 0
    assert "no scores" in (text := capsys.readouterr().out)
    assert "GAN draws Image" in text and "precision" not in text
    assert cli.main([*words, "--scores", "ms_ssim"]) == 2
    error = capsys.readouterr().err
    assert "--scores must be left out: there are scores of" in error


@pytest.mark.any_backend
def test_data_come_with_the_labels_that_a_model_was_trained_with():
    from kerasgen.command.evaluate import _labels

    gans, image = kerasgen.gans, (8, 8, 1)
    tiny = {"generator_units": (2, 2, 2), "discriminator_units": (2, 2, 2)}
    few = {"architecture": "dense", "filters": 4}
    assert _labels(gans.ImprovedGAN(image, known_classes=10, **few)) is True
    assert _labels(gans.ImprovedGAN(image, known_classes=None, **few)) is False
    assert _labels(gans.CGAN(image, 3, **tiny)) is True
    attributes = {"glasses": 2, "light": (-1.0, 1.0)}
    model = gans.CGAN(image, attributes=attributes, **tiny)
    assert _labels(model) == ["glasses", "light"]
    assert _labels(gans.DCGAN(image, filters=2)) is False
