"""`kerasgen explore`: the kinds that look at convolutions."""

import json

import numpy as np
import pytest

import kerasgen
from kerasgen.command import cli, explore_filters

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with a DCGAN for the digits."""
    data = kerasgen.data.load("digits", batch_size=50, num_examples=100)
    model = kerasgen.gans.DCGAN((8, 8, 1), 3, filters=3, seed=1)
    model.compile()
    model.fit(data, epochs=1, verbose=0)
    folder = tmp_path_factory.mktemp("run")
    model.save(folder / "model.keras")
    (folder / "config.json").write_text(json.dumps({"settings": {"data": "digits"}}))
    return folder


def _explore(kind, run, folder, *words):
    files = ["--out", folder / "a.png", "--npz", folder / "a.npz"]
    argv = ["explore", kind, run, *files, *words]
    code = cli.main(list(map(str, argv)))
    found = {}
    if (folder / "a.npz").exists():
        with np.load(folder / "a.npz") as arrays:
            found = dict(arrays)
    return code, found


def test_features_are_scored_beside_random_filters_and_pixels(run, tmp_path, capsys):
    words = ["--num-examples", 100, "--num-test", 50]
    few = ["--num-labeled", 2, "--draws", 2]
    code, found = _explore("features", run, tmp_path, *words, *few)
    text = capsys.readouterr().out
    assert code == 0 and (tmp_path / "a.png").exists()
    assert found["labels"].tolist() == 3 * ["all", "2 a class"]
    assert found["dim"].tolist() == [48, 48, 48, 48, 64, 64]
    for part in ("DCGAN, trained", "random filters", "raw pixels", "± "):
        assert part in text
    assert "digits, split train, without labels" in text
    assert "updates of the network        2" in text
    code, found = _explore("features", run, tmp_path, *words, "--alone")
    assert code == 0 and len(found["accuracy"]) == 1


def test_filters_are_shown_beside_random_ones(run, tmp_path, capsys):
    words = ["--filters", "2,0", "--columns", 2, "--num-examples", 30]
    code, found = _explore("filters", run, tmp_path, *words)
    assert code == 0 and (tmp_path / "a.png").exists()
    assert found["images"].shape == (4, 4, 8, 8, 1)
    assert found["filters"].tolist() == [2, 2, 0, 0]
    assert "the strongest of 30 images" in capsys.readouterr().out
    code, found = _explore("filters", run, tmp_path, *words, "--layer", 0, "--alone")
    assert code == 0 and found["trained"].all()
    assert _explore("filters", run, tmp_path, *words, "--layer", "conv")[0] == 2
    assert "`layer` must be one of the convolutions" in capsys.readouterr().err


def test_features_need_classes(run, tmp_path, capsys):
    model = kerasgen.gans.DCGAN((32, 32, 3), 2, filters=1)
    model.compile()
    model.save(tmp_path / "scenes.keras")
    data = ["--data", "scenes", "--num-examples", 5]
    assert _explore("features", tmp_path / "scenes.keras", tmp_path, *data)[0] == 2
    assert "must be images with one class each" in capsys.readouterr().err
    assert _explore("features", run, tmp_path, "--part", "encoder")[0] == 2
    assert "must have an encoder" in capsys.readouterr().err


class _Halves:
    """A detector that was told where, and finds it in the left half of all images."""

    trained = []

    def __init__(self, image_shape, seed):
        assert image_shape == (32, 32, 3)
        self.seed = seed

    def fit(self, x, boxes, steps):
        self.trained.append((self.seed, x, boxes))
        return self

    def __call__(self, x):
        return np.tile(np.array([1.0, 0.0]), (len(x), 2, 1))


def test_a_concept_of_scenes_is_dropped(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(explore_filters, "ConceptDetector", _Halves)
    model = kerasgen.autoencoders.VAE(
        (32, 32, 3), 2, architecture="conv", hidden_widths=(4, 5), activation="relu"
    )
    model.compile()
    file = tmp_path / "scenes.keras"
    model.save(file)
    words = ["--data", "scenes", "--num-examples", 12, "--num-measured", 4]
    counts = {}
    for concept in ("any", "star", "red"):
        code, found = _explore("window", file, tmp_path, *words, "--concept", concept)
        said = capsys.readouterr().out
        assert code == 0 and found["images"].shape == (3, 4, 32, 32, 3)
        assert f"{concept} is in 100.0% ± 0.0% of 4 images" in said
        assert "of 12 test images" in said
        (one, x, marked), (two, others, measured) = _Halves.trained[-2:]
        assert one != two and len(x) == len(others) == 6
        pictures = {image.tobytes() for image in np.concatenate([x, others])}
        assert len(pictures) == 12  # none that both learned from
        counts[concept] = sum(b.any(axis=-1).sum() for b in (marked, measured))
    data = kerasgen.data.load("scenes", "train", labels="boxes")
    rows = np.sort(np.random.default_rng(0).permutation(data.num_examples)[:12])
    facts = data.source.facts(rows)
    there = np.arange(3) < facts["count"][:, None]
    assert counts["any"] == there.sum()
    assert counts["star"] == (there & (facts["kind"] == 3)).sum()
    assert counts["red"] == (there & (facts["color"] == 0)).sum()
    assert _explore("window", file, tmp_path, *words, "--concept", "sta")[0] == 2
    assert "Did you mean 'star'?" in capsys.readouterr().err
    words[1] = "shapes"
    assert _explore("window", file, tmp_path, *words, "--concept", "red")[0] == 2
