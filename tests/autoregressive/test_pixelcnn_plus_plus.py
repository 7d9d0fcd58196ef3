"""PixelCNN++: causal, exact, and sampled the same with and without caches."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import PixelCNNPlusPlus
from kerasgen.layers.weight_norm import WeightNorm
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


def make_model(image_shape, resolutions=2, levels=2, scale=1.0, **kwargs):
    """Returns a PixelCNN++ with random weights, class biases included."""
    model = PixelCNNPlusPlus(
        image_shape, 3, 1, resolutions, 2, levels=levels, seed=0, **kwargs
    )
    return randomize(model, scale)


def test_contract():
    check_model(
        PixelCNNPlusPlus,
        {
            "image_shape": (4, 2, 1),
            "filters": 3,
            "resnets": 1,
            "resolutions": 2,
            "num_mixtures": 2,
            "dropout": 0.25,
            "levels": 4,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


@pytest.mark.parametrize(
    "image_shape, resolutions, levels", [((4, 8, 1), 3, 2), ((4, 2, 3), 2, 4)]
)
def test_jacobian_is_strictly_lower_triangular(image_shape, resolutions, levels):
    check_causal(make_model(image_shape, resolutions, levels, dtype=FLOAT))


def test_features_of_a_pixel_see_whole_pixels_before_it():
    """The trunk knows no colours: red's features must not see red, green or blue."""
    model = make_model((4, 4, 2), dtype=FLOAT)
    seen = feature_jacobian(model)
    assert (seen[np.tril_indices(len(seen), -1)] != 0.0).any(-1).mean() > 0.8
    np.testing.assert_array_equal(seen[np.triu_indices(len(seen))], 0.0)


def test_every_sub_pixel_before_is_seen():
    model = PixelCNNPlusPlus((4, 4, 2), 3, 2, 3, 2, dropout=0.0, levels=4, dtype=FLOAT)
    check_dense(randomize(model, 0.5))


def test_the_first_pixel_depends_on_nothing():
    model = make_model((4, 4, 1), levels=4)
    check_first_pixel_is_constant(model)


@pytest.mark.parametrize(
    "image_shape, resolutions, levels",
    [((3, 3, 1), 1, 2), ((2, 2, 1), 2, 4), ((1, 1, 3), 1, 8)],
)
def test_probabilities_of_all_images_sum_to_one(image_shape, resolutions, levels):
    check_mass(make_model(image_shape, resolutions, levels, dtype=FLOAT))


def test_likelihood_is_that_of_the_logits():
    """The direct formula of the mixture, against the chain over sub-pixels."""
    model = make_model((2, 4, 3), levels=256, scale=0.5)
    x = np.random.default_rng(0).integers(0, 256, (3, 2, 4, 3), "uint8")
    log_probs = ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(np.exp(log_probs).sum(-1), 1.0, atol=1e-5)
    chosen = np.take_along_axis(log_probs, x[..., None].astype(int), -1)
    np.testing.assert_allclose(model.log_prob(x), chosen.sum((1, 2, 3, 4)), rtol=1e-5)


def test_a_zero_head_is_one_logistic():
    """All sub-pixels then have mean 0 and scale 1 on [-1, 1]."""
    model = make_model((2, 2, 3), levels=256)
    for variable in model.head.trainable_variables[1:]:
        variable.assign(np.zeros(variable.shape))
    x = np.full((1, 2, 2, 3), 255, "uint8")
    edge = np.log(1.0 / (1.0 + np.exp(254.0 / 255.0)))
    assert model.log_prob(x)[0] == pytest.approx(12 * edge, rel=1e-5)


@pytest.mark.parametrize(
    "image_shape, resolutions, levels, num_classes",
    [((8, 4, 1), 3, 4, None), ((2, 4, 3), 2, 256, 2)],
)
def test_cached_logits_equal_those_of_one_pass(
    image_shape, resolutions, levels, num_classes
):
    model = make_model(image_shape, resolutions, levels, 0.5, num_classes=num_classes)
    check_cached_logits(model, 1e-4)


@pytest.mark.parametrize(
    "image_shape, levels, num_classes, batch_sizes",
    [((2, 6, 1), 2, None, (1, 3)), ((4, 2, 3), 8, 3, (2,))],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    image_shape, levels, num_classes, batch_sizes
):
    model = make_model(image_shape, 2, levels, 0.5, num_classes=num_classes)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


def test_labels_change_images_by_their_row_alone():
    model = make_model((2, 2, 1), levels=4, num_classes=3)
    check_labels_choose_rows(model)


def test_first_batch_gives_every_map_its_mean_and_deviation(monkeypatch):
    model = PixelCNNPlusPlus((8, 8, 1), 4, 1, 2, 3, dropout=0.5)
    x = np.random.default_rng(0).random((16, 8, 8, 1)).astype("float32")
    model.initialize_from(x, None)
    found, add_bias = [], WeightNorm.add_bias

    def record(layer, y):
        y = add_bias(layer, y)
        found.append((layer, ops.convert_to_numpy(y)))
        return y

    monkeypatch.setattr(WeightNorm, "add_bias", record)
    nats = model.compute_log_prob(model.to_levels(x))
    assert np.isfinite(ops.convert_to_numpy(nats)).all()
    assert len(found) == sum(isinstance(m, WeightNorm) for m in model._flatten_layers())
    for layer, y in found:
        np.testing.assert_allclose(y.mean((0, 1, 2)), 0.0, atol=1e-4)
        np.testing.assert_allclose(y.std((0, 1, 2)), layer.init_scale, rtol=1e-2)


def test_two_images_are_learned_to_their_entropy():
    """The likelihood of an even mixture of two images tends to log 2 nats."""
    model = PixelCNNPlusPlus((4, 4, 1), 8, 1, 2, 2, dropout=0.0, levels=2, seed=0)
    model.compile(keras.optimizers.Adam(0.001))
    x = np.zeros((960, 4, 4, 1), "float32")
    x[::2, ::2], x[1::2, :, ::2] = 1.0, 1.0
    model.fit(x, batch_size=16, epochs=4, verbose=0)
    nats = -model.log_prob(x[:2]).mean()
    assert np.log(2.0) - 1e-4 < nats < np.log(2.0) + 0.3


@pytest.mark.parametrize("image_shape", [(6, 8, 1), (8, 6, 3)])
def test_sides_must_be_divisible(image_shape):
    with pytest.raises(ValueError, match="divisible by 4. Received: image_shape"):
        PixelCNNPlusPlus(image_shape, 3, 1, 3)
