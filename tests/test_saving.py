"""Every model through its `.keras` file, in a new process and on another backend."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.registry import FAMILIES
from kerasgen.training.model_file import check_model_file
from tests.conformance import (
    EAGERLY,
    as_fitted,
    example_batch,
    numpy_state,
    outputs_of,
)
from tests.eagerly import REPRESENTATIVES, is_thorough
from tests.test_cross_backend import small_arguments

ROOT = pathlib.Path(__file__).parent.parent
MODELS = kerasgen.list_models()
# These go on in another process, where nothing compiles all models do: one of each
# family, and one with models of its own in its file.
GOING_ON = {
    name
    for name, cls in MODELS.items()
    if is_thorough(cls) or name == "autoencoders/vqvae2"
}
DRAWN = {name for name, cls in MODELS.items() if cls in REPRESENTATIVES}

GO_ON = """
import json, pathlib, sys
import keras, numpy as np
import kerasgen
from tests.conformance import EAGERLY, example_batch, numpy_state, outputs_of
folder, steps, used = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
for path in sorted(pathlib.Path(folder).glob("*.keras")):
    model = keras.models.load_model(path)
    found = {f"loaded/{name}": value for name, value in numpy_state(model).items()}
    if path.stem in used:
        model.run_eagerly = EAGERLY
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
    done = subprocess.run(
        [sys.executable, "-c", GO_ON, str(folder), str(steps), used],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _make(name, trained=True):
    """Returns a model after one step, or one with other values in all that moves."""
    keras.utils.set_random_seed(0)
    model = as_fitted(MODELS[name](**small_arguments(name), seed=2))
    model.compile(average_decay=0.9)
    if trained:
        model.run_eagerly = EAGERLY  # not by `compile`, which would be in the file
        model.train_on_batch(*example_batch(model, seed=0))
        model.reset_metrics()
        return model
    generator = np.random.default_rng(0)
    for key, variable in model.state_variables().items():
        if "float" in variable.dtype and not key.startswith("metrics/"):
            variable.assign(generator.uniform(0.1, 1.0, variable.shape))
    model.steps.assign(1)
    return model


@pytest.fixture(scope="module", params=FAMILIES)
def saved(request, tmp_path_factory):
    """All models of a family, each saved after one step, and what they then were."""
    folder = tmp_path_factory.mktemp("saved")
    names = kerasgen.list_models(request.param)
    models = {name: _make(name, name in GOING_ON) for name in names}
    for name, model in models.items():
        model.save(folder / f"{_stem(name)}.keras")
    states = {name: numpy_state(model) for name, model in models.items()}
    drawn = {n: outputs_of(m) for n, m in models.items() if n in GOING_ON}
    return folder, models, states, drawn


def test_models_go_on_bit_for_bit_in_a_new_process(saved, tmp_path):
    folder, models, _, drawn = saved
    for name, model in models.items():  # a good file declares no more than it holds
        path = folder / f"{_stem(name)}.keras"
        check_model_file(path, type(model), model.get_config())
        if name in GOING_ON:
            shutil.copy(path, tmp_path)
    going_on = [name for name in models if name in GOING_ON]
    _go_on(tmp_path, keras.backend.backend(), 2, going_on)
    for name in going_on:
        with np.load(tmp_path / f"{_stem(name)}.npz") as there:
            np.testing.assert_array_equal(drawn[name], there["samples"])
            for seed in (1, 2):
                models[name].train_on_batch(*example_batch(models[name], seed=seed))
            for key, values in numpy_state(models[name]).items():
                np.testing.assert_array_equal(values, there[key], err_msg=key)


@pytest.mark.parametrize("other", ["tensorflow", "jax", "torch"])
def test_files_load_on_the_other_backends(saved, other, tmp_path):
    """Every model has the same state there; one of each family draws the same."""
    here = keras.backend.backend()
    if other == here:
        pytest.skip("the running backend")
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    folder, _, states, drawn = saved
    # JAX compiles what makes each tensor; what TensorFlow reads of PyTorch, it reads.
    names = [n for n in states if n in DRAWN or (here, other) != ("torch", "jax")]
    for name in names:
        shutil.copy(folder / f"{_stem(name)}.keras", tmp_path)
    _go_on(tmp_path, other, 1, [name for name in names if name in DRAWN])
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
