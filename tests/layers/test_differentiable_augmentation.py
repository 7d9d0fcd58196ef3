"""Differentiable augmentation, by given draws and by drawn ones."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.differentiable_augmentation import DifferentiableAugmentation
from tests.layers.augmentation_checks import check_gradients, check_saving, uniform

pytestmark = pytest.mark.every_backend

X = np.random.default_rng(0).uniform(-1.0, 1.0, (5, 8, 16, 3)).astype("float32")


def transformed(policy, draws, x=X, **kwargs):
    layer = DifferentiableAugmentation(policy, **kwargs)
    return ops.convert_to_numpy(layer.transform(ops.convert_to_tensor(x), draws))


def color(x, u):
    """The paper's, in [-1, 1]."""
    x = x + u[:, 0].reshape(-1, 1, 1, 1) - 0.5
    mean = x.mean(axis=-1, keepdims=True)
    x = (x - mean) * 2.0 * u[:, 1].reshape(-1, 1, 1, 1) + mean
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    return (x - mean) * (u[:, 2].reshape(-1, 1, 1, 1) + 0.5) + mean


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_colours_are_those_of_the_paper(channels):
    x, u = X[..., :channels], uniform(5, 7)
    np.testing.assert_allclose(transformed("color", u, x), color(x, u), atol=2e-6)


def test_images_in_another_range_are_changed_alike():
    u = uniform(5, 7)
    expected = (transformed("color,translation,cutout", u) + 1.0) / 2.0
    found = transformed(
        "color,translation,cutout", u, (X + 1.0) / 2.0, value_range=(0.0, 1.0)
    )
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_translations_are_by_whole_pixels_and_bring_in_grey():
    u = np.full((5, 7), 0.5, "float32")
    u[:, 3] = [0.5, 0.99, 0.0, 0.99, 0.5]  # rows: 0, 1, -1, 1, 0
    u[:, 4] = [0.5, 0.5, 0.99, 0.0, 0.1]  # columns: 0, 0, 2, -2, -2
    found = transformed("translation", u)
    np.testing.assert_array_equal(found[0], X[0])
    for i, (rows, columns) in enumerate([(0, 0), (1, 0), (-1, 2), (1, -2), (0, -2)]):
        padded = np.pad(X[i], ((1, 1), (2, 2), (0, 0)))
        start = padded[1 + rows : 9 + rows, 2 + columns : 18 + columns]
        np.testing.assert_array_equal(found[i], start)


def test_a_window_of_half_the_sides_becomes_grey_where_it_is_inside():
    u = np.zeros((5, 7), "float32")
    u[:, 5] = [0.5, 0.0, 0.999, 0.5, 0.999]  # centres of 9 and 17 places
    u[:, 6] = [0.5, 0.0, 0.999, 0.0, 0.0]
    found = transformed("cutout", u, X + 5.0)
    expected = X + 5.0
    for i, (rows, columns) in enumerate(
        [(slice(2, 6), slice(4, 12)), (slice(0, 2), slice(0, 4))]
        + [(slice(6, 8), slice(12, 16)), (slice(2, 6), slice(0, 4))]
        + [(slice(6, 8), slice(0, 4))]
    ):
        expected[i, rows, columns] = 0.0
    np.testing.assert_array_equal(found, expected)


def test_draws_fill_their_ranges():
    layer = DifferentiableAugmentation("translation")
    ramp = np.broadcast_to(np.arange(1.0, 17.0)[None, :, None, None], (600, 16, 1, 1))
    seed = keras.random.SeedGenerator(3)
    x = ops.convert_to_tensor(ramp.astype("float32"))
    first = ops.convert_to_numpy(layer(x, seed=seed))[:, 8, 0, 0]
    values, counts = np.unique(first, return_counts=True)
    np.testing.assert_array_equal(values, [7.0, 8.0, 9.0, 10.0, 11.0])
    assert np.abs(counts - 120).max() < 5 * np.sqrt(600 * 0.2 * 0.8)
    assert (first[:-1] != first[1:]).any()
    again = ops.convert_to_numpy(layer(x, seed=seed))[:, 8, 0, 0]
    assert (again != first).any(), "each call draws anew"


def test_the_order_is_that_of_the_policy():
    u = uniform(5, 7)
    one = transformed("color", u, transformed("cutout", u))
    np.testing.assert_array_equal(transformed("cutout, color", u), one)
    assert np.abs(transformed("color,cutout", u) - one).max() > 0.1


def test_images_of_a_batch_do_not_meet():
    u = uniform(5, 7)
    together = transformed("color,translation,cutout", u)
    for i in range(5):
        alone = transformed("color,translation,cutout", u[i : i + 1], X[i : i + 1])
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-6)


def test_gradients_of_both_orders():
    check_gradients(DifferentiableAugmentation(), X[:2])


def test_sizes_dtypes_and_saving():
    layer = DifferentiableAugmentation("cutout,color", (0.0, 1.0), name="disturbed")
    again = check_saving(layer, X)
    assert (again.policy, again.value_range) == ("cutout,color", (0.0, 1.0))
    layer, seed = DifferentiableAugmentation(dtype="mixed_float16"), 1
    assert keras.backend.standardize_dtype(layer(X, seed=seed).dtype) == "float32"
    for shape in ((2, 1, 1, 1), (1, 7, 5, 4)):
        x = ops.cast(np.ones(shape), "float16")
        found = DifferentiableAugmentation()(x, seed=seed)
        assert tuple(found.shape) == shape and found.dtype == x.dtype
        assert np.isfinite(backend.to_numpy(ops.cast(found, "float32"))).all()


@pytest.mark.any_backend
def test_checks():
    with pytest.raises(ValueError, match="`policy` must be one of.*'cutout'.*Received"):
        DifferentiableAugmentation("color,cutuot")
    with pytest.raises(ValueError, match="`policy` must name each at most once.*Rec"):
        DifferentiableAugmentation("color,color")
    with pytest.raises(TypeError, match="`policy` must be a str.*Received"):
        DifferentiableAugmentation(None)
    with pytest.raises(ValueError, match="`value_range` must be from low.*Received"):
        DifferentiableAugmentation(value_range=(1.0, 0.0))
    with pytest.raises(ValueError, match="`x` must be images.*Received: x of shape"):
        DifferentiableAugmentation()(np.zeros((2, 3), "float32"), seed=1)
