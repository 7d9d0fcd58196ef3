"""Every model through its `.keras` file, in a new process and on another backend."""

import importlib.util
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
from tests.conformance import EAGERLY, as_fitted, example_batch, numpy_state
from tests.test_cross_backend import small_arguments

ROOT = pathlib.Path(__file__).parent.parent
MODELS = kerasgen.list_models()

GO_ON = """
import pathlib, sys
import keras, numpy as np
import kerasgen
from tests.conformance import EAGERLY, example_batch, numpy_state
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.keras")):
    model = keras.models.load_model(path)
    model.run_eagerly = EAGERLY
    loaded = {f"loaded/{name}": value for name, value in numpy_state(model).items()}
    samples = model.sample(2, seed=0)
    for seed in range(1, 1 + int(sys.argv[2])):
        model.train_on_batch(*example_batch(model, seed=seed))
    np.savez(path.with_suffix(".npz"), samples=samples, **loaded, **numpy_state(model))
"""


def _go_on(folder, backend, steps):
    done = subprocess.run(
        [sys.executable, "-c", GO_ON, str(folder), str(steps)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _make(name):
    keras.utils.set_random_seed(0)
    model = as_fitted(MODELS[name](**small_arguments(name), seed=2))
    model.compile(average_decay=0.9)
    model.run_eagerly = EAGERLY  # not by `compile`, which would be in the file
    model.train_on_batch(*example_batch(model, seed=0))
    model.reset_metrics()
    return model


@pytest.fixture(scope="module", params=FAMILIES)
def saved(request, tmp_path_factory):
    """All models of a family, each saved after one step."""
    folder = tmp_path_factory.mktemp("saved")
    models = {name: _make(name) for name in kerasgen.list_models(request.param)}
    for name, model in models.items():
        model.save(folder / f"{name.replace('/', '-')}.keras")
    return folder, models


def test_every_model_goes_on_bit_for_bit_in_a_new_process(saved):
    folder, models = saved
    for name, model in models.items():  # a good file declares no more than it holds
        path = folder / f"{name.replace('/', '-')}.keras"
        check_model_file(path, type(model), model.get_config())
    _go_on(folder, keras.backend.backend(), steps=2)
    for name, model in models.items():
        with np.load(folder / f"{name.replace('/', '-')}.npz") as there:
            np.testing.assert_array_equal(model.sample(2, seed=0), there["samples"])
            for seed in (1, 2):
                model.train_on_batch(*example_batch(model, seed=seed))
            for key, values in numpy_state(model).items():
                np.testing.assert_array_equal(values, there[key], err_msg=key)


@pytest.mark.parametrize("other", ["tensorflow", "jax", "torch"])
def test_files_load_on_the_other_backends(saved, other, tmp_path):
    if other == keras.backend.backend():
        pytest.skip("the running backend")
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    folder, models = saved
    for path in folder.glob("*.keras"):
        shutil.copy(path, tmp_path)
    _go_on(tmp_path, other, steps=1)
    for path in tmp_path.glob("*.keras"):
        here = keras.models.load_model(path)
        with np.load(path.with_suffix(".npz")) as there:
            np.testing.assert_allclose(
                here.sample(2, seed=0), there["samples"], atol=1e-4
            )
            for key, values in numpy_state(here).items():
                np.testing.assert_array_equal(
                    values, there[f"loaded/{key}"], err_msg=f"{path.stem} {key}"
                )
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
