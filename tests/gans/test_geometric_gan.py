"""Geometric GAN: the support vector machine, the schedule, the code's networks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.geometric_gan import GeometricGAN
from kerasgen.losses.adversarial import logistic_discriminator
from tests.conformance import check_model, numpy_state

PLAYERS = ("generator", "discriminator")


def value(x):
    return float(ops.convert_to_numpy(x))


def of(model, player, kind):
    layers_of = getattr(model, player).layers
    return [layer for layer in layers_of if isinstance(layer, kind)]


def points_model(**kwargs):
    options = {"latent_dim": 4, "filters": 8, "generator_updates": 1, "seed": 0}
    return GeometricGAN((2,), **{**options, **kwargs})


def test_contract():
    check_model(
        GeometricGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "filters": 2,
            "num_classes": 3,
            "generator_updates": 2,
            "cost": 0.5,
            "latent_distribution": "uniform",
        },
    )


@pytest.mark.parametrize("cost", [0.25, 2.0])
def test_loss_is_that_of_a_soft_margin_machine(cost):
    """Of features +-1 on one axis, `|w|^2 / 2 + C sum(hinges)` is least at `2 n C`.

    `n` of each kind: `w^2 / 2 + 2 n C max(0, 1 - w)`, at most at 1, the whole margin.
    """
    count = 2
    model = points_model(cost=cost / count)
    kernel = model.discriminator.layers[-1].kernel
    x = np.zeros((count, 2), "float32")
    found, normals = [], np.linspace(0.0, 1.5, 31)
    for w in normals:
        kernel.assign(np.eye(8, 1) * w)
        said = np.full((count, 1), w, "float32")
        loss = model.discriminator_objective(said, -said)
        found.append(value(loss + model.penalty(x, x, None, True)))
    hinges = 2 * count * np.maximum(0.0, 1.0 - normals)
    primal = normals**2 / 2 + cost / count * hinges
    np.testing.assert_allclose(found, primal / cost, rtol=1e-5, atol=1e-6)
    assert normals[np.argmin(found)] == pytest.approx(min(1.0, 2 * cost))


def test_norm_is_of_the_last_kernel_without_its_bias():
    model = points_model(cost=2.0)
    last = model.discriminator.layers[-1]
    last.kernel.assign(np.full((8, 1), 3.0))
    last.bias.assign([100.0])
    x = np.zeros((5, 2), "float32")
    found = value(model.penalty(x, x, None, True))
    assert found == pytest.approx(8 * 9.0 / (2 * 2.0 * 5))


def test_objectives_and_what_is_measured():
    model = points_model()
    real, fake = np.float32([[2.0], [0.5]]), np.float32([[-1.0], [3.0]])
    assert value(model.discriminator_objective(real, fake)) == 0.25 + 2.0
    assert value(model.generator_objective(fake)) == -1.0
    assert value(model.measure(real, fake)["outside"]) == 0.5


def test_the_generator_moves_ten_times_a_step_with_latents_of_its_own():
    model = GeometricGAN((8, 8, 1), latent_dim=2, filters=2, seed=0)
    drawn, draw = [], model.draw_latents
    model.draw_latents = lambda *args: drawn.append(draw(*args)) or drawn[-1]
    model.compile()
    model.run_eagerly = True
    model.train_on_batch(np.zeros((4, 8, 8, 1), "uint8"))
    assert len({ops.convert_to_numpy(z).tobytes() for z in drawn}) == 11
    assert model.phases == ("discriminator", "generator")


def test_one_step_of_the_discriminator_by_hand():
    """RMSProp of the code: the square's average starts at 0 with a share of 0.01."""
    model = points_model()
    generator = np.random.default_rng(0)
    for variable in model.discriminator.trainable_variables:
        variable.assign(generator.normal(0.0, 0.3, variable.shape))
    model.compile()
    before = numpy_state(model)
    model.train_on_batch(np.float32([[1.0, 2.0], [3.0, -1.0]]))
    after = numpy_state(model)
    moves = [
        np.abs(after[name] - before[name]).max()
        for name in before
        if name.startswith("discriminator") and name.endswith("kernel")
    ]
    np.testing.assert_allclose(moves, 1e-3 / 0.1, rtol=1e-3)


def test_networks_of_the_code_at_64_pixels():
    model = GeometricGAN((64, 64, 3))
    found = [
        (layer.output.shape[1], layer.output.shape[-1], layer.kernel_size, layer.bias)
        for layer in of(model, "generator", layers.Conv2DTranspose)
    ]
    assert found == [
        (size, maps, (4, 4), None)
        for size, maps in ((8, 256), (16, 128), (32, 64), (64, 3))
    ]
    assert model.generator.layers[0].units == 4 * 4 * 512
    found = [
        (layer.output.shape[1], layer.filters, layer.kernel_size, layer.bias)
        for layer in of(model, "discriminator", layers.Conv2D)
    ]
    assert found == [
        (size, maps, (4, 4), None)
        for size, maps in ((32, 64), (16, 128), (8, 256), (4, 512))
    ]
    assert [
        len(of(model, player, layers.BatchNormalization)) for player in PLAYERS
    ] == [4, 3]
    assert model.discriminator.layers[-1].bias is None
    assert model.discriminator.layers[-1].activation is keras.activations.linear
    kernel = ops.convert_to_numpy(model.discriminator.layers[-1].kernel)
    assert kernel.std() == pytest.approx(0.02, rel=0.05)
    rates = [float(o.learning_rate) for o in model.default_optimizers().values()]
    np.testing.assert_allclose(rates, 2e-4)


def test_networks_of_the_code_for_points():
    model = GeometricGAN((2,), 4, generator_updates=1)
    units = [
        [layer.units for layer in of(model, player, layers.Dense)] for player in PLAYERS
    ]
    assert units == [[128, 128, 128, 2], [128, 128, 128, 1]]
    assert len(of(model, "generator", layers.BatchNormalization)) == 3
    assert not of(model, "discriminator", layers.BatchNormalization)
    rates = [float(o.learning_rate) for o in model.default_optimizers().values()]
    np.testing.assert_allclose(rates, 1e-3)


def test_points_of_two_classes():
    model = points_model(num_classes=2)
    model.compile()
    x = np.zeros((4, 2), "float32")
    logs = model.train_on_batch(x, np.int32([0, 1, 1, 0]), return_dict=True)
    assert all(np.isfinite(x) for x in logs.values())
    assert model.sample(3, labels=1, seed=0).shape == (3, 2)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_cost_is_positive(bad):
    with pytest.raises(ValueError, match="`cost` must be.*Received"):
        points_model(cost=bad)


@pytest.mark.parametrize("hinge", [True, False])
def test_a_trained_discriminator_has_few_support_vectors(hinge, monkeypatch):
    """Most examples end outside the margin, without gradient; logits all have one."""
    if not hinge:
        logistic = staticmethod(logistic_discriminator)
        monkeypatch.setattr(GeometricGAN, "discriminator_objective", logistic)
    keras.utils.set_random_seed(0)
    model = points_model(filters=16)
    model.compile({"generator": keras.optimizers.SGD(0.0)})
    model.optimizer.learning_rate = 1e-2
    generator = np.random.default_rng(0)
    x = generator.normal([2.0, 0.0], 0.2, (50, 2)).astype("float32")
    for _ in range(40):
        logs = model.train_on_batch(x, return_dict=True)
    assert logs["discriminator_loss"] < 0.5
    real = model.discriminator(x)
    fake = model.discriminator(model.sample(50, seed=0))

    def loss(shift):
        """Each example's own term, its score moved by `shift` towards the other."""
        terms = [
            value(model.discriminator_objective(r - shift, f + shift))
            for r, f in zip(real, fake, strict=True)
        ]
        return np.array(terms)

    still = np.mean(loss(1e-3) - loss(0.0) == 0.0)
    assert still > 0.3 if hinge else still == 0.0
