"""Hierarchical VAE: the contract, the ladder's product, and exact linear levels."""

import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import HierarchicalVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)
INFERENCES = ("ladder", "bottom_up")


def _images(count=6, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def _model(**kwargs):
    options = {"latent_dims": (3, 2), "hidden_widths": (5,), "level_widths": (4,)}
    return HierarchicalVAE(SHAPE, **{**options, "seed": 1, **kwargs})


def test_contract():
    check_model(
        HierarchicalVAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dims": (3, 2),
            "inference": "bottom_up",
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "kl_annealing_steps": 3,
            "architecture": "conv",
            "hidden_widths": (3,),
            "level_widths": (4,),
            "activation": "elu",
            "num_classes": 3,
        },
        mixed_precision=("mixed_bfloat16",),
        excluded=("levels",),
    )


def test_ladder_trains_all_of_its_networks():
    model = _model(latent_dims=(3, 2, 2))
    before = [ops.convert_to_numpy(v) for v in model.trainable_variables]
    model.compile()
    logs = model.train_on_batch(_images(4), return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert not np.array_equal(ops.convert_to_numpy(variable), old), variable.path
    np.testing.assert_array_equal(model.sample(2, seed=0), model.sample(2, seed=0))


def _toy(inference, weights, kernel=0.8, variance=0.6, **kwargs):
    """z_2 ~ N(0, 1), z_1 ~ N(kernel z_2, variance), x ~ N(z_1, 0.5), all linear.

    Args:
        weights: of the encoder and of the upward network, kernel and bias each.
    """
    model = HierarchicalVAE(
        (1,),
        latent_dims=(1, 1),
        inference=inference,
        likelihood="gaussian",
        binarization=None,
        variance=0.5,
        hidden_widths=(),
        level_widths=(),
        seed=0,
        **kwargs,
    )
    model.decoder.set_weights([np.ones((1, 1)), np.zeros(1)])
    model.downward[0].set_weights(
        [np.array([[kernel, 0.0]]), np.array([0.0, np.log(variance)])]
    )
    model.encoder.set_weights([np.array(w) for w in weights[:2]])
    model.upward[0].set_weights([np.array(w) for w in weights[2:]])
    return model


X = np.linspace(-2.0, 2.0, 5, dtype="float32")[:, None]
V = 0.8**2 + 0.6  # of z_1
LOG_PROB = -0.5 * (np.log(2 * np.pi * (V + 0.5)) + X[:, 0] ** 2 / (V + 0.5))
# Going down, q(z_1|x, z_2) is the prior times the likelihood N(x; z_1, 0.5), and
# q(z_2|x) has variance 1 - 0.8^2 / (V + 0.5). Going up, q(z_1|x) and q(z_2|z_1).
EXACT = {
    "ladder": (
        [[1.0, 0.0]],
        [0.0, np.log(0.5)],
        [[0.8 / (V + 0.5), 0.0], [0.0, 0.0]],
        [0.0, np.log(1 - 0.64 / (V + 0.5))],
    ),
    "bottom_up": (
        [[V / (V + 0.5), 0.0]],
        [0.0, np.log(V * 0.5 / (V + 0.5))],
        [[0.8 / V, 0.0]],
        [0.0, np.log(0.6 / V)],
    ),
}


@pytest.mark.parametrize("inference", INFERENCES)
def test_exact_posterior_makes_the_weight_constant(inference):
    """Then log p(x, z) - log q(z|x) is log p(x) for every draw."""
    model = _toy(inference, EXACT[inference])
    np.testing.assert_allclose(model.log_prob(X, num_samples=1), LOG_PROB, atol=1e-4)
    np.testing.assert_allclose(model.elbo(X, num_samples=3), LOG_PROB, atol=1e-4)
    model.compile()
    logs = model.evaluate(np.repeat(X, 4000, 0), batch_size=20_000, verbose=0)
    assert -logs[0] == pytest.approx(LOG_PROB.mean(), abs=0.02)


@pytest.mark.parametrize("inference", INFERENCES)
def test_bounds_are_ordered_below_the_exact_likelihood(inference):
    wrong = [np.add(w, 0.2) for w in EXACT[inference]]
    model = _toy(inference, wrong)
    x = np.repeat(X, 60, axis=0)
    bounds = [model.elbo(x, num_samples=50).mean()]
    bounds += [model.log_prob(x, num_samples=k).mean() for k in (5, 100)]
    assert bounds[0] < bounds[1] - 0.01 < bounds[2] - 0.01
    assert bounds[2] < LOG_PROB.mean() + 0.02
    weights = np.exp(model.log_prob(x, num_samples=100)).reshape(len(X), -1)
    np.testing.assert_allclose(weights.mean(axis=1), np.exp(LOG_PROB), rtol=0.05)
    model.compile()
    logs = model.evaluate(np.repeat(x, 30, 0), batch_size=10_000, verbose=0)
    assert -logs[0] == pytest.approx(bounds[0], abs=0.08)


def test_ladder_weights_upward_pass_and_prior_by_precision():
    model = _toy("ladder", EXACT["ladder"], kernel=0.0, variance=0.25)
    # N(2, 0.5) times the prior N(0, 0.25): precision 2 + 4, mean 2 * 2 / 6.
    mean = model.encode(np.array([[2.0]], "float32"))[0, 0] * np.sqrt(0.25)
    assert mean == pytest.approx(4.0 / 6.0, rel=1e-5)
    moments = model.moments(ops.convert_to_tensor(np.array([[2.0]], "float32")))
    code, _ = model.draw_code(moments, ops.convert_to_tensor([[1.0, 0.0]]))
    deviation = float(ops.convert_to_numpy(code)[0, 0]) * 0.5 - mean
    assert deviation == pytest.approx(np.sqrt(1 / 6), rel=1e-4)


@pytest.mark.parametrize("inference", INFERENCES)
def test_divergence_of_the_levels_adds_up(inference):
    options = {"inference": inference, "activation": "tanh"}  # so that draws are alike
    model = _model(latent_dims=(4, 3, 2), **options)
    model.compile()
    x = np.repeat(_images(), 200, axis=0)
    logs = model.evaluate(x, batch_size=1200, verbose=0, return_dict=True)
    parts = [logs[f"kl_{i}"] for i in (1, 2, 3)]
    assert sum(parts) == pytest.approx(logs["kl"], rel=1e-5)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)
    assert min(np.abs(parts)) > 1e-4
    elbo = model.elbo(_images(), num_samples=300).mean()
    assert -elbo == pytest.approx(logs["loss"], abs=0.3)


def test_codes_go_down_through_all_levels():
    model = _model()
    codes = np.zeros((3, 5), "float32")
    codes[1, 0] = codes[2, 4] = 1.0  # of the lowest, of the highest level
    images = model.decode(codes)
    assert np.abs(images[1] - images[0]).max() > 1e-3
    assert np.abs(images[2] - images[0]).max() > 1e-4
    z = model.encode(_images())
    assert z.shape == (6, 5)
    np.testing.assert_allclose(model.reconstruct(_images()), model.decode(z), atol=1e-6)


def test_samples_are_drawn_down_the_prior():
    """x has the variance of the exact model's mean: V."""
    model = _toy("ladder", EXACT["ladder"])
    x = model.sample(4000, seed=0, batch_size=4000)
    assert x.std() == pytest.approx(np.sqrt(V), rel=0.05)


def test_one_level_is_refused():
    with pytest.raises(ValueError, match="`latent_dims` must be a tuple.*Received"):
        _model(latent_dims=(3,))
