"""`kerasgen explore`: all kinds on a model that was trained for a few steps."""

import json
import re
import types

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.command import cli
from kerasgen.images.labeled import whole_factor
from tests.explore import tiny

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with a VAE for the digits."""
    data = kerasgen.data.load("digits", batch_size=50, num_examples=200)
    model = kerasgen.autoencoders.VAE((8, 8, 1), 3, hidden_widths=(6,), seed=1)
    model.compile()
    model.fit(data, epochs=1, verbose=0)
    folder = tmp_path_factory.mktemp("run")
    model.save(folder / "model.keras")
    (folder / "config.json").write_text(json.dumps({"settings": {"data": "digits"}}))
    return folder, model


def _explore(kind, model, *words, out="a.png"):
    argv = ["explore", kind, str(model), "--out", str(out), *map(str, words)]
    return cli.main(argv)


def _size(path):
    with Image.open(path) as image:
        return image.size


@pytest.mark.parametrize(
    "kind, words, shape, said",
    [
        ("traverse", [], (3, 7), "a row for each of the latents"),
        ("traverse", ["--dimensions", "2,0", "--index", 3], (2, 7), "latents"),
        ("plane", ["--steps", 4], (4, 4), "latent 0 to the right"),
        ("interpolate", ["--mode", "spherical"], (4, 8), "codes of the prior"),
        ("interpolate", ["--images", "--rows", 2], (2, 8), "images of the data"),
        ("edit", ["--attribute", 3, "--rows", 2], (2, 6), "identity error"),
        ("edit", ["--dimension", 1, "--amounts=-2,0"], (4, 3), "amounts -2, 0;"),
        ("nearest", ["-k", 3], (4, 4), "code space"),
        ("nearest", ["--space", "pixel", "--rows", 1], (1, 6), "1000 images in"),
        ("project", ["--steps", 2, "--rows", 2], (2, 2), "best of 4 starts of 2"),
        ("project", ["--steps", 1, "--rows", 1, "--encode"], (1, 3), "squared error"),
        ("project", ["--steps", 1, "--network", "random"], (4, 2), "4 images and"),
        ("directions", ["--count", 2, "--index", 3], (2, 7), "directions by sefa"),
        ("directions", ["--count", 1, "--method", "ganspace"], (1, 7), "of strengths"),
        ("nearest", ["--space", "feature", "--network", "random"], (4, 6), "feature"),
        ("nearest", ["--all", "--rows", 1], (1, 6), "1500 images in code"),
        ("map", ["--method", "pca"], (297, 2), "297 codes by pca"),
    ],
)
def test_each_kind_writes_its_picture(run, kind, words, shape, said, tmp_path, capsys):
    out = tmp_path / "new" / "picture.png"
    npz = tmp_path / "a.npz"
    assert _explore(kind, run[0], *words, "--npz", npz, out=out) == 0
    with np.load(npz) as arrays:
        if kind == "map":
            assert arrays["points"].shape == shape and _size(out) == (560, 480)
        else:
            rows, columns = shape
            assert arrays["images"].shape == (rows, columns, 8, 8, 1)
            side = 8 * whole_factor(8 * rows, 8 * columns)
            width, height = _size(out)
            assert width > columns * side and height > rows * side
            assert max(width, height) >= 512
    text = capsys.readouterr().out
    assert said in text and str(out) in text and text.startswith(f"{kind} of VAE")


def test_arrays_are_those_of_the_function(run, tmp_path):
    folder, model = run
    npz = tmp_path / "a.npz"
    words = ["--npz", npz, "--steps", 3, "--index", 5, "--num-examples", 40]
    assert _explore("traverse", folder, *words, out=tmp_path / "a.png") == 0
    data = kerasgen.data.load("digits", "test")
    x = data.arrays()[0]
    part = np.sort(np.random.default_rng(0).permutation(len(x))[:40])
    expected = kerasgen.explore.traverse(model, x[5], steps=3, reference=x[part])
    with np.load(npz) as arrays:
        np.testing.assert_allclose(arrays["images"], expected.images, atol=1e-5)
        np.testing.assert_allclose(arrays["kl"], expected.facts["kl"], rtol=1e-4)


def test_the_direction_comes_from_other_images_than_those_that_are_edited(
    run, tmp_path
):
    folder, model = run
    npz = tmp_path / "a.npz"
    words = ["--attribute", 3, "--num-examples", 2000, "--npz", npz, "--amounts", "1"]
    assert _explore("edit", folder, *words, out=tmp_path / "a.png") == 0
    x, y = kerasgen.data.load("digits", "train", labels=True).arrays()
    vector = kerasgen.explore.attribute_vectors(model, x, y)[3]
    with np.load(npz) as arrays:
        shown = np.round(255 * arrays["images"][:, 0]).astype("uint8")
        moved = arrays["codes"][:, 0] - model.encode(shown)
    np.testing.assert_allclose(moved, np.tile(vector, (4, 1)), atol=1e-4)
    test = kerasgen.data.load("digits", "test").arrays()[0]
    assert all((test == image).all(axis=(1, 2, 3)).any() for image in shown)


def test_a_conditional_model_takes_labels(tmp_path, capsys):
    model = kerasgen.autoencoders.VAE(
        (8, 8, 1), 2, hidden_widths=(4,), num_classes=10, seed=1
    )
    model.compile()
    model.save(tmp_path / "model.keras")
    file, out = tmp_path / "model.keras", tmp_path / "a.png"
    data = ["--data", "digits", "--num-examples", 30]
    said = []
    for words in (
        ["traverse", file, "--label", 3],
        ["traverse", file, "--index", 3, *data],
        ["traverse", file],
        ["plane", file, "--steps", 2],
        ["interpolate", file, "--labels", "1,2"],
        ["interpolate", file, "--images", *data],
        ["edit", file, "--attribute", 3, *data, "--num-examples", 300],
        ["nearest", file, "-k", 2, *data],
        ["map", file, *data],
    ):
        kind, name, *rest = words
        assert _explore(kind, name, *rest, out=out) == 0
        said.append(capsys.readouterr().out)
    assert "30 codes by latents" in said[-1]
    assert [text.rpartition(", ")[2] for text in said[:1] + said[2:4]] == [
        "class 3\n",
        "class 0\n",
        "class 0\n",
    ]


@pytest.mark.parametrize("kind", ["traverse", "plane", "interpolate"])
@pytest.mark.parametrize("make", [tiny.gan, tiny.vae])
def test_a_conditional_model_needs_no_labels(kind, make, tmp_path):
    model = make(num_classes=3)
    model.compile()
    model.save(tmp_path / "model.keras")
    npz = tmp_path / "a.npz"
    words = ["--npz", npz, *(["--rows", 5] if kind == "interpolate" else [])]
    assert _explore(kind, tmp_path / "model.keras", *words, out=tmp_path / "a.png") == 0
    with np.load(npz) as arrays:
        images, codes = arrays["images"], arrays["codes"]
    labels = [0, 1, 2, 0, 1] if kind == "interpolate" else [0] * len(images)
    for row, label in enumerate(labels):
        chosen = np.full(len(codes[row]), label, "int32")
        shown = model.sample(len(chosen), chosen, latents=codes[row])
        np.testing.assert_allclose(images[row], shown, atol=1e-5)


def test_a_gan_shows_what_needs_no_encoder(tmp_path, capsys):
    model = tiny.gan()
    model.compile()
    model.save(tmp_path / "gan.keras")
    for kind in ("traverse", "plane", "interpolate"):
        assert _explore(kind, tmp_path / "gan.keras", out=tmp_path / "a.png") == 0
    words = ["--data", "digits"]
    assert _explore("map", tmp_path / "gan.keras", *words) == 2
    assert "must have an encoder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "kind, words, message",
    [
        ("edit", ["--attribute", 11], "--attribute must be one of the classes"),
        ("edit", ["--dimension", 3], "--dimension must be in .0, 2."),
        ("traverse", ["--index", 297], "--index must be in .0, 296."),
        ("traverse", ["--dimensions", "0,3"], "`dimensions` must be different ints"),
        ("nearest", ["-k", 0], "`k` must be at least 1"),
        ("map", ["--data", "digit"], "digits"),
        ("interpolate", ["--rows", 0], "`rows` must be at least 1"),
        ("plane", ["--out", "a.gif"], "--out must end in"),
        ("plane", ["--npz", "a.png"], "--npz must end in"),
    ],
)
def test_wrong_flags_are_users_errors(run, kind, words, message, capsys):
    assert _explore(kind, run[0], *words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert re.search(message, error)


def test_data_must_be_known(run, tmp_path, capsys):
    assert _explore("map", run[0] / "model.keras") == 2
    assert "--data must be given" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["explore"], ["explore", "edit", "run"]])
def test_missing_words_are_refused(words, capsys):
    with pytest.raises(SystemExit):
        cli.main(words)
    assert "required" in capsys.readouterr().err


def test_help_shows_defaults(capsys):
    with pytest.raises(SystemExit):
        cli.main(["explore", "nearest", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for part in ("(default: train)", "(default: 5)", "(default: nearest.png)"):
        assert part in text
    assert "None" not in text


def test_arithmetic_takes_attributes_of_the_data(tmp_path, monkeypatch, capsys):
    """With judges that need no training: of the brightness of two pixels."""
    import kerasgen.command.explore_latents as kinds

    trained = []

    def load(model, settings, args, labels, split):
        names = {"glasses": ["none", "round"], "hair": ["bald", "short", "long"]}
        data = kerasgen.data.Dataset(
            tiny.images(2, shape=(32, 32, 3)),
            np.array([0, 1]),
            batch_size=1,
            class_names=names[labels],
            split=split,
        )
        return data

    def network(train, test, steps):
        trained.append((train.class_names, test.split, steps))
        facts = {"accuracy": 1 - len(trained) / 10}
        return types.SimpleNamespace(place=len(trained), facts=facts)

    def judge(network, present, absent):
        trained.append((present, absent))
        i = network.place
        return lambda x: (x[:, i, 1, 0] > np.median(x[:, i, 1, 0])) * 1

    monkeypatch.setattr(kinds, "load_data", load)
    monkeypatch.setattr(kinds, "classifier_network", network)
    monkeypatch.setattr(kinds, "class_judge", judge)
    model = kerasgen.autoencoders.VAE((32, 32, 3), 2, hidden_widths=(4,), seed=1)
    model.save(tmp_path / "model.keras")
    npz = tmp_path / "a.npz"
    words = ["--data", "faces", "--first", "glasses=round,none", "--npz", npz]
    words += ["--second", "hair=long,bald", "--trials", 5, "--num-samples", 60]
    words += ["--judge-steps", 7]
    file = tmp_path / "model.keras"
    assert _explore("arithmetic", file, *words, out=tmp_path / "a.png") == 0
    assert trained[0] == (["none", "round"], "test", 7) and trained[1] == (1, 0)
    assert trained[2] == (["bald", "short", "long"], "test", 7) and trained[3] == (2, 0)
    text = capsys.readouterr().out
    assert "round, long in" in text and "by means of 3 (blindly" in text
    assert "that judge are right on 90.0% and 70.0% of test images" in text
    with np.load(npz) as arrays:
        assert arrays["images"].shape == (5, 4, 32, 32, 3)
        assert arrays["success"].shape == (2,) and arrays["available"].min() >= 3
    words[3] = "glasses"
    assert _explore("arithmetic", file, *words, out=tmp_path / "a.png") == 2
    assert "--first must be NAME=VALUE,VALUE" in capsys.readouterr().err


def test_duplicates_of_a_folder_are_found(tmp_path, capsys):
    folder = tmp_path / "images"
    for number, seed in enumerate((0, 1, 2, 1)):
        kerasgen.images.save_png(
            folder / f"{number}.png", tiny.images(1, seed, (8, 8, 3))[0]
        )
    npz = tmp_path / "a.npz"
    words = ["--data", f"folder:{folder}", "--coder-steps", "3", "--npz", str(npz)]
    assert cli.main(["explore", "duplicates", *words, "--out", str(npz) + ".png"]) == 0
    assert "1 of 4 images of" in capsys.readouterr().out
    with np.load(npz) as arrays:
        assert arrays["indices"].tolist() == [3] and arrays["originals"].tolist() == [1]
    assert cli.main(["explore", "duplicates"]) == 2
    assert "--data must be given" in capsys.readouterr().err


def test_theory_is_shown_without_a_model(tmp_path, capsys):
    out = tmp_path / "game.gif"
    words = ["--frames", "1", "--steps", "1", "--discriminator-only"]
    words += ["--mean", "1", "--deviation", "0.6", "--npz", str(tmp_path / "a.npz")]
    assert cli.main(["explore", "theory", *words, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"theory in {out}: 2 frames, 1 steps; value")
    assert "beside -1.3863 of the best discriminator" in text
    with Image.open(out) as image:
        assert image.format == "GIF"
    assert cli.main(["explore", "theory", "--out", "a.gif2"]) == 2
    assert "--out must end in .png" in capsys.readouterr().err
