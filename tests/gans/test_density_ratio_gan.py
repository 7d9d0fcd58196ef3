"""b-GAN: the ratio learned from a table of densities, one divergence for both."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.density_ratio_gan import DensityRatioGAN
from tests.conformance import check_model

P, Q = np.array([5, 3, 2]) / 10, np.array([1, 3, 6]) / 10
RATIO = P / Q
F = {
    "pearson": lambda u: (u - 1.0) ** 2,
    "kl": lambda u: u * np.log(u),
    "reverse_kl": lambda u: -np.log(u),
}


def value(x):
    return float(ops.convert_to_numpy(x))


class Linear(DensityRatioGAN):
    def build_discriminator(self, outputs=1):
        return keras.Sequential([keras.Input(self.judged_shape), layers.Dense(1)])


def table_model(cls=DensityRatioGAN, **kwargs):
    return cls((3,), **{"latent_dim": 3, "filters": 4, "seed": 0, **kwargs})


def examples(values, density):
    """Returns what belongs to ten examples, each as often as its density says."""
    return np.repeat(values, np.rint(10 * density).astype(int), 0).astype("float32")


def test_contract():
    check_model(
        DensityRatioGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "divergence": "kl",
            "relative": 0.2,
            "activation": "exp",
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "normal",
        },
    )


@pytest.mark.parametrize("name", F)
@pytest.mark.parametrize("activation", ["softplus", "exp"])
def test_losses_by_the_papers_formula(name, activation):
    """`E_q [f'(r) r - f(r)] - E_p f'(r)`, and `E_q f(r)` with the same `f`."""
    model = table_model(divergence=name, activation=activation)
    real, fake = np.float32([[0.5], [-1.0]]), np.float32([[2.0], [0.1]])
    r = np.exp if activation == "exp" else lambda v: np.log1p(np.exp(v))
    f, step = F[name], 1e-4

    def slope(u):
        return (f(u + step) - f(u - step)) / (2 * step)

    x, g = (r(v.astype("float64")) for v in (real, fake))
    expected = np.mean(slope(g) * g - f(g)) - np.mean(slope(x))
    assert value(model.discriminator_objective(real, fake)) == pytest.approx(
        expected, rel=1e-4
    )
    assert value(model.generator_objective(fake)) == pytest.approx(
        np.mean(f(g)), rel=1e-5
    )
    assert value(model.describe(real, fake)["fake"]) == pytest.approx(
        np.mean(np.log(g)), rel=1e-5
    )


@pytest.mark.parametrize("name", F)
@pytest.mark.parametrize("relative", [0.0, 0.25])
def test_the_ratio_is_where_the_loss_is_least(name, relative):
    """There it is the divergence's negative, of the mixture with a relative ratio."""
    model = table_model(divergence=name, relative=relative, activation="exp")
    mixture = relative * P + (1 - relative) * Q

    def loss(v):
        v = v[:, None]
        return value(model.discriminator_objective(examples(v, P), examples(v, Q)))

    best = np.log(P / mixture)
    least = loss(best)
    assert least == pytest.approx(-np.sum(mixture * F[name](P / mixture)), rel=1e-5)
    for i in range(3):
        for move in (-0.1, 0.1):
            assert loss(best + move * np.eye(3)[i]) > least + 1e-5


@pytest.mark.parametrize("relative", [0.0, 0.25])
def test_the_discriminator_learns_the_ratio_of_a_table(relative):
    model = table_model(Linear, relative=relative)
    fake = ops.convert_to_tensor(examples(np.eye(3), Q))
    object.__setattr__(model, "generate_like", lambda *args: fake)
    model.compile(
        {
            "discriminator": keras.optimizers.Adam(0.1),
            "generator": keras.optimizers.SGD(0.0),
        },
        run_eagerly=True,
    )
    object.__setattr__(model, "update", only_the_discriminator(model))
    for _ in range(150):
        model.train_on_batch(examples(np.eye(3), P))
    score = model.score(model.discriminator(np.eye(3, dtype="float32")))
    found = np.exp(ops.convert_to_numpy(score))[:, 0]
    expected = P / (relative * P + (1 - relative) * Q)
    np.testing.assert_allclose(found, expected, rtol=0.02)


def only_the_discriminator(model):
    update = model.update
    return lambda phase, *args: phase == "discriminator" and update(phase, *args)


def test_dense_discriminators_have_no_batch_normalisation():
    kinds = {type(layer).__name__ for layer in table_model().discriminator.layers}
    assert "BatchNormalization" not in kinds


@pytest.mark.parametrize(
    "bad",
    [{"divergence": "total_variation"}, {"relative": 1.0}, {"activation": "relu"}],
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match="must be.*Received"):
        table_model(**bad)
