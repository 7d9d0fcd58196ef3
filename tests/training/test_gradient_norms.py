"""The norms of the players' gradients: right, and without a trace."""

import keras
import numpy as np
import pytest

from kerasgen.backend import to_numpy
from kerasgen.training import gradient_norms
from tests.training.test_shared_phases import Shared, X
from tests.training.tiny import TinyGAN


@pytest.mark.parametrize("joined", [False, True])
def test_they_are_those_of_closed_forms(joined):
    model = Shared(joined=joined)
    model.compile()
    # All weights are 1: the sum of w over a row is 6, of w v over a row 6 as well. Each
    # entry of w has the gradient 6, each of v that of 3 * 6.
    norms = gradient_norms(model, X)
    assert norms["first"] == pytest.approx(6 * np.sqrt(6), rel=1e-6)
    own = 6**2 * 6 + 18**2 * 2
    assert norms["second"] == pytest.approx(np.sqrt(own), rel=1e-6)


def test_they_are_the_length_of_a_step_of_gradient_descent():
    x, labels = np.random.default_rng(0).random((6, 4, 4, 1)), np.arange(6) % 3
    norms = []
    for phase in ("discriminator", "generator"):
        keras.utils.set_random_seed(0)
        model = TinyGAN(num_classes=3, seed=0)
        rates = {name: 1.0 if name == phase else 0.0 for name in model.phases}
        players = {n: keras.optimizers.SGD(rate) for n, rate in rates.items()}
        # XLA draws other numbers from a seed than TensorFlow does without it.
        model.compile(players, jit_compile=keras.backend.backend() != "torch")
        variables = model.trained_variables(phase)
        before = [to_numpy(v) for v in variables]
        norms.append(gradient_norms(model, x, labels))
        model.train_on_batch(x.astype("float32"), labels)
        moved = [to_numpy(v) - w for v, w in zip(variables, before, strict=True)]
        # The generator's turn comes after the discriminator's, whose seeds have moved
        # on, so that the generator's noise is another.
        if phase == "discriminator":
            length = np.sqrt(sum(np.sum(np.square(m)) for m in moved))
            assert norms[-1][phase] == pytest.approx(length, rel=1e-5)
        assert norms[-1][phase] > 0
    assert norms[0] == norms[1]  # whatever the optimizers are


def test_nothing_is_left_of_asking_for_them():
    model = TinyGAN(seed=0)
    model.compile()
    x = np.random.default_rng(0).random((4, 4, 4, 1)).astype("float32")
    before = {k: to_numpy(v) for k, v in model.state_variables().items()}
    first = gradient_norms(model, x)
    assert first == gradient_norms(model, x)
    after = {k: to_numpy(v) for k, v in model.state_variables().items()}
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(value, after[name])
    assert not model.carried


@pytest.mark.any_backend
def test_float16_leaves_its_scale_out():
    norms = []
    x = np.random.default_rng(0).random((4, 4, 4, 1)).astype("float32")
    for dtype in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(0)
        model = TinyGAN(seed=0, dtype=dtype)
        model.compile()
        norms.append(gradient_norms(model, x))
    for phase, norm in norms[0].items():
        assert norms[1][phase] == pytest.approx(norm, rel=0.3)


@pytest.mark.any_backend
def test_what_is_frozen_has_none():
    model = TinyGAN(seed=0)
    model.generator.trainable = False
    model.compile()
    x = np.zeros((4, 4, 4, 1), "float32")
    norms = gradient_norms(model, x)
    assert norms["generator"] == 0.0 and norms["discriminator"] > 0.0


@pytest.mark.any_backend
def test_a_model_that_is_not_compiled_is_refused():
    with pytest.raises(ValueError, match="Received: model=TinyGAN"):
        gradient_norms(TinyGAN(seed=0), np.zeros((4, 4, 4, 1)))
