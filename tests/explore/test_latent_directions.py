"""Directions of the first layer: SeFa and GANSpace."""

import numpy as np
import pytest
from keras import ops

from kerasgen import explore
from kerasgen.explore.codes import prior_scale
from tests.explore import tiny

AXES = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0], [-0.8, 0.6, 0.0]])
LENGTHS = np.array([4.0, 2.0, 1.0])


def _known_model():
    """A VAE whose decoder stretches three known directions by 4, 2 and 1."""
    model = tiny.vae(hidden_widths=(5,), activation="linear")
    kernel, *others = model.decoder.get_weights()
    outputs = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 3)))[0]
    model.decoder.set_weights([AXES.T * LENGTHS @ outputs.T, *others])
    return model


def _kernel(network):
    return ops.convert_to_numpy(network.get_weights()[0]).astype("float64")


def test_sefa_is_the_eigenvectors_of_the_first_layer():
    model = tiny.gan(latent_dim=4, generator_units=6, num_classes=3)
    found, values = explore.find_directions(model, count=4)
    a = _kernel(model.generator)[:4].T  # without the rows of the labels
    known, vectors = np.linalg.eigh(a.T @ a)
    np.testing.assert_allclose(values, known[::-1], rtol=1e-5)
    np.testing.assert_allclose(np.abs(found @ vectors[:, ::-1]), np.eye(4), atol=1e-5)
    assert (found[range(4), np.abs(found).argmax(axis=1)] > 0).all()


def test_sefa_finds_known_axes():
    found, values = explore.find_directions(_known_model(), count=2)
    np.testing.assert_allclose(np.abs(found @ AXES.T), np.eye(3)[:2], atol=1e-5)
    np.testing.assert_allclose(values, [16.0, 4.0], rtol=1e-5)


def test_ganspace_of_a_linear_layer_finds_known_axes():
    found, values = explore.find_directions(
        _known_model(), "ganspace", count=3, num_samples=3000
    )
    np.testing.assert_allclose(np.abs(found @ AXES.T), np.eye(3), atol=0.05)
    np.testing.assert_allclose(values, LENGTHS**2, rtol=0.1)


@pytest.mark.parametrize("samples", [40, 4])
def test_ganspace_is_principal_components_and_a_regression(samples):
    model = tiny.gan(latent_dim=2, generator_units=7, num_classes=3)
    z = model.numpy_latents(np.random.default_rng(5), samples).astype("float64")
    kernel, bias = (w.astype("float64") for w in model.generator.get_weights()[:2])
    y = np.maximum(z @ kernel[:2] + kernel[3] + bias, 0.0)  # of class 1
    y, z = y - y.mean(axis=0), z - z.mean(axis=0)
    scores = y @ np.linalg.svd(y)[2][:2].T
    known = np.linalg.lstsq(scores, z, rcond=None)[0]
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    found, _ = explore.find_directions(
        model, "ganspace", count=2, num_samples=samples, labels=1, seed=5
    )
    np.testing.assert_allclose(np.abs(np.sum(found * known, axis=1)), 1, atol=1e-4)


def test_rows_move_a_code_along_each_direction():
    model = _known_model()
    found = explore.directions(model, count=2, steps=3, reach=2.0, start=[1.0, 0, 0])
    assert found.images.shape == (2, 3, *tiny.SHAPE)
    directions = found.facts["directions"]
    np.testing.assert_allclose(found.codes[:, 1], [[1, 0, 0]] * 2, atol=1e-6)
    moved = found.codes[:, 2] - found.codes[:, 1]
    np.testing.assert_allclose(moved, 2.0 * directions, atol=1e-5)
    uniform = tiny.gan(latent_distribution="uniform")
    found = explore.directions(uniform, "ganspace", count=1, steps=2, reach=1.0)
    length = np.linalg.norm(found.codes[0, 1] - found.codes[0, 0]) / 2
    assert length == pytest.approx(prior_scale(uniform)[1][0], rel=1e-5)


def test_averaged_weights_are_looked_at():
    model = tiny.gan()
    model.compile(average_decay=0.0)
    before = explore.find_directions(model, count=2)
    model.generator.set_weights([2.0 * w for w in model.generator.get_weights()])
    after = explore.find_directions(model, count=2)
    np.testing.assert_allclose(after[1], before[1], rtol=1e-6)


def test_any_first_layer_serves_sefa_alone():
    import kerasgen

    model = kerasgen.gans.ProGAN(
        (8, 8, 1), latent_dim=4, max_filters=2, filters_base=16, group_size=2
    )
    assert explore.directions(model, count=2, steps=2).images.shape[:2] == (2, 2)
    with pytest.raises(TypeError, match="a generator of known layers"):
        explore.directions(model, "ganspace", count=2)
    levels = kerasgen.autoencoders.HierarchicalVAE((4, 4, 1), latent_dims=(3, 2))
    with pytest.raises(TypeError, match="first layer is dense and takes codes"):
        explore.directions(levels)


def test_wrong_arguments_are_refused():
    model = tiny.vae()
    with pytest.raises(ValueError, match="`count` must be at most 3"):
        explore.directions(model, count=4)
    with pytest.raises(ValueError, match="`method` must be one of"):
        explore.directions(model, "pca")
    with pytest.raises(ValueError, match="`layer` must be None for SeFa"):
        explore.directions(model, count=1, layer="dense")
    with pytest.raises(ValueError, match="No such layer"):
        explore.directions(model, "ganspace", count=1, layer="other")
    with pytest.raises(ValueError, match="`start` must be one code"):
        explore.directions(model, count=1, start=np.zeros((2, 3)))
