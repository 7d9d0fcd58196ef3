"""Priors fitted to the codes of a trained model."""

import keras
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


@pytest.fixture(scope="module")
def bananas():
    """Codes `(z_1, z_1^2 + noise)`, whose density is known."""
    generator = np.random.default_rng(0)
    z = generator.normal(size=(2000, 2))
    z[:, 1] = z[:, 0] ** 2 + 0.3 * z[:, 1]
    return (5.0 + 2.0 * z).astype("float32")


def _bananas_log_prob(codes):
    z = (codes - 5.0) / 2.0
    log_prob = stats.norm.logpdf(z[:, 0])
    log_prob += stats.norm.logpdf(z[:, 1], z[:, 0] ** 2, 0.3)
    return log_prob - 2 * np.log(2.0)


@pytest.fixture(scope="module")
def autoregressive(bananas):
    class Codes:
        """A model that leaves codes as they are."""

        latent_dim, num_classes, condition_shape = 2, None, None
        decode = encode = staticmethod(lambda x, labels=None: x)

    return fit_prior(
        Codes(),
        bananas,
        kind="autoregressive",
        components=3,
        hidden_widths=(32,),
        epochs=60,
        seed=1,
    )


def test_an_autoregressive_prior_finds_a_bent_density(autoregressive, bananas):
    generator = np.random.default_rng(1)
    z = generator.normal(size=(1000, 2))
    z[:, 1] = z[:, 0] ** 2 + 0.3 * z[:, 1]
    codes = 5.0 + 2.0 * z
    exact = _bananas_log_prob(codes).mean()
    found = autoregressive.log_prob(codes).mean()
    gaussian = stats.multivariate_normal(bananas.mean(axis=0), np.cov(bananas.T))
    assert exact - 0.25 < found < exact + 0.05
    assert gaussian.logpdf(codes).mean() < found - 0.5


def test_its_density_adds_up_to_one(autoregressive):
    first, second = np.arange(-10, 22, 0.2), np.arange(-10, 80, 0.2)
    plane = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    density = np.exp(autoregressive.log_prob(plane, batch_size=10_000))
    assert density.sum() * 0.2**2 == pytest.approx(1, abs=0.01)


def test_its_draws_have_its_density(autoregressive):
    drawn = autoregressive.draw(3000, seed=3, batch_size=3000)
    assert drawn.shape == (3000, 2) and drawn.dtype == np.float32
    z = (drawn - 5.0) / 2.0
    assert abs(np.corrcoef(z[:, 0] ** 2, z[:, 1])[0, 1]) > 0.9
    shares = np.histogram(drawn[:, 0], np.arange(-5, 16, 2.0))[0] / 3000
    # The first latent's density, by adding up the second.
    ticks = np.arange(-10, 80, 0.2)
    for low, share in zip(np.arange(-5, 15, 2.0), shares, strict=True):
        first = np.arange(low + 0.1, low + 2, 0.2)
        plane = np.stack(np.meshgrid(first, ticks), axis=-1).reshape(-1, 2)
        mass = np.exp(autoregressive.log_prob(plane, 10_000)).sum() * 0.04
        assert share == pytest.approx(mass, abs=0.035)
    again = autoregressive.draw(3000, seed=3, batch_size=1500)
    np.testing.assert_allclose(again, drawn, rtol=1e-4)
    assert (autoregressive.draw(5, seed=4) != drawn[:5]).any()


def test_its_latents_see_those_before_them_alone(autoregressive):
    z = np.zeros((3, 2), "float32")
    z[1, 1], z[2, 0] = 3.0, 3.0
    for values in autoregressive.conditionals(z):
        values = keras.ops.convert_to_numpy(values)
        np.testing.assert_array_equal(values[1], values[0])
        np.testing.assert_array_equal(values[2, :, 0], values[0, :, 0])
        assert (values[2, :, 1] != values[0, :, 1]).any()


def test_autoregressive_priors_refuse_what_does_not_fit(model, tmp_path):
    x = tiny.images(20)
    with pytest.raises(ValueError, match="`covariance` must be left alone"):
        fit_prior(model, x, kind="autoregressive", covariance="diagonal")
    with pytest.raises(ValueError, match="`hidden_widths` must not be empty"):
        fit_prior(model, x, kind="autoregressive", hidden_widths=())
    model.save(tmp_path / "vae.keras")
    with pytest.raises(ValueError, match="`path` must hold a prior"):
        load_prior(tmp_path / "vae.keras")
    prior = fit_prior(model, x, kind="autoregressive", epochs=1)
    assert model.sample(3, latents=prior.draw(3)).shape == (3, *tiny.SHAPE)
    with pytest.raises(ValueError, match=r"`codes` must have shape \(n, 2\)"):
        prior.log_prob(np.zeros((2, 3)))


def test_it_is_saved_and_loaded(autoregressive, tmp_path, bananas):
    autoregressive.save(tmp_path / "prior.keras")
    loaded = load_prior(tmp_path / "prior.keras")
    np.testing.assert_array_equal(loaded.draw(4), autoregressive.draw(4))
    expected = autoregressive.log_prob(bananas[:5])
    np.testing.assert_allclose(loaded.log_prob(bananas[:5]), expected, rtol=1e-5)
