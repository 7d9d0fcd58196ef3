"""PixelVAE: the contract, and a decoder that is causal in x and dense in z."""

import itertools

import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.autoencoders import PixelVAE
from tests.conformance import check_model

OPTIONS = {"latent_dim": 1, "binarization": "threshold", "filters": 4, "blocks": 1}
OPTIONS |= {"kernel_size": 3, "first_kernel_size": 3, "head_filters": 4, "seed": 1}
OPTIONS |= {"hidden_widths": (5,), "architecture": "dense"}


def make_model(image_shape=(2, 2, 1), scale=0.7, **kwargs):
    """Returns a small model with random decoder weights."""
    model = PixelVAE(image_shape, **{**OPTIONS, **kwargs})
    generator = np.random.default_rng(0)
    variables = model.decoder.trainable_variables
    variables += model.upsampler.trainable_variables if model.upsample else []
    for variable in variables:
        variable.assign(scale * generator.normal(size=variable.shape))
    return model


def all_images(levels=2):
    """Returns all images of 2x2 pixels."""
    values = list(itertools.product(range(levels), repeat=4))
    return np.array(values, "float32").reshape(-1, 2, 2, 1) / (levels - 1)


def log_likelihood(model, x, z, labels=None):
    """Returns `log p(x|z)` for one code."""
    z = np.repeat(np.float32([z]), len(x), axis=0)
    labels = None if labels is None else np.full(len(x), labels, "int32")
    x = model.pixels.observe(ops.convert_to_tensor(x))
    nats = ops.convert_to_numpy(model.log_likelihood(x, ops.convert_to_tensor(z)))
    return nats.astype("float64")


def forget_z(model):
    """Sets the weights of `z` in the decoder to zero."""
    for layer in model.decoder.gated_layers:
        layer.condition.assign(ops.zeros_like(layer.condition.value))


def test_contract():
    check_model(
        PixelVAE,
        {
            "image_shape": (5, 4, 1),
            "latent_dim": 2,
            "likelihood": "categorical",
            "binarization": None,
            "levels": 4,
            "filters": 4,
            "blocks": 1,
            "kernel_size": 3,
            "first_kernel_size": 5,
            "head_filters": 5,
            "upsample": True,
            "kl_weight": 0.5,
            "kl_annealing_steps": 3,
            "free_bits": 0.1,
            "architecture": "dense",
            "hidden_widths": (4,),
            "activation": "relu",
            "num_classes": 3,
        },
    )


@pytest.mark.parametrize(
    "image_shape, kwargs",
    [((3, 4, 1), {}), ((2, 2, 3), {}), ((3, 2, 1), {"upsample": True})],
)
def test_logits_are_causal_in_x_and_dense_in_z(image_shape, kwargs):
    model = make_model(image_shape, 0.3, filters=6, head_filters=6, blocks=3, **kwargs)
    size = int(np.prod(image_shape))
    eye = np.eye(size, dtype="float32")
    x = np.random.default_rng(1).random((1, *image_shape)).astype("float32")
    z = np.full((size, 1), 0.3, "float32")

    def diagonal(levels, z):
        logits = model.decoder(levels, model.condition(z))
        logits = ops.reshape(logits, (size, size, 2))
        return ops.sum(ops.multiply(logits[..., 1] + 0.5 * logits[..., 0], eye))

    def gradients(x, z):
        of_x = backend.input_gradient(lambda x: diagonal(x, z), x)
        of_z = backend.input_gradient(lambda z: diagonal(x, z), z)
        return ops.concatenate([ops.reshape(of_x, (size, size)), of_z], axis=1)

    function = backend.compile_function(model, gradients)
    found = ops.convert_to_numpy(function(np.repeat(x, size, axis=0), z))
    of_x, of_z = found[:, :size], found[:, size:]
    np.testing.assert_array_equal(np.triu(of_x), 0.0)
    assert np.all(of_x[np.tril_indices(size, -1)] != 0.0)
    assert np.all(np.abs(of_z) > 1e-8)


def test_probabilities_given_a_code_sum_to_one():
    model = make_model()
    nats = [log_likelihood(model, all_images(), [z]) for z in (-1.0, 0.5)]
    for each in nats:
        assert np.exp(each).sum() == pytest.approx(1.0, abs=1e-5)
    assert np.abs(nats[0] - nats[1]).max() > 0.1
    grey = make_model(likelihood="categorical", binarization=None, levels=4)
    nats = log_likelihood(grey, all_images(4), [0.5])
    assert np.exp(nats).sum() == pytest.approx(1.0, abs=1e-5)


def test_upsampled_code_says_something_else_to_each_pixel():
    """Black images, as all pixels before are alike: a vector makes all logits equal."""
    x, z = ops.zeros((1, 5, 5, 1)), ops.ones((1, 1))
    for upsample in (False, True):
        model = make_model((5, 5, 1), upsample=upsample, blocks=0)
        logits = ops.convert_to_numpy(model.run_decoder(z, x=x))[0, 3:, 2, 0]
        spread = np.ptp(logits)  # away from the sides
        assert (spread > 0.01) if upsample else (spread < 1e-5), spread


def test_bounds_lie_below_the_likelihood_by_quadrature():
    model, x = make_model(), all_images()
    kernel, bias = model.encoder.layers[-1].weights
    kernel.assign(0.1 * kernel.value)
    bias.assign([0.3, 0.5])  # wider than the prior, so that no weight is large
    grid = np.linspace(-6.0, 6.0, 61)
    prior = np.exp(-0.5 * grid**2) * (grid[1] - grid[0]) / np.sqrt(2.0 * np.pi)
    masses = [np.exp(log_likelihood(model, x, [z])) for z in grid]
    exact = np.log(np.tensordot(prior, masses, 1))
    assert np.exp(exact).sum() == pytest.approx(1.0, abs=1e-3)
    assert np.all(model.elbo(x, num_samples=300) < exact + 0.02)
    np.testing.assert_allclose(model.log_prob(x, num_samples=2000), exact, atol=0.05)


def test_without_weights_of_z_it_is_an_unconditional_pixelcnn():
    model, x = make_model(), all_images()
    forget_z(model)
    exact = log_likelihood(model, x, [0.0])
    np.testing.assert_array_equal(log_likelihood(model, x, [3.0]), exact)
    mean, log_variance = model.encode(x, distribution=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1.0 - log_variance, axis=1)
    np.testing.assert_allclose(model.elbo(x), exact - kl, rtol=1e-4)
    model.compile()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["reconstruction"] == pytest.approx(-exact.mean(), rel=1e-4)
    assert logs["kl"] == pytest.approx(kl.mean(), rel=1e-4)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-4)


@pytest.mark.parametrize(
    "image_shape, kwargs",
    [
        ((3, 4, 1), {"num_classes": 2}),
        ((3, 4, 1), {"num_classes": 2, "upsample": True}),
        ((2, 3, 2), {"likelihood": "categorical", "binarization": None, "levels": 4}),
    ],
)
def test_cached_drawing_draws_the_integers_of_full_passes(image_shape, kwargs):
    model = make_model(image_shape, **kwargs)
    labels = [0, 1, 1] if "num_classes" in kwargs else None
    z = np.array([[-1.0], [0.0], [2.0]], "float32")
    found = model.decode(z, labels, seed=4)
    levels = np.zeros((3, *image_shape), "int32")
    uniform = np.random.default_rng(4).random(levels.shape, "float32")
    given = z if labels is None else np.concatenate([z, np.eye(2)[labels]], axis=1)
    given = ops.convert_to_tensor(given.astype("float32"))
    given = model.upsampler(given) if model.upsample else given
    full = backend.compile_function(model, model.decoder.call)
    for place in np.ndindex(*image_shape):
        logits = ops.convert_to_numpy(full(levels, given))
        odds = np.exp(logits[(slice(None), *place)].astype("float64"))
        below = np.cumsum(odds / odds.sum(-1, keepdims=True), axis=-1)[:, :-1]
        here = (slice(None), *place)
        levels[here] = (uniform[here][:, None] >= below).sum(-1)
    np.testing.assert_array_equal(np.rint(found * (model.decoder.levels - 1)), levels)
    assert len(np.unique(levels)) > 1


def test_code_is_drawn_once_and_held_while_pixels_are_drawn():
    """With z that decides black or white, images of both pixels mixed are rare."""
    model = make_model((3, 3, 1))
    for variable in model.decoder.trainable_variables:
        variable.assign(ops.zeros_like(variable.value))
    first, last = model.decoder.gated_layers[0], model.decoder.head[-1]
    side = first.condition.shape[-1] // 2
    strong = np.zeros(first.condition.shape, "float32")
    strong[1, :, :side] = 50.0
    first.condition.assign(strong)
    bias = first.biases[1].bias
    bias.assign(np.r_[np.zeros(side), np.full(side, 9.0)])  # open the other gate
    for layer in (first.out, model.decoder.head[0]):
        layer.kernel.assign(np.eye(4).reshape(1, 1, 4, 4))
    kernel = np.zeros(last.kernel.shape, "float32")
    kernel[..., 0], kernel[..., 1] = -5.0, 5.0
    last.kernel.assign(kernel)
    last.bias.assign([10.0, -10.0])
    images = model.sample(64, seed=0)
    means = images.mean((1, 2, 3))
    assert set(np.unique(means)) == {0.0, 1.0}
    latents = np.random.default_rng(0).standard_normal((64, 1), dtype="float32")
    clear = np.abs(latents[:, 0]) > 0.1
    np.testing.assert_array_equal(means[clear], (latents[:, 0] > 0)[clear])


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="Received: likelihood='gaussian'"):
        make_model(likelihood="gaussian", binarization=None)
    with pytest.raises(ValueError, match="Received: temperature=0"):
        make_model().sample(1, temperature=0.0)
