import json
import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import listing, quiet
from kerasgen.command import cli, commands
from kerasgen.images import labeled_grid, save_png
from kerasgen.metrics import parzen_window, score_samples
from tests import faults, tiny_recipe
from tests.processes import run_python

pytestmark = pytest.mark.any_backend

ROOT = Path(__file__).parents[2]
RUNNING = keras.backend.backend()


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A file with a small conditional GAN for the digits."""
    model = kerasgen.gans.GAN(
        (8, 8, 1), generator_units=4, discriminator_units=3, num_classes=10, seed=1
    )
    model.compile()
    path = tmp_path_factory.mktemp("models") / "gan.keras"
    model.save(path)
    return path


def _read_png(path):
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image)


def _error(capsys, *argv):
    """Runs a command that must fail as a user's error, and returns its message."""
    assert cli.main([str(word) for word in argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and "Traceback" not in captured.err
    return captured.err


# === list and train ===


def test_list_names_models_and_papers_within_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "gans:" in lines
    (dcgan,) = (line for line in lines if line.startswith("  gans/dcgan"))
    assert 'Radford et al., 2016, "Unsupervised' in dcgan and dcgan.endswith("…")
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert names == list(kerasgen.list_models())
    monkeypatch.setenv("COLUMNS", "300")
    assert cli.main(["list", "gans"]) == 0
    text = capsys.readouterr().out
    assert 'Goodfellow et al., 2014, "Generative Adversarial Networks"' in text
    assert "autoencoders" not in text and "…" not in text


def test_list_says_where_a_recipe_is_missing(capsys, tmp_path):
    (tmp_path / "gans").mkdir()
    (tmp_path / "gans" / "gan.py").touch()
    listing.run_list("gans", tmp_path)
    lines = capsys.readouterr().out.splitlines()[1:]
    with_recipe = [line.split()[0] for line in lines if "(no recipe)" not in line]
    assert with_recipe == ["gans/gan"] and len(lines) > 2


def test_list_shows_the_best_results(capsys):
    assert cli.main(["list", "gans", "--results"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    models = [i for i, line in enumerate(lines) if line.startswith("  gans/")]
    assert [i + 1 for i in models] == [
        i
        for i, line in enumerate(lines)
        if line.startswith("      ")
        if lines[i - 1].startswith("  gans/")
    ]
    dcgan = next(i for i in models if "gans/dcgan " in lines[i])
    assert "MNIST: " in lines[dcgan + 1] and "epochs)" in lines[dcgan + 1]


def test_list_refuses_other_families(capsys):
    assert "`family` must be one of" in _error(capsys, "list", "gan")


def test_train_runs_a_recipe_with_its_flags(tmp_path, capsys):
    words = f"--smoke --num-examples 8 --verbose 0 --out {tmp_path / 'run'}"
    assert cli.main(["train", tiny_recipe.__file__, *words.split()]) == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["command"] == f"kerasgen train {tiny_recipe.__file__} {words}"
    assert results["steps"] == 2


def test_train_help_shows_the_flags_of_the_recipe(capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(["train", tiny_recipe.__file__, "--help"])
    assert error.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: kerasgen train")
    assert "--learning-rate FLOAT" in text


def test_train_names_the_nearest_recipe(capsys, monkeypatch):
    monkeypatch.setattr(
        "kerasgen.runs.recipe.list_recipes", lambda: {"gans/wgan_gp": Path("x.py")}
    )
    error = _error(capsys, "train", "gans/wgan-gp")
    assert error.startswith("error: Did you mean 'gans/wgan_gp'? ")
    assert error.count("\n") == 1


def test_train_shows_a_users_error_without_a_traceback(tmp_path, capsys):
    words = ["--data", "bad", "--out", tmp_path, "--verbose", 0]
    message = _error(capsys, "train", tiny_recipe.__file__, *words)
    assert message == "error: `data` must be 'noise'. Received: data='bad'\n"


# === sample ===


def test_sample_writes_the_grid_and_the_arrays(model_file, tmp_path, capsys):
    out, npz = tmp_path / "grid.png", tmp_path / "samples.npz"
    words = [
        "sample",
        model_file,
        "-n",
        5,
        "--seed",
        3,
        "--labels",
        "0,7",
        "--out",
        out,
    ]
    assert cli.main([str(word) for word in [*words, "--npz", npz]]) == 0
    labels = np.array([0, 7, 0, 7, 0])
    model = keras.models.load_model(model_file)
    expected = model.sample(5, labels=labels, seed=3)
    with np.load(npz) as arrays:
        np.testing.assert_array_equal(arrays["samples"], expected)
        np.testing.assert_array_equal(arrays["labels"], labels)
    title = f"{type(model).__name__}: samples"
    picture = labeled_grid(expected, labels, 2, title)
    np.testing.assert_array_equal(_read_png(out), picture[..., 0])
    assert str(out) in capsys.readouterr().out


@pytest.mark.parametrize(
    "words, shape, labels",
    [
        ([], (6, 10), [*range(10)] * 6),
        (["--labels", "0,1,2,3,4,5,6,7,8,9"], (6, 10), [*range(10)] * 6),
        (["--labels", "0,7,2"], (7, 9), [0, 7, 2] * 21),
        (["--labels", "4"], (8, 8), [4] * 64),
        (["-n", "20", "--columns", "5"], (4, 5), [*range(10)] * 2),
    ],
)
def test_every_column_of_a_conditional_sample_is_one_class(
    model_file, words, shape, labels, tmp_path
):
    files = ["--out", tmp_path / "a.png", "--npz", tmp_path / "a.npz"]
    assert cli.main([str(w) for w in ["sample", model_file, *words, *files]]) == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["labels"].tolist() == labels
        title = f"{type(keras.models.load_model(model_file)).__name__}: samples"
        expected = labeled_grid(arrays["samples"], labels, shape[1], title)
    np.testing.assert_array_equal(_read_png(tmp_path / "a.png"), expected[..., 0])
    assert len(labels) == shape[0] * shape[1]


def test_the_ending_of_a_file_says_what_it_holds(model_file, tmp_path, capsys):
    from PIL import Image

    for name, kind in (("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG")):
        assert cli.main(["sample", str(model_file), "--out", str(tmp_path / name)]) == 0
        with Image.open(tmp_path / name) as image:
            assert image.format == kind
    capsys.readouterr()
    for flag, name in (("--out", "a.gif"), ("--out", "a"), ("--npz", "a.csv")):
        error = _error(capsys, "sample", model_file, flag, tmp_path / name)
        assert f"{flag} must end in" in error and not (tmp_path / name).exists()


def test_sample_refuses_what_the_model_has_not(model_file, capsys):
    error = _error(capsys, "sample", model_file, "--temperature", 0.5)
    assert "--temperature" in error
    error = _error(capsys, "sample", model_file, "--truncation", 0.0)
    assert "`truncation` must be" in error
    assert "`labels` must be in [0, 9]" in _error(
        capsys, "sample", model_file, "--labels", 10
    )
    assert "`num_samples` must be" in _error(capsys, "sample", model_file, "-n", 0)


# === evaluate ===


def test_evaluate_prints_figures_and_what_they_are_of(model_file, capsys):
    words = ["evaluate", str(model_file), "--data", "digits", "--num-examples", "20"]
    words += ["--scores", "none"]
    assert cli.main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    data = kerasgen.data.load(
        "digits", split="test", labels=True, image_size=8, num_examples=20
    )
    model = keras.models.load_model(model_file)
    expected = model.evaluate(data, return_dict=True, verbose=0)
    assert found["figures"] == pytest.approx(expected, rel=1e-5)
    assert found["num_examples"] == 20
    assert (found["data"], found["split"]) == ("digits", "test")
    assert cli.main(words) == 0
    lines = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()
    )
    assert lines["num_examples"] == "20"
    assert lines["class"] == "GAN"
    assert float(lines["generator_loss"]) == pytest.approx(
        expected["generator_loss"], rel=1e-4
    )


def test_evaluate_scores_samples_beside_real_images(model_file, capsys):
    words = ["evaluate", str(model_file), "--data", "digits", "--num-samples", "30"]
    words += ["--network", "random"]
    assert cli.main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    data = [kerasgen.data.load("digits", s, labels=True) for s in ("test", "train")]
    network = kerasgen.metrics.feature_network("random", data[1])
    model = keras.models.load_model(model_file)
    expected = score_samples(model, *data, network, 30, batch_size=128)
    assert [s["name"] for s in found["scores"]] == [s.name for s in expected.scores]
    for score, other in zip(found["scores"], expected.scores, strict=True):
        assert score["value"] == pytest.approx(other.value, rel=1e-3, abs=1e-3)
        if other.real is not None:
            assert score["real"] == pytest.approx(other.real, rel=1e-3, abs=1e-3)
    assert found["settings"] == expected.settings
    assert cli.main([*words, "--scores", "precision_recall"]) == 0
    text = capsys.readouterr().out
    assert "recall [random]" in text and "30 of digits, split test" in text
    assert "ms_ssim" not in text
    words += ["--network-weights", "no-such-file", "--scores", "precision_recall"]
    error = _error(capsys, *words[:-4], "--network", "inception", *words[-4:])
    assert "no-such-file" in error
    error = _error(capsys, *words, "--scores", "spam")
    assert "`scores` must be some of" in error


def test_evaluate_needs_data_it_can_find(model_file, capsys):
    assert "--data must be given" in _error(capsys, "evaluate", model_file)
    error = _error(capsys, "evaluate", model_file, "--data", "digit")
    assert "digits" in error


@pytest.mark.parametrize("count, split", [(30, "test"), (4, "train")])
def test_evaluate_takes_a_folder_without_a_test_split(
    model_file, tmp_path, capsys, count, split
):
    pictures = np.random.default_rng(0).integers(0, 256, (count, 8, 8), "uint8")
    for number, picture in enumerate(pictures):
        folder = tmp_path / "pictures" / f"class-{number % 10 if count > 9 else 0}"
        save_png(folder / f"{number}.png", picture)
    words = ["evaluate", model_file, "--data", f"folder:{tmp_path / 'pictures'}"]
    words += ["--scores", "none"]
    assert cli.main([*map(str, words), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["split"] == split and found["num_examples"] >= 1
    assert "no measure of how good samples are" in found["note"]
    error = _error(capsys, *words, "--split", "tset")
    assert "split" in error and error.count("\n") == 1


def test_evaluate_refuses_a_bound_that_the_model_has_not(model_file, capsys):
    words = ["--data", "digits", "--num-examples", 4, "--samples", 8]
    assert "--samples must be left out" in _error(
        capsys, "evaluate", model_file, *words
    )


def test_evaluate_scores_samples_by_a_parzen_window(model_file, capsys):
    words = ["evaluate", str(model_file), "--data", "digits", "--seed", "3", "--json"]
    words += ["--scores", "none"]
    assert cli.main([*words, "--num-examples", "20", "--parzen", "30"]) == 0
    found = json.loads(capsys.readouterr().out)["figures"]
    options = {"image_size": 8, "batch_size": 1}
    train = kerasgen.data.load("digits", **options).spread(1000)[0]
    test = kerasgen.data.load("digits", split="test", num_examples=20, **options)
    samples = keras.models.load_model(model_file).sample(30, seed=3)
    expected = parzen_window(samples, train, test.arrays()[0])
    assert found["parzen"] == pytest.approx(expected["parzen"], rel=1e-4)
    assert found["parzen_sigma"] == expected["parzen_sigma"]
    assert (found["parzen_samples"], found["parzen_images"]) == (30, 20)
    error = _error(capsys, *words, "--split", "train", "--parzen", "30")
    assert "--split must not be train" in error
    assert "`parzen` must be" in _error(capsys, *words, "--parzen", "0")


def test_evaluate_names_the_bound_and_how_pixels_were_drawn(tmp_path, capsys):
    model = kerasgen.autoencoders.VAE((8, 8, 1), latent_dim=2, hidden_widths=(4,))
    model.compile()
    model.save(tmp_path / "vae.keras")
    words = ["evaluate", tmp_path / "vae.keras", "--data", "digits"]
    words += ["--num-examples", 20, "--samples", 3, "--seed", 5, "--json"]
    words += ["--scores", "none"]
    assert cli.main([str(word) for word in words]) == 0
    found = json.loads(capsys.readouterr().out)
    data = kerasgen.data.load("digits", split="test", image_size=8, num_examples=20)
    expected = np.mean(model.log_prob(data.arrays()[0], num_samples=3, seed=5))
    assert found["figures"]["importance_weighted_bound_3"] == pytest.approx(
        expected, rel=1e-5
    )
    assert found["likelihood"] == "bernoulli"
    assert found["binarization"] == "dynamic"


def test_evaluate_prints_the_exact_likelihood_with_all_that_it_depends_on(
    tmp_path, capsys
):
    model = kerasgen.autoregressive.PixelCNN((8, 8, 1), 2, 1, 2, levels=4, seed=0)
    model.compile()
    model.save(tmp_path / "model.keras")
    words = ["evaluate", tmp_path / "model.keras", "--data", "digits"]
    words += ["--num-examples", 21, "--batch-size", 4, "--scores", "none"]
    assert cli.main([str(word) for word in words]) == 0
    lines = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()
    )
    data = kerasgen.data.load("digits", split="test", image_size=8, num_examples=21)
    x = data.arrays()[0]
    nats, unit = lines["loss"].split(maxsplit=1)
    # A mean over images, not over batches: the last batch has one image.
    assert float(nats) == pytest.approx(-model.log_prob(x).mean(), rel=1e-4)
    assert unit == "nats an image"
    bits, unit = lines["bits_per_dim"].split(maxsplit=1)
    assert float(bits) == pytest.approx(model.bits_per_dim(x).mean(), rel=1e-4)
    assert unit == "bits a sub-pixel"
    facts = ("data", "split", "num_examples", "levels")
    assert [lines[key] for key in facts] == ["digits", "test", "21", "4"]
    assert "binarization" not in lines


# === model files ===


def test_run_folder_gives_its_model_and_settings(model_file, tmp_path):
    (tmp_path / "model.keras").write_bytes(model_file.read_bytes())
    config = {"settings": {"data": "digits"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    model, settings = commands.load_model(tmp_path)
    assert type(model) is kerasgen.gans.GAN
    assert settings == {"data": "digits"}


def test_unfinished_run_and_missing_file_are_refused(tmp_path, capsys):
    assert "must hold a model.keras" in _error(capsys, "sample", tmp_path)
    error = _error(capsys, "sample", tmp_path / "none.keras")
    assert "must be a file or a run folder" in error
    (tmp_path / "gan-folder-pets").mkdir()
    (tmp_path / "gan-folder-pets" / "config.json").write_text('{"settings": {}}')
    error = _error(capsys, "sample", tmp_path / "gan-pets")
    assert f"Did you mean {tmp_path / 'gan-folder-pets'}?" in error
    error = _error(capsys, "sample", tmp_path / "gan-folder-pets")
    assert "It made no step. To run it: its command" in error


def test_foreign_model_is_refused(tmp_path, capsys):
    path = tmp_path / "foreign.keras"
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.save(path)
    assert "must be one of kerasgen's" in _error(capsys, "sample", path)


def test_code_behind_the_name_of_a_model_is_refused(model_file, tmp_path, capsys):
    layer = keras.layers.Lambda(lambda x: x)
    path = tmp_path / "hostile.keras"
    with zipfile.ZipFile(model_file) as whole, zipfile.ZipFile(path, "w") as hostile:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "config.json":
                config = json.loads(content)
                inner = keras.saving.serialize_keras_object(layer)
                config["config"]["dtype"] = inner
                content = json.dumps(config)
            hostile.writestr(name, content)
    error = _error(capsys, "sample", path)
    assert "cannot be loaded" in error and "Lambda" in error


def test_models_are_loaded_in_safe_mode(model_file, monkeypatch):
    def load(path, safe_mode):
        return safe_mode

    monkeypatch.setattr(keras.models, "load_model", load)
    assert commands.load_model(model_file) == (True, {})


def test_damaged_model_is_refused(model_file, tmp_path, capsys):
    path = tmp_path / "damaged.keras"
    with zipfile.ZipFile(model_file) as whole, zipfile.ZipFile(path, "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content[:99] if "weights" in name else content)
    assert "cannot be loaded" in _error(capsys, "sample", path)


@pytest.mark.parametrize("content", ["not json", "[]", "{}", '{"registered_name": 3}'])
def test_file_that_keras_did_not_write_is_refused(content, tmp_path, capsys):
    path = tmp_path / "bad.keras"
    _rewrite(path, content)
    assert "the model must be" in _error(capsys, "sample", path)
    path.write_text("not a zip file")
    assert "that Keras wrote" in _error(capsys, "sample", path)


def _rewrite(path, config):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)


# === the command ===


def test_nothing_to_do_prints_the_help(capsys):
    assert cli.main([]) == 0
    assert "evaluate" in capsys.readouterr().out


def test_another_backend_in_this_process_is_refused(model_file, capsys, monkeypatch):
    monkeypatch.setattr(os, "execv", pytest.fail)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    other = next(name for name in cli.BACKENDS if name != RUNNING)
    for words in (["sample", model_file], ["train", tiny_recipe.__file__]):
        error = _error(capsys, *words, "--backend", other)
        assert f"--backend must be {RUNNING}" in error


def test_errors_of_the_code_keep_their_traceback(monkeypatch):
    def fail(args):
        raise ValueError("a bug")

    monkeypatch.setattr(commands, "run_sample", fail)
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["sample", "model"])


@pytest.mark.parametrize(
    "words, start",
    [
        (["sample", "--help"], "usage: kerasgen sample"),
        (["list"], "autoencoders:"),
        (["list", "gans", "--results"], "gans:"),
        (["record", "--tables"], str(ROOT / "recipes" / "README.md")),
        (["--version"], f"kerasgen {kerasgen.__version__}"),
    ],
)
def test_what_needs_no_keras_does_not_import_it(words, start):
    code = (
        "import sys, kerasgen_command\n"
        f"sys.argv = ['kerasgen', *{words}]\n"
        "try:\n"
        "    kerasgen_command.main()\n"
        "except SystemExit as end:\n"
        "    print(end.code, 'keras' in sys.modules)\n"
    )
    done = _python("-c", code)
    assert done.stdout.startswith(start)
    assert done.stdout.splitlines()[-1] == "0 False"


def _python(*words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


def test_python_m_kerasgen_is_the_command_and_is_quiet():
    done = _python("-X", "importtime", "-m", "kerasgen", "--version")
    assert done.stdout == f"kerasgen {kerasgen.__version__}\n"
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "kerasgen.command.cli" in imported and "keras" not in imported
    done = _python("-m", "kerasgen", "--version")
    assert done.stderr == ""


def test_recipes_are_known(monkeypatch):
    recipe = ROOT / "recipes" / "gans" / "dcgan.py"
    main = types.SimpleNamespace(__file__=str(recipe))
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", ["dcgan.py"])
    assert quiet.is_recipe()
    main.__file__ = str(ROOT / "tests" / "tiny_recipe.py")
    assert not quiet.is_recipe()


def test_the_command_imports_the_package_by_itself():
    code = (
        "import sys\n"
        "for name in [name for name in sys.modules if name.startswith('kerasgen')]:\n"
        "    del sys.modules[name]\n"
        "import kerasgen_command as c; sys.argv = ['kerasgen', 'sample', 'no']\n"
        "try:\n"
        "    c.main()\n"
        "except SystemExit as end:\n"
        "    import kerasgen; print(end.code, kerasgen.gans.GAN, kerasgen.show)\n"
    )
    done = run_python(code)
    assert done.stdout.startswith("2 <class 'kerasgen.gans.gan.GAN'> <function show")
    assert done.stderr.startswith("error: the model must be a file or a run folder.")


def test_the_import_of_tensorflow_is_quiet_whenever_it_comes(tmp_path):
    """A package of that name that writes what TensorFlow's libraries do."""
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text(
        "import os\n"
        "os.write(2, b'I0000 00:00:1795816639.588283   282 cudart_stub.cc:31] No\\n')\n"
        "os.write(2, b'said\\n')\n"
        "place = __spec__.loader\n"
    )
    code = (
        "from kerasgen import quiet; quiet.watch_tensorflow()\n"
        f"sys.path.insert(0, {str(tmp_path)!r}); before = len(sys.meta_path)\n"
        "import tensorflow\n"
        "print(type(tensorflow.place).__name__, before - len(sys.meta_path))\n"
    )
    done = _python("-c", faults.WITHOUT_KERAS + code)
    assert done.stderr == "said\n" and done.stdout == "SourceFileLoader 1\n"


def test_logs_of_frameworks_are_held_back_and_all_else_is_shown(capfd):
    noise = (
        "WARNING: All log messages before absl::InitializeLog() is called are written\n"
        "I0000 00:00:1795816639.588283   28258 cudart_stub.cc:31] Could not find cuda\n"
        "E0000 00:00:1795816156.588445  1 cuda_platform.cc:52] failed call to cuInit\n"
        "To enable the following instructions: AVX2, rebuild TensorFlow with\n"
    )
    with quiet._filtered_stderr():
        os.write(2, noise.encode())
        sys.stderr.write("a warning of Python\n")
    os.write(2, noise.encode())
    assert capfd.readouterr().err == "a warning of Python\n" + noise
    with pytest.raises(ImportError), quiet._filtered_stderr():
        os.write(2, b"why it failed\n")
        raise ImportError
    assert capfd.readouterr().err == "why it failed\n"
