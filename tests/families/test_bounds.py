"""The evidence lower bound and the importance-weighted bound, against exact values."""

import itertools

import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import VAE
from kerasgen.families import bounds


def _scalar_model():
    """p(z) = N(0, 1), p(x|z) = N(z, 1), q(z|x) = N(0.2, 0.9^2)."""
    model = VAE(
        (1, 1, 1),
        latent_dim=1,
        likelihood="gaussian",
        binarization=None,
        variance=1.0,
        hidden_widths=(),
    )
    model.encoder.set_weights([np.zeros((1, 2)), np.array([0.2, 2 * np.log(0.9)])])
    model.decoder.set_weights([np.ones((1, 1)), np.zeros(1)])
    return model


def test_bounds_of_the_scalar_gaussian_model():
    model, x = _scalar_model(), np.ones((6000, 1, 1, 1), "float32")
    assert model.elbo(x).mean() == pytest.approx(-1.6742990, abs=0.04)
    expected = {1: -1.6742990, 2: -1.5726, 5: -1.5346, 10: -1.5242}
    for k, bound in expected.items():
        estimates = model.log_prob(x, num_samples=k)
        error = 4 * estimates.std() / np.sqrt(len(x))
        assert error < 0.05
        assert abs(estimates.mean() - bound) < error
    many = model.log_prob(x[:100], num_samples=2000)
    assert many.mean() == pytest.approx(-1.5155121, abs=3e-3)  # log p(x)


def test_all_weights_of_the_true_posterior_equal_log_p():
    """Linear-Gaussian model at the solution of probabilistic PCA."""
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.standard_normal((4, 4)))[0][:, :2]
    loadings, variance = basis * [0.9, 0.4], 0.05
    mean = generator.random(4)
    model = VAE(
        (2, 2, 1),
        latent_dim=2,
        likelihood="gaussian",
        binarization=None,
        variance=variance,
        hidden_widths=(),
    )
    precision = np.sum(loadings**2, axis=0) / variance + 1.0
    kernel = loadings / variance / precision
    zeros = np.zeros_like(kernel)
    model.encoder.set_weights(
        [
            np.concatenate([kernel, zeros], axis=1),
            np.concatenate([-mean @ kernel, -np.log(precision)]),
        ]
    )
    model.decoder.set_weights([loadings.T, mean])
    x = generator.random((5, 2, 2, 1)).astype("float32")
    covariance = loadings @ loadings.T + variance * np.eye(4)
    centred = x.reshape(5, 4) - mean
    mahalanobis = np.sum(centred * np.linalg.solve(covariance, centred.T).T, axis=1)
    log_det = np.linalg.slogdet(covariance)[1]
    exact = -0.5 * (4 * np.log(2 * np.pi) + log_det + mahalanobis)
    for k in (1, 3, 200):
        np.testing.assert_allclose(model.log_prob(x, num_samples=k), exact, atol=1e-4)
    np.testing.assert_allclose(model.elbo(x, num_samples=3000), exact, atol=0.1)


def _binary_model():
    model = VAE((2, 2, 1), latent_dim=1, binarization=None, hidden_widths=(3,))
    generator = np.random.default_rng(1)
    for net in (model.encoder, model.decoder):
        weights = [generator.standard_normal(w.shape) for w in net.get_weights()]
        net.set_weights(weights)
    return model


def _log_p(model, images):
    """log p(x) by quadrature over the one latent."""
    z = np.linspace(-8.0, 8.0, 2001)
    logits = model.run_decoder(z[:, None].astype("float32"))
    logits = np.array(ops.convert_to_numpy(logits), "float64").reshape(2001, 4)
    x = images.reshape(-1, 1, 4)
    likelihood = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    prior = -0.5 * (z**2 + np.log(2 * np.pi))
    return np.log(np.sum(np.exp(likelihood + prior), axis=1) * (z[1] - z[0]))


@pytest.mark.any_backend
def test_elbo_is_below_the_weighted_bound_is_below_log_p():
    model = _binary_model()
    images = np.array(list(itertools.product([0.0, 1.0], repeat=4)), "float32")
    exact = _log_p(model, images)
    assert np.exp(exact).sum() == pytest.approx(1.0, abs=1e-6)
    for image, log_p in zip(images[[1, 6]], exact[[1, 6]], strict=True):
        x = np.repeat(image.reshape(1, 2, 2, 1), 1000, axis=0)
        elbo = model.elbo(x)
        values = [elbo, *(model.log_prob(x, num_samples=k) for k in (1, 4, 40))]
        means = [v.mean() for v in values]
        errors = [4 * v.std() / np.sqrt(len(v)) for v in values]
        assert abs(means[0] - means[1]) < errors[0] + errors[1]  # both are the ELBO
        assert means[0] < means[2] < means[3] < log_p + errors[3]
        weights = np.exp(values[2] - log_p)  # without bias, though the bound has one
        assert abs(weights.mean() - 1) < 4 * weights.std() / np.sqrt(len(x))


@pytest.mark.any_backend
def test_bounds_do_not_depend_on_how_they_are_cut(monkeypatch):
    model = VAE((3, 3, 1), latent_dim=2, hidden_widths=(4,), num_classes=3)
    x = np.random.default_rng(0).integers(0, 256, (7, 3, 3, 1), "uint8")
    labels = np.arange(7) % 3

    def both(**options):
        options = {"labels": labels, "num_samples": 70, "seed": 3, **options}
        return np.stack([model.elbo(x, **options), model.log_prob(x, **options)])

    whole = both()
    assert whole.shape == (2, 7) and whole.dtype == np.float64
    np.testing.assert_allclose(both(batch_size=5), whole, atol=1e-5)
    monkeypatch.setattr(bounds, "_IMAGES", 3)
    np.testing.assert_allclose(both(), whole, atol=1e-5)
    assert np.all(np.abs(both(seed=4) - whole).max(axis=1) > 1e-3)


def test_memory_does_not_grow_with_the_number_of_samples(monkeypatch):
    model, rows = _binary_model(), []
    decode = model.run_decoder
    monkeypatch.setattr(
        model, "run_decoder", lambda z, *y: rows.append(z.shape[0]) or decode(z, *y)
    )
    x = np.zeros((3, 2, 2, 1), "float32")
    assert model.log_prob(x, num_samples=5000).shape == (3,)
    assert max(rows) <= 1024


@pytest.mark.any_backend
def test_dynamic_images_are_drawn_once_by_the_seed():
    """With a decoder of zeros the bound tells nothing else than its constant."""
    model = VAE((4, 4, 1), latent_dim=2, hidden_widths=())
    weights = [np.zeros(w.shape) for w in model.decoder.get_weights()]
    model.encoder.set_weights([np.zeros(w.shape) for w in model.encoder.get_weights()])
    weights[1] = np.linspace(-3, 3, 16)
    model.decoder.set_weights(weights)
    x = np.full((400, 4, 4, 1), 0.5, "float32")
    first = model.log_prob(x, num_samples=2)
    np.testing.assert_array_equal(first, model.log_prob(x, num_samples=2))
    # log p(x) is linear in the pixels: sum x l - softplus(l), each 1 by one half.
    logits = weights[1]
    expected = np.sum(0.5 * logits - np.logaddexp(0, logits))
    deviation = np.sqrt(np.sum(logits**2)) / 2
    assert abs(first.mean() - expected) < 4 * deviation / 20
    assert first.std() == pytest.approx(deviation, rel=0.2)
