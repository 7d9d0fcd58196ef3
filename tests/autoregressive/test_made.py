"""MADE: masks, orders, exact mixtures, and units computed once in sampling."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import MADE
from tests.autoregressive.causality import (
    FLOAT,
    all_images,
    check_cached_equals_full,
    check_cached_logits,
    check_causal,
    check_dense,
    check_mass,
    logit_jacobian,
    randomize,
    reachable,
)
from tests.conformance import check_model
from tests.families.test_autoregressive_model import chi_square_deviates

MIXTURE = {"num_masks": 2, "ordering": "random"}


def make_model(image_shape, hidden_sizes=(40, 30), scale=0.4, **kwargs):
    return randomize(MADE(image_shape, hidden_sizes, **kwargs), scale)


def set_log_probs(model, images):
    """Returns `log p` of each mask set alone, `(sets, batch)`, by its logits."""
    x = images.reshape(len(images), -1)
    rows = []
    for which in range(model.num_masks):
        logits = model.set_logits(ops.convert_to_tensor(x), None, which)
        logits = ops.convert_to_numpy(logits).astype("float64")
        rows.append(np.sum(x * logits - np.logaddexp(0.0, logits), axis=1))
    return np.stack(rows)


def test_contract():
    check_model(
        MADE,
        {
            "image_shape": (6, 5, 1),
            "hidden_sizes": (40, 35),
            "num_masks": 2,
            "ordering": "random",
            "direct": False,
            "mask_seed": 1,
            "num_classes": 3,
            "binarization": "threshold",
        },
    )


# === Order ===


@pytest.mark.parametrize("image_shape", [(4, 3, 1), (2, 2, 3), (1, 1, 1)])
def test_jacobian_is_the_strictly_lower_triangle(image_shape):
    model = make_model(image_shape, (90, 80), dtype=FLOAT)
    if model.size > 1:
        check_causal(model)
    check_dense(model)


@pytest.mark.parametrize("direct", [False, True])
def test_jacobian_of_each_set_is_a_triangle_in_its_own_order(direct):
    model = make_model((2, 3, 1), (90, 80), direct=direct, **MIXTURE, dtype=FLOAT)
    x, found = np.ones((2, 3, 1)), []
    for step in (0, 1, 2):
        model.steps.assign(step)
        order = np.argsort(model.degrees[0][step % 2])
        jacobian = logit_jacobian(model, x, training=True)[np.ix_(order, order)]
        np.testing.assert_array_equal(np.triu(jacobian), 0.0)
        found.append(logit_jacobian(model, x, training=True) != 0.0)
    np.testing.assert_array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])
    # Out of training it is the first set, whatever the step.
    order = np.argsort(model.degrees[0][0])
    model.steps.assign(1)
    jacobian = logit_jacobian(model, x, training=False)[np.ix_(order, order)]
    np.testing.assert_array_equal(np.triu(jacobian), 0.0)
    model.steps.assign(0)
    seen = reachable(model)[np.ix_(order, order)]
    np.testing.assert_array_equal(seen, np.tri(6, k=-1, dtype=bool))


# === Likelihood ===


@pytest.mark.parametrize("options", [{}, MIXTURE, {**MIXTURE, "direct": False}])
def test_probabilities_of_all_images_sum_to_one(options):
    check_mass(make_model((3, 3, 1), **options, dtype=FLOAT))


def test_mixture_averages_probabilities_and_not_logits():
    model = make_model((3, 3, 1), **MIXTURE)
    images = all_images((3, 3, 1), 2)
    singles = set_log_probs(model, images)
    assert np.abs(singles[0] - singles[1]).max() > 1.0
    np.testing.assert_allclose(np.exp(singles).sum(axis=1), 1.0, atol=1e-5)
    expected = np.logaddexp(*singles) - np.log(2.0)
    found = model.log_prob(images, batch_size=512)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    x = ops.convert_to_tensor(images.reshape(512, 9))
    logits = [ops.convert_to_numpy(model.set_logits(x, None, i)) for i in (0, 1)]
    logits, x = np.mean(logits, axis=0), images.reshape(512, 9)
    wrong = np.sum(x * logits - np.logaddexp(0.0, logits), axis=1)
    assert abs(np.exp(wrong).sum() - 1.0) > 0.01  # averaged logits are no density
    assert np.abs(found - wrong).max() > 0.1


def test_evaluation_is_of_the_mixture_and_training_of_one_set():
    model = make_model((3, 3, 1), **MIXTURE)
    model.compile(keras.optimizers.SGD(0.0))
    x = np.random.default_rng(0).integers(0, 2, (5, 3, 3, 1)).astype("float32")
    singles = -set_log_probs(model, x).mean(axis=1)
    for step in range(3):
        loss = model.train_on_batch(x, return_dict=True)["loss"]
        model.reset_metrics()
        assert float(loss) == pytest.approx(singles[step % 2], rel=1e-4)
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(-model.log_prob(x).mean(), rel=1e-5)


def test_logits_of_call_are_those_of_the_first_set():
    model = make_model((3, 3, 1), **MIXTURE)
    model.steps.assign(1)
    x = np.random.default_rng(0).integers(0, 2, (5, 3, 3, 1)).astype("float32")
    first = model.set_logits(ops.convert_to_tensor(x.reshape(5, 9)), None, 0)
    found = ops.convert_to_numpy(model(x))[..., 1].reshape(5, 9)
    np.testing.assert_allclose(found, ops.convert_to_numpy(first), atol=1e-5)


def test_labels_add_their_bias_in_every_layer():
    model = make_model((2, 3, 1), num_classes=3)
    x = np.zeros((3, 2, 3, 1), "float32")
    before = ops.convert_to_numpy(model([x, np.arange(3)]))
    for layer in model.dense:
        bias = layer.bias.class_bias
        assert bias.shape == (3, layer.units)
        bias.assign(ops.flip(bias.value, axis=0))
    after = ops.convert_to_numpy(model([x, np.arange(3)]))
    np.testing.assert_allclose(after, before[::-1], atol=1e-4)
    assert not np.allclose(before[0], before[2])


# === Sampling ===


@pytest.mark.parametrize(
    "image_shape, batch_sizes, options",
    [
        ((2, 2, 3), (1, 3), {"direct": False, "hidden_sizes": (7,)}),
        ((3, 4, 1), (2,), {"num_classes": 3, **MIXTURE}),
    ],
)
def test_cached_sampling_draws_the_integers_of_full_passes(
    image_shape, batch_sizes, options
):
    model = make_model(image_shape, **options)
    check_cached_equals_full(model, batch_sizes=batch_sizes)


def test_cached_logits_equal_those_of_one_pass():
    check_cached_logits(make_model((3, 4, 1), (40, 30, 20), num_classes=2))
    check_cached_logits(make_model((2, 2, 3), (50,), direct=False))


@pytest.mark.parametrize("options", [{"ordering": "random"}, MIXTURE])
def test_samples_have_the_model_s_probabilities(options):
    """Of the whole mixture: each image has a mask set of its own."""
    model = make_model((2, 3, 1), scale=0.6, **options)
    p = np.exp(model.log_prob(all_images((2, 3, 1), 2)).astype("float64"))
    samples = model.sample(20_000, seed=0, batch_size=5_000)
    places = samples.reshape(-1, 6) @ 2 ** np.arange(6)[::-1]
    counts = np.bincount(places.astype(int), minlength=64)
    assert abs(chi_square_deviates(counts, p / p.sum())) < 5.0
    assert int(model.mask_set.value) == 0


def test_seed_gives_the_same_image_in_any_batch_and_any_number():
    model = make_model((2, 3, 1), **MIXTURE)
    images = model.sample(9, seed=2, batch_size=9)
    for count, batch_size in ((9, 2), (5, 5)):
        again = model.sample(count, seed=2, batch_size=batch_size)
        np.testing.assert_array_equal(again, images[:count])
    with pytest.raises(ValueError, match="Received: batch_size=0"):
        model.sample(2, batch_size=0)


def test_both_methods_complete_alike_in_a_random_order():
    model = make_model((3, 4, 1), **MIXTURE)
    generator = np.random.default_rng(0)
    x = generator.integers(0, 2, (6, 3, 4, 1)).astype("float32")
    mask = generator.random((3, 4)) < 0.5
    results = [
        model.complete(x, mask, seed=0, method=method) for method in ("cached", "full")
    ]
    np.testing.assert_array_equal(*results)
    np.testing.assert_array_equal(results[0][:, mask], x[:, mask])
    assert not np.array_equal(results[0], x)


def test_sampling_while_training_changes_nothing():
    x = np.random.default_rng(0).integers(0, 2, (8, 2, 3, 1)).astype("float32")

    class Sampler(keras.callbacks.Callback):
        images = []

        def on_epoch_end(self, epoch, logs=None):
            self.images.append(self.model.sample(8, seed=0))

    models = [make_model((2, 3, 1), (20,), **MIXTURE, seed=0) for _ in range(2)]
    for model, callbacks in zip(models, ([], [Sampler()]), strict=True):
        model.compile()
        model.fit(x, batch_size=4, epochs=3, verbose=0, callbacks=callbacks)
    for first, second in zip(*(m.weights for m in models), strict=True):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(first), ops.convert_to_numpy(second)
        )
    np.testing.assert_array_equal(Sampler.images[-1], models[1].sample(8, seed=0))


# === Refusals ===


def test_wrong_arguments_are_refused():
    for sizes in ((), 500, None):
        with pytest.raises(ValueError, match="Received: hidden_sizes="):
            MADE((2, 3, 1), sizes)
    with pytest.raises(ValueError, match="Received: hidden_sizes=0"):
        MADE((2, 3, 1), (4, 0))
    with pytest.raises(ValueError, match="Did you mean 'random'"):
        MADE((2, 3, 1), (4,), ordering="randomly")
