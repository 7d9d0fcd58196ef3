"""Priors fitted to the codes of a trained model."""

import numpy as np
import pytest
from scipy import stats

from kerasgen.explore import GaussianMixture, fit_prior, load_prior
from tests.explore import tiny


@pytest.fixture(scope="module")
def model():
    return tiny.vae(latent_dim=2)


def _mixture():
    return GaussianMixture(
        np.array([0.3, 0.7]),
        np.array([[4.0, 0.0], [-1.0, 2.0]]),
        np.array([[[1.0, 0.6], [0.6, 0.5]], [[0.2, 0.0], [0.0, 0.1]]]),
    )


def test_what_is_drawn_has_the_mean_and_covariance_of_the_mixture():
    prior = _mixture()
    z = prior.draw(100000, seed=1)
    assert z.shape == (100000, 2) and z.dtype == np.float32
    mean = prior.weights @ prior.means
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.03)
    spread = prior.means - mean
    covariance = np.einsum("k,kij->ij", prior.weights, prior.covariances)
    covariance += np.einsum("k,ki,kj->ij", prior.weights, spread, spread)
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.05)
    first = z[np.linalg.norm(z - prior.means[1], axis=1) > 2]
    assert len(first) / len(z) == pytest.approx(0.3, abs=0.01)
    np.testing.assert_array_equal(prior.draw(100000, seed=1), z)
    assert (prior.draw(5, seed=2) != z[:5]).any()


def test_the_density_is_that_of_scipy_and_adds_up_to_one():
    prior = _mixture()
    z = np.random.default_rng(0).normal(size=(5, 2)) * 3
    density = sum(
        w * stats.multivariate_normal(m, c).pdf(z)
        for w, m, c in zip(prior.weights, prior.means, prior.covariances, strict=True)
    )
    np.testing.assert_allclose(np.exp(prior.log_prob(z)), density, rtol=1e-8)
    ticks = np.arange(-12, 12, 0.05)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    assert np.exp(prior.log_prob(plane)).sum() * 0.05**2 == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_one_component_is_the_gaussian_of_the_codes(model, covariance):
    x = tiny.images(60)
    z = model.encode(x).astype("float64")
    prior = fit_prior(model, x, components=1, covariance=covariance)
    np.testing.assert_allclose(prior.means[0], z.mean(axis=0), atol=1e-5)
    expected = np.cov(z.T, bias=True)
    if covariance == "diagonal":
        expected = np.diag(np.diag(expected))
    np.testing.assert_allclose(prior.covariances[0], expected, atol=1e-5)
    images = model.sample(3, latents=prior.draw(3))
    assert images.shape == (3, *tiny.SHAPE)


def test_more_components_give_the_codes_a_higher_likelihood(model):
    x = np.concatenate([tiny.images(40) // 2, 255 - tiny.images(40) // 2])
    z = model.encode(x)
    one, many = (fit_prior(model, x, components=k) for k in (1, 3))
    assert many.log_prob(z).mean() > one.log_prob(z).mean() + 0.1
    again = fit_prior(model, x, components=3)
    np.testing.assert_array_equal(again.means, many.means)


def test_posterior_samples_are_wider_than_their_means(model):
    x = tiny.images(200)
    log_variance = model.encode(x, distribution=True)[1]
    means = fit_prior(model, x, components=1)
    samples = fit_prior(model, x, components=1, posterior_samples=True)
    wider = np.trace(samples.covariances[0]) - np.trace(means.covariances[0])
    expected = np.exp(log_variance).mean(axis=0).sum()
    assert wider == pytest.approx(expected, rel=0.25)


def test_it_is_saved_as_numbers_and_loaded_again(model, tmp_path):
    prior = fit_prior(model, tiny.images(20), components=2)
    prior.save(tmp_path / "new" / "prior.npz")
    loaded = load_prior(tmp_path / "new" / "prior.npz")
    np.testing.assert_array_equal(loaded.draw(4, seed=5), prior.draw(4, seed=5))
    np.savez(tmp_path / "other.npz", means=prior.means)
    with pytest.raises(ValueError, match="`path` must hold a prior"):
        load_prior(tmp_path / "other.npz")
    np.savez(tmp_path / "pickle.npz", weights=object(), means=1, covariances=1)
    with pytest.raises(ValueError, match="pickle"):
        load_prior(tmp_path / "pickle.npz")
    with pytest.raises(ValueError, match="must end in '.npz'"):
        prior.save(tmp_path / "prior.pkl")


def test_wrong_arguments_are_refused(model):
    x = tiny.images(4)
    with pytest.raises(ValueError, match="`components` must be at most 4"):
        fit_prior(model, x)
    with pytest.raises(ValueError, match="`kind` must be one of"):
        fit_prior(model, x, kind="mixture", components=1)
    with pytest.raises(ValueError, match="`posterior_samples` must be False"):
        auto = tiny.linear_autoencoder()
        fit_prior(auto, x, components=1, posterior_samples=True)
    with pytest.raises(TypeError, match="must have an encoder"):
        fit_prior(tiny.gan(), x, components=1)
    with pytest.raises(ValueError, match=r"`codes` must have shape \(n, 2\)"):
        _mixture().log_prob(np.zeros((3, 4)))
