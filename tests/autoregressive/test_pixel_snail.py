"""PixelSNAIL: causal, exact, and sampled the same with and without caches."""

import numpy as np
import pytest

from kerasgen.autoregressive import PixelSNAIL
from tests.autoregressive.causality import (
    FLOAT,
    check_cached_equals_full,
    check_cached_logits,
    check_causal,
    check_dense,
    check_first_pixel_is_constant,
    check_labels_choose_rows,
    check_mass,
    feature_jacobian,
    randomize,
)
from tests.conformance import check_model


def make_model(image_shape, blocks=1, levels=2, scale=0.5, resnets=1, **kwargs):
    """Returns a PixelSNAIL with random weights, class biases included."""
    model = PixelSNAIL(
        image_shape, 4, blocks, resnets, 3, 2, levels=levels, seed=0, **kwargs
    )
    return randomize(model, scale)


def test_contract():
    check_model(
        PixelSNAIL,
        {
            "image_shape": (3, 4, 1),
            "filters": 4,
            "blocks": 1,
            "resnets": 1,
            "key_size": 3,
            "num_mixtures": 2,
            "dropout": 0.25,
            "levels": 4,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


@pytest.mark.parametrize("image_shape, levels", [((4, 5, 1), 2), ((3, 2, 3), 4)])
def test_jacobian_is_strictly_lower_triangular(image_shape, levels):
    check_causal(make_model(image_shape, 2, levels, dtype=FLOAT))


def test_features_of_a_pixel_see_whole_pixels_before_it():
    """Raw pixels go to keys and values, never to queries or features."""
    model = make_model((3, 4, 2), 2, scale=1.0, dtype=FLOAT)
    seen = feature_jacobian(model)
    np.testing.assert_array_equal(seen[np.triu_indices(len(seen))], 0.0)
    assert (seen[np.tril_indices(len(seen), -1)] != 0.0).any(-1).all()


def test_attention_sees_every_sub_pixel_before():
    """Without it, a block of 2x2 windows reaches one row up."""
    model = make_model((4, 4, 2), levels=4, dropout=0.0, dtype=FLOAT)
    check_dense(model)


def test_the_first_pixel_depends_on_nothing():
    model = make_model((3, 3, 1), levels=4, scale=1.0)
    check_first_pixel_is_constant(model)


@pytest.mark.parametrize(
    "image_shape, levels", [((3, 3, 1), 2), ((2, 2, 1), 4), ((1, 1, 3), 8)]
)
def test_probabilities_of_all_images_sum_to_one(image_shape, levels):
    check_mass(make_model(image_shape, levels=levels, dtype=FLOAT))


@pytest.mark.parametrize(
    "image_shape, levels, num_classes", [((3, 4, 1), 4, None), ((2, 3, 3), 256, 2)]
)
def test_cached_logits_equal_those_of_one_pass(image_shape, levels, num_classes):
    model = make_model(image_shape, 2, levels, num_classes=num_classes)
    check_cached_logits(model, 1e-4)


@pytest.mark.parametrize(
    "image_shape, levels, num_classes, batch_sizes",
    [((2, 5, 1), 2, None, (1, 3)), ((3, 2, 3), 8, 3, (2,))],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    image_shape, levels, num_classes, batch_sizes
):
    model = make_model(image_shape, levels=levels, num_classes=num_classes)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


def test_labels_change_images_by_their_row_alone():
    model = make_model((2, 2, 1), levels=4, num_classes=3)
    check_labels_choose_rows(model)


def test_filters_must_be_two():
    with pytest.raises(ValueError, match="at least 2. Received: filters=1"):
        PixelSNAIL((4, 4, 1), 1)
