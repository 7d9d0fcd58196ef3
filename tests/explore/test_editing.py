"""Editing real images by a direction among codes."""

import numpy as np
import pytest

from kerasgen.explore import edit
from tests.explore import tiny


@pytest.mark.parametrize("floats", [False, True])
def test_amount_zero_is_the_reconstruction_bit_for_bit(floats):
    model, x = tiny.vae(), tiny.images(5)
    x = x.astype("float32") / 255 if floats else x
    found = edit(model, x, [1.0, -2.0, 0.5], amounts=(-1.0, 0.0, 2.0))
    assert found.images.shape == (5, 4, 4, 3, 1)
    np.testing.assert_array_equal(found.images[:, 2], model.decode(model.encode(x)))
    real = x if floats else x.astype("float32") / np.float32(255)
    np.testing.assert_array_equal(found.images[:, 0], real)
    assert np.abs(found.images[:, 1] - found.images[:, 2]).max() > 1e-4
    assert found.facts["change"][:, 1].max() == 0.0
    assert found.facts["change"][:, 2].min() > 0.0


def test_the_identity_error_is_the_distance_of_image_and_reconstruction():
    model, x = tiny.vae(), tiny.images(3)
    found = edit(model, x, np.ones(3))
    error = np.abs(x / 255.0 - model.reconstruct(x)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found.facts["identity_error"], error, atol=1e-5)
    assert error.min() > 0.01


def test_a_linear_decoder_adds_the_same_change_to_every_image():
    model, x = tiny.linear_autoencoder(), tiny.images(4)
    v = np.array([0.3, -0.2, 0.1], "float32")
    found = edit(model, x, v, amounts=(0.0, 1.0, -2.0))
    assert 0.0 < found.images[:, 1:].min() and found.images[:, 1:].max() < 1.0
    change = (v @ tiny.decoder_matrix(model)).reshape(tiny.SHAPE)
    for column, amount in ((2, 1.0), (3, -2.0)):
        difference = found.images[:, column] - found.images[:, 1]
        expected = np.tile(amount * change, (4, 1, 1, 1))
        np.testing.assert_allclose(difference, expected, atol=1e-6)


def test_each_image_may_have_its_own_direction_and_label():
    model, x = tiny.vae(num_classes=3), tiny.images(2)
    directions = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]], "float32")
    found = edit(model, x, directions, amounts=0.5, labels=[2, 0])
    z = model.encode(x, labels=[2, 0]) + 0.5 * directions
    np.testing.assert_array_equal(found.codes[:, 0], z)
    expected = model.decode(z, labels=[2, 0])
    np.testing.assert_array_equal(found.images[:, 1], expected)


def test_wrong_directions_are_refused():
    model, x = tiny.vae(), tiny.images(2)
    with pytest.raises(ValueError, match=r"`direction` must have shape \(3,\)"):
        edit(model, x, np.ones(2))
    with pytest.raises(ValueError, match="must be finite"):
        edit(model, x, np.full(3, np.inf))
    with pytest.raises(ValueError, match="`amounts` must be one or more"):
        edit(model, x, np.ones(3), amounts=())
    with pytest.raises(TypeError, match="must have an encoder"):
        edit(tiny.gan(), x, np.ones(2))
