"""PixelCNN: causal, exact, and sampled the same with and without caches."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import PixelCNN
from tests.autoregressive.causality import (
    FLOAT,
    check_cached_equals_full,
    check_cached_logits,
    check_causal,
    check_mass,
    logit_jacobian,
    randomize,
    reachable,
)
from tests.conformance import check_model


def make_model(image_shape, blocks=1, levels=2, num_classes=None, scale=1.0, **kwargs):
    """Returns a PixelCNN with random weights, class biases included."""
    model = PixelCNN(
        image_shape, 4, blocks, 5, levels=levels, num_classes=num_classes, **kwargs
    )
    return randomize(model, scale)


def test_contract():
    check_model(
        PixelCNN,
        {
            "image_shape": (6, 5, 1),
            "filters": 4,
            "blocks": 1,
            "head_filters": 5,
            "levels": 2,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


@pytest.mark.parametrize(
    "image_shape, levels", [((5, 6, 1), 2), ((4, 4, 3), 4), ((3, 3, 4), 2)]
)
def test_jacobian_is_strictly_lower_triangular(image_shape, levels):
    model = make_model(image_shape, blocks=2, levels=levels, dtype=FLOAT)
    check_causal(model)
    seen = reachable(model)
    assert not np.triu(seen).any()
    height, width, channels = image_shape
    previous = np.append(False, np.diagonal(seen, -1)).reshape(height, -1)
    assert previous[:, 1:].all()  # its own earlier colours, and the pixel to the left


def test_context_misses_the_blind_spot_alone():
    """7x7 and n of 3x3 reach R = 3 + n, and miss n (n + 1) / 2 of 2R (R + 1)."""
    blocks, radius = 2, 5
    model = PixelCNN((radius + 1, 2 * radius + 1, 1), 2, blocks, 2, levels=2)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.1))
    seen = logit_jacobian(model, np.ones(model.image_shape)) != 0.0
    last = radius * (2 * radius + 1) + radius
    missing = blocks * (blocks + 1) // 2
    assert seen[last].sum() == 2 * radius * (radius + 1) - missing


@pytest.mark.parametrize(
    "image_shape, levels, num_classes, batch_sizes",
    [
        ((3, 5, 1), 2, None, (1, 3)),
        ((5, 3, 1), 8, 3, (2,)),
        ((2, 3, 3), 4, 3, (2,)),
        ((3, 2, 3), 256, None, (2,)),
    ],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    image_shape, levels, num_classes, batch_sizes
):
    model = make_model(image_shape, levels=levels, num_classes=num_classes, scale=0.5)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


@pytest.mark.parametrize(
    "image_shape, levels, num_classes", [((4, 5, 1), 4, None), ((3, 4, 3), 4, 2)]
)
def test_cached_logits_equal_those_of_one_pass(image_shape, levels, num_classes):
    model = make_model(image_shape, 2, levels, num_classes, scale=0.5)
    check_cached_logits(model)


@pytest.mark.parametrize("image_shape, levels", [((3, 3, 1), 2), ((2, 2, 1), 4)])
def test_probabilities_of_all_images_sum_to_one(image_shape, levels):
    check_mass(make_model(image_shape, levels=levels, dtype=FLOAT))


def test_labels_change_images_by_their_row_alone():
    model = make_model((3, 3, 1), levels=4, num_classes=3)
    x = np.zeros((3, 3, 3, 1), "float32")
    logits = ops.convert_to_numpy(model([x, np.arange(3)]))
    assert not np.allclose(logits[0], logits[1])
    bias = model.residual_blocks[0].class_bias
    bias.assign(ops.flip(bias.value, axis=0))
    flipped = ops.convert_to_numpy(model([x, np.arange(3)]))
    np.testing.assert_allclose(flipped, logits[::-1], atol=1e-4)


@pytest.mark.any_backend
def test_two_images_are_learned_to_their_entropy():
    """The likelihood of an even mixture of two images tends to log 2 nats."""
    model = PixelCNN((4, 4, 1), 8, 1, 8, levels=2, seed=0)
    model.compile(keras.optimizers.Adam(0.01))
    x = np.zeros((640, 4, 4, 1), "float32")
    x[::2, ::2], x[1::2, :, ::2] = 1.0, 1.0
    model.fit(x, batch_size=16, epochs=4, verbose=0)
    nats = -model.log_prob(x[:2]).mean()
    assert np.log(2.0) - 1e-4 < nats < np.log(2.0) + 0.3
    samples = model.sample(64, seed=0)
    known = [(samples == image).all((1, 2, 3)) for image in x[:2]]
    assert np.sum(known) > 32 and all(k.any() for k in known)
