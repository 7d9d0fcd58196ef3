"""VampVAE: the contract, and the mixture that is its prior."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import VampVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)


def _images(count=6, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def _model(**kwargs):
    options = {"latent_dim": 2, "num_components": 3, "hidden_widths": (5,)}
    return VampVAE(SHAPE, **{**options, "seed": 1, **kwargs})


def _components(model):
    return [np.asarray(ops.convert_to_numpy(t), "float64") for t in model.components()]


def test_contract():
    check_model(
        VampVAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "num_components": 5,
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "kl_annealing_steps": 3,
            "architecture": "conv",
            "hidden_widths": (3,),
            "activation": "elu",
            "num_classes": 3,
        },
        excluded=("levels",),
    )


def test_prior_is_the_mixture_of_the_pseudo_inputs_posteriors():
    model = _model()
    pseudo = np.asarray(ops.convert_to_numpy(model.pseudo_inputs.images()))
    assert pseudo.shape == (3, *SHAPE) and pseudo.min() >= 0 and pseudo.max() <= 1
    means, variances = model.encode(pseudo, distribution=True)
    z = np.random.default_rng(0).normal(size=(7, 1, 2))
    densities = np.exp(-0.5 * (z - means) ** 2 / np.exp(variances))
    densities /= np.sqrt(2 * np.pi * np.exp(variances))
    expected = np.log(np.prod(densities, axis=-1).mean(axis=-1))
    found = model.log_prior(ops.convert_to_tensor(z[:, 0].astype("float32")))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-4)


def test_prior_has_mass_one():
    model = _model(latent_dim=1, num_components=4)
    z = np.linspace(-15.0, 15.0, 6001, dtype="float32")[:, None]
    log_prior = model.log_prior(ops.convert_to_tensor(z))
    density = np.exp(np.asarray(ops.convert_to_numpy(log_prior), "float64"))
    assert density.sum() * (30.0 / 6000) == pytest.approx(1.0, abs=1e-4)


def test_one_component_equal_to_the_posterior_costs_nothing():
    """With K = 1 and x = u the divergence is 0 for every draw."""
    model = _model(num_components=1, binarization=None)
    x = np.asarray(ops.convert_to_numpy(model.pseudo_inputs.images()))
    model.compile()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["kl"] == pytest.approx(0.0, abs=1e-5)
    other = model.evaluate(1.0 - x, verbose=0, return_dict=True)
    assert abs(other["kl"]) > 1e-2


def test_codes_are_drawn_from_the_mixture():
    model = _model(latent_dim=1, num_components=3)
    last = model.encoder.layers[-1]
    kernel, bias = last.get_weights()
    gap = np.diff(np.sort(_components(model)[0][:, 0])).min()
    # Narrow, and at least 1 apart, whatever the initial weights.
    last.set_weights([kernel * [1.0 / gap, 0.0], bias + [0.0, -5.0]])
    means = np.sort(_components(model)[0][:, 0])
    assert np.diff(means).min() == pytest.approx(1.0, rel=1e-3)
    z = model.numpy_latents(np.random.default_rng(0), 1500)[:, 0]
    edges = [-np.inf, *(0.5 * (means[1:] + means[:-1])), np.inf]
    counts = np.histogram(z, edges)[0]
    assert np.all(np.abs(counts - 500) < 5 * np.sqrt(1500 * 2 / 9))
    deviation = np.exp(-2.5)
    for low, high, mean in zip(edges, edges[1:], means, strict=False):
        part = z[(z > low) & (z < high)]
        assert part.mean() == pytest.approx(mean, abs=0.02)
        assert part.std() == pytest.approx(deviation, rel=0.1)
    again = model.numpy_latents(np.random.default_rng(0), 1500)[:, 0]
    np.testing.assert_array_equal(z, again)


def test_the_mixture_that_is_drawn_from_has_the_weights_asked_for():
    model = _model(latent_dim=2)
    model.enable_average(0.5)
    average = model.numpy_latents(np.random.default_rng(0), 50)
    last = model.encoder.layers[-1]
    kernel, bias = last.get_weights()
    last.set_weights([kernel, bias + [3.0, 3.0, 0.0, 0.0]])
    draws = {
        weights: model.numpy_latents(np.random.default_rng(0), 50, weights)
        for weights in (None, "average", "raw")
    }
    np.testing.assert_array_equal(draws[None], draws["average"])
    np.testing.assert_allclose(draws["average"], average, atol=1e-6)
    np.testing.assert_allclose(draws["raw"], average + 3.0, atol=1e-5)
    raw = model.sample(50, seed=1, weights="raw")
    assert np.abs(raw - model.sample(50, seed=1, weights="average")).max() > 1e-3


def test_bounds_are_ordered_below_the_likelihood_by_quadrature():
    """p(x) = int p(z) p(x|z) dz over a grid of codes."""
    model = _model(latent_dim=1, binarization="threshold")
    x = _images(4)
    z = np.linspace(-12.0, 12.0, 2001, dtype="float32")[:, None]
    log_prior = ops.convert_to_numpy(model.log_prior(ops.convert_to_tensor(z)))
    pixels = (x / 255.0 > 0.5).astype("float32")
    outputs = model.run_decoder(ops.convert_to_tensor(z))
    exact = []
    for image in pixels:
        images = ops.convert_to_tensor(np.broadcast_to(image, (len(z), *SHAPE)))
        likelihood = ops.convert_to_numpy(model.pixels.log_prob(images, outputs))
        terms = np.asarray(likelihood, "float64") + log_prior
        exact.append(np.log(np.exp(terms).sum() * (24.0 / 2000)))
    repeated = np.repeat(x, 40, axis=0)
    bounds = [model.elbo(repeated, num_samples=50).mean()]
    bounds += [model.log_prob(repeated, num_samples=k).mean() for k in (5, 100)]
    assert bounds[0] < bounds[1] < bounds[2] < np.mean(exact) + 0.02
    assert bounds[2] == pytest.approx(np.mean(exact), abs=0.05)
    assert bounds[0] < np.mean(exact) - 0.05
    model.compile()
    logs = model.evaluate(np.repeat(repeated, 20, 0), batch_size=3200, verbose=0)
    assert -logs[0] == pytest.approx(bounds[0], abs=0.1)


def test_pseudo_inputs_are_trained():
    model = _model()
    before = ops.convert_to_numpy(model.pseudo_inputs.images())
    model.compile(keras.optimizers.SGD(1.0))
    model.train_on_batch(_images())
    moved = np.abs(ops.convert_to_numpy(model.pseudo_inputs.images()) - before)
    assert np.all(moved.reshape(3, -1).max(axis=1) > 1e-6)
