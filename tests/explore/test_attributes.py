"""Attribute vectors."""

import numpy as np
import pytest

from kerasgen.explore import attribute_vectors
from tests.explore import tiny


@pytest.fixture(scope="module")
def model():
    return tiny.vae()


def _codes(count=400, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 3)).astype("float32")


def test_it_is_the_difference_of_mean_codes(model):
    x = tiny.images(8)
    has = np.array([1, 0, 1, 1, 0, 0, 0, 0])
    z = model.encode(x)
    expected = z[has == 1].mean(axis=0) - z[has == 0].mean(axis=0)
    found = attribute_vectors(model, x, has[:, None])
    assert found.shape == (1, 3)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


@pytest.mark.parametrize("method", ["difference", "regression"])
def test_the_vector_of_the_opposite_points_back(model, method):
    has = np.random.default_rng(1).integers(0, 2, (400, 2))
    forward = attribute_vectors(model, _codes(), has, method=method)
    back = attribute_vectors(model, _codes(), 1 - has, method=method)
    np.testing.assert_allclose(back, -forward, atol=1e-6)


def test_a_random_split_has_a_vector_that_shrinks_with_the_number_of_images(model):
    norms = []
    for count in (400, 40000):
        has = np.random.default_rng(2).integers(0, 2, (count, 1))
        vectors = attribute_vectors(model, _codes(count), has)
        norms.append(np.linalg.norm(vectors))
    assert norms[1] < 3 * 2 * np.sqrt(3 / 40000) < norms[0] * 3
    assert norms[1] < norms[0]


def test_classes_are_attributes_each(model):
    z, y = _codes(60), np.arange(60) % 3
    found = attribute_vectors(model, z, y)
    expected = attribute_vectors(model, z, np.eye(3)[y])
    np.testing.assert_array_equal(found, expected)
    assert found.shape == (3, 3)


def test_a_regression_tells_attributes_apart_that_go_together(model):
    rng = np.random.default_rng(3)
    first = rng.integers(0, 2, 2000)
    second = np.where(rng.random(2000) < 0.9, first, 1 - first)
    has = np.stack([first, second], axis=1)
    truth = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    z = has @ truth + 0.05 * rng.normal(size=(2000, 3))
    found = attribute_vectors(model, z, has, method="regression")
    np.testing.assert_allclose(found, truth, atol=0.02)
    mixed = attribute_vectors(model, z, has)
    assert mixed[0, 1] > 0.5  # the plain difference takes the other one along


def test_orthogonal_vectors_have_no_part_along_the_others(model):
    has = np.random.default_rng(4).integers(0, 2, (50, 2))
    plain = attribute_vectors(model, _codes(50), has)
    found = attribute_vectors(model, _codes(50), has, orthogonal=True)
    np.testing.assert_allclose(np.diag(found @ plain[::-1].T), 0.0, atol=1e-6)
    assert np.abs(np.diag(plain @ plain[::-1].T)).min() > 1e-4
    removed = plain - found
    parallel = np.cross(removed, plain[::-1])
    np.testing.assert_allclose(parallel, 0.0, atol=1e-6)


@pytest.mark.parametrize(
    "attributes, kwargs, message",
    [
        (np.ones((6, 1)), {}, "must each have images with and without"),
        (np.full((6, 1), 2), {}, "`attributes` must be 0 or 1"),
        (np.zeros((5, 1)), {}, "`attributes` must be 0 or 1"),
        (np.array([0, 1, 2, 0, 1, 2]), {"method": "regression"}, "`method` must be"),
        (np.eye(6)[:, [0, 0]], {"method": "regression"}, "must not follow from one"),
        (np.eye(6), {"method": "mean"}, "`method` must be one of"),
    ],
)
def test_wrong_attributes_are_refused(model, attributes, kwargs, message):
    with pytest.raises(ValueError, match=message):
        attribute_vectors(model, _codes(6), attributes, **kwargs)
