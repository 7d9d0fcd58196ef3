"""BetaTCVAE: the contract, the sum of the parts, and what each weight does."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE, BetaTCVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)
PARTS = ("mutual_information", "total_correlation", "dimension_wise_kl")


def _images(count=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def _model(cls=BetaTCVAE, **kwargs):
    keras.utils.set_random_seed(0)  # of the initial weights
    if cls is BetaTCVAE:
        kwargs = {"dataset_size": 100, **kwargs}
    options = {"latent_dim": 3, "hidden_widths": (5,), "activation": "relu"}
    model = cls(SHAPE, **{**options, "binarization": "threshold", **kwargs})
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def _evaluate(model, x=None):
    x = _images() if x is None else x
    return model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)


def test_contract():
    check_model(
        BetaTCVAE,
        {
            "image_shape": (5, 4, 2),
            "dataset_size": 30,
            "latent_dim": 3,
            "alpha": 0.5,
            "beta": 2.0,
            "gamma": 1.5,
            "estimator": "stratified",
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
            "num_classes": 3,
        },
        excluded=("levels",),
    )


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_parts_sum_to_the_divergence(estimator):
    """In many images the sampled sum is near the closed form, and weights of 1 give
    the VAE's loss but for the noise."""
    x = _images(400)
    model = _model(alpha=1.0, beta=1.0, gamma=1.0, estimator=estimator)
    logs = _evaluate(model, x)
    total = sum(logs[part] for part in PARTS)
    mean, log_variance = model.encode(x, distribution=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=1)
    assert logs["kl"] == pytest.approx(kl.mean(), rel=1e-5) and kl.mean() > 0.01
    assert total == pytest.approx(logs["kl"], abs=0.5)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + total, rel=1e-5)
    vae = _evaluate(_model(VAE), x)
    assert logs["reconstruction"] == pytest.approx(vae["reconstruction"], rel=1e-6)
    assert logs["loss"] == pytest.approx(vae["loss"], abs=0.5)


def test_each_weight_multiplies_its_part():
    base = _evaluate(_model(alpha=0.0, beta=0.0, gamma=0.0))
    assert base["loss"] == base["reconstruction"]
    for name, part in zip(("alpha", "beta", "gamma"), PARTS, strict=True):
        weights = {"alpha": 0.0, "beta": 0.0, "gamma": 0.0, name: 3.0}
        logs = _evaluate(_model(**weights))
        assert logs[part] == base[part] and abs(base[part]) > 0.1
        expected = base["reconstruction"] + 3.0 * base[part]
        assert logs["loss"] == pytest.approx(expected, rel=1e-5)


def test_dataset_size_shifts_weighted_parts_by_its_logarithm():
    first, second = (_evaluate(_model(dataset_size=n)) for n in (100, 1000))
    shifts = [second[part] - first[part] for part in PARTS]
    np.testing.assert_allclose(
        shifts, np.log(10.0) * np.array([1.0, 2.0, -3.0]), rtol=1e-4
    )


def test_total_correlation_falls_where_it_alone_is_paid_for():
    """A linear encoder of two equal features must tell its latents apart."""
    generator = np.random.default_rng(0)
    x = np.repeat(generator.standard_normal((64, 1)), 2, axis=1).astype("float32")
    model = BetaTCVAE(
        (2,),
        dataset_size=64,
        latent_dim=2,
        alpha=0.0,
        beta=1.0,
        gamma=0.0,
        estimator="stratified",
        likelihood="gaussian",
        binarization=None,
        variance=100.0,
        hidden_widths=(),
    )
    kernel = np.array([[0.5, 0.5, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]])
    bias = np.array([0.0, 0.0, -2.0, -2.0])
    model.encoder.set_weights([kernel, bias])
    before = _compiled_evaluate(model, x)["total_correlation"]
    # Correlation of 1 / (1 + e^-2) of two Gaussians of unit signal.
    rho = 1.0 / (1.0 + np.exp(-2.0))
    assert before == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.3)
    model.fit(np.tile(x, (60, 1)), batch_size=64, shuffle=False, verbose=0)
    assert _evaluate(model, x)["total_correlation"] < 0.5 * before


def _compiled_evaluate(model, x):
    model.compile(keras.optimizers.Adam(0.03))
    return _evaluate(model, x)


def test_refuses_wrong_arguments():
    with pytest.raises(ValueError, match="Received: dataset_size=0"):
        BetaTCVAE(SHAPE, dataset_size=0)
    with pytest.raises(ValueError, match="Received: estimator='exact'"):
        BetaTCVAE(SHAPE, dataset_size=9, estimator="exact")
    with pytest.raises(ValueError, match="Received: beta=-1"):
        BetaTCVAE(SHAPE, dataset_size=9, beta=-1.0)
