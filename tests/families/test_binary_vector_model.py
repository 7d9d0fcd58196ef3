"""The base of binary vectors, and drawing in another order than raster."""

import numpy as np
import pytest
from keras import ops

from kerasgen.autoregressive import FVBN
from tests.autoregressive.causality import (
    all_images,
    check_cached_equals_full,
    check_mass,
    randomize,
)
from tests.families.test_autoregressive_model import chi_square_deviates

ORDER = np.array([4, 0, 5, 2, 1, 3])  # not its own inverse


class Shuffled(FVBN):
    """A belief network whose sub-pixels come in the order `ORDER`."""

    def generation_order(self):
        return ORDER

    def vector_logits(self, x, labels, training):
        logits = super().vector_logits(ops.take(x, ORDER, axis=1), labels, training)
        return ops.take(logits, np.argsort(ORDER), axis=1)


@pytest.fixture(scope="module")
def model():
    return randomize(Shuffled((2, 3, 1)))


def test_levels_are_zero_and_one_and_logits_are_of_both(model):
    x = np.random.default_rng(0).integers(0, 2, (4, 2, 3, 1))
    scaled = ops.convert_to_numpy(model.scale_levels(ops.convert_to_tensor(x)))
    np.testing.assert_array_equal(scaled, x)
    logits = ops.convert_to_numpy(model.compute_logits(x, None, False))
    assert logits.shape == (4, 2, 3, 1, 2)
    np.testing.assert_array_equal(logits[..., 0], 0.0)
    assert model.levels == 2


def test_cached_sampling_in_another_order_equals_full_passes(model):
    check_mass(model, tolerance=1e-5)  # the model is float32 on every backend
    check_cached_equals_full(model)


def test_samples_in_another_order_have_the_model_s_probabilities(model):
    p = np.exp(model.log_prob(all_images((2, 3, 1), 2)).astype("float64"))
    samples = model.sample(20_000, seed=0, batch_size=20_000)
    places = samples.reshape(-1, 6) @ 2 ** np.arange(6)[::-1]
    counts = np.bincount(places.astype(int), minlength=64)
    assert abs(chi_square_deviates(counts, p / p.sum())) < 5.0


def test_completion_is_given_what_comes_earlier_in_the_order(model):
    """All but the last of the order are given: its own conditional is drawn."""
    x = np.array([1, 0, 1, 0, 1, 1], "float32").reshape(1, 2, 3, 1)
    mask = np.ones(6, bool)
    mask[ORDER[-1]] = False
    logits = ops.convert_to_numpy(model(x))[..., 1].ravel()
    p = 1.0 / (1.0 + np.exp(-logits[ORDER[-1]]))
    for method in ("cached", "full"):
        images = model.complete(
            np.repeat(x, 2_000, 0),
            mask.reshape(2, 3),
            seed=0,
            batch_size=2_000,
            method=method,
        )
        flat = images.reshape(-1, 6)
        np.testing.assert_array_equal(
            flat[:, mask], np.tile(x.ravel()[mask], (2000, 1))
        )
        error = flat[:, ORDER[-1]].mean() - p
        assert abs(error) < 5.0 * np.sqrt(p * (1.0 - p) / 2_000)
