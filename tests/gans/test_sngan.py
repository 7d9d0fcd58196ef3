"""SNGAN: the paper's networks, one power iteration an update, labels by projection."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.sngan import SNGAN
from kerasgen.layers.conditional_batch_norm import ConditionalBatchNorm
from kerasgen.layers.spectral_norm import SpectralNorm
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "filters": 2}
LABELS = np.array([2, 0, 1, 1], "int32")


def array(x):
    return ops.convert_to_numpy(x)


def images(count=4, shape=(8, 8, 1)):
    draws = np.random.default_rng(0)
    return draws.uniform(-1, 1, (count, *shape)).astype("float32")


def norms(model):
    return [x for x in model.discriminator.layers if isinstance(x, SpectralNorm)]


def test_contract():
    check_model(
        SNGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "architecture": "cnn",
            "filters": 2,
            "num_classes": 3,
            "discriminator_steps": 2,
            "latent_distribution": "uniform",
        },
    )


def added(layer):
    return isinstance(layer, layers.Add)


def test_paper_resnet_at_32_pixels():
    """Table 4: 256@4, three blocks up to 32; 128 down to 8, two more, sum, dense."""
    model = SNGAN((32, 32, 3))
    shapes = [x.output.shape[1::2] for x in model.generator.layers if added(x)]
    assert shapes == [(8, 256), (16, 256), (32, 256)]
    shapes = [x.output.shape[1::2] for x in model.discriminator.layers if added(x)]
    assert shapes == [(16, 128), (8, 128), (8, 128), (8, 128)]
    convolutions = 3 * 128 * 9 + 7 * 128 * 128 * 9 + (3 + 128) * 128
    weights = model.discriminator.trainable_variables
    assert sum(np.prod(v.shape) for v in weights) == convolutions + 10 * 128 + 128
    assert len(norms(model)) == 8 + 2 + 1
    assert len([x for x in model.discriminator.layers if x.weights]) == 11
    normalizations = [
        x for x in model.generator.layers if isinstance(x, layers.BatchNormalization)
    ]
    assert [x.epsilon for x in normalizations] == [2e-5] * 7


def test_paper_cnn_at_32_pixels():
    """Table 3: 512@4, 256@8, 128@16, 64@32, RGB against 64 to 512 in seven layers."""
    model = SNGAN((32, 32, 3), architecture="cnn")
    shapes = [
        (*x.output.shape[1::2], x.kernel_size[0])
        for x in model.generator.layers
        if isinstance(x, (layers.Conv2D, layers.Conv2DTranspose))
    ]
    assert shapes == [(8, 256, 4), (16, 128, 4), (32, 64, 4), (32, 3, 3)]
    found = [
        (x.layer.filters, x.layer.kernel_size[0], x.layer.strides[0])
        for x in norms(model)[:-1]
    ]
    assert found == [
        *[(64, 3, 1), (64, 4, 2), (128, 3, 1), (128, 4, 2)],
        *[(256, 3, 1), (256, 4, 2), (512, 3, 1)],
    ]
    assert norms(model)[-1].layer.kernel.shape == (4 * 4 * 512, 1)
    assert not [x for x in model.discriminator.layers if x.weights if not normed(x)]


def normed(layer):
    return isinstance(layer, SpectralNorm)


@pytest.mark.parametrize("architecture", ["resnet", "cnn"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (16, 24, 3)])
def test_shapes(architecture, shape):
    model = SNGAN(shape, 2, architecture, 1)
    assert model.generator.output_shape == (None, *shape)
    assert model.discriminator.output_shape == (None, 1)


def test_one_power_iteration_an_update_of_the_discriminator_alone():
    model = SNGAN((8, 8, 1), **SMALL, architecture="cnn", seed=0)
    layer = norms(model)[0]

    def losses(phase, training=True):
        before = array(layer.u)
        model.compute_losses(phase, images(), None, training)
        return before, array(layer.u)

    before, after = losses("discriminator")
    kernel = array(layer.layer.kernel).reshape(-1, 2).T.astype("float64")
    once = kernel @ (kernel.T @ before)
    np.testing.assert_allclose(after, once / np.linalg.norm(once), rtol=1e-4)
    for pair in (losses("generator"), losses("discriminator", False)):
        np.testing.assert_array_equal(*pair)


def test_both_kinds_are_judged_as_if_apart():
    model = SNGAN((8, 8, 1), **SMALL, num_classes=3, seed=0)
    real, fake = images(), images()[::-1] * 0.5
    found = model._judge_both(real, ops.convert_to_tensor(fake), LABELS, False)
    for x, said in zip((real, fake), found, strict=True):
        expected = model.discriminate(x, LABELS, False)
        np.testing.assert_allclose(array(said), array(expected), atol=1e-5)


@pytest.mark.parametrize("architecture", ["resnet", "cnn"])
def test_labels_enter_by_projection(architecture):
    """`D(x, a) - D(x, b) = <V_a - V_b, f(x)>`, and nothing without an embedding."""
    model = SNGAN((8, 8, 1), **SMALL, architecture=architecture, num_classes=3, seed=0)
    (table,) = [x for x in norms(model) if isinstance(x.layer, layers.Embedding)]
    final = norms(model)[-2 if norms(model)[-1] is table else -1]
    features = keras.Model(model.discriminator.inputs, final.input)
    x = images()
    f = array(features((x, LABELS)))
    rows = array(table.normalized_kernel())[LABELS]
    without = array(model.discriminate(x, LABELS, False))
    without = without - np.sum(rows * f, axis=1, keepdims=True)
    others = np.zeros(4, "int32")
    row = array(table.normalized_kernel())[others]
    found = array(model.discriminate(x, others, False))
    expected = without + np.sum(row * f, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    table.layer.embeddings.assign(np.zeros(table.layer.embeddings.shape))
    for labels in (LABELS, others):
        found = array(model.discriminate(x, labels, False))
        np.testing.assert_allclose(found, without, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture, count", [("resnet", 2), ("cnn", 1)])
def test_labels_enter_the_generator_by_its_normalisations(architecture, count):
    model = SNGAN((8, 8, 1), **SMALL, architecture=architecture, num_classes=3, seed=0)
    conditional = [
        x for x in model.generator.layers if isinstance(x, ConditionalBatchNorm)
    ]
    assert len(conditional) == count
    z = np.ones((3, 3), "float32")
    same = model.sample(3, labels=[0, 1, 2], latents=z)
    np.testing.assert_allclose(same, same[[0, 0, 0]], atol=1e-6)
    conditional[0].beta.assign(
        np.arange(3.0)[:, None] * np.ones((1, conditional[0].beta.shape[1]))
    )
    other = model.sample(3, labels=[0, 1, 2], latents=z)
    assert np.all(np.abs(other[1:] - other[0]).max((1, 2, 3)) > 1e-4)


def test_losses_are_the_hinge():
    model = SNGAN((8, 8, 1), **SMALL)
    real, fake = np.float32([[2.0], [0.5], [-1.0]]), np.float32([[-2.0], [-0.5], [1.0]])
    found = float(array(model.discriminator_objective(real, fake)))
    assert found == pytest.approx(5 / 3)
    assert float(array(model.generator_objective(fake))) == pytest.approx(0.5)


def test_default_optimizer_is_the_papers():
    model = SNGAN((8, 8, 1), **SMALL)
    assert model.discriminator_steps == 5
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(2e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.0, 0.9)
