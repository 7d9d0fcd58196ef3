"""QuadrantCVAE: the contract, what is given, and what counts."""

import numpy as np
import pytest

from kerasgen.autoencoders import QuadrantCVAE
from tests.conformance import check_model

SHAPE = (4, 3, 1)


def _images(count=6, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def _model(**kwargs):
    options = {"latent_dim": 2, "hidden_widths": (5,), "prior_widths": (4,)}
    return QuadrantCVAE(SHAPE, **{**options, "seed": 1, **kwargs})


def test_contract():
    arguments = {
        "image_shape": (5, 4, 2),
        "latent_dim": 3,
        "quadrants": 3,
        "likelihood": "gaussian",
        "binarization": None,
        "variance": 2.0,
        "kl_annealing_steps": 3,
        "architecture": "conv",
        "hidden_widths": (3,),
        "prior_widths": (5,),
        "activation": "elu",
    }
    check_model(
        QuadrantCVAE,
        arguments,
        mixed_precision=("mixed_bfloat16",),
        excluded=("levels",),
    )


def test_refuses_other_conditions():
    for quadrants in (0, 4, None, "1"):
        with pytest.raises((ValueError, TypeError), match="`quadrants` must be.*Rec"):
            QuadrantCVAE(SHAPE, quadrants=quadrants)
    with pytest.raises(ValueError, match="`num_classes` must be None.*Received: num_"):
        QuadrantCVAE(SHAPE, num_classes=3)
    for shape in ((1, 4, 1), (4,)):
        with pytest.raises(ValueError, match="`image_shape` must.*Received"):
            QuadrantCVAE(shape)
    with pytest.raises((ValueError, TypeError), match="`labels` must.*Received"):
        _model().sample(2, labels=[0, 1])


def test_likelihood_counts_the_other_quadrants_alone():
    model = _model()
    for network in (model.encoder, model.prior_network, model.decoder):
        network.set_weights([np.zeros(w.shape) for w in network.get_weights()])
    model.compile()
    logs = model.evaluate(_images(), verbose=0, return_dict=True)
    expected = (12 - 2 * 1) * np.log(2.0)  # 2 of 4 rows, 1 of 3 columns are given
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(model.elbo(_images()), -expected, rtol=1e-5)
    np.testing.assert_allclose(model.bits_per_dim(_images()), 1.0, rtol=1e-5)


@pytest.mark.parametrize("mean", [True, False])
def test_completions_keep_and_read_the_given_quadrants_alone(mean):
    model, x = _model(), _images()
    images = model.complete(x, seed=0, mean=mean)
    np.testing.assert_allclose(images[:, 2:, :1], x[:, 2:, :1] / 255.0, atol=1e-6)
    other = _images(seed=1)
    other[:, 2:, :1] = x[:, 2:, :1]
    np.testing.assert_array_equal(images, model.complete(other, seed=0, mean=mean))
    np.testing.assert_array_equal(images, model.sample(6, x, seed=0, mean=mean))
    assert not np.array_equal(images, model.complete(x, seed=1, mean=mean))
    other = x.copy()
    other[:, 2:, :1] = 255 - other[:, 2:, :1]
    changed = model.complete(other, seed=0)[:, :2] - model.complete(x, seed=0)[:, :2]
    assert np.abs(changed).max() > 1e-3


def test_reconstructions_read_the_whole_image():
    model, x = _model(), _images()
    images = model.reconstruct(x)
    np.testing.assert_allclose(images[:, 2:, :1], x[:, 2:, :1] / 255.0, atol=1e-6)
    np.testing.assert_allclose(images, model.decode(model.encode(x), x), atol=1e-5)
    np.testing.assert_allclose(images, model.predict(x, verbose=0), atol=1e-5)
    other = 255 - x
    other[:, 2:, :1] = x[:, 2:, :1]
    assert np.abs(model.reconstruct(other) - images).max() > 1e-4
