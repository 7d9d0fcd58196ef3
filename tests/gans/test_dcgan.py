"""DCGAN: the guidelines of the paper, its sizes, its phases."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.dcgan import DCGAN
from tests.conformance import check_model


def kinds(network):
    return [type(layer) for layer in network.layers]


def array(variable):
    return ops.convert_to_numpy(variable.value)


def test_contract():
    check_model(
        DCGAN,
        {
            "image_shape": (8, 16, 1),
            "latent_dim": 3,
            "filters": 4,
            "num_classes": 3,
            "latent_distribution": "normal",
        },
    )


def test_paper_architecture_at_64_pixels():
    """1024 maps at 4x4, halved four times up to 3 at 64x64; the mirror image back."""
    model = DCGAN((64, 64, 3))
    shapes = [
        tuple(layer.output.shape[1:])
        for layer in model.generator.layers
        if isinstance(layer, (layers.Reshape, layers.Conv2DTranspose))
    ]
    maps = [(4, 4, 1024), (8, 8, 512), (16, 16, 256), (32, 32, 128), (64, 64, 3)]
    assert shapes == maps
    shapes = [
        tuple(layer.output.shape[1:])
        for layer in model.discriminator.layers
        if isinstance(layer, layers.Conv2D)
    ]
    assert shapes == [(32, 32, 128), (16, 16, 256), (8, 8, 512), (4, 4, 1024)]
    assert model.generator.input_shape == (None, 100)


def test_guidelines():
    """Strides, no pooling, no hidden dense layer, ReLU and tanh, LeakyReLU 0.2."""
    model = DCGAN((32, 32, 1), filters=2)
    generator, discriminator = kinds(model.generator), kinds(model.discriminator)
    assert generator.count(layers.Dense) == discriminator.count(layers.Dense) == 1
    assert discriminator[-1] is layers.Dense
    assert layers.LeakyReLU not in generator and layers.ReLU not in discriminator
    convolutions = (layers.Conv2D, layers.Conv2DTranspose)
    for layer in model.generator.layers + model.discriminator.layers:
        assert not isinstance(layer, (layers.MaxPooling2D, layers.AveragePooling2D))
        if isinstance(layer, convolutions):
            assert layer.strides == (2, 2)
        if isinstance(layer, layers.LeakyReLU):
            assert layer.negative_slope == 0.2
    assert model.generator.layers[-1].activation.__name__ == "tanh"


def test_no_batch_norm_at_generator_output_and_discriminator_input():
    model = DCGAN((32, 32, 1), filters=2)
    norm = layers.BatchNormalization
    assert kinds(model.generator)[-2:] == [layers.Conv2DTranspose, layers.Activation]
    assert kinds(model.discriminator)[:2] == [layers.Conv2D, layers.LeakyReLU]
    stages = 3
    assert kinds(model.generator).count(norm) == stages
    assert kinds(model.discriminator).count(norm) == stages - 1


def test_weights_start_from_a_normal_of_0_02():
    model = DCGAN((32, 32, 1), filters=16)
    for variable in model.trainable_variables:
        values = array(variable)
        if variable.name == "kernel" and values.size > 1000:
            assert values.std() == pytest.approx(0.02, rel=0.1)
            assert abs(values.mean()) < 0.002
        if variable.name == "gamma":
            assert abs(values.mean() - 1.0) < 0.02


@pytest.mark.parametrize(
    "shape, base",
    [
        ((28, 28, 1), (7, 7)),
        ((32, 32, 3), (4, 4)),
        ((32, 64, 3), (4, 8)),
        ((128, 128, 1), (4, 4)),
        ((12, 8, 2), (6, 4)),
    ],
)
def test_shapes(shape, base):
    model = DCGAN(shape, filters=1, latent_dim=2)
    assert model.generator.layers[1].target_shape[:2] == base
    assert model.generator.output_shape == (None, *shape)
    assert model.discriminator.input_shape == (None, *shape)
    assert model.discriminator.output_shape == (None, 1)


@pytest.mark.parametrize("shape", [(30, 28, 1), (28, 30, 1), (4, 8, 1), (8, 4, 1)])
def test_shapes_that_cannot_be_halved_twice_are_refused(shape):
    with pytest.raises(ValueError, match=r"`image_shape` must .* Received: image_sha"):
        DCGAN(shape)


def test_labels_change_the_samples_and_reach_the_discriminator():
    model = DCGAN((8, 8, 1), filters=4, num_classes=3)
    latents = np.tile(model.numpy_latents(np.random.default_rng(0), 1), (2, 1))
    images = model.sample(2, labels=[0, 1], latents=latents)
    assert not np.allclose(images[0], images[1])
    x = np.zeros((2, 8, 8, 1), "float32")
    logits = model.discriminate(x, np.array([0, 1]), training=False)
    logits = ops.convert_to_numpy(logits)
    assert logits[0] != logits[1]


def test_real_and_fake_batches_are_normalised_apart():
    """Batch statistics of the real logits do not depend on the fake images."""
    model = DCGAN((16, 16, 1), filters=4, seed=0)
    x = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 1)).astype("float32")
    logits = model.discriminate(x, None, training=True)
    real = float(ops.convert_to_numpy(ops.mean(ops.sigmoid(logits))))
    scalars = model.compute_losses("discriminator", x, None, training=True)
    assert float(ops.convert_to_numpy(scalars["real"])) == pytest.approx(real, abs=1e-5)


def test_default_optimizer_is_the_papers():
    for optimizer in DCGAN((8, 8, 1), filters=1).default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(2e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.999)
