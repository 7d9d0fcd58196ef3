"""Annealed importance sampling: exact for linear Gaussian models, on every backend."""

import math

import keras
import numpy as np
import pytest
from scipy.stats import multivariate_normal

import kerasgen
from kerasgen.backend import to_numpy
from kerasgen.metrics import annealed_importance_sampling, bidirectional_monte_carlo

VARIANCE = 0.25


@pytest.fixture(scope="module")
def linear():
    """A VAE whose decoder is `x = z A + b + noise`, and the density of its points."""
    keras.utils.set_random_seed(0)
    model = kerasgen.autoencoders.VAE(
        (4,),
        2,
        hidden_widths=(3,),
        activation="linear",
        likelihood="gaussian",
        binarization=None,
        variance=VARIANCE,
        seed=0,
    )
    rng = np.random.default_rng(0)
    for network in (model.decoder, model.encoder):
        for variable in network.trainable_variables:
            variable.assign(0.7 * rng.standard_normal(variable.shape))
    codes = np.concatenate([np.zeros((1, 2)), np.eye(2)]).astype("float32")
    outputs = to_numpy(model.decoder(codes)).reshape(3, 4).astype("float64")
    b, a = outputs[0], outputs[1:] - outputs[0]
    return model, multivariate_normal(b, a.T @ a + VARIANCE * np.eye(4))


@pytest.fixture(scope="module")
def points(linear):
    return linear[1].rvs(12, random_state=1).astype("float32")


def by_quadrature(model, x, *labels):
    """Returns `log p(x)` as an integral over a grid of codes of two dimensions."""
    line = np.linspace(-7.0, 7.0, 141)
    codes = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2).astype("float32")
    found = []
    for i in range(len(x)):
        same = [np.repeat(part[i : i + 1], len(codes), axis=0) for part in (x, *labels)]
        joint = model.log_likelihood(same[0], codes, *same[1:])
        prior = model.log_prior(keras.ops.convert_to_tensor(codes))
        joint = to_numpy(joint + prior).astype("float64")
        found.append(np.logaddexp.reduce(joint) + 2.0 * math.log(line[1] - line[0]))
    return np.array(found)


def test_it_meets_the_closed_form_of_a_linear_gaussian_model(linear, points):
    model, density = linear
    exact = density.logpdf(points)
    found = annealed_importance_sampling(
        model, points, steps=20, chains=24, leapfrog_steps=5
    )
    assert found.log_prob.shape == (12,) and found.log_prob.dtype == "float64"
    assert 0.4 < found.acceptance < 0.9
    z = (found.log_prob - exact) / found.standard_error
    assert np.abs(z).max() < 4.0 and abs(z.mean()) < 1.2
    assert found.standard_error.max() < 0.35
    assert (found.effective_chains > 4).all()


@pytest.mark.any_backend
def test_more_steps_come_nearer_and_one_is_sampling_from_the_prior(linear, points):
    model, density = linear
    exact = density.logpdf(points)
    one, many = (
        annealed_importance_sampling(
            model, points, steps=steps, chains=16, leapfrog_steps=4
        )
        for steps in (1, 30)
    )
    errors = [np.abs(found.log_prob - exact).mean() for found in (one, many)]
    assert errors[1] < 0.5 * errors[0]
    assert math.isnan(one.acceptance)  # nothing was moved
    # Its weights are p(x|z) of codes of the prior.
    generator = np.random.default_rng([0, 3, 1])
    z = generator.standard_normal((16, 2), "float32")
    x = np.repeat(points[3:4], 16, axis=0)
    likelihood = to_numpy(model.log_likelihood(x, z)).astype("float64")
    expected = np.logaddexp.reduce(likelihood) - math.log(16)
    assert one.log_prob[3] == pytest.approx(expected, rel=1e-5)


@pytest.mark.any_backend
def test_batches_and_the_other_images_do_not_change_an_estimate(linear, points):
    model, _ = linear
    options = {"steps": 4, "chains": 4, "leapfrog_steps": 2}
    whole = annealed_importance_sampling(model, points, **options)
    parts = annealed_importance_sampling(model, points, batch_size=8, **options)
    few = annealed_importance_sampling(model, points[:2], **options)
    np.testing.assert_allclose(whole.log_prob, parts.log_prob, rtol=1e-5)
    np.testing.assert_allclose(whole.log_prob[:2], few.log_prob, rtol=1e-5)
    other = annealed_importance_sampling(model, points, seed=1, **options)
    assert np.abs(other.log_prob - whole.log_prob).min() > 1e-6


@pytest.mark.any_backend
def test_chains_from_both_ends_hold_the_truth_between_them(linear):
    model, _ = linear
    gaps = []
    for steps in (3, 30):
        lower, upper = bidirectional_monte_carlo(
            model, num_images=40, steps=steps, chains=8, leapfrog_steps=4
        )
        difference = upper.log_prob - lower.log_prob
        gaps.append(difference.mean())
        assert difference.mean() > -2 * difference.std() / math.sqrt(40)
    assert gaps[1] < 0.3 * gaps[0]
    assert gaps[1] < 0.2


@pytest.mark.any_backend
def test_the_truth_lies_between_both_ends_of_images_it_draws(linear):
    model, density = linear
    x = []
    plain = model.sample
    model.sample = lambda *a, **k: x.append(plain(*a, **k)) or x[-1]
    try:
        lower, upper = bidirectional_monte_carlo(
            model, num_images=40, steps=4, chains=4
        )
    finally:
        del model.sample
    exact = density.logpdf(x[-1])
    assert lower.log_prob.mean() < exact.mean() < upper.log_prob.mean()


@pytest.mark.any_backend
def test_binary_pixels_and_labels_are_those_of_log_prob():
    keras.utils.set_random_seed(0)
    model = kerasgen.autoencoders.VAE(
        (3, 3, 1), 2, hidden_widths=(8,), num_classes=2, seed=0
    )
    for variable in model.decoder.trainable_variables:
        variable.assign(np.random.default_rng(1).normal(size=variable.shape))
    x = np.random.default_rng(0).integers(0, 2, (6, 3, 3, 1)).astype("float32")
    labels = (np.arange(6) % 2).astype("int32")
    options = {"steps": 25, "chains": 24, "leapfrog_steps": 4}
    found = annealed_importance_sampling(model, x, labels, **options)
    exact = by_quadrature(model, x, labels)
    errors = (found.log_prob - exact) / found.standard_error
    assert np.abs(errors).max() < 4.0
    assert np.abs(by_quadrature(model, x, 1 - labels) - exact).max() > 0.5


@pytest.mark.any_backend
def test_a_prior_of_its_own_is_the_one_that_counts():
    keras.utils.set_random_seed(0)
    model = kerasgen.autoencoders.VampVAE(
        (3, 3, 1), 2, hidden_widths=(8,), num_components=2, seed=0
    )
    for variable in (*model.decoder.trainable_variables, *model.encoder.weights):
        variable.assign(0.5 * np.random.default_rng(1).normal(size=variable.shape))
    x = np.random.default_rng(0).integers(0, 2, (4, 3, 3, 1)).astype("float32")
    options = {"steps": 25, "chains": 24, "leapfrog_steps": 4}
    found = annealed_importance_sampling(model, x, **options)
    exact = by_quadrature(model, x)
    errors = (found.log_prob - exact) / found.standard_error
    assert np.abs(errors).max() < 4.0
    normal = multivariate_normal(np.zeros(2), np.eye(2))
    codes = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    assert (
        np.abs(
            to_numpy(model.log_prior(keras.ops.convert_to_tensor(codes)))
            - normal.logpdf(codes)
        ).max()
        > 0.1
    )


@pytest.mark.any_backend
def test_what_cannot_be_is_refused(linear, points):
    model, _ = linear
    for options in ({"steps": 0}, {"chains": 0}, {"leapfrog_steps": 0}, {"seed": -1}):
        with pytest.raises(ValueError, match="Received"):
            annealed_importance_sampling(model, points, **options)
    gan = kerasgen.gans.GAN((2,), 2, generator_units=4, discriminator_units=4)
    with pytest.raises(TypeError, match="`model` must be a VAE.*Received: model=GAN"):
        annealed_importance_sampling(gan, points)
    clipped = kerasgen.autoencoders.VAE(
        (3, 3, 1),
        2,
        hidden_widths=(4,),
        likelihood="gaussian",
        binarization=None,
        variance=1.0,
    )
    with pytest.raises(ValueError, match="must draw pixels that are not clipped"):
        bidirectional_monte_carlo(clipped, 2)
