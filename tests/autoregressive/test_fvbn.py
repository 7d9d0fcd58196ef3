"""FVBN: logistic regressions on all that comes before, sampled one at a time."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import FVBN
from tests.autoregressive.causality import (
    FLOAT,
    all_images,
    check_cached_equals_full,
    check_cached_logits,
    check_causal,
    check_dense,
    check_mass,
    randomize,
)
from tests.conformance import check_model
from tests.families.test_autoregressive_model import chi_square_deviates


def make_model(image_shape, num_classes=None, scale=1.0, **kwargs):
    return randomize(FVBN(image_shape, num_classes, **kwargs), scale)


def test_contract():
    check_model(
        FVBN,
        {"image_shape": (6, 5, 1), "num_classes": 3, "binarization": "threshold"},
    )


@pytest.mark.parametrize("image_shape", [(4, 3, 1), (2, 3, 3), (1, 1, 1)])
def test_jacobian_is_the_strictly_lower_triangle(image_shape):
    model = make_model(image_shape, dtype=FLOAT)
    if model.size > 1:
        check_causal(model)
    check_dense(model)


@pytest.mark.parametrize(
    "image_shape, num_classes", [((5, 3, 1), None), ((2, 3, 3), 3)]
)
def test_cached_sampling_equals_full_passes(image_shape, num_classes):
    model = make_model(image_shape, num_classes)
    check_cached_equals_full(model)
    check_cached_logits(model)


def test_probabilities_of_all_images_sum_to_one():
    check_mass(make_model((3, 3, 1), dtype=FLOAT))
    check_mass(make_model((2, 2, 2), num_classes=2, dtype=FLOAT), labels=1)


def test_conditionals_are_logistic_regressions_on_the_prefix():
    model = make_model((2, 3, 1))
    x = np.random.default_rng(0).integers(0, 2, (4, 2, 3, 1))
    kernel, bias = (ops.convert_to_numpy(v) for v in model.trainable_variables)
    flat = x.reshape(4, 6)
    expected = np.stack(
        [bias[i] + flat[:, :i] @ kernel[:i, i] for i in range(6)], axis=1
    )
    logits = ops.convert_to_numpy(model.compute_logits(x, None, False))
    np.testing.assert_array_equal(logits[..., 0], 0.0)
    np.testing.assert_allclose(logits[..., 1].reshape(4, 6), expected, atol=1e-5)


def test_zero_weights_are_independent_bernoulli():
    model = FVBN((3, 4, 1))
    generator = np.random.default_rng(0)
    p = generator.uniform(0.05, 0.95, 12)
    model.dense.bias.bias.assign(np.log(p / (1 - p)))
    x = generator.integers(0, 2, (5, 3, 4, 1)).astype("float32")
    flat = x.reshape(5, 12)
    expected = np.sum(flat * np.log(p) + (1 - flat) * np.log(1 - p), axis=1)
    np.testing.assert_allclose(model.log_prob(x), expected, rtol=1e-5)
    model.dense.bias.bias.assign(np.zeros(12))
    np.testing.assert_allclose(model.bits_per_dim(x), 1.0, rtol=1e-6)


def test_labels_change_the_bias_alone():
    model = make_model((2, 3, 1), num_classes=3)
    x = np.zeros((3, 2, 3, 1), "float32")
    logits = ops.convert_to_numpy(model([x, np.arange(3)]))[..., 1].reshape(3, 6)
    bias, classes = model.dense.bias.bias, model.dense.bias.class_bias
    expected = ops.convert_to_numpy(bias) + ops.convert_to_numpy(classes)
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_samples_have_the_model_s_probabilities():
    model = make_model((2, 3, 1))
    images = all_images((2, 3, 1), 2)
    p = np.exp(model.log_prob(images).astype("float64"))
    samples = model.sample(20_000, seed=0, batch_size=20_000)
    places = samples.reshape(-1, 6) @ 2 ** np.arange(6)[::-1]
    counts = np.bincount(places.astype(int), minlength=64)
    assert abs(chi_square_deviates(counts, p / p.sum())) < 5.0


def test_training_recovers_a_known_network():
    """The likelihood tends to the entropy of the network that drew the data."""
    truth = make_model((2, 3, 1), scale=1.5)
    x = truth.sample(20_000, seed=0, batch_size=20_000)
    model = FVBN((2, 3, 1), seed=0)
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(x, batch_size=500, epochs=5, verbose=0)
    nats = [-m.log_prob(x, batch_size=20_000).mean() for m in (truth, model)]
    assert abs(nats[0] - nats[1]) < 0.01
