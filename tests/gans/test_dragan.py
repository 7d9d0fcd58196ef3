"""DRAGAN: the penalty of a linear discriminator, and where it is taken."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.dragan import DRAGAN
from tests.conformance import check_model

VARIANTS = ("paper", "released")
X = np.random.default_rng(0).normal(size=(500, 2)).astype("float32")


def value(x):
    return float(ops.convert_to_numpy(x))


class Linear(DRAGAN):
    def build_discriminator(self, outputs=1):
        return keras.Sequential([keras.Input(self.judged_shape), layers.Dense(1)])


def linear_model(cls=Linear, **kwargs):
    model = cls((2,), **{"latent_dim": 3, "filters": 4, "seed": 0, **kwargs})
    model.discriminator.layers[-1].kernel.assign([[3.0], [4.0]])
    return model


def test_contract():
    check_model(
        DRAGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "variant": "released",
            "penalty_weight": 5.0,
            "noise_variance": 0.3,
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "normal",
        },
    )


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("weight", [0.0, 10.0, 0.5])
def test_loss_is_the_logistic_one_with_the_penalty(variant, weight):
    """Of a linear logit `w (|w| - 1)^2`, wherever it is taken: here `w (5 - 1)^2`."""
    model = linear_model(variant=variant, penalty_weight=weight)
    fakes, generate = [], model.generate_like
    object.__setattr__(
        model, "generate_like", lambda *args: fakes.append(generate(*args)) or fakes[-1]
    )
    found = model.compute_losses("discriminator", X, None, True)
    assert value(found["penalty"]) == pytest.approx(16.0 * weight, rel=1e-5)
    real, fake = (ops.convert_to_numpy(model.discriminator(v)) for v in (X, fakes[0]))
    expected = np.mean(np.logaddexp(0.0, -real)) + np.mean(np.logaddexp(0.0, fake))
    assert value(found["loss"]) == pytest.approx(expected + 16.0 * weight, rel=1e-5)
    found = model.compute_losses("generator", X, None, True)["loss"]
    fake = ops.convert_to_numpy(model.discriminator(fakes[-1]))
    assert value(found) == pytest.approx(np.mean(np.logaddexp(0.0, -fake)), rel=1e-5)


def places(**kwargs):
    """Returns how far from the real examples the gradient is taken."""
    model, seen = linear_model(**kwargs), []
    judge = model.judge
    object.__setattr__(
        model, "judge", lambda x, *args: seen.append(x) or judge(x, *args)
    )
    model.penalty(ops.convert_to_tensor(X), None, None, True)
    (points,) = seen
    if hasattr(points, "detach"):  # of PyTorch, which asks for gradients of it
        points = points.detach()
    return ops.convert_to_numpy(points) - X


def test_noise_of_the_paper_is_normal():
    """Algorithm 1: N(0, c), here with c = 4, of which 1000 numbers are drawn."""
    noise = places(noise_variance=4.0)
    assert noise.mean() == pytest.approx(0.0, abs=4 * 2.0 / np.sqrt(1000))
    assert noise.std() == pytest.approx(2.0, rel=0.1)
    kurtosis = np.mean(noise**4) / np.mean(noise**2) ** 2
    assert kurtosis == pytest.approx(3.0, abs=0.6)  # of uniform numbers 1.8
    assert not places(noise_variance=0.0).any()


def test_noise_of_the_released_code_is_uniform_and_positive():
    """`a s u / 2`, whose mean is `s / 8` and whose square's mean `s^2 / 36`."""
    noise = places(variant="released") / X.std()
    assert noise.min() >= -1e-6 and noise.max() <= 0.5 + 1e-6
    assert noise.mean() == pytest.approx(1 / 8, rel=0.1)
    assert np.mean(noise**2) == pytest.approx(1 / 36, rel=0.15)


@pytest.mark.parametrize("architecture", ["dcgan", "cnn", "resnet", "mlp"])
def test_the_discriminator_has_no_batch_normalisation(architecture):
    model = DRAGAN((16, 16, 1), 2, architecture=architecture, filters=2)
    kinds = {type(layer).__name__ for layer in model.discriminator.layers}
    assert not any("Norm" in kind for kind in kinds)


def test_default_optimizer_is_the_released_codes():
    for optimizer in linear_model().default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(1e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.9)


@pytest.mark.parametrize(
    "bad", [{"variant": "code"}, {"penalty_weight": -1.0}, {"noise_variance": -1.0}]
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match="must be.*Received"):
        linear_model(**bad)
