"""MultiScalePixelRNN: causal in the large image, open to the small one, a bound."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.autoregressive import MultiScalePixelRNN, PixelRNN
from tests.autoregressive.causality import (
    FLOAT,
    MASS_TOLERANCE,
    all_images,
    cached_logits,
    check_cached_equals_full,
    make_positive,
    randomize,
)
from tests.conformance import check_model

LAYERS = ("row_lstm", "diagonal_bilstm")


def make_model(image_shape, scale=0.5, **kwargs):
    """Returns a model with random weights and small networks."""
    sizes = {"filters": 4, "blocks": 1, "head_filters": 5, "context_filters": 3}
    return randomize(MultiScalePixelRNN(image_shape, **{**sizes, **kwargs}), scale)


def levels_of(model, batch=2, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, model.levels, (batch, *model.image_shape), "int32")


def test_contract():
    check_model(
        MultiScalePixelRNN,
        {
            "image_shape": (7, 6, 1),
            "factors": (3,),
            "layer": "row_lstm",
            "filters": (4, 5),
            "blocks": 1,
            "head_filters": 6,
            "context_filters": 3,
            "levels": 2,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_large_image_is_causal_and_sees_the_small_one_ahead(layer):
    model = make_model((5, 4, 3), 0.1, levels=4, layer=layer, dtype=FLOAT)
    scale = make_positive(model).scales[1]
    small_shape = model.scales[0].image_shape
    assert small_shape == (3, 2, 3)
    size, small_size = 5 * 4 * 3, 3 * 2 * 3
    x = np.full((size, 5, 4, 3), model.levels - 1, FLOAT)
    small = np.full((size, *small_shape), model.levels - 1, FLOAT)
    weights = np.eye(size)[..., None] * np.arange(1.0, 5.0)

    def diagonal(joined):
        joined = ops.reshape(joined, (size, -1))
        x = ops.reshape(joined[:, :size], (size, 5, 4, 3))
        small = ops.reshape(joined[:, size:], (size, *small_shape))
        logits = scale.compute_logits(x, (None, small), True)
        logits = ops.reshape(logits, (size, size, -1))
        return ops.sum(logits * ops.cast(weights, logits.dtype))

    def gradient(joined):
        return backend.input_gradient(diagonal, joined)

    joined = np.concatenate([x.reshape(size, -1), small.reshape(size, -1)], axis=1)
    if keras.backend.backend() == "jax":
        gradient = backend.compile_function(model, gradient)
    jacobian = ops.convert_to_numpy(gradient(joined))
    large, of_small = np.split(jacobian, [size], axis=1)
    assert of_small.shape == (size, small_size)
    np.testing.assert_array_equal(np.triu(large), 0.0)
    assert large.any()
    seen = of_small.reshape(5, 4, 3, 3, 2, 3).any((2, 5))
    for row, col, i, j in np.ndindex(seen.shape):
        near = abs(2 * i - row) <= 2 and abs(2 * j - col) <= 2
        assert seen[row, col, i, j] or not near  # what lies ahead, too


def test_small_image_is_a_part_of_the_large_one():
    model = make_model((7, 6, 1), factors=(2, 3), levels=8)
    x = levels_of(model)
    found = [scale.image_shape for scale in model.scales]
    assert found == [(2, 1, 1), (3, 2, 1), (7, 6, 1)]
    small, middle, large = model._subsample(x)
    np.testing.assert_array_equal(large, x)
    np.testing.assert_array_equal(middle, x[:, [0, 3, 6]][:, :, [0, 3]])
    np.testing.assert_array_equal(small, x[:, [0, 6]][:, :, [0]])


@pytest.mark.parametrize("layer", LAYERS)
def test_without_weights_of_the_context_it_is_a_pixel_rnn(layer):
    model = make_model((4, 6, 1), layer=layer, levels=4)
    plain = PixelRNN((4, 6, 1), layer, 4, 1, 5, levels=4)
    scale = model.scales[1]
    for variable in scale.trainable_variables:
        if variable.name == "context_kernel":
            variable.assign(ops.zeros(variable.shape))
    given = {id(v) for v in scale.enlarge.trainable_variables}
    left = [
        v
        for v in scale.trainable_variables
        if id(v) not in given and v.name != "context_kernel"
    ]
    assert [v.shape for v in left] == [v.shape for v in plain.trainable_variables]
    for own, other in zip(plain.trainable_variables, left, strict=True):
        own.assign(other)
    x = levels_of(model)
    found = ops.convert_to_numpy(model.compute_logits(x, None, False))
    expected = ops.convert_to_numpy(plain.compute_logits(x, None, False))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_given_a_small_image_the_large_ones_sum_to_one():
    """And all scales together to at most one, as `log_prob` is a lower bound."""
    model = make_model((3, 3, 1), 1.0, levels=2, dtype=FLOAT)
    images = all_images((3, 3, 1), 2)
    levels = ops.convert_to_tensor(images.astype("int32"))
    small, large = model._subsample(levels)
    fixed = ops.zeros_like(small) + small[-1:]
    nats = model._log_prob_of(1, [fixed, large], None, False)
    total = np.exp(ops.convert_to_numpy(nats).astype("float64")).sum()
    assert abs(total - 1.0) < MASS_TOLERANCE
    joint = model.log_prob(images, batch_size=len(images))
    parts = [model._log_prob_of(i, [small, large], None, False) for i in (0, 1)]
    parts = sum(ops.convert_to_numpy(part) for part in parts)
    np.testing.assert_allclose(joint, parts, rtol=1e-5, atol=1e-5)
    assert 0.0 < np.exp(joint.astype("float64")).sum() < 0.999


@pytest.mark.parametrize(
    "image_shape, batch_sizes, arguments",
    [
        ((5, 3, 1), (1, 3), {"factors": (2,), "levels": 2, "num_classes": 3}),
        ((2, 3, 3), (2,), {"factors": (2,), "levels": 4, "layer": "row_lstm"}),
    ],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    image_shape, batch_sizes, arguments
):
    model = make_model(image_shape, **arguments)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


@pytest.mark.parametrize("layer", LAYERS)
def test_cached_logits_equal_those_of_one_pass(layer):
    model = make_model((3, 4, 3), layer=layer, levels=4, num_classes=2)
    x, scale = levels_of(model), model.scales[1]
    given = (ops.convert_to_tensor([0, 1]), ops.convert_to_tensor(x[::-1, ::2, ::2]))
    expected = ops.convert_to_numpy(scale.compute_logits(x, given, False))
    found = cached_logits(scale, x, given)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


def test_completion_keeps_what_is_given():
    model = make_model((6, 4, 1), levels=2)
    images = (levels_of(model) > 0).astype("float32")
    mask = np.zeros((6, 4), bool)
    mask[:3] = True
    found = model.complete(images, mask, seed=0)
    np.testing.assert_array_equal(found[:, :3], images[:, :3])


def test_losses_are_those_of_each_image_alone():
    model = make_model((4, 4, 1), levels=4)
    x = np.repeat(levels_of(model, 4) * 64, 1, axis=0).astype("uint8")
    model.compile()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    total = logs["scale_0_loss"] + logs["scale_1_loss"]
    assert total == pytest.approx(-model.log_prob(x).mean(), rel=1e-5)
    for i, size in enumerate((4, 16)):
        bits = logs[f"scale_{i}_loss"] / size / np.log(2.0)
        assert logs[f"scale_{i}_bits_per_dim"] == pytest.approx(bits, rel=1e-5)


@pytest.mark.parametrize(
    "match, arguments",
    [
        ("`factors` must be a tuple of ints", {"factors": ()}),
        ("`factors` must be at least 2", {"factors": (1,)}),
        ("`image_shape` must have a height and width of at least", {"factors": (4, 2)}),
        ("`filters` must be an int or 2 ints", {"filters": (4, 4, 4)}),
        ("`layer` must be one of", {"layer": "column_lstm"}),
    ],
)
def test_wrong_arguments_are_refused(match, arguments):
    with pytest.raises(ValueError, match=match):
        MultiScalePixelRNN((6, 6, 1), **arguments)
