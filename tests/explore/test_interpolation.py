"""Interpolation: straight and along the sphere."""

import numpy as np
import pytest

from kerasgen.explore import interpolate
from kerasgen.explore.interpolation import linear, spherical
from tests.explore import tiny

SHARES = np.linspace(0, 1, 5)


def _pair(count=4, size=6):
    return np.random.default_rng(0).normal(size=(2, count, size))


def test_linear_is_the_straight_line():
    a, b = _pair()
    expected = [
        [(1 - t) * p + t * q for t in SHARES] for p, q in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(linear(a, b, SHARES), expected, atol=1e-6)


def test_spherical_keeps_the_length_and_turns_evenly():
    a, b = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in _pair())
    found = spherical(3 * a, 3 * b, SHARES)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 3.0, rtol=1e-5)
    np.testing.assert_allclose(found[:, 0], 3 * a, atol=1e-6)
    np.testing.assert_allclose(found[:, -1], 3 * b, atol=1e-6)
    steps = np.sum(found[:, 1:] * found[:, :-1], axis=-1) / 9
    whole = np.arccos(np.sum(a * b, axis=-1))
    np.testing.assert_allclose(
        np.arccos(steps), np.tile(whole / 4, (4, 1)).T, rtol=1e-4
    )


def test_spherical_of_codes_without_an_angle_is_straight():
    a = np.array([[1.0, 0.0], [0.0, 0.0]])
    b = np.array([[4.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(spherical(a, b, SHARES), linear(a, b, SHARES))
    with pytest.raises(ValueError, match="must not be opposite"):
        spherical(a[:1], -a[:1], SHARES)


def test_the_ends_are_the_reconstructions_of_the_images():
    model, x = tiny.vae(), tiny.images(6)
    found = interpolate(model, x[:3], x[3:], steps=4, kind="spherical")
    assert found.images.shape == (3, 4, 4, 3, 1)
    for column, ends in ((0, x[:3]), (-1, x[3:])):
        expected = model.reconstruct(ends)
        np.testing.assert_allclose(found.images[:, column], expected, atol=1e-5)
    one = interpolate(model, x[0], x[3:], steps=4)
    assert len(one.images) == 3
    np.testing.assert_allclose(one.codes[:, 0], model.encode(x[[0, 0, 0]]), atol=1e-6)


def test_ends_are_drawn_from_the_prior_where_none_are_given():
    model = tiny.gan(num_classes=3)
    found = interpolate(model, rows=2, seed=5, labels=[0, 2], steps=3)
    again = interpolate(model, rows=2, seed=5, labels=[0, 2], steps=3)
    np.testing.assert_array_equal(found.images, again.images)
    assert np.abs(found.codes[:, 0] - found.codes[:, 2]).min() > 1e-3
    expected = model.sample(2, labels=[0, 2], latents=found.codes[:, 1])
    np.testing.assert_allclose(found.images[:, 1], expected, atol=1e-6)
    assert len(interpolate(tiny.gan(), rows=3).images) == 3


def test_wrong_ends_are_refused():
    model, x = tiny.vae(), tiny.images(5)
    with pytest.raises(ValueError, match="must have the same length"):
        interpolate(model, x[:2], x[2:])
    with pytest.raises(ValueError, match="Did you mean 'spherical'"):
        interpolate(model, kind="spheric")
    with pytest.raises(TypeError, match="must have an encoder"):
        interpolate(tiny.gan(), x[:2], x[2:4])
