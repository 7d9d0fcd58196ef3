"""PixelRNN: causal, without a blind spot, and sampled the same with caches."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import PixelRNN
from tests.autoregressive.causality import (
    FLOAT,
    check_cached_equals_full,
    check_cached_logits,
    check_causal,
    check_dense,
    check_mass,
    randomize,
    reachable,
)
from tests.conformance import check_model

LAYERS = ("row_lstm", "diagonal_bilstm")


def make_model(layer, image_shape, blocks=1, levels=2, num_classes=None, **kwargs):
    """Returns a PixelRNN with random weights, states and class biases included."""
    scale = kwargs.pop("scale", 1.0)
    sizes = {"filters": 4, "blocks": blocks, "head_filters": 5}
    model = PixelRNN(
        image_shape, layer, **sizes, levels=levels, num_classes=num_classes, **kwargs
    )
    return randomize(model, scale)


def test_contract():
    check_model(
        PixelRNN,
        {
            "image_shape": (6, 5, 1),
            "layer": "row_lstm",
            "filters": 4,
            "blocks": 1,
            "head_filters": 5,
            "levels": 2,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


def test_contract_by_diagonals():
    arguments = {"filters": 4, "blocks": 1, "head_filters": 5, "levels": 4}
    model = PixelRNN((5, 4, 3), **arguments, seed=0, dtype="mixed_bfloat16")
    assert model.layer == "diagonal_bilstm"
    model.compile()
    x = np.random.default_rng(0).integers(0, 256, (4, 5, 4, 3), "uint8")
    logs = model.train_on_batch(x, return_dict=True)
    assert np.isfinite(float(logs["loss"]))
    assert model.sample(2, seed=0).dtype == np.float32


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("image_shape, levels", [((4, 5, 1), 2), ((3, 3, 3), 4)])
def test_jacobian_is_strictly_lower_triangular(layer, image_shape, levels):
    check_causal(make_model(layer, image_shape, 2, levels, dtype=FLOAT))


@pytest.mark.parametrize("image_shape, levels", [((4, 3, 1), 2), ((3, 4, 3), 4)])
def test_diagonal_bilstm_sees_the_whole_past_in_one_layer(image_shape, levels):
    check_dense(
        make_model("diagonal_bilstm", image_shape, 1, levels, scale=0.1, dtype=FLOAT)
    )


def test_diagonal_bilstm_misses_the_end_of_the_row_above_alone():
    """Mask A hides a pixel in its own place, and no place follows the last one.

    What comes from the right of the row above ends there, so that only the 7x7
    convolution, three columns away at most, sees the last pixel of that row.
    """
    height, width = 4, 7
    shape = (height, width, 1)
    model = make_model("diagonal_bilstm", shape, 2, scale=0.1, dtype=FLOAT)
    seen = reachable(model)
    expected = np.tril(np.ones_like(seen), -1)
    for row, col in np.ndindex(height, width):
        if row and col + 3 < width - 1:
            expected[row * width + col, row * width - 1] = False
    np.testing.assert_array_equal(seen, expected)


def test_row_lstm_sees_a_triangle_and_not_the_corners():
    """One layer up d rows reaches d further, and the first 7x7 of a row 3 beyond.

    To the right it is `d + 2`, as within its own row the 7x7 looks left alone.
    """
    height, width = 6, 19
    model = make_model("row_lstm", (height, width, 1), scale=0.1, dtype=FLOAT)
    seen = reachable(model)[-width:].reshape(width, height, width)
    col = width // 2
    above, right = np.indices((height, width))
    above, right = height - 1 - above, right - col
    expected = (right <= above + 2) & (right >= -above - 4)
    expected &= (above > 0) | (right < 0)
    np.testing.assert_array_equal(seen[col], expected)


@pytest.mark.parametrize(
    "layer, image_shape, levels, num_classes, batch_sizes",
    [
        ("row_lstm", (3, 5, 1), 2, None, (1, 3)),
        ("row_lstm", (2, 3, 3), 4, 3, (2,)),
        ("diagonal_bilstm", (5, 3, 1), 8, 3, (1, 3)),
        ("diagonal_bilstm", (2, 3, 3), 4, None, (2,)),
    ],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    layer, image_shape, levels, num_classes, batch_sizes
):
    model = make_model(layer, image_shape, 1, levels, num_classes, scale=0.5)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


@pytest.mark.parametrize("layer", LAYERS)
def test_cached_logits_equal_those_of_one_pass(layer):
    check_cached_logits(make_model(layer, (3, 4, 3), 2, 4, 2, scale=0.5))


@pytest.mark.parametrize(
    "layer, image_shape, levels",
    [
        ("row_lstm", (3, 3, 1), 2),
        ("diagonal_bilstm", (3, 3, 1), 2),
        ("diagonal_bilstm", (2, 2, 1), 4),
    ],
)
def test_probabilities_of_all_images_sum_to_one(layer, image_shape, levels):
    check_mass(make_model(layer, image_shape, levels=levels, dtype=FLOAT))


@pytest.mark.parametrize("layer", LAYERS)
def test_zero_head_gives_one_bit_a_pixel(layer):
    model = make_model(layer, (3, 4, 1), levels=4)
    for variable in model.network.head[-1].weights:
        variable.assign(ops.zeros(variable.shape))
    x = np.zeros((2, 3, 4, 1), "uint8")
    np.testing.assert_allclose(model.bits_per_dim(x), 2.0, rtol=1e-6)


def test_two_images_are_learned_to_their_entropy():
    """The likelihood of an even mixture of two images tends to log 2 nats."""
    keras.utils.set_random_seed(0)
    model = PixelRNN((4, 4, 1), "row_lstm", 16, 1, 8, levels=2, seed=0)
    model.compile(keras.optimizers.Adam(0.05))
    x = np.zeros((320, 4, 4, 1), "float32")
    x[::2, ::2], x[1::2, :, ::2] = 1.0, 1.0
    model.fit(x, batch_size=32, epochs=6, verbose=0)
    nats = -model.log_prob(x[:2]).mean()
    assert np.log(2.0) - 1e-4 < nats < np.log(2.0) + 0.3
    samples = model.sample(64, seed=0)
    known = [(samples == image).all((1, 2, 3)) for image in x[:2]]
    assert np.sum(known) > 32 and all(k.any() for k in known)


def test_labels_change_images_by_their_row_alone():
    model = make_model("diagonal_bilstm", (3, 3, 1), levels=4, num_classes=3)
    x = np.zeros((3, 3, 3, 1), "float32")
    logits = ops.convert_to_numpy(model([x, np.arange(3)]))
    assert not np.allclose(logits[0], logits[1])
    for gates in model.network.lstms[0].gates:
        bias = gates.bias.class_bias
        bias.assign(ops.flip(bias.value, axis=0))
    flipped = ops.convert_to_numpy(model([x, np.arange(3)]))
    np.testing.assert_allclose(flipped, logits[::-1], atol=1e-4)


@pytest.mark.parametrize(
    "match, arguments",
    [
        ("`layer` must be one of", {"layer": "column_lstm"}),
        ("`filters` must be at least 3", {"filters": 2}),
        ("`blocks` must be at least 0", {"blocks": -1}),
        ("`head_filters` must be at least 3", {"head_filters": 2}),
    ],
)
def test_wrong_arguments_are_refused(match, arguments):
    with pytest.raises(ValueError, match=match):
        PixelRNN((4, 4, 3), **arguments)
