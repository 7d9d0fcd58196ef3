"""Guided backpropagation against a backward pass by hand."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.explore import guided_filters
from kerasgen.explore.guided import grey, guided, guided_gradients
from kerasgen.explore.passes import seeing
from tests.explore.test_convolutions import dcgan, images

SLOPE = 0.2


def _network():
    """Two 1x1 convolutions of different rectifiers and one that sums all places."""
    x = inputs = keras.Input((2, 2, 3))
    x = keras.layers.Conv2D(4, 1, activation="relu")(x)
    x = keras.layers.Conv2D(5, 1)(x)
    x = keras.layers.LeakyReLU(SLOPE)(x)
    x = keras.layers.Conv2D(2, 2)(x)
    model = keras.Model(inputs, x)
    r = np.random.default_rng(3)
    model.set_weights([r.normal(size=w.shape) for w in model.get_weights()])
    return model


def _by_hand(model, x, filters):
    """Returns the guided gradients and how often negative ones were dropped."""
    a, a0, b, b0, c, c0 = model.get_weights()
    a, b = a[0, 0], b[0, 0]
    low = x @ a + a0
    middle = np.maximum(low, 0) @ b + b0
    gradient = np.moveaxis(c, -1, 0)[filters]  # (n, 2, 2, 5)
    dropped = (gradient < 0).sum()
    gradient = np.maximum(gradient, 0) * np.where(middle > 0, 1, SLOPE)
    gradient = gradient @ b.T
    dropped += (gradient < 0).sum()
    gradient = np.maximum(gradient, 0) * (low > 0)
    return gradient @ a.T, dropped


@pytest.mark.every_backend
@pytest.mark.compiled
def test_gradients_are_those_by_hand():
    model, x = _network(), np.random.default_rng(1).random((5, 2, 2, 3), "float32")
    filters = np.array([0, 1, 1, 0, 1])
    network = seeing(model, x)
    found = guided_gradients(network, x, 2, filters, batch_size=3)
    expected, dropped = _by_hand(model, x.astype("float64"), filters)
    assert dropped > 10  # or it would be the plain gradient
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    # Nothing of it is left behind: the model's own gradient is the plain one.
    plain = backend.input_gradient(lambda v: model(v)[:, 0, 0, 0], x)
    assert np.abs(backend.to_numpy(plain)[[0, 3]] - expected[[0, 3]]).max() > 0.1


@pytest.mark.every_backend
def test_a_rectifier_passes_what_is_positive_on_both_ways():
    x = ops.convert_to_tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
    weights = ops.convert_to_tensor([3.0, -3.0, 1.0, -4.0, 4.0])
    for slope in (0.0, 0.1):
        np.testing.assert_allclose(
            backend.to_numpy(guided(x, slope)), [-2 * slope, -slope, 0, 1, 2]
        )
        found = backend.input_gradient(lambda v, s=slope: weights * guided(v, s), x)
        np.testing.assert_allclose(
            backend.to_numpy(found), [3 * slope, 0, slope, 0, 4], rtol=1e-6
        )


def test_the_strongest_images_of_a_filter_come_first():
    model, x = dcgan(), images(9, (16, 16, 3))
    network = keras.Model(
        model.discriminator.layers[0].input, model.discriminator.layers[1].output
    )
    maps = backend.to_numpy(network(x.astype("float32") / 127.5 - 1))
    found = guided_filters(model, x, 0, [2, 0], num_images=4, batch_size=4)
    facts = found.facts
    assert found.images.shape == (4, 8, 16, 16, 3)
    assert facts["filters"].tolist() == [2, 2, 0, 0]
    assert facts["trained"].tolist() == [True, False, True, False]
    assert found.row_labels == ["filter 2", "random 2", "filter 0", "random 0"]
    peaks = maps.max(axis=(1, 2))
    for row, number in ((0, 2), (2, 0)):
        order = np.argsort(-peaks[:, number])[:4]
        np.testing.assert_array_equal(facts["indices"][row], order)
        np.testing.assert_allclose(
            facts["responses"][row], peaks[order, number], rtol=1e-4
        )
        np.testing.assert_array_equal(
            found.images[row, ::2], x[order].astype("float32") / 255
        )
    gradients = facts["gradients"]
    np.testing.assert_allclose(found.images[:, 1::2], grey(gradients), atol=1e-6)
    assert gradients.any(axis=(2, 3, 4)).all()
    # A filter of the first layer sees 5x5 pixels.
    assert (gradients[0].any(axis=-1).sum(axis=(1, 2)) <= 25).all()
    again = guided_filters(model, x[::-1], 0, [2], num_images=4, compare=False)
    np.testing.assert_array_equal(again.facts["indices"][0], 8 - facts["indices"][0])
    np.testing.assert_allclose(again.facts["gradients"][0], gradients[0], atol=1e-5)


def test_spectral_norms_and_encoders_are_looked_at():
    x = images(3, (16, 16, 3))
    critic = kerasgen.gans.SNGAN((16, 16, 3), 2, architecture="cnn", filters=2)
    found = guided_filters(critic, x, filters=1, num_images=1)
    assert found.facts["gradients"].any(axis=(1, 2, 3, 4)).all()
    vae = kerasgen.autoencoders.VAE(
        (16, 16, 3), 2, architecture="conv", hidden_widths=(3, 4), activation="relu"
    )
    assert len(guided_filters(vae, x, -2, 3, 1, compare=False).images) == 3


def test_wrong_arguments_are_refused():
    x, model = images(3, (16, 16, 3)), dcgan()
    for filters, message in (
        (7, "at most 6|at most 6"),
        ([6], "at most 5"),
        ([], "name"),
    ):
        with pytest.raises(ValueError, match=message):
            guided_filters(model, x, filters=filters)
    with pytest.raises(ValueError, match="`num_images`"):
        guided_filters(model, x, num_images=4)
    inputs = keras.Input((16, 16, 3))
    smooth = keras.layers.Conv2D(2, 3, activation="tanh")
    with pytest.raises(ValueError, match="must have layers with ReLU or leaky ReLU"):
        guided_filters(keras.Model(inputs, smooth(inputs)), x, 0, 1, 1, compare=False)
    capped = keras.layers.ReLU(6.0)(keras.layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match="without an upper end"):
        guided_filters(keras.Model(inputs, capped), x, 0, 1, 1, compare=False)
