"""Nearest neighbours among codes and pixels."""

import numpy as np
import pytest

from kerasgen.explore import nearest
from tests.explore import tiny


def test_an_image_is_nearest_to_itself_in_pixels():
    reference = tiny.images(9)
    x = reference[[4, 7]]
    found = nearest(None, x, reference, k=2, space="pixel")
    np.testing.assert_array_equal(found.facts["indices"][:, 0], [4, 7])
    np.testing.assert_array_equal(found.facts["distances"][:, 0], 0.0)
    other = found.facts["indices"][0, 1]
    difference = (x[0].astype(float) - reference[other]) / 255
    assert found.facts["distances"][0, 1] == pytest.approx(
        np.sqrt(np.sum(difference**2)), rel=1e-5
    )
    assert found.images.shape == (2, 3, 4, 3, 1) and found.images.dtype == np.float32
    np.testing.assert_array_equal(found.images[:, 0], found.images[:, 1])
    assert found.codes is None


def test_generated_floats_are_compared_with_uint8_images():
    reference = tiny.images(9)
    x = reference[[5]].astype("float32") / 255
    found = nearest(tiny.gan(), x, reference, k=1, space="pixel")
    assert found.facts["indices"][0, 0] == 5
    assert found.facts["distances"][0, 0] < 1e-5


def test_codes_are_compared_in_code_space():
    model, reference, x = tiny.vae(), tiny.images(12), tiny.images(2, seed=1)
    found = nearest(model, x, reference, k=4)
    z, keys = model.encode(x), model.encode(reference)
    pairs = np.linalg.norm(z[:, None] - keys[None], axis=-1)
    order = np.argsort(pairs, axis=1)[:, :4]
    np.testing.assert_array_equal(found.facts["indices"], order)
    np.testing.assert_array_equal(found.codes[:, 1:], keys[order])
    np.testing.assert_allclose(
        found.images[:, 1:], reference[order].astype("float32") / 255, atol=1e-6
    )


def test_wrong_arguments_are_refused():
    x = tiny.images(3)
    with pytest.raises(ValueError, match="`k` must be at most 3"):
        nearest(None, x, x, k=4, space="pixel")
    with pytest.raises(ValueError, match="must hold images of one shape"):
        nearest(None, x, tiny.images(3, shape=(4, 4, 1)), space="pixel")
    with pytest.raises(TypeError, match="must have an encoder"):
        nearest(tiny.gan(), x, x, k=1)
    with pytest.raises(ValueError, match="`labels` must be given"):
        nearest(tiny.vae(num_classes=2), x, x, k=1)
