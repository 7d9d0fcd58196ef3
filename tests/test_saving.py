"""Every model through its `.keras` file, in a new process and on another backend."""

import importlib.util
import json
import shutil
import zipfile

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.training.model_file import check_model_file
from tests.conformance import (
    as_fitted,
    example_batch,
    numpy_state,
    outputs_of,
)
from tests.eagerly import REPRESENTATIVES, eagerly
from tests.processes import run_python
from tests.test_cross_backend import small_arguments

HERE = keras.backend.backend()
MODELS = kerasgen.list_models()
# These draw and train elsewhere, where nothing compiles all models do.
DRAWN = REPRESENTATIVES
# TensorFlow and JAX write files of these, and of one with models of its own in it.
SAVED = sorted(MODELS) if HERE == "torch" else [*DRAWN, "autoencoders/vqvae2"]

GO_ON = """
import json, pathlib, sys
import keras, numpy as np
import kerasgen
from tests.conformance import example_batch, numpy_state, outputs_of
from tests.eagerly import eagerly
folder, steps, used = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
for path in sorted(pathlib.Path(folder).glob("*.keras")):
    model = keras.models.load_model(path)
    found = {f"loaded/{name}": value for name, value in numpy_state(model).items()}
    if path.stem in used:
        with eagerly():
            found["samples"] = outputs_of(model)
            for seed in range(1, 1 + steps):
                model.train_on_batch(*example_batch(model, seed=seed))
        found |= numpy_state(model)
    np.savez(path.with_suffix(".npz"), **found)
"""


def _stem(name):
    return name.replace("/", "-")


def _go_on(folder, backend, steps, names):
    used = json.dumps([_stem(name) for name in names])
    words = (str(folder), str(steps), used)
    done = run_python(GO_ON, *words, backend=backend, timeout=1200)
    assert done.returncode == 0, done.stderr[-3000:]


def _make(name):
    """Returns a model after one step."""
    keras.utils.set_random_seed(0)
    model = as_fitted(MODELS[name](**small_arguments(name), seed=2))
    model.compile(average_decay=0.9)
    model.train_on_batch(*example_batch(model, seed=0))
    model.reset_metrics()
    return model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Models, each saved after one step, and what they then were and drew."""
    folder = tmp_path_factory.mktemp("saved")
    with eagerly():
        models = {name: _make(name) for name in SAVED}
        drawn = {name: outputs_of(model) for name, model in models.items()}
    for name, model in models.items():
        model.save(folder / f"{_stem(name)}.keras")
    states = {name: numpy_state(model) for name, model in models.items()}
    return folder, models, states, drawn


def test_models_go_on_bit_for_bit_in_a_new_process(saved):
    folder, models, _, drawn = saved
    for name, model in models.items():  # a good file declares no more than it holds
        path = folder / f"{_stem(name)}.keras"
        check_model_file(path, type(model), model.get_config())
    _go_on(folder, HERE, 2, models)
    for name, model in models.items():
        with np.load(folder / f"{_stem(name)}.npz") as there:
            np.testing.assert_array_equal(drawn[name], there["samples"])
            for seed in (1, 2):
                model.train_on_batch(*example_batch(model, seed=seed))
            for key, values in numpy_state(model).items():
                np.testing.assert_array_equal(values, there[key], err_msg=key)


@pytest.mark.parametrize("other", ["tensorflow", "jax", "torch"])
def test_files_load_on_the_other_backends(saved, other, tmp_path):
    """Every model has the same state there; one of each kind draws the same."""
    if other == HERE:
        pytest.skip("the running backend")
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    folder, _, states, drawn = saved
    # JAX compiles what makes each tensor; what TensorFlow reads of PyTorch, it reads.
    names = SAVED if other != "jax" else DRAWN
    for name in names:
        shutil.copy(folder / f"{_stem(name)}.keras", tmp_path)
    _go_on(tmp_path, other, 1, DRAWN)
    for name in names:
        with np.load(tmp_path / f"{_stem(name)}.npz") as there:
            loaded = {k for k in there.files if k.startswith("loaded/")}
            assert loaded == {f"loaded/{key}" for key in states[name]}
            for key, values in states[name].items():
                np.testing.assert_array_equal(
                    values, there[f"loaded/{key}"], err_msg=f"{name} {key}"
                )
            if name in DRAWN:
                np.testing.assert_allclose(drawn[name], there["samples"], atol=1e-4)
                assert int(there["steps"]) == 2


def test_a_file_of_another_kind_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.save(tmp_path / "other.keras")
    target = _make("gans/dcgan")
    with zipfile.ZipFile(tmp_path / "other.keras") as archive:
        archive.extract("model.weights.h5", tmp_path)
    before = numpy_state(target)
    with pytest.raises(ValueError, match="Received: missing="):
        target.load_weights(tmp_path / "model.weights.h5")
    after = numpy_state(target)
    assert all(np.array_equal(before[key], after[key]) for key in before)
