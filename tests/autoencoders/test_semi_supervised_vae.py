"""Semi-supervised VAE: the contract, its bounds by enumeration, learning from few."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import VAE, SemiSupervisedVAE
from kerasgen.backend.seeds import EvaluationSeeds
from tests.conformance import check_model

SHAPE = (2, 2, 1)


def _images(count=6, seed=0):
    x = np.random.default_rng(seed).integers(0, 2, (count, *SHAPE))
    return x.astype("float32")


def _model(shape=SHAPE, **kwargs):
    options = {
        "num_classes": 3,
        "latent_dim": 1,
        "hidden_widths": (5,),
        "binarization": "threshold",
        "seed": 1,
        **kwargs,
    }
    return SemiSupervisedVAE(shape, **options)


def _zero(network):
    network.set_weights([np.zeros(w.shape) for w in network.get_weights()])


def _numpy(x):
    return ops.convert_to_numpy(x).astype("float64")


def test_contract():
    check_model(
        SemiSupervisedVAE,
        {
            "image_shape": (5, 4, 2),
            "num_classes": 3,
            "latent_dim": 2,
            "classification_weight": 2.0,
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
        },
        excluded=("levels",),
    )


def test_unlabelled_bound_is_the_sum_over_classes_and_the_labelled_one_its_own():
    model = _model(classification_weight=2.0)
    x, labels = ops.convert_to_tensor(_images()), np.array([0, -1, 2, -1, -1, 1])
    model._evaluation_seeds = EvaluationSeeds()
    bounds = _numpy(model.class_bounds(x, training=False))
    q = model.classify(_images()).astype("float64")
    unlabelled = np.sum(q * bounds, axis=1) + np.sum(q * np.log(q), axis=1)
    known = labels >= 0
    expected = np.where(known, bounds[np.arange(6), labels], unlabelled)
    model._evaluation_seeds = EvaluationSeeds()
    losses = model.compute_losses("vae", x, ops.convert_to_tensor(labels), False)
    losses = {key: float(_numpy(value)) for key, value in losses.items()}
    assert losses["bound"] == pytest.approx(expected.mean(), rel=1e-5)
    nats = -np.log(q[known, labels[known]])
    assert losses["cross_entropy"] == pytest.approx(nats.mean(), rel=1e-5)
    total = expected.mean() + 2.0 * nats.sum() / 6
    assert losses["loss"] == pytest.approx(total, rel=1e-5)


def test_zero_weights_know_nothing():
    """`q(y|x)` is uniform; `L(x, y)` is 4 ln 2 + ln K, and `U(x)` 4 ln 2."""
    model = _model()
    for network in (model.encoder, model.label_encoder, model.decoder):
        _zero(network)
    x, labels = _images(), np.array([0, 1, 2, 0, 1, 2])
    np.testing.assert_allclose(model.classify(x), 1.0 / 3.0, rtol=1e-6)
    model.compile()
    logs = model.evaluate(x, labels, verbose=0, return_dict=True)
    assert logs["cross_entropy"] == pytest.approx(np.log(3.0), rel=1e-5)
    assert logs["bound"] == pytest.approx(4 * np.log(2.0) + np.log(3.0), rel=1e-5)
    logs = model.evaluate(x, np.full(6, -1), verbose=0, return_dict=True)
    assert logs["bound"] == pytest.approx(4 * np.log(2.0), rel=1e-5)
    assert logs["cross_entropy"] == 0.0
    for method in (model.elbo, model.log_prob):
        np.testing.assert_allclose(method(x), -4 * np.log(2.0), rtol=1e-5)
        np.testing.assert_allclose(method(x, labels), -4 * np.log(2.0), rtol=1e-5)
    np.testing.assert_allclose(model.bits_per_dim(x), 1.0, rtol=1e-5)


def test_bounds_are_below_the_likelihood_by_quadrature():
    model, x = _model(), _images()
    model.decoder.set_weights([2.0 * w for w in model.decoder.get_weights()])
    model.encoder.set_weights([0.2 * w for w in model.encoder.get_weights()])
    z = np.linspace(-6.0, 6.0, 401)
    weights = np.exp(-0.5 * z**2) * (z[1] - z[0]) / np.sqrt(2 * np.pi)
    exact = []
    for label in range(3):
        p = model.decode(z[:, None], label).reshape(-1, 1, 4).astype("float64")
        flat = x.reshape(1, -1, 4)
        likelihood = np.prod(np.where(flat > 0.5, p, 1 - p), axis=-1)
        exact.append(weights @ likelihood)
    exact = np.stack(exact, axis=1)  # p(x|y)
    log_p = np.log(exact.mean(axis=1))
    assert np.all(model.elbo(x, num_samples=500) < log_p + 0.02)
    np.testing.assert_allclose(model.log_prob(x, num_samples=2000), log_p, atol=0.06)
    labels = np.array([0, 1, 2, 0, 1, 2])
    conditional = np.log(exact[np.arange(6), labels])
    np.testing.assert_allclose(
        model.log_prob(x, labels, num_samples=2000), conditional, atol=0.06
    )
    # The gap of the best q(y|x), with the same q(z|x, y), is smaller or none.
    per_class = np.stack([model.elbo(x, np.full(6, y), 500) for y in range(3)], 1)
    best = np.log(np.exp(per_class).mean(axis=1))
    assert np.all(model.elbo(x, num_samples=500) <= best + 1e-6)


def test_elbo_of_grey_images_draws_them_once_for_all_classes():
    model, x = _model(binarization="dynamic"), np.full((3, *SHAPE), 0.4, "float32")
    binary = model._draw_binary(x, 5)
    assert set(np.unique(binary)) == {0.0, 1.0}
    np.testing.assert_array_equal(model.elbo(x, seed=5), model.elbo(binary, seed=5))
    labels = np.array([0, 1, 2])
    np.testing.assert_allclose(
        model.elbo(x, labels, seed=5), model.elbo(binary, labels, seed=5), rtol=1e-6
    )


def test_images_without_labels_are_read_with_the_most_probable_one():
    model, x = _model(), _images()
    best = model.classify(x).argmax(axis=1)
    for method in (model.encode, model.reconstruct):
        np.testing.assert_array_equal(method(x), method(x, best))
        np.testing.assert_array_equal(method(x, np.full(6, -1)), method(x, best))
        assert np.abs(method(x) - method(x, (best + 1) % 3)).max() > 1e-4
    np.testing.assert_allclose(
        model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6
    )
    with pytest.raises(ValueError, match=r"`labels` must be in \[0, 2\]"):
        model.elbo(x, np.full(6, -1))


def test_classes_are_learned_from_two_labels():
    model = _model(num_classes=2, binarization="dynamic", classification_weight=20.0)
    x = np.repeat([0.1, 0.9], 32).reshape(64, 1, 1, 1) * np.ones(SHAPE, "float32")
    truth = np.repeat([0, 1], 32)
    labels = np.where(np.arange(64) % 32 == 0, truth, -1)
    model.compile(keras.optimizers.Adam(0.05))
    model.fit((x.astype("float32"), labels), batch_size=64, epochs=25, verbose=0)
    assert np.mean(model.classify(x).argmax(axis=1) == truth) == 1.0
    black, white = (model.sample(50, labels=y, seed=0).mean() for y in (0, 1))
    assert white - black > 0.2


def test_it_takes_the_codes_of_a_vae():
    """M1+M2: a VAE's codes are the data of this model."""
    first = VAE(SHAPE, latent_dim=3, hidden_widths=(4,), seed=0)
    codes = first.encode(_images())
    options = {"likelihood": "gaussian", "binarization": None, "variance": "predicted"}
    second = _model((3,), **options)
    second.compile()
    second.fit(codes, np.array([0, -1, 2, -1, -1, 1]), batch_size=3, verbose=0)
    assert second.classify(codes).shape == (6, 3)
    images = first.decode(second.sample(2, labels=[0, 1], seed=0))
    assert images.shape == (2, *SHAPE)
