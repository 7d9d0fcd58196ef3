"""ACGAN: the class losses of both players, the paper's networks, no label for D."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.acgan import ACGAN
from kerasgen.losses.adversarial import (
    logistic_discriminator,
    non_saturating_generator,
)
from tests.conformance import check_model

LABELS = np.array([2, 0, 1, 1], "int32")
X = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1)).astype("float32")


def value(x):
    return float(ops.convert_to_numpy(x))


def make(**kwargs):
    return ACGAN((8, 8, 1), 3, latent_dim=3, filters=2, seed=0, **kwargs)


def test_contract():
    check_model(
        ACGAN,
        {
            "image_shape": (8, 12, 2),
            "num_classes": 3,
            "latent_dim": 3,
            "filters": 2,
            "class_weight": 0.5,
            "dropout": 0.25,
            "latent_distribution": "uniform",
        },
    )


def test_paper_networks_at_32_pixels():
    """384@4, 192@8, 96@16, RGB@32; 16 to 512 by 3x3, every second one strided."""
    model = ACGAN((32, 32, 3), 10)
    found = [
        (x.output.shape[1], x.filters, x.kernel_size[0])
        for x in model.generator.layers
        if isinstance(x, layers.Conv2DTranspose)
    ]
    assert found == [(8, 192, 5), (16, 96, 5), (32, 3, 5)]
    assert model.generator.layers[1].output.shape == (None, 4, 4, 384)
    found = [
        (x.filters, x.kernel_size[0], x.strides[0])
        for x in model.discriminator.layers
        if isinstance(x, layers.Conv2D)
    ]
    assert found == [
        *[(16, 3, 2), (32, 3, 1), (64, 3, 2), (128, 3, 1), (256, 3, 2), (512, 3, 1)]
    ]
    normalizations = [
        x
        for x in model.discriminator.layers
        if isinstance(x, layers.BatchNormalization)
    ]
    assert len(normalizations) == 5
    assert model.discriminator.output_shape == (None, 11)
    assert model.generator.input_shape == (None, 110)


def test_classes_that_are_all_alike_cost_twice_log_k():
    model = make()
    real, fake = np.zeros((4, 1), "float32"), np.zeros((4, 1), "float32")
    uniform = np.full(4, np.log(3), "float32")
    found = value(model.discriminator_objective((real, uniform), (fake, uniform)))
    assert found == pytest.approx(2 * np.log(2) + 2 * np.log(3))
    found = value(model.generator_objective((fake, uniform)))
    assert found == pytest.approx(np.log(2) + np.log(3))


def test_scalars_are_of_the_logits():
    model = make(class_weight=0.5)
    dense = model.discriminator.layers[-1]
    dense.bias.assign([0.3, 1.0, -1.0, 0.5])
    logits = ops.convert_to_numpy(model.discriminator(X))
    expected = np.log(np.exp(logits[:, 1:]).sum(1)) - logits[range(4), 1 + LABELS]
    source, found = model.discriminate(X, LABELS, False)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-5)
    np.testing.assert_array_equal(ops.convert_to_numpy(source), logits[:, :1])
    other, _ = model.discriminate(X, LABELS[::-1].copy(), False)
    np.testing.assert_array_equal(ops.convert_to_numpy(other), logits[:, :1])
    scalars = {
        k: value(v)
        for k, v in model.compute_losses("discriminator", X, LABELS, False).items()
    }
    classes = scalars["class_real"] + scalars["class_fake"]
    assert scalars["class_real"] == pytest.approx(expected.mean(), rel=1e-5)
    assert scalars["loss"] > 0.5 * classes > 0


def test_without_class_weight_it_is_a_gan():
    model = make(class_weight=0.0)
    real, fake = np.float32([[2.0]]), np.float32([[-1.0]])
    classes = np.float32([7.0])
    found = model.discriminator_objective((real, classes), (fake, classes))
    assert value(found) == pytest.approx(value(logistic_discriminator(real, fake)))
    found = model.generator_objective((fake, classes))
    assert value(found) == pytest.approx(value(non_saturating_generator(fake)))


def test_default_optimizer_is_the_papers():
    for optimizer in make().default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(2e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.999)
