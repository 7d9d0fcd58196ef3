"""`kerasgen evaluate` of likelihoods: means over examples with their errors."""

import math

import numpy as np
import pytest

import kerasgen
from kerasgen.command.likelihood import likelihood_figures
from kerasgen.errors import UserError

pytestmark = pytest.mark.any_backend
SIDE = 3


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).integers(0, 2, (6, SIDE, SIDE, 1)) * 255
    return kerasgen.data.Dataset(x.astype("uint8"), batch_size=3, shuffle=False)


@pytest.fixture(scope="module")
def vae():
    return kerasgen.autoencoders.VAE((SIDE, SIDE, 1), 2, hidden_widths=(4,), seed=0)


def _check(found, name, values):
    assert found[name] == pytest.approx(values.mean(), rel=1e-5)
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert found[f"{name}_standard_error"] == pytest.approx(error, rel=1e-4)
    assert found[f"{name}_num_examples"] == len(values)


def test_a_likelihood_has_nats_and_bits_with_errors(data):
    model = kerasgen.autoregressive.FVBN((SIDE, SIDE, 1))
    found = likelihood_figures(model, data)
    nats = -model.log_prob(data.arrays()[0])
    _check(found, "mean_nats", nats)
    _check(found, "mean_bits_per_dim", nats / (SIDE * SIDE * math.log(2)))


def test_a_bound_is_named_as_one_and_both_estimates_stand_beside_it(data, vae):
    found = likelihood_figures(vae, data, samples=5, steps=3, seed=1)
    x = data.arrays()[0]
    _check(found, "mean_negative_elbo", -vae.elbo(x, seed=1))
    bounds = vae.log_prob(x, num_samples=5, seed=1)
    _check(found, "importance_weighted_bound_5", bounds)
    estimate = kerasgen.metrics.annealed_importance_sampling(vae, x, steps=3, seed=1)
    _check(found, "annealed_importance_sampling_3", estimate.log_prob)
    chains = math.sqrt((estimate.standard_error**2).sum()) / 6
    key = "annealed_importance_sampling_3_error_of_chains"
    assert found[key] == pytest.approx(chains, rel=1e-5)
    assert "mean_nats" not in found


def test_models_without_a_likelihood_have_no_figures_and_refuse_the_flags(data):
    model = kerasgen.gans.GAN((SIDE, SIDE, 1), 2, generator_units=4)
    assert likelihood_figures(model, data) == {}
    with pytest.raises(UserError, match="--samples must be left out.*Received.*GAN"):
        likelihood_figures(model, data, samples=5)
    with pytest.raises(UserError, match="--ais must be left out.*Received.*GAN"):
        likelihood_figures(model, data, steps=5)
