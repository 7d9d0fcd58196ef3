"""Every recipe, by its settings of a check in seconds."""

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
