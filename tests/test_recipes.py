"""Every recipe, by its settings of a check in seconds."""

import inspect
import json

import keras
import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.runs import recipe
from tests.conformance import differing, numpy_state

BINARY = ("fvbn", "made", "nade")  # recipes of models of binary pixels
# Recipes of models of other data, and what they say of pictures.
NO_PICTURES = {
    "c_rnn_gan": "`options` of 'folder:.*Received: length=6",
    "three_d_gan": "`volume_shape` must be",
}
NEED_LABELS = ("cvae", "semi_supervised_vae")
FLAT = ("/vae", "/cvae", "/quadrant_cvae", "/semi_supervised_vae", "/fvbn", "/dcgan")

on_torch = pytest.mark.skipif(
    keras.backend.backend() != "torch",
    reason="recipes hold no code of a backend, and PyTorch compiles nothing",
)


@on_torch
@pytest.mark.parametrize("name", recipe.list_recipes())
def test_smoke(name, tmp_path, monkeypatch):
    folder, made = tmp_path / "run", []
    finish = recipe.Run.finish

    def keep(run, model, *args, **kwargs):
        made.append(model)
        return finish(run, model, *args, **kwargs)

    monkeypatch.setattr(recipe.Run, "finish", keep)
    words = ["--smoke", "--verbose", "0", "--out", str(folder)]
    results = recipe.run(recipe.load_recipe(name), words)
    assert results == json.loads((folder / "results.json").read_text())
    assert results["steps"] > 0
    figures = {**results["metrics"], **results["evaluation"]}
    numbers = [x for x in figures.values() if isinstance(x, int | float)]
    assert numbers and np.isfinite(numbers).all(), figures
    assert list(folder.rglob("*.png"))
    loaded = keras.models.load_model(folder / "model.keras")
    (model,) = made
    model.reset_metrics()  # not part of a saved model
    assert type(loaded) is type(model)
    assert not differing(numpy_state(model), numpy_state(loaded))


@pytest.mark.parametrize("name", recipe.list_recipes())
def test_test_images_are_left_alone_while_settings_are_chosen(name):
    """Every recipe that has figures of test images can do without them."""
    source = recipe.list_recipes()[name].read_text()
    assert 'split="test"' not in source and "test_" not in source.split("def main")[1]
    parameters = inspect.signature(recipe.load_recipe(name)).parameters
    assert ("load_splits(data, validation, seed" in source) == (
        "validation" in parameters
    )
    if not name.startswith("gans/"):  # they have no figures of images held out
        assert parameters["validation"].default == 0


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="as above")
def test_figures_of_a_part_held_out(tmp_path):
    words = "--smoke --verbose 0 --num-labeled 20 --validation 50".split()
    main = recipe.load_recipe("autoencoders/aae")
    results = recipe.run(main, [*words, "--out", str(tmp_path / "run")])
    assert results["data"]["num_examples"] == 1450
    figures = results["evaluation"]
    assert all(name.startswith("validation_") for name in figures)
    error = figures["validation_error"]
    expected = np.sqrt(error * (1 - error) / 49)
    assert figures["validation_error_standard_error"] == pytest.approx(expected)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of one's own: color photographs by class, and grey ones, flat."""
    root = tmp_path_factory.mktemp("own")
    pixels = np.random.default_rng(0).integers(0, 256, (330, 9, 8, 3), "uint8")
    for i, image in enumerate(pixels):
        color = root / "color" / ("cat", "dog", "frog")[i % 3] / f"{i}.png"
        grey = root / "grey" / f"{i}.png"
        for path, array in ((color, image), (grey, image[..., 0])):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)
    return root


def run_on_folder(name, folder, out, *words):
    main = recipe.load_recipe(name)
    sized = "image_size" in inspect.signature(main).parameters
    size = ["--image-size", "8"] if sized else []
    words = ["--smoke", *size, "--data", f"folder:{folder}", *words]
    return recipe.run(main, [*words, "--out", str(out)])


@on_torch
@pytest.mark.parametrize(
    "kind, name",
    [("color", name) for name in recipe.list_recipes()]
    + [("grey", name) for name in recipe.list_recipes() if name.endswith(FLAT)],
)
def test_a_folder_of_ones_own(name, kind, folders, tmp_path, capsys):
    base, words = name.split("/")[1], []
    if base in NO_PICTURES:
        with pytest.raises(recipe.RunError, match=NO_PICTURES[base]):
            run_on_folder(name, folders / kind, tmp_path / "none")
        return
    if kind == "grey" and base in NEED_LABELS:
        with pytest.raises(recipe.RunError, match="`labels` must be False"):
            run_on_folder(name, folders / kind, tmp_path / "none")
        return
    if base in BINARY:
        with pytest.raises(recipe.RunError, match="--binarization dynamic"):
            run_on_folder(name, folders / kind, tmp_path / "none")
        words = ["--binarization", "threshold"]
    parameters = inspect.signature(recipe.load_recipe(name)).parameters
    domains = "target" in parameters and "direction" not in parameters
    if domains:  # the grey ones are the other
        words = ["--target", f"folder:{folders / 'grey'}"]
    results = run_on_folder(name, folders / kind, tmp_path / "run", *words)
    said = capsys.readouterr().out
    assert "33 are the split 'test'" in said
    loaded = keras.models.load_model(tmp_path / "run" / "model.keras")
    depth = 3 if kind == "color" else 1
    shape = results["data"]["data_shape"]
    assert shape == ({"a": [8, 8, 3], "b": [8, 8, 1]} if domains else [8, 8, depth])
    if hasattr(loaded, "likelihood"):
        assert loaded.likelihood != "bernoulli" and "nothing is made binary" in said
    elif base not in BINARY and hasattr(loaded, "levels"):
        assert loaded.levels == 256 and "all their 256 levels" in said


def test_digits_are_made_binary_and_other_images_are_not(folders):
    load, choose = kerasgen.data.load, kerasgen.data.choose_likelihood
    assert choose(load("digits"))["likelihood"] == "bernoulli"
    assert kerasgen.data.choose_levels(load("digits"), drawn=2) == 2
    drawing = np.zeros((200, 8, 8, 1), "uint8")
    drawing[:, :4] = 255
    assert kerasgen.data.choose_binarization(load(drawing)) == "dynamic"
    drawing[100, 0] = 128
    drawing[::7, 0] = 128
    assert choose(load(drawing))["binarization"] is None
    assert choose(load("mixture"))["likelihood"] == "gaussian"
    grey = load(f"folder:{folders / 'grey'}", image_size=8)
    assert choose(grey, other="categorical")["likelihood"] == "categorical"
    assert choose(grey, "bernoulli")["binarization"] == "dynamic"
    with pytest.raises(ValueError, match="`binarization` must be given for images"):
        kerasgen.data.choose_binarization(grey)
