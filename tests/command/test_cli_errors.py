"""Every command on broken files, data and paths: one line that says what is wrong."""

import io
import json
import zipfile

import numpy as np
import pytest

import kerasgen
from kerasgen import errors
from kerasgen.command import cli
from kerasgen.images import png_bytes
from tests import tiny_recipe

pytestmark = pytest.mark.any_backend

SHAPE = (8, 8, 1)


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    model = kerasgen.autoencoders.VAE(SHAPE, 2, hidden_widths=(3,), seed=1)
    model.compile()
    path = tmp_path_factory.mktemp("models") / "vae.keras"
    model.save(path)
    return path


def _line(capsys, *words):
    """Runs a command that must fail, and returns its only line."""
    try:
        code = cli.main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    assert code == 2, captured.out
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), captured.err
    assert "Traceback" not in lines[0] and len(lines[0]) < 1200
    return lines[0]


# === Model files ===


def _zip(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def _entries(model_file):
    with zipfile.ZipFile(model_file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _changed(model_file, path, **settings):
    entries = _entries(model_file)
    config = json.loads(entries["config.json"])
    config["config"] |= settings
    _zip(path, entries | {"config.json": json.dumps(config)})


def _without_weights(model_file, path):
    entries = _entries(model_file)
    _zip(path, {k: v for k, v in entries.items() if "weights" not in k})


def _cut_weights(model_file, path):
    _zip(path, {k: v[:200] for k, v in _entries(model_file).items()} | _config(path))


def _config(path):
    config = {"registered_name": "kerasgen>VAE", "class_name": "VAE"}
    return {"config.json": json.dumps(config)}


def _broken_deflate(model_file, path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"registered_name": "x" * 500}))
    content = bytearray(buffer.getvalue())
    content[42:60] = b"\xff" * 18
    path.write_bytes(content)


def _encrypted(model_file, path):
    _zip(path, _config(path))
    content = path.read_bytes()
    # The flag of encryption, in the entry and in the directory.
    for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content = content[:start] + b"\x01\x00" + content[start + 2 :]
    path.write_bytes(content)


def _nested(model_file, path):
    _zip(path, {"config.json": "[" * 100_000})


BROKEN_MODELS = {
    "missing": lambda model, path: None,
    "a folder": lambda model, path: path.mkdir(),
    "empty": lambda model, path: path.write_bytes(b""),
    "text": lambda model, path: path.write_text("no model"),
    "cut": lambda model, path: path.write_bytes(model.read_bytes()[:300]),
    "no config": lambda model, path: _zip(path, {"a": "b"}),
    "nested JSON": _nested,
    "a list as the name": lambda model, path: _zip(
        path, {"config.json": '{"registered_name": ["kerasgen>VAE"]}'}
    ),
    "no settings": lambda model, path: _zip(path, _config(path)),
    "broken deflate": _broken_deflate,
    "encrypted": _encrypted,
    "no weights": _without_weights,
    "cut weights": _cut_weights,
    "other weights": lambda model, path: _changed(model, path, latent_dim=5),
    "a wrong argument": lambda model, path: _changed(model, path, latent_dim=-1),
    "an unknown argument": lambda model, path: _changed(model, path, spam=1),
    "a text as the shape": lambda model, path: _changed(model, path, image_shape="a"),
}
COMMANDS = {
    "sample": ["sample"],
    "evaluate": ["evaluate", "--data", "digits", "--scores", "none"],
    "explore": ["explore", "plane"],
}


@pytest.mark.parametrize("kind", BROKEN_MODELS)
def test_a_broken_model_is_one_line(model_file, kind, tmp_path, capsys):
    path = tmp_path / "broken.keras"
    BROKEN_MODELS[kind](model_file, path)
    for words in COMMANDS.values():
        assert str(path) in _line(capsys, *words, path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"settings": 3}', "[" * 100_000, "\xff"]
)
def test_a_broken_run_folder_is_one_line(model_file, content, tmp_path, capsys):
    (tmp_path / "model.keras").write_bytes(model_file.read_bytes())
    (tmp_path / "config.json").write_text(content, encoding="latin-1")
    for words in COMMANDS.values():
        assert "config.json" in _line(capsys, *words, tmp_path)


# === Data ===


def _pictures(folder, count=12):
    folder.mkdir()
    values = np.random.default_rng(0).integers(0, 256, (count, 8, 8), "uint8")
    for number, x in enumerate(values):
        (folder / f"{number:02d}.png").write_bytes(png_bytes(x))


def _late(folder):
    """Makes a folder whose last file has a good header and no more."""
    _pictures(folder / "test")
    last = folder / "test" / "11.png"
    last.write_bytes(last.read_bytes()[:45])
    _pictures(folder / "train")


@pytest.fixture
def bad_data(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "late").mkdir()
    _late(tmp_path / "late")
    (tmp_path / "text.npz").write_text("no arrays")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    return tmp_path


BAD_DATA = (
    "folder:{}/none",
    "folder:{}/empty",
    "folder:{}/late",
    "npz:{}/none.npz",
    "npz:{}/text.npz",
    "npz:{}/other.npz",
    "{}/late",
    "digit",
    "mixture",
)


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data_is_one_line(model_file, name, bad_data, tmp_path, capsys):
    name = name.format(bad_data)
    out = ["--out", tmp_path / "a.png"]
    _line(capsys, "evaluate", model_file, "--data", name, "--batch-size", 4)
    _line(capsys, "explore", "map", model_file, "--data", name, *out)
    assert not (tmp_path / "a.png").exists()


def test_data_that_fails_within_tensorflow_is_told_by_its_own_words():
    text = (
        "{{function_node __wrapped__IteratorGetNext}} ValueError: `x` must be a\n"
        "picture. Received: x=3\nTraceback (most recent call last):\n\n  File ...\n\n"
        "ValueError: `x` must be a picture. Received: x=3\n\n\t [[{{node PyFunc}}]]"
    )
    assert errors.describe(ValueError(text)) == "`x` must be a picture. Received: x=3"


RECIPE = '''
"""A recipe on data by name."""

import kerasgen


def main(data="digits", data_dir=None, run=None):
    """Trains.

    Args:
        data: name of the data.
        data_dir: str. Where it lies.
    """
    dataset = kerasgen.data.load(data, data_dir=data_dir, batch_size=4, image_size=8)
    model = kerasgen.gans.GAN(
        dataset.image_shape, 2, generator_units=2, discriminator_units=2
    )
    model.compile()
    run.fit(model, dataset, epochs=1)
    return run.finish(model, dataset)
'''


def test_bad_data_of_a_recipe_is_one_line_with_a_remedy(
    bad_data, tmp_path, capsys, monkeypatch
):
    recipe = tmp_path / "recipe.py"
    recipe.write_text(RECIPE)
    words = ["train", recipe, "--verbose", 0, "--data"]
    late = bad_data / "late"
    (late / "train" / "05.png").write_bytes((late / "test" / "11.png").read_bytes())
    for name in ("folder:{}/none", "folder:{}/empty", "folder:{}/late", "digit"):
        out = ["--out", tmp_path / f"run-{name[-4:]}"]
        _line(capsys, *words, name.format(bad_data), *out)
    monkeypatch.setenv("TFDS_DATA_DIR", str(bad_data / "empty"))
    monkeypatch.setenv("HOME", str(bad_data / "empty"))
    words += ["mnist", "--out", tmp_path / "run"]
    assert "--download" in _line(capsys, *words)
    monkeypatch.setattr(kerasgen.data.tfds, "network_reachable", lambda: False)
    assert "needs the network" in _line(capsys, *words, "--download")


# === Paths and flags ===


def test_paths_that_cannot_be_written_are_one_line(model_file, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "folder.npz").mkdir()
    sample, explore = ["sample", model_file], ["explore", "plane", model_file]
    for words in (sample, explore):
        for flag, path in (
            ("--out", tmp_path / "file" / "a.png"),
            ("--out", tmp_path / "folder.png"),
            ("--npz", tmp_path / "folder.npz"),
            ("--out", tmp_path / ("x" * 300 + ".png")),
        ):
            out = ["--out", tmp_path / "a.png"] if flag == "--npz" else []
            assert str(path)[:40] in _line(capsys, *words, *out, flag, path)
    recipe = ["train", tiny_recipe.__file__, "--verbose", 0, "--out"]
    _line(capsys, *recipe, tmp_path / "file")
    _line(capsys, *recipe, tmp_path / "file" / "run")


@pytest.mark.parametrize(
    "words",
    [
        "sample MODEL -n 0",
        "sample MODEL --seed -1",
        "sample MODEL --batch-size 0",
        "sample MODEL --columns 0",
        "sample MODEL --labels 1",
        "sample MODEL --labels a",
        "sample MODEL --spam",
        "evaluate MODEL --data digits --split spam",
        "evaluate MODEL --data digits --batch-size 0",
        "evaluate MODEL --data digits --num-examples 0",
        "evaluate MODEL --data digits --samples 0",
        "evaluate MODEL --data digits --parzen 0",
        "evaluate MODEL --data digits --seed -1",
        "evaluate MODEL --data digits --num-samples 1",
        "evaluate MODEL --data digits --network spam",
        "explore traverse MODEL --dimensions 7",
        "explore traverse MODEL --steps 0",
        "explore plane MODEL --label 3",
        "explore interpolate MODEL --rows 0",
        "explore edit MODEL --data digits --dimension 9",
        "explore edit MODEL --data digits --dimension 1 --amounts=nan",
        "explore nearest MODEL --data digits -k 100000",
        "explore map MODEL --data digits --num-examples 1 --method tsne",
        "explore map MODEL --data digits --num-examples -5",
        "explore map MODEL --data digits --seed -1",
        "explore spam MODEL",
        "train spam",
        "train",
        "spam",
        "list spam",
    ],
)
def test_wrong_flags_are_one_line(model_file, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _line(capsys, *words.replace("MODEL", str(model_file)).split())
    assert not list(tmp_path.iterdir())
