"""CatGAN: entropies of both players by hand, clusters, labels of few."""

import numpy as np
import pytest
from keras import ops

from kerasgen.gans.catgan import CatGAN
from tests.conformance import check_model

REAL, FAKE = (
    np.random.default_rng(seed).normal(size=(4, 3)).astype("float32") for seed in (0, 1)
)
X = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1)).astype("float32")


def value(x):
    return float(ops.convert_to_numpy(x))


def make(**kwargs):
    options = {"latent_dim": 3, "num_clusters": 3, "filters": 2, "seed": 0}
    return CatGAN((8, 8, 1), **{**options, **kwargs})


def assigned(logits):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    nats = [-np.sum(p * np.log(p), axis=-1) for p in (p.mean(axis=0), p)]
    return p, nats[0], nats[1].mean()


def test_contract():
    check_model(
        CatGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "num_clusters": 3,
            "semi_supervised": True,
            "class_weight": 0.5,
            "architecture": "cnn",
            "filters": 2,
            "latent_distribution": "normal",
        },
    )


@pytest.mark.any_backend
def test_objectives_are_those_of_equations_6_to_8():
    labels = np.int32([-1, 2, 0, -1])
    model = make(semi_supervised=True, class_weight=0.7)
    p, even, certain = assigned(REAL)
    _, fake_even, fake_certain = assigned(FAKE)
    labeled = -(np.log(p[1, 2]) + np.log(p[2, 0])) / 2.0
    expected = -even + certain - fake_certain + 0.7 * labeled
    said = (REAL, labels), (FAKE, labels)
    found = value(model.discriminator_objective(*said))
    assert found == pytest.approx(expected, rel=1e-5)
    found = value(model.generator_objective(said[1]))
    assert found == pytest.approx(-fake_even + fake_certain, rel=1e-4)
    told = {**model.describe(*said), **model.measure(*said)}
    expected = {
        "real_entropy": certain,
        "fake_entropy": fake_certain,
        "marginal_entropy": even,
        "cross_entropy": labeled,
    }
    assert {k: value(v) for k, v in told.items()} == pytest.approx(expected, rel=1e-5)


@pytest.mark.any_backend
def test_an_uncertain_discriminator_and_a_perfect_one():
    """Zero logits cost `-log K`; certainty of data and none of fakes `-2 log K`."""
    model = make()
    unsure, sure = np.zeros((3, 3), "float32"), 100.0 * np.eye(3, dtype="float32")
    found = value(model.discriminator_objective((unsure, None), (unsure, None)))
    assert found == pytest.approx(-np.log(3))
    found = value(model.discriminator_objective((sure, None), (unsure, None)))
    assert found == pytest.approx(-2 * np.log(3), rel=1e-5)
    logs = {"discriminator_fake_entropy": np.log(3), "discriminator_real_entropy": 0.0}
    assert model.separation(logs) == pytest.approx(1.0)


@pytest.mark.any_backend
def test_clusters_are_told_without_labels():
    model = make()
    assert not model.allows_unlabeled and model.fields.y is None
    model.compile()
    model.train_on_batch(X / 2.0 + 0.5)
    told = model.classify(X / 2.0 + 0.5)
    assert told.shape == (4, 3)
    np.testing.assert_allclose(told.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "kwargs", [{"loss": "hinge"}, {"label_smoothing": 0.1}, {"top_k": 0.5}]
)
def test_losses_of_real_and_fake_are_refused(kwargs):
    with pytest.raises(ValueError, match="must be.*that of its classes"):
        make(**kwargs)


@pytest.mark.any_backend
def test_points():
    model = CatGAN((2,), 2, num_clusters=4, filters=4, seed=0)
    model.compile()
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    logs = model.train_on_batch(x, return_dict=True)
    assert all(np.isfinite(v) for v in logs.values())
