"""Every recipe, by its settings of a check in seconds."""

import inspect
import json

import keras
import numpy as np
import pytest

from kerasgen import recipe
from tests.conformance import differing, numpy_state


@pytest.mark.skipif(
    keras.backend.backend() != "torch",
    reason="recipes hold no code of a backend, and PyTorch compiles nothing",
)
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
