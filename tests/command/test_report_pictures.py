"""`kerasgen report --pictures`: what is drawn of a model, and what is left out."""

import json
import re

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.command import cli
from tests.explore import tiny

pytestmark = pytest.mark.any_backend


def make_run(folder, model, data):
    folder.mkdir()
    model.compile()
    model.save(folder / "model.keras")
    config = {"recipe": "gans/gan", "settings": {"data": data}, "command": "a command"}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def told(run):
    found = json.loads((run / "pictures" / "pictures.json").read_text())
    assert found["epochs"] == 0 and found["backend"]
    return {row["title"]: row["text"] for row in found["pictures"]}, found["left_out"]


def test_a_model_of_classes_with_an_encoder_has_all_pictures(tmp_path, capsys):
    options = {"num_classes": 10, "latent_dim": 2, "hidden_widths": (4,), "seed": 1}
    model = kerasgen.autoencoders.CVAE((8, 8, 1), **options)
    run = make_run(tmp_path / "run", model, "digits")
    assert cli.main(["report", str(run), "--pictures", "--seed", "3"]) == 0
    assert "report of" in capsys.readouterr().out
    texts, left_out = told(run)
    assert left_out == {} and len(texts) == 3
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count("<img") == 3
    for title in texts:
        assert f"<h2>{title}</h2>" in page
    for path in (run / "pictures").glob("*.png"):
        with Image.open(path) as image:
            assert max(image.size) >= 512

    train, _ = kerasgen.data.load("digits", labels=True).arrays()
    test = kerasgen.data.load("digits", "test", labels=True)
    x, y = test.spread(24, 3)
    error = np.square(model.reconstruct(x, labels=y) - x / np.float32(255))
    mean = error.reshape(24, -1).sum(axis=1).mean()
    words = texts["Reconstructions of held-out images"]
    assert f"Squared error {mean:.3g} ±" in words and "test split" in words
    judged, labels = test.spread(100, 3)
    samples = model.sample(100, labels=labels, seed=3)
    # A sum over all pairs, in the place of what the command uses.
    known = train.reshape(len(train), -1) / 255.0
    means = [
        np.mean([np.sqrt(np.square(known - row.ravel()).sum(1).min()) for row in part])
        for part in (samples, judged / 255.0)
    ]
    words = texts["Nearest training images of samples"]
    found = re.search(r"nearest: (\S+) of 100 samples, (\S+) of", words)
    np.testing.assert_allclose([float(n) for n in found.groups()], means, rtol=5e-3)


def test_what_a_model_does_not_have_is_left_out_with_the_reason(tmp_path):
    run = make_run(tmp_path / "run", tiny.gan(), "digits")
    assert cli.main(["report", str(run), "--pictures"]) == 0
    texts, left_out = told(run)
    assert list(texts) == ["Nearest training images of samples"]
    assert left_out == {
        "Samples by class": "the model is not told classes",
        "Reconstructions of held-out images": "the model has no method reconstruct",
    }
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Samples by class: the model is not told classes." in page


@pytest.mark.parametrize(
    "make, data, reason",
    [
        (
            lambda: kerasgen.gans.GAN((2,), 2, generator_units=3),
            "mixture",
            "the model&#x27;s data are no pictures",
        ),
        (
            lambda: kerasgen.gans.CycleGAN((8, 8, 1), filters=2, blocks=0, depth=0),
            "outlines",
            "it translates",
        ),
    ],
)
def test_points_and_translators_have_none(tmp_path, make, data, reason):
    run = make_run(tmp_path / "run", make(), data)
    assert cli.main(["report", str(run), "--pictures"]) == 0
    texts, left_out = told(run)
    assert texts == {} and len(left_out) == 3
    assert reason in (run / "report.html").read_text(encoding="utf-8")
