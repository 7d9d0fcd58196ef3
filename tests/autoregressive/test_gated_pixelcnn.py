"""Gated PixelCNN: causal, without a blind spot, conditional on labels and on maps."""

import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import GatedPixelCNN
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


def make_model(image_shape, blocks=1, levels=2, scale=0.5, **kwargs):
    """Returns a small model with random weights."""
    colours = image_shape[-1]
    model = GatedPixelCNN(
        image_shape, 4 * colours, blocks, 3, 5, 8 * colours, levels, **kwargs
    )
    return randomize(model, scale)


def test_contract():
    check_model(
        GatedPixelCNN,
        {
            "image_shape": (6, 5, 1),
            "filters": 4,
            "blocks": 1,
            "kernel_size": 3,
            "first_kernel_size": 5,
            "head_filters": 5,
            "levels": 2,
            "num_classes": 3,
            "binarization": "threshold",
        },
        excluded=("condition_shape", "embedding_dim"),
    )


@pytest.mark.parametrize(
    "image_shape, levels", [((4, 5, 1), 2), ((3, 3, 3), 4), ((3, 2, 2), 2)]
)
def test_every_logit_sees_all_its_past_and_nothing_else(image_shape, levels):
    """Every block reaches one pixel further; no wedge to the right is missing."""
    model = make_model(image_shape, blocks=4, levels=levels, dtype=FLOAT)
    check_causal(model)
    check_dense(randomize(model, scale=0.1))  # small, so that no gate is saturated


@pytest.mark.parametrize(
    "image_shape, levels", [((3, 3, 1), 2), ((2, 2, 1), 4), ((1, 1, 3), 8)]
)
def test_probabilities_of_all_images_sum_to_one(image_shape, levels):
    check_mass(make_model(image_shape, levels=levels, dtype=FLOAT))


@pytest.mark.parametrize(
    "image_shape, levels, num_classes, batch_sizes",
    [((3, 5, 1), 2, 3, (1, 3)), ((3, 2, 3), 16, None, (3,))],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    image_shape, levels, num_classes, batch_sizes
):
    model = make_model(image_shape, 2, levels, num_classes=num_classes)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


def test_cached_logits_equal_those_of_one_pass():
    check_cached_logits(make_model((3, 4, 2), 2, levels=4, num_classes=2))


def test_labels_change_images_by_their_row_alone():
    model = make_model((3, 3, 1), levels=4, num_classes=3)
    x = np.zeros((3, 3, 3, 1), "float32")
    logits = ops.convert_to_numpy(model([x, np.arange(3)]))
    assert not np.allclose(logits[0], logits[1])
    for layer in model.gated_layers:
        for bias in layer.biases:
            bias.class_bias.assign(ops.flip(bias.class_bias.value, axis=0))
    flipped = ops.convert_to_numpy(model([x, np.arange(3)]))
    np.testing.assert_allclose(flipped, logits[::-1], atol=1e-4)


# === Conditional on an image ===


def make_conditional(image_shape=(4, 6, 1), condition_shape=(2, 3, 2), **kwargs):
    return make_model(image_shape, condition_shape=condition_shape, **kwargs)


def test_every_logit_sees_the_whole_map_that_its_network_sees():
    model = make_conditional(blocks=2)
    x = np.zeros((1, 4, 6, 1), "int32")
    generator = np.random.default_rng(0)
    maps = generator.random((2, 2, 3, 2), "float32")
    logits = [
        ops.convert_to_numpy(model.compute_logits(x, maps[i : i + 1], False))
        for i in (0, 1)
    ]
    # Also the first pixel, and pixels later in raster order: the map is not masked.
    assert np.all(np.abs(logits[0] - logits[1]).max(axis=-1) > 0.0)


def test_zeroed_condition_gives_the_unconditional_model():
    model, plain = make_conditional(), make_model((4, 6, 1))
    for layer, other in zip(model.gated_layers, plain.gated_layers, strict=True):
        weights = {w.path.split("/")[-1]: w for w in layer.trainable_variables}
        weights["condition"].assign(ops.zeros_like(weights["condition"].value))
        rest = [w for w in layer.trainable_variables if w.name != "condition"]
        for a, b in zip(other.trainable_variables, rest, strict=True):
            a.assign(b.value)
    for layer, other in zip(model.head, plain.head, strict=True):
        for a, b in zip(
            other.trainable_variables, layer.trainable_variables, strict=True
        ):
            a.assign(b.value)
    x = np.random.default_rng(0).integers(0, 2, (2, 4, 6, 1), "int32")
    maps = np.random.default_rng(1).random((2, 2, 3, 2), "float32")
    np.testing.assert_allclose(
        ops.convert_to_numpy(model.compute_logits(x, maps, False)),
        ops.convert_to_numpy(plain.compute_logits(x, None, False)),
        atol=1e-5,
    )


def test_conditional_on_images_trains_samples_and_sums_to_one():
    model = make_conditional((2, 2, 1), (1, 1, 1))
    images = all_images((2, 2, 1), 2)
    maps = np.full((16, 1, 1, 1), 255, "uint8")
    nats = model.log_prob(images, maps)
    assert abs(np.exp(nats.astype("float64")).sum() - 1.0) < 1e-5
    np.testing.assert_allclose(nats, model.log_prob(images, maps / 255.0), rtol=1e-5)
    assert not np.allclose(nats, model.log_prob(images, 0 * maps))
    expected = model.sample(16, maps, seed=0, method="full")
    np.testing.assert_array_equal(
        model.sample(16, maps, seed=0, batch_size=5), expected
    )
    half = model.complete(
        images, np.array([[True, True], [False, False]]), maps, seed=0
    )
    np.testing.assert_array_equal(half[:, 0], images[:, 0])
    model.compile()
    history = model.fit(images, maps, batch_size=4, epochs=2, verbose=0).history
    assert np.all(np.isfinite(history["loss"]))
    figures = model.evaluate(images, maps, verbose=0, return_dict=True)
    assert figures["loss"] == pytest.approx(-model.log_prob(images, maps).mean(), 1e-4)


def test_a_copied_map_is_learned():
    """With the image itself as its condition nothing stays uncertain."""
    model = GatedPixelCNN((4, 4, 1), 16, 1, 3, 3, 16, 2, condition_shape=(4, 4, 1))
    x = (np.random.default_rng(0).random((256, 4, 4, 1)) < 0.5).astype("float32")
    model.compile()
    model.optimizer.learning_rate = 0.02
    model.fit(x, x, batch_size=16, epochs=4, verbose=0)
    assert -model.log_prob(x[:64], x[:64]).mean() < 0.1 * 16 * np.log(2.0)


# === Of codes ===


def test_codes_of_any_number_have_probabilities_that_sum_to_one():
    model = make_model((2, 2, 1), levels=3, embedding_dim=5, dtype=FLOAT)
    codes = np.rint(2 * all_images((2, 2, 1), 3)).astype("int32")
    nats = model.log_prob(codes, batch_size=81).astype("float64")
    assert abs(np.exp(nats).sum() - 1.0) < 1e-5
    assert nats.std() > 0.1
    np.testing.assert_allclose(model.log_prob(codes / 2.0), nats, rtol=1e-6)


def test_codes_are_drawn_alike_by_both_methods_and_kept_exactly():
    model = make_model((3, 4, 1), 2, levels=300, num_classes=2, embedding_dim=3)
    check_cached_equals_full(model, batch_sizes=(2,))
    check_cached_logits(model)
    codes = np.arange(300).reshape(25, 3, 4, 1)
    for x in (codes, (codes / 299).astype("float32")):
        found = model.to_levels(model.preprocess(ops.convert_to_tensor(x)))
        np.testing.assert_array_equal(ops.convert_to_numpy(found), codes)


def test_codes_have_no_order():
    """Codes under other numbers, with their weights moved too: the same numbers."""
    model = make_model((3, 3, 1), levels=5, embedding_dim=3)
    codes = np.random.default_rng(0).integers(0, 5, (4, 3, 3, 1))
    order = np.array([2, 0, 4, 1, 3])
    nats = model.log_prob(codes)
    embeddings, last = model.embedding.embeddings, model.head[-1]
    embeddings.assign(ops.convert_to_numpy(embeddings.value)[order])
    last.kernel.assign(ops.convert_to_numpy(last.kernel.value)[..., order])
    last.bias.assign(ops.convert_to_numpy(last.bias.value)[order])
    np.testing.assert_allclose(model.log_prob(np.argsort(order)[codes]), nats, 1e-4)


def test_wrong_codes_are_refused():
    model = make_model((2, 2, 1), levels=5, embedding_dim=2)
    with pytest.raises(ValueError, match=r"in \[0, 4\]. Received: codes from 0 to 5"):
        model.log_prob(np.array([0, 1, 2, 5]).reshape(1, 2, 2, 1))
    with pytest.raises(ValueError, match="several channels. Received: embedding_dim=2"):
        GatedPixelCNN((2, 2, 3), 6, 1, levels=5, embedding_dim=2)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"condition_shape": (3, 3, 1)}, "divide those of"),
        ({"condition_shape": (2, 2)}, "`condition_shape` must be"),
        ({"condition_shape": (2, 2, 1), "num_classes": 2}, "must be None for"),
        ({"kernel_size": 4}, "must be odd. Received: kernel_size=4"),
    ],
)
def test_bad_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        GatedPixelCNN((4, 4, 1), 2, 1, head_filters=2, levels=2, **kwargs)
    with pytest.raises(ValueError, match="divisible by the 3 colours.*filters=4"):
        GatedPixelCNN((4, 4, 3), 4, 1, levels=2)


@pytest.mark.parametrize(
    "maps", [None, np.zeros((8, 2, 2, 2)), np.full((8, 2, 3, 2), 2.0)]
)
def test_bad_maps_are_refused(maps):
    model = make_conditional()
    model.compile()
    with pytest.raises(ValueError, match="`labels` must (be|have|hold).*Received"):
        model.fit(np.zeros((8, 4, 6, 1)), maps, batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="`labels` must (be|have|hold).*Received"):
        model.sample(8, maps)
