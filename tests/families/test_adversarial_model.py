"""Latents of GANs: truncation."""

import numpy as np
import pytest

from kerasgen.families.adversarial_model import redraw_beyond
from kerasgen.gans.gan import GAN

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    "limit, deviation", [(2.0, 0.879626), (1.0, 0.539560), (0.5, 0.283882)]
)
def test_truncated_latents_have_the_deviation_of_a_truncated_normal(limit, deviation):
    """`sqrt(1 - 2 t phi(t) / (2 Phi(t) - 1))`; numbers put on the limits have more."""
    generator = np.random.default_rng(0)
    z = generator.standard_normal(400_000, dtype="float32")
    kept = z[np.abs(z) <= limit]
    z = redraw_beyond(limit, z, generator)
    assert np.abs(z).max() <= limit
    assert z.std() == pytest.approx(deviation, rel=4e-3)
    assert z.mean() == pytest.approx(0.0, abs=4 * deviation / 600)
    assert np.isin(kept, z).all()


def make(latent_distribution="normal", **kwargs):
    return GAN((4,), 3, latent_distribution=latent_distribution, **kwargs)


def test_sampling_truncates_all_latents_of_the_seed():
    model = make(seed=0)
    generator, _ = model.sampling_inputs(50, None, 7)
    z = redraw_beyond(0.5, model.numpy_latents(generator, 50), generator)
    expected = model.sample(50, latents=z)
    np.testing.assert_array_equal(model.sample(50, seed=7, truncation=0.5), expected)
    whole = model.sample(50, seed=7)
    assert not np.array_equal(whole, expected)
    np.testing.assert_array_equal(model.sample(50, seed=7, truncation=9.0), whole)


def test_what_cannot_be_truncated_says_so():
    model = make()
    with pytest.raises(ValueError, match="`truncation` must be at least 0.01"):
        model.sample(2, truncation=0.0)
    with pytest.raises(ValueError, match="`truncation` must be None where `latents`"):
        model.sample(2, truncation=1.0, latents=np.zeros((2, 3), "float32"))
    with pytest.raises(ValueError, match="are not normal.*Received.*uniform"):
        make(latent_distribution="uniform").sample(2, truncation=1.0)
