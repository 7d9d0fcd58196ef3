"""NADE: shared hidden weights, running sums, the same images with and without cache."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import NADE
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


def make_model(image_shape, units=5, num_classes=None, scale=1.0, **kwargs):
    model = NADE(image_shape, units, num_classes, **kwargs)
    return randomize(model, scale)


def test_contract():
    check_model(
        NADE,
        {
            "image_shape": (6, 5, 1),
            "units": 7,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


@pytest.mark.parametrize("image_shape", [(4, 3, 1), (3, 2, 3), (1, 5, 1), (5, 1, 1)])
def test_jacobian_is_the_strictly_lower_triangle(image_shape):
    model = make_model(image_shape, dtype=FLOAT)
    check_causal(model)
    check_dense(model)


@pytest.mark.parametrize(
    "image_shape, num_classes", [((5, 3, 1), None), ((2, 3, 3), 3)]
)
def test_cached_sampling_equals_full_passes(image_shape, num_classes):
    model = make_model(image_shape, num_classes=num_classes)
    check_cached_equals_full(model)
    check_cached_logits(model)


def test_probabilities_of_all_images_sum_to_one():
    check_mass(make_model((3, 3, 1), dtype=FLOAT))
    check_mass(make_model((2, 2, 2), num_classes=2, dtype=FLOAT), labels=1)


@pytest.mark.parametrize("image_shape", [(3, 4, 1), (2, 2, 3)])
def test_prefix_sums_are_those_of_the_prefix(image_shape):
    model = make_model(image_shape, units=4)
    x = np.random.default_rng(0).integers(0, 2, (3, 12)).astype("float32")
    found = ops.convert_to_numpy(model.prefix_sums(ops.convert_to_tensor(x)))
    kernel = ops.convert_to_numpy(model.encoder.kernel)
    expected = [x[:, :i] @ kernel[:i] for i in range(12)]
    np.testing.assert_allclose(found, np.stack(expected), atol=1e-5)


def test_cached_sums_grow_by_the_rows_of_white_pixels():
    model = make_model((2, 3, 1), units=4, num_classes=2)
    labels = ops.convert_to_tensor(np.array([0, 1, 1], "int32"))
    x = np.random.default_rng(0).integers(0, 2, (3, 6)).astype("float32")
    kernel = ops.convert_to_numpy(model.encoder.kernel)
    weights, cache = model.step_weights(labels), model.init_cache(3)
    for i in range(6):
        expected = x[:, :i] @ kernel[:i]
        found = ops.convert_to_numpy(cache["sums"])
        np.testing.assert_allclose(found, expected, atol=1e-5)
        value = ops.convert_to_tensor(x[:, i : i + 1])
        cache = model.observe(weights, cache, value, 0, 0)


def test_logits_are_those_of_the_recurrence():
    """`h_i = sigmoid(a_i)`, `b_i + V_i h_i`, `a_(i+1) = a_i + W_i x_i`, as a loop."""
    model = make_model((3, 2, 1), units=4, num_classes=2)
    x = np.random.default_rng(0).integers(0, 2, (3, 3, 2, 1))
    labels = np.array([0, 1, 1], "int32")
    arrays = [ops.convert_to_numpy(v) for v in model.trainable_variables]
    encoder, decoder, hidden, hidden_class, output, output_class = arrays
    a, flat, expected = hidden + hidden_class[labels], x.reshape(3, 6), []
    for i in range(6):
        h = 1.0 / (1.0 + np.exp(-a))
        expected.append(output[i] + output_class[labels, i] + h @ decoder[i])
        a = a + flat[:, i : i + 1] * encoder[i]
    logits = ops.convert_to_numpy(model.compute_logits(x, labels, True))
    np.testing.assert_array_equal(logits[..., 0], 0.0)
    found = logits[..., 1].reshape(3, 6)
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-5)
    # The first is a constant of its class: it sees nothing.
    assert found[1, 0] == found[2, 0] != found[0, 0]


def test_gradients_are_those_of_the_likelihood():
    """Differences of the loss along each weight, from both of the rows' levels."""
    model = make_model((2, 2, 1), units=3, dtype=FLOAT)
    x = np.random.default_rng(0).integers(0, 2, (4, 2, 2, 1)).astype("float32")
    model.compile(keras.optimizers.SGD(1.0))
    before = [ops.convert_to_numpy(v) for v in model.trainable_variables]
    model.train_on_batch(x)
    after = [ops.convert_to_numpy(v) for v in model.trainable_variables]
    for variable, values in zip(model.trainable_variables, before, strict=True):
        variable.assign(values)
    step = 1e-2
    for variable, old, new in zip(
        model.trainable_variables, before, after, strict=True
    ):
        for index in list(np.ndindex(old.shape))[:: max(1, old.size // 4)]:
            nats = []
            for shift in (-step, step):
                moved = old.copy()
                moved[index] += shift
                variable.assign(moved)
                nats.append(-model.log_prob(x).mean(dtype="float64"))
            variable.assign(old)
            slope = (nats[1] - nats[0]) / (2 * step)
            assert old[index] - new[index] == pytest.approx(slope, abs=1e-3)


def test_samples_have_the_model_s_probabilities():
    model = make_model((2, 3, 1))
    images = all_images((2, 3, 1), 2)
    p = np.exp(model.log_prob(images).astype("float64"))
    samples = model.sample(20_000, seed=0, batch_size=20_000)
    places = samples.reshape(-1, 6) @ 2 ** np.arange(6)[::-1]
    counts = np.bincount(places.astype(int), minlength=64)
    assert abs(chi_square_deviates(counts, p / p.sum())) < 5.0
