"""The base of autoregressive models: levels, likelihood, sampling, completion."""

import itertools
import math

import numpy as np
import pytest
from keras import backend, ops

from kerasgen.autoregressive import PixelCNN


def make_model(image_shape=(3, 3, 1), levels=2, seed=0, scale=1.0, **kwargs):
    """Returns a small PixelCNN with weights that are far from their start."""
    model = PixelCNN(image_shape, 3, 1, 3, levels=levels, seed=seed, **kwargs)
    generator = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(scale * generator.normal(size=variable.shape))
    return model


def all_images(image_shape, levels):
    """Returns every image there is, as floats."""
    values = itertools.product(range(levels), repeat=math.prod(image_shape))
    images = np.array(list(values), "float32").reshape(-1, *image_shape)
    return images / (levels - 1)


def chi_square_deviates(counts, probabilities):
    """Returns the chi-square statistic in standard deviations from its mean."""
    expected = probabilities * counts.sum()
    small = expected < 5.0
    expected = np.append(expected[~small], expected[small].sum())
    counts = np.append(counts[~small], counts[small].sum())
    statistic = np.sum((counts - expected) ** 2 / np.maximum(expected, 1e-9))
    freedom = len(counts) - 1
    return (statistic - freedom) / np.sqrt(2.0 * freedom)


# === Levels ===


@pytest.mark.parametrize("levels", [4, 16, 256])
def test_uint8_is_divided_and_floats_are_rounded_first(levels):
    model = make_model((1, 1, 1), levels)
    values = np.arange(256, dtype="uint8").reshape(-1, 1, 1, 1)
    expected = values.astype("int32") // (256 // levels)
    for x in (values, values.astype("float32") / 255.0):
        found = ops.convert_to_numpy(model.to_levels(model.preprocess(x)))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("levels", [2, 4, 8, 16, 32, 64, 128, 256])
def test_images_of_levels_keep_their_levels(levels):
    model = make_model((1, 1, 1), levels)
    x = all_images((1, 1, 1), levels)
    found = ops.convert_to_numpy(model.to_levels(x)).ravel()
    np.testing.assert_array_equal(found, np.arange(levels))


def test_low_precision_does_not_blur_levels():
    model = PixelCNN((1, 1, 1), 3, 1, 3, levels=256, dtype="mixed_bfloat16")
    seen = []
    model.compute_logits = lambda x, labels, training: seen.append(x)
    model(np.array([253 / 255, 254 / 255], "float32").reshape(2, 1, 1, 1))
    assert ops.convert_to_numpy(seen[0]).ravel().tolist() == [253, 254]


def test_dynamic_binarization_draws_grey_and_leaves_binary():
    model = make_model((8, 8, 1))
    grey = np.full((50, 8, 8, 1), 0.3, "float32")
    binary = (np.random.default_rng(0).random((50, 8, 8, 1)) < 0.5).astype("float32")
    drawn = [
        ops.convert_to_numpy(model.to_levels(grey, model.draw_seed(training=True)))
        for _ in range(2)
    ]
    assert not np.array_equal(*drawn)
    assert abs(drawn[0].mean() - 0.3) < 5 * np.sqrt(0.21 / grey.size)
    found = model.to_levels(binary, model.draw_seed(training=True))
    np.testing.assert_array_equal(ops.convert_to_numpy(found), binary)


def test_likelihood_of_grey_images_has_fixed_noise():
    model = make_model()
    grey = np.random.default_rng(0).random((4, 3, 3, 1), "float32")
    first = model.log_prob(grey)
    np.testing.assert_array_equal(first, model.log_prob(grey))
    assert not np.array_equal(first, model.log_prob(grey, seed=1))
    binary = np.round(grey)
    np.testing.assert_array_equal(
        model.log_prob(binary, seed=0), model.log_prob(binary, seed=1)
    )


def test_threshold_is_at_one_half_and_none_refuses_grey():
    values = np.array([0, 127, 128, 255], "uint8").reshape(4, 1, 1, 1)
    model = make_model((1, 1, 1), binarization="threshold")
    found = ops.convert_to_numpy(model.to_levels(model.preprocess(values)))
    assert found.ravel().tolist() == [0, 0, 1, 1]
    model = make_model((1, 1, 1), binarization=None)
    assert model.log_prob(values[[0, 3]]).shape == (2,)
    with pytest.raises(ValueError, match="Received: grey images"):
        model.log_prob(values)


# === Likelihood ===


@pytest.mark.parametrize(
    "image_shape, levels", [((3, 3, 1), 2), ((2, 2, 1), 4), ((1, 1, 3), 4)]
)
def test_probabilities_of_all_images_sum_to_one(image_shape, levels):
    model = make_model(image_shape, levels)
    images = all_images(image_shape, levels)
    nats = model.log_prob(images, batch_size=256).astype("float64")
    assert abs(np.exp(nats).sum() - 1.0) < 1e-5
    assert nats.std() > 0.5  # not just the uniform distribution


def test_conditionals_are_the_factors_of_the_likelihood():
    model = make_model((2, 2, 1), 4, num_classes=2)
    x, labels = all_images((2, 2, 1), 4)[100:110], np.arange(10) % 2
    p = model.conditionals(x, labels, batch_size=3)
    assert p.shape == (10, 2, 2, 1, 4)
    np.testing.assert_allclose(p.sum(-1), 1.0, rtol=1e-5)
    levels = np.rint(3 * x).astype("int32")
    chosen = np.take_along_axis(p, levels[..., None], axis=-1)
    nats = np.log(chosen).sum((1, 2, 3, 4))
    np.testing.assert_allclose(nats, model.log_prob(x, labels), rtol=1e-4)


def test_zero_logits_are_eight_bits_per_dim():
    model = make_model((2, 3, 3), 256)
    for variable in model.head[-1].weights:
        variable.assign(np.zeros(variable.shape))
    x = np.random.default_rng(0).integers(0, 256, (3, 2, 3, 3), "uint8")
    np.testing.assert_allclose(model.bits_per_dim(x), 8.0, atol=1e-5)
    np.testing.assert_allclose(model.log_prob(x), -18 * np.log(256), rtol=1e-6)


def test_scalars_are_means_of_the_likelihood():
    model = make_model((3, 2, 1), 4, num_classes=3)
    model.compile()
    generator = np.random.default_rng(0)
    x, labels = generator.integers(0, 256, (5, 3, 2, 1), "uint8"), np.arange(5) % 3
    scalars = model.evaluate(x, labels, batch_size=2, verbose=0, return_dict=True)
    nats = -model.log_prob(x, labels)
    assert scalars["loss"] == pytest.approx(nats.mean(), rel=1e-5)
    bits = model.bits_per_dim(x, labels)
    np.testing.assert_allclose(bits, nats / (6 * np.log(2)), rtol=1e-6)
    assert scalars["bits_per_dim"] == pytest.approx(bits.mean(), rel=1e-5)
    twice = model.evaluate(
        np.tile(x, (2, 1, 1, 1)), np.tile(labels, 2), verbose=0, return_dict=True
    )
    assert twice["loss"] == pytest.approx(scalars["loss"], rel=1e-5)


@pytest.mark.skipif(backend.backend() == "jax", reason="JAX has no float64 unasked")
def test_probabilities_sum_to_one_in_float64():
    model = make_model(dtype="float64", scale=0.5)
    nats = model.log_prob(all_images((3, 3, 1), 2), batch_size=512)
    assert abs(np.exp(nats).sum() - 1.0) < 1e-12


# === Sampling ===


def test_samples_have_the_probabilities_that_log_prob_gives():
    model = make_model(scale=0.7)
    probabilities = np.exp(model.log_prob(all_images((3, 3, 1), 2), batch_size=512))
    images = model.sample(20_000, seed=0, batch_size=5_000)
    index = images.reshape(-1, 9) @ 2.0 ** np.arange(8, -1, -1)
    counts = np.bincount(index.astype(int), minlength=512)
    assert (counts > 0).sum() > 100
    assert abs(chi_square_deviates(counts, probabilities)) < 5.0


def test_temperature_divides_logits_and_compiles_nothing():
    model = make_model((1, 1, 1), 4)
    logits = ops.convert_to_numpy(model(np.zeros((1, 1, 1, 1), "float32"))).ravel()
    for temperature in (0.5, 3.0):
        odds = np.exp(logits.astype("float64") / temperature)
        images = model.sample(5_000, seed=1, batch_size=5_000, temperature=temperature)
        counts = np.bincount(np.rint(images * 3).astype(int).ravel(), minlength=4)
        assert abs(chi_square_deviates(counts, odds / odds.sum())) < 5.0
    assert len(model._functions) == 1


def test_seed_gives_the_same_image_in_any_batch_and_any_number():
    model = make_model((3, 4, 1), 4)
    images = model.sample(5, seed=2, batch_size=5)
    for count, batch_size in ((5, 1), (5, 2), (3, 3)):
        again = model.sample(count, seed=2, batch_size=batch_size)
        np.testing.assert_array_equal(again, images[:count])
    assert not np.array_equal(images, model.sample(5, seed=3, batch_size=5))


# === Completion ===


@pytest.mark.parametrize("method", ["cached", "full"])
def test_given_pixels_are_kept_and_others_drawn(method):
    model = make_model((4, 3, 3), 4, num_classes=2)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 4, (3, 4, 3, 3)).astype("float32") / 3
    mask = generator.random((3, 4, 3)) < 0.5
    result = model.complete(images, mask, [0, 1, 1], seed=0, method=method)
    np.testing.assert_array_equal(result[mask], images[mask])
    assert not np.array_equal(result[~mask], images[~mask])
    other = model.complete(images, mask, [0, 1, 1], seed=1, method=method)
    assert not np.array_equal(result, other)


def test_both_methods_complete_alike():
    model = make_model((4, 3, 1), 8)
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 3, 1), "uint8")
    mask = np.eye(4, 3, dtype=bool)
    results = [
        model.complete(images, mask, seed=0, method=m) for m in ("cached", "full")
    ]
    np.testing.assert_array_equal(*results)


def test_masks_of_all_ones_and_zeros():
    model = make_model((2, 3, 1), 8)
    x = np.random.default_rng(0).integers(0, 8, (2, 2, 3, 1)).astype("float32") / 7
    whole = model.complete(x, np.ones((2, 3), bool), seed=0)
    np.testing.assert_array_equal(whole, x)
    nothing = model.complete(x, np.zeros((2, 2, 3, 1), bool), seed=0)
    np.testing.assert_array_equal(nothing, model.sample(2, seed=0))


def test_completed_last_pixel_has_its_conditional_distribution():
    model = make_model((2, 2, 1), 4, scale=0.7)
    x = np.array([3, 0, 2, 0], "float32").reshape(1, 2, 2, 1) / 3
    logits = ops.convert_to_numpy(model(x))[0, 1, 1, 0].astype("float64")
    mask = np.array([[True, True], [True, False]])
    images = model.complete(np.repeat(x, 5_000, 0), mask, seed=0, batch_size=5_000)
    counts = np.bincount(np.rint(images[:, 1, 1, 0] * 3).astype(int), minlength=4)
    odds = np.exp(logits)
    assert abs(chi_square_deviates(counts, odds / odds.sum())) < 5.0


# === Refusals ===


def test_wrong_arguments_are_refused():
    model, x = make_model(), np.zeros((2, 3, 3, 1), "float32")
    with pytest.raises(ValueError, match="`levels` must divide 256"):
        PixelCNN((3, 3, 1), levels=3)
    with pytest.raises(ValueError, match="Did you mean 'threshold'"):
        PixelCNN((3, 3, 1), levels=2, binarization="treshold")
    with pytest.raises(ValueError, match="`method` must be one of"):
        model.sample(1, method="fast")
    for temperature in (0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="Received: temperature="):
            model.sample(1, temperature=temperature)
    with pytest.raises(TypeError, match="`mask` must be a bool array"):
        model.complete(x, np.ones((3, 3)))
    with pytest.raises(ValueError, match="`mask` must have shape"):
        model.complete(x, np.ones((3, 2), bool))
    with pytest.raises(ValueError, match="`x` must have images of shape"):
        model.log_prob(x[:, 1:])
    with pytest.raises(ValueError, match="`labels` must be None"):
        model.complete(x, np.ones((3, 3), bool), labels=[0, 1])
