"""Flow VAE: the contract, and the density of its posterior."""

import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import FlowVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)
FLOWS = ("planar", "iaf")


def _images(count=6, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def test_contract():
    check_model(
        FlowVAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "flow": "iaf",
            "num_flows": 2,
            "flow_widths": (4,),
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "kl_annealing_steps": 3,
            "architecture": "conv",
            "hidden_widths": (3,),
            "activation": "elu",
            "num_classes": 3,
        },
        mixed_precision=("mixed_bfloat16",),
        excluded=("levels",),
    )


def test_planar_flows_train_and_sample_repeatably():
    model = FlowVAE(SHAPE, latent_dim=2, num_flows=3, hidden_widths=(5,), seed=1)
    assert model.encoder.output_shape == (None, 2 * 2 + 3 * (2 * 2 + 1))
    model.compile()
    first = model.train_on_batch(_images(), return_dict=True)
    assert all(np.isfinite(value) for value in first.values())
    np.testing.assert_array_equal(model.sample(2, seed=0), model.sample(2, seed=0))
    assert type(model).from_config(model.get_config()).get_config() == (
        model.get_config()
    )


def _toy(flow, latent_dim=1):
    """p(z) = N(0, 1), p(x|z) = N(z_1, 1) and a posterior that flows bend at random."""
    model = FlowVAE(
        (1,),
        latent_dim=latent_dim,
        flow=flow,
        num_flows=2,
        flow_widths=(8,) if flow == "iaf" else None,
        likelihood="gaussian",
        binarization=None,
        variance=1.0,
        hidden_widths=(),
        seed=0,
    )
    generator = np.random.default_rng(5)
    for network in (model.encoder, *model.flows):
        drawn = [0.4 * generator.normal(size=w.shape) for w in network.get_weights()]
        network.set_weights(drawn)
    kernel = np.eye(latent_dim, 1)
    model.decoder.set_weights([kernel, np.zeros(1)])
    return model


@pytest.mark.parametrize("flow", FLOWS)
def test_posterior_is_a_density_of_mass_one(flow):
    """E_q[p(z) / q(z|x)] = 1, and by quadrature over z on a line."""
    model = _toy(flow)
    noise = np.linspace(-7.0, 7.0, 4001, dtype="float32")[:, None]
    moments = model.moments(ops.ones((1, 1)))
    moments = ops.repeat(moments, len(noise), axis=0)
    z, ratio = model.draw_code(moments, ops.convert_to_tensor(noise))
    z, ratio = (np.asarray(ops.convert_to_numpy(t), "float64") for t in (z, ratio))
    z = z[:, 0]
    assert np.all(np.diff(z) > 0.0)
    log_prior = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    density = np.exp(log_prior - ratio)
    mass = np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(z))
    assert mass == pytest.approx(1.0, abs=2e-3)
    # The flow bends: the density is not the Gaussian of its two moments.
    mean, log_variance = (float(t) for t in ops.convert_to_numpy(moments)[0, :2])
    plain = np.exp(-0.5 * (z - mean) ** 2 / np.exp(log_variance))
    plain = plain / np.sqrt(2 * np.pi * np.exp(log_variance))
    assert np.abs(plain - density).max() > 0.05


@pytest.mark.parametrize("flow", FLOWS)
def test_bounds_are_ordered_below_the_exact_likelihood(flow):
    """ELBO <= L_5 <= L_100 <= log p(x) = log N(1; 0, 2), and E[w] = p(x)."""
    model, exact = _toy(flow, latent_dim=2), -0.5 * np.log(4 * np.pi) - 0.25
    x = np.ones((200, 1), "float32")
    elbo = model.elbo(x, num_samples=50).mean()
    five, hundred = (model.log_prob(x, num_samples=k) for k in (5, 100))
    assert elbo < five.mean() - 0.02 < hundred.mean() - 0.02
    assert hundred.mean() < exact + 0.02
    assert np.exp(hundred).mean() == pytest.approx(np.exp(exact), rel=0.05)
    model.compile()
    logs = model.evaluate(
        np.repeat(x, 50, 0), batch_size=10_000, verbose=0, return_dict=True
    )
    assert -logs["loss"] == pytest.approx(elbo, abs=0.05)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)


@pytest.mark.parametrize("flow", FLOWS)
def test_codes_go_through_the_flows(flow):
    model = FlowVAE(
        SHAPE,
        latent_dim=2,
        flow=flow,
        num_flows=2,
        flow_widths=(4,) if flow == "iaf" else None,
        hidden_widths=(5,),
        seed=1,
    )
    z, x = model.encode(_images()), _images()
    means = ops.convert_to_numpy(
        model.run_encoder(model.preprocess(ops.convert_to_tensor(x)))
    )[:, :2]
    assert np.abs(z - means).max() > 1e-3
    np.testing.assert_allclose(model.reconstruct(x), model.decode(z), atol=1e-6)


def test_widths_must_fit_the_flow():
    for flow, widths in (("planar", (4,)), ("iaf", ())):
        with pytest.raises(ValueError, match="Received: flow_widths="):
            FlowVAE(SHAPE, flow=flow, flow_widths=widths)
