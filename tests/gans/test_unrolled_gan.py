"""Unrolled GAN: the discriminator's loss some steps ahead, and slopes through it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.gans.unrolled_gan import UnrolledGAN
from kerasgen.losses.adversarial import logistic_discriminator, minimax_generator
from tests.conformance import check_model

X = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
Z = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")


def number(x):
    return float(ops.convert_to_numpy(x))


def points_model(unrolling, optimizer=None, **kwargs):
    """A model of points whose latents are always `Z`, and whose generator stays."""
    model = UnrolledGAN((2,), 3, unrolling, filters=4, seed=0, **kwargs)
    model.draw_latents = lambda *args: ops.convert_to_tensor(Z)
    discriminator = optimizer or keras.optimizers.Adam(0.05, beta_1=0.5)
    model.compile(
        {"discriminator": discriminator, "generator": keras.optimizers.SGD(0.0)}
    )
    return model


def ahead(model):
    return model.compute_losses("generator", X, None, True)["loss"]


def test_contract():
    check_model(
        UnrolledGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "unrolling": 2,
            "variant": "released",
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "uniform",
        },
    )


@pytest.mark.parametrize("kind", [keras.optimizers.Adam, keras.optimizers.SGD])
def test_the_generators_loss_is_the_discriminators_some_updates_later(kind):
    """Equations 9 and 10, from slots that have moved: `f(G, D_K)` of `K` real steps."""
    model = points_model(3, kind(0.05))
    model.train_on_batch(X)
    found, before = number(ahead(model)), model.discriminator.get_weights()
    for one, other in zip(before, model.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for _ in range(3):
        model.train_on_batch(X)
    losses = model.compute_losses("discriminator", X, None, True)
    assert found == pytest.approx(-number(losses["loss"]), rel=1e-5)


@pytest.mark.parametrize("unrolling", [0, 2])
def test_gradient_through_the_steps_is_that_of_differences(unrolling):
    """Equation 11, with its second term: the slope through the steps."""
    # Smooth: no kinks of ReLU, nor of signs in the first step of Adam.
    adam = keras.optimizers.Adam(0.05, beta_1=0.5, epsilon=0.1)
    model = points_model(unrolling, adam, variant="released")
    kernel = model.generator.layers[-3].kernel
    _, (slope,) = backend.value_and_grad(lambda: (ahead(model), {}), [kernel])
    slope, start = ops.convert_to_numpy(slope), ops.convert_to_numpy(kernel.value)
    for place in ((0, 0), (3, 1)):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * 1e-2
            kernel.assign(moved)
            values.append(number(ahead(model)))
        kernel.assign(start)
        differences = (values[0] - values[1]) / 2e-2
        assert slope[place] == pytest.approx(differences, rel=2e-2, abs=2e-4)


def test_no_steps_are_the_minimax_generator():
    """With `K = 0` it differs from `E log(1 - D(G(z)))` by a term of real examples."""
    model = points_model(0)
    fake = model.generate(Z, training=True)
    real, said = (model.discriminate(x, None, True) for x in (X, fake))
    assert number(ahead(model)) == pytest.approx(
        -number(logistic_discriminator(real, said))
    )
    kernel = model.generator.layers[-3].kernel
    slopes = [
        backend.value_and_grad(loss_fn, [kernel])[1][0]
        for loss_fn in (
            lambda: (ahead(model), {}),
            lambda: (
                minimax_generator(
                    model.discriminate(model.generate(Z, training=True), None, True)
                ),
                {},
            ),
        )
    ]
    found, expected = (ops.convert_to_numpy(slope) for slope in slopes)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "variant, activation, scale", [("paper", "relu", 0.25), ("released", "tanh", 1.0)]
)
def test_networks_and_order_of_variants(variant, activation, scale):
    model = UnrolledGAN((2,), variant=variant)
    for net, last in ((model.generator, 2), (model.discriminator, 1)):
        dense = [x for x in net.layers if isinstance(x, layers.Dense)]
        assert [x.units for x in dense] == [128, 128, last]
        assert [x.activation.__name__ for x in dense] == [activation] * 2 + ["linear"]
    scales = [
        x.scale for x in model.discriminator.layers if isinstance(x, layers.Rescaling)
    ]
    assert scales == ([] if scale == 1.0 else [scale])
    kernel = ops.convert_to_numpy(model.discriminator.layers[-1].kernel)
    gain = {"paper": 0.8, "released": 1.4}[variant]
    assert np.linalg.norm(kernel) == pytest.approx(gain, rel=1e-4)
    assert len(model._turns()) == (2 if variant == "paper" else 1)


def test_an_optimizer_without_a_rule_is_refused():
    model = points_model(1, keras.optimizers.RMSprop())
    with pytest.raises(ValueError, match="`optimizer` must be Adam.*Received"):
        ahead(model)
