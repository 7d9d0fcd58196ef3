"""Entropies of assignments, against NumPy and where they are known."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses.categorical import (
    categorical_discriminator,
    categorical_generator,
    entropy,
    information,
    marginal_entropy,
)

pytestmark = pytest.mark.every_backend
REAL, FAKE = (
    np.random.default_rng(seed).normal(size=(6, 4)).astype("float32") for seed in (0, 1)
)


def array(x):
    return ops.convert_to_numpy(x)


def softmax(x):
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)


def nats(p):
    return -np.sum(p * np.log(p), axis=-1)


def test_entropies_are_those_of_numpy():
    np.testing.assert_allclose(array(entropy(REAL)), nats(softmax(REAL)), rtol=1e-5)
    expected = nats(softmax(REAL).mean(axis=0))
    assert float(array(marginal_entropy(REAL))) == pytest.approx(expected, rel=1e-5)


def test_halves_are_those_of_equations_6_and_7():
    def parts(x):
        return nats(softmax(x).mean(axis=0)), nats(softmax(x)).mean()

    (even, certain), (fake_even, fake_certain) = parts(REAL), parts(FAKE)
    found = float(array(categorical_discriminator(REAL, FAKE)))
    assert found == pytest.approx(-even + certain - fake_certain, rel=1e-5)
    found = float(array(categorical_generator(FAKE)))
    assert found == pytest.approx(-fake_even + fake_certain, rel=1e-4)


def test_information_is_log_k_of_even_certainty_and_none_of_one_class():
    certain = 100.0 * np.eye(4, dtype="float32")
    assert float(array(information(certain))) == pytest.approx(np.log(4), rel=1e-5)
    one = np.repeat(certain[:1], 4, axis=0)
    unsure = np.zeros((4, 4), "float32")
    for logits in (one, unsure):
        assert float(array(information(logits))) == pytest.approx(0.0, abs=1e-6)
