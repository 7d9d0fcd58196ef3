"""BGAN: the boundary, and the policy gradient of binary images."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.gans.bgan import BGAN
from tests.conformance import check_model


def value(x):
    return float(ops.convert_to_numpy(x))


def binary_model(cls=BGAN, **kwargs):
    options = {"latent_dim": 2, "architecture": "mlp", "filters": 4, "num_draws": 3}
    return cls((1, 2, 1), data="binary", seed=0, **{**options, **kwargs})


def test_contract():
    check_model(
        BGAN,
        {
            "image_shape": (8, 12, 1),
            "latent_dim": 3,
            "data": "binary",
            "variant": "released",
            "num_draws": 3,
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "uniform",
        },
    )


@pytest.mark.parametrize(("variant", "share"), [("paper", 0.5), ("released", 1.0)])
def test_continuous_generators_seek_the_boundary(variant, share):
    """Section 3: half of `(log D - log(1 - D))^2`, least where D is a half."""
    model = BGAN((2,), 2, variant=variant, filters=4, seed=0)
    fake, real = np.float32([[2.0], [-1.0]]), np.float32([[1.0], [3.0]])
    d = 1.0 / (1.0 + np.exp(-fake))
    expected = share * np.mean((np.log(d) - np.log(1 - d)) ** 2)
    assert value(model.generator_objective(fake)) == pytest.approx(expected, rel=1e-5)
    expected = np.mean(np.logaddexp(0.0, -real)) + np.mean(np.logaddexp(0.0, fake))
    found = value(model.discriminator_objective(real, fake))
    assert found == pytest.approx(expected, rel=1e-6)


def seen(model):
    """Returns what the model draws and what is judged, lists that fill."""
    draws, judged = [], []
    draw, judge = model.draw, model.judge
    object.__setattr__(
        model, "draw", lambda *args: draws.append(draw(*args)) or draws[-1]
    )
    object.__setattr__(
        model,
        "judge",
        lambda x, *args: judged.append((x, judge(x, *args))) or judged[-1][1],
    )
    return draws, judged


X = np.float32([[[[0.2], [0.9]]], [[[0.6], [0.4]]]])


def test_losses_of_binary_images_by_the_papers_formula():
    """Section 2.2: `-E_z sum_m w_m log g(x_m | z)`, `w` the softmax of the logits."""
    model = binary_model()
    draws, judged = seen(model)
    z = np.float32([[0.5, -1.0], [1.0, 2.0]])
    object.__setattr__(model, "draw_latents", lambda *args: ops.convert_to_tensor(z))
    found = value(model.compute_losses("generator", X, None, False)["loss"])
    drawn = ops.convert_to_numpy(draws[0]).reshape(2, 3, 2)
    assert set(np.unique(drawn)) <= {0.0, 1.0}
    logits = ops.convert_to_numpy(model.generate(z)).reshape(2, 1, 2)
    log_prob = np.sum(drawn * logits - np.logaddexp(0.0, logits), -1)
    said = ops.convert_to_numpy(judged[0][1]).reshape(2, 3)
    weights = np.exp(said) / np.exp(said).sum(1, keepdims=True)
    assert found == pytest.approx(-np.mean(np.sum(weights * log_prob, 1)), rel=1e-4)

    judged.clear()
    losses = model.compute_losses("discriminator", X, None, False)
    (x, real), (images, fake) = judged
    np.testing.assert_array_equal(
        ops.convert_to_numpy(x).reshape(2, 2), [[0.0, 1.0], [1.0, 0.0]]
    )
    assert images.shape == (6, 1, 2, 1)  # all draws are judged
    real, fake = ops.convert_to_numpy(real), ops.convert_to_numpy(fake)
    expected = np.mean(np.logaddexp(0.0, -real)) + np.mean(np.logaddexp(0.0, fake))
    assert value(losses["loss"]) == pytest.approx(expected, rel=1e-5)


class OnePixel(BGAN):
    """A generator of one bias, a discriminator of one slope."""

    def build_generator(self):
        inputs = keras.Input((self.latent_dim,))
        x = layers.Dense(1, kernel_initializer="zeros")(inputs)
        return keras.Model(inputs, layers.Reshape(self.image_shape)(x))

    def build_discriminator(self, outputs=1):
        return keras.Sequential(
            [keras.Input(self.judged_shape), layers.Dense(1, use_bias=False)]
        )


def test_gradient_of_binary_images_is_that_to_the_real_distribution():
    """With the best logit `log p / q` the weighted gradient is `q(1) - p(1)`.

    The weights turn draws of `q` into ones of `p`, of which it is the likelihood's.
    """
    model = OnePixel((1, 1, 1), 2, data="binary", architecture="mlp", num_draws=4000)
    p, q = 0.8, 0.4
    bias = model.generator.layers[-2].bias
    bias.assign([np.log(q / (1 - q))])
    log_odds = np.log(p / q) - np.log((1 - p) / (1 - q))  # up to a constant
    model.discriminator.layers[-1].kernel.assign([[log_odds]])
    x = np.zeros((2, 1, 1, 1), "float32")

    def loss():
        return model.compute_losses("generator", x, None, True)["loss"], {}

    _, (gradient,) = backend.value_and_grad(loss, [bias])
    assert value(gradient[0]) == pytest.approx(q - p, abs=0.03)


def test_samples_are_zeros_and_ones_of_the_probabilities_of_a_call():
    model = OnePixel((1, 1, 1), 2, data="binary", architecture="mlp", seed=0)
    model.generator.layers[-2].bias.assign([1.0])
    images = model.sample(2000, seed=0)
    assert set(np.unique(images)) == {0.0, 1.0}
    likely = 1 / (1 + np.exp(-1.0))
    assert images.mean() == pytest.approx(likely, abs=4 * np.sqrt(0.2 / 2000))
    called = ops.convert_to_numpy(model(np.zeros((1, 2), "float32")))
    assert called[0, 0, 0, 0] == pytest.approx(likely, rel=1e-5)
    np.testing.assert_array_equal(images, model.sample(2000, seed=0))
    assert not np.array_equal(model.sample(50), model.sample(50))


def test_penalties_of_binary_images():
    model = binary_model(penalty={"r1": 2.0}, num_classes=3)
    y = np.int32([0, 2])
    losses = model.compute_losses("discriminator", X, y, True)
    assert value(losses["penalty"]) > 0.0


@pytest.mark.parametrize(
    ("shape", "bad"),
    [
        ((2,), {"data": "binary"}),
        ((8, 8, 1), {"data": "binary", "top_k": 0.5}),
        ((8, 8, 1), {"data": "discrete"}),
        ((8, 8, 1), {"variant": "code"}),
    ],
)
def test_bad_arguments_are_refused(shape, bad):
    with pytest.raises(ValueError, match="must be.*Received"):
        BGAN(shape, filters=2, **bad)
