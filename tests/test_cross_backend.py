"""The same weights, batches and noise give the same numbers on every backend.

The reference numbers in `golden/cross_backend.json` were computed once; the suite of
every backend compares with them. `python -m tests.test_cross_backend NAME ...` makes
those of some models anew, or of all; on PyTorch, which makes all of them.
"""

import importlib
import inspect
import json
import pathlib
import sys

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.backend import to_numpy
from tests.conformance import as_fitted, example_batch, outputs_of
from tests.eagerly import eagerly, is_thorough

GOLDEN = pathlib.Path(__file__).parent / "golden" / "cross_backend.json"
MODELS = kerasgen.list_models()
STEPS = 3
# JAX compiles a step faster than it runs one eagerly, operation by operation.
EAGERLY = keras.backend.backend() != "jax"


def small_arguments(name):
    """Returns the arguments with which the test file of `name` calls `check_model`."""
    module = importlib.import_module(f"tests.{name.replace('/', '.test_')}")
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "check_model", lambda _, given, **__: found.append(given))
        for function in vars(module).copy().values():
            own = getattr(function, "__module__", None) == module.__name__
            if own and inspect.isfunction(function):
                if "check_model(" in inspect.getsource(function):
                    function()
    return found[0]


class Noise:
    """Stands for `keras.random`: the same stream of numbers on every backend.

    It starts again with each step, so that one trace of a step is right for all.
    """

    def __init__(self):
        self.restart()

    def restart(self):
        self.generator = np.random.default_rng(5)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
        values = self.generator.normal(mean, stddev, [int(n) for n in shape])
        return keras.ops.convert_to_tensor(values.astype("float32"))

    def uniform(self, shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
        values = self.generator.uniform(minval, maxval, [int(n) for n in shape])
        return keras.ops.convert_to_tensor(values.astype("float32"))

    def dropout(self, inputs, rate, noise_shape=None, seed=None):
        kept = self.generator.random([int(n) for n in inputs.shape]) >= rate
        return inputs * keras.ops.convert_to_tensor(kept / (1.0 - rate), "float32")


def train(name, patch):
    """Trains a small model for a few steps and returns what must agree."""
    noise = Noise()
    for kind in ("normal", "uniform", "dropout"):
        patch(keras.random, kind, getattr(noise, kind))
    model = as_fitted(MODELS[name](**small_arguments(name), seed=1))
    generator = np.random.default_rng(3)
    # Codebooks that follow by averages and vectors of power iterations, too.
    codes = [
        v
        for v in model.non_trainable_variables
        if v.name in ("codes", "u", "reference")
    ]
    for variable in [*model.trainable_variables, *codes]:
        scale = 0.3 / max(1.0, np.sqrt(np.prod(variable.shape[:-1]) / 8.0))
        variable.assign(generator.normal(0.0, scale, variable.shape))
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), run_eagerly=EAGERLY)
    # A batch for each of the updates that a fit would draw together.
    batches = [example_batch(model, 4, seed) for seed in range(STEPS)]
    logs = []
    for batch in batches:
        noise.restart()
        logs.append(model.train_on_batch(*batch, return_dict=True))
    weights = summary(model)
    losses = [{key: float(value) for key, value in sorted(log.items())} for log in logs]
    noise.restart()
    samples = outputs_of(model, weights="raw")
    found = {
        "arguments": repr(small_arguments(name)),
        "losses": losses,
        "weights": weights,
        "samples": np.ravel(samples)[:8].tolist(),
    }
    if is_thorough(MODELS[name]):
        # A large epsilon: else Adam moves by the sign of gradients that are zero but
        # for rounding.
        model.compile(keras.optimizers.Adam(0.01, epsilon=0.01), run_eagerly=EAGERLY)
        noise.restart()
        model.train_on_batch(*batches[0])
        found["adam_weights"] = summary(model)
    return found


def summary(model):
    """Returns the sum and the norm of each weight."""
    return {
        f"{i}": [float(np.sum(values)), float(np.sqrt(np.sum(np.square(values))))]
        for i, values in enumerate(to_numpy(v) for v in model.trainable_variables)
    }


@pytest.mark.parametrize("name", MODELS)
def test_losses_and_weights_equal_the_reference(name, monkeypatch):
    remedy = f"`python -m tests.test_cross_backend {name}`, on PyTorch, is needed"
    expected = json.loads(GOLDEN.read_text())
    assert name in expected, f"of a new model: {remedy}"
    expected = expected[name]
    with eagerly():
        found = train(name, monkeypatch.setattr)
    remedy = f"of new arguments: {remedy}"
    assert found["arguments"] == expected["arguments"], remedy
    for step, (a, b) in enumerate(
        zip(found["losses"], expected["losses"], strict=True)
    ):
        assert a.keys() == b.keys()
        for key in a:
            assert a[key] == pytest.approx(b[key], rel=1e-5, abs=1e-5), (step, key)
    for optimizer in {"weights", "adam_weights"} & found.keys():
        assert found[optimizer].keys() == expected[optimizer].keys()
        for key, values in expected[optimizer].items():
            np.testing.assert_allclose(
                found[optimizer][key], values, rtol=1e-5, atol=1e-5, err_msg=key
            )
    np.testing.assert_allclose(found["samples"], expected["samples"], atol=1e-5)


if __name__ == "__main__":
    reference = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    reference |= {name: train(name, setattr) for name in sys.argv[1:] or MODELS}
    reference = {name: reference[name] for name in MODELS}
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(reference, indent=1) + "\n")
