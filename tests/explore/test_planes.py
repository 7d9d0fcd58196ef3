"""The plane of two latents."""

import numpy as np
import pytest
from scipy import stats

from kerasgen.explore import plane
from tests.explore import tiny


def test_the_first_latent_grows_to_the_right_and_the_second_upwards():
    model = tiny.vae()
    found = plane(model, dimensions=(2, 0), steps=4, start=np.array([9.0, 0.7, 9.0]))
    q = stats.norm.ppf([1 / 8, 3 / 8, 5 / 8, 7 / 8])
    np.testing.assert_allclose(found.codes[..., 2], np.tile(q, (4, 1)), atol=1e-5)
    np.testing.assert_allclose(found.codes[..., 0], np.tile(q[::-1], (4, 1)).T, 1e-5)
    np.testing.assert_allclose(found.codes[..., 1], 0.7)
    np.testing.assert_allclose(found.facts["values"], [q, q], atol=1e-5)
    expected = model.decode(found.codes[1])
    np.testing.assert_allclose(found.images[1], expected, atol=1e-6)


def test_every_image_stands_for_an_equal_share_of_the_prior():
    found = plane(tiny.vae(), steps=5)
    z = np.random.default_rng(0).standard_normal(100000)
    middles = found.facts["values"][0]
    share = np.searchsorted(np.sort(z), middles) / len(z)
    np.testing.assert_allclose(share, [0.1, 0.3, 0.5, 0.7, 0.9], atol=0.01)


def test_it_works_on_a_generator_with_labels():
    found = plane(tiny.gan(num_classes=3), steps=2, labels=1)
    assert found.images.shape == (2, 2, 4, 3, 1)


@pytest.mark.parametrize("dimensions", [(0,), (0, 1, 2), (0, 5), (1, 1)])
def test_two_latents_are_needed(dimensions):
    with pytest.raises(ValueError, match="`dimensions` must be"):
        plane(tiny.vae(), dimensions)
