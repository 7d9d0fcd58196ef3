"""Improved GAN: K + 1 classes, feature matching, the code's networks, few labels."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.improved_gan import ImprovedGAN
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.gaussian_noise import GaussianNoise
from kerasgen.layers.minibatch_discrimination import MinibatchDiscrimination
from kerasgen.layers.weight_norm import WeightNormConv2D, WeightNormDense
from tests.conformance import check_model

SMALL = {"image_shape": (4, 4, 1), "latent_dim": 3, "filters": 8, "seed": 0}
LOGITS = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
FAKE = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
LABELS = np.int32([2, -1, 0, -1, -1])


def array(x):
    return ops.convert_to_numpy(x)


def value(x):
    return float(array(x))


def make(**kwargs):
    return ImprovedGAN(**{**SMALL, **kwargs})


def of(network, kind):
    return [x for x in network.layers if isinstance(x, kind)]


def log_softmax_with_zero(logits):
    """Returns the log-probabilities of K + 1 classes, the last of logit 0."""
    every = np.concatenate([logits, np.zeros((len(logits), 1))], axis=1)
    return every - np.log(np.exp(every).sum(axis=1, keepdims=True))


def test_contract():
    check_model(
        ImprovedGAN,
        {
            "image_shape": (12, 16, 1),
            "latent_dim": 3,
            "known_classes": 3,
            "architecture": "conv",
            "filters": 3,
            "generator_loss": "adversarial",
            "matching": "mean_squared",
            "unsupervised_weight": 0.5,
            "num_kernels": 2,
            "minibatch_variant": "code",
            "reference_size": 4,
            "latent_distribution": "normal",
        },
    )


@pytest.mark.any_backend
def test_d_is_the_share_of_the_k_classes():
    """Section 5: the K + 1-th logit is 0, and `D(x) = Z / (Z + 1)`."""
    model = make(known_classes=3)
    found = array(model.opinion((LOGITS, None)))[:, 0]
    z = np.exp(LOGITS).sum(axis=1)
    np.testing.assert_allclose(found, z / (z + 1.0), rtol=1e-5)
    expected = 1.0 - np.exp(log_softmax_with_zero(LOGITS)[:, -1])
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    shifted = array(model.score((LOGITS + 2.5, None)))
    score = array(model.score((LOGITS, None)))
    np.testing.assert_allclose(shifted, score + 2.5, rtol=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_loss_is_of_k_plus_one_classes(weight):
    """Images with a label are also told apart, by `-log p(y | x, y < K + 1)`."""
    model = make(known_classes=3, unsupervised_weight=weight)
    real, fake = log_softmax_with_zero(LOGITS), log_softmax_with_zero(FAKE)
    known = real[:, :3] - np.log1p(-np.exp(real[:, 3:]))
    labeled = -(known[0, 2] + known[2, 0]) / 2.0
    unlabeled = -np.log1p(-np.exp(real[:, 3])).mean() - fake[:, 3].mean()
    said = (LOGITS, None, LABELS), (FAKE, None, LABELS)
    found = value(model.discriminator_objective(*said))
    assert found == pytest.approx(labeled + weight * unlabeled, rel=1e-5)
    told = model.measure(*said)
    assert value(told["cross_entropy"]) == pytest.approx(labeled, rel=1e-5)


@pytest.mark.any_backend
def test_without_labels_in_a_batch_nothing_is_told_of_classes():
    model = make(known_classes=3)
    none = np.full(5, -1, "int32")
    assert value(model.cross_entropy(ops.convert_to_tensor(LOGITS), none)) == 0.0


@pytest.mark.any_backend
@pytest.mark.parametrize("matching", ["squared", "mean_squared", "mean_absolute"])
def test_feature_matching(matching):
    """Section 3.1, of means over the batch, and not of each image."""
    model = make(matching=matching)
    apart = LOGITS.mean(axis=0) - FAKE.mean(axis=0)
    expected = {
        "squared": np.sum(apart**2),
        "mean_squared": np.mean(apart**2),
        "mean_absolute": np.mean(np.abs(apart)),
    }
    found = value(model.generator_objective((None, FAKE), (None, LOGITS)))
    assert found == pytest.approx(expected[matching], rel=1e-5)
    assert value(model.generator_objective((None, FAKE), (None, FAKE))) == 0.0


@pytest.mark.any_backend
def test_networks_of_the_code_for_mnist():
    model = ImprovedGAN((28, 28, 1), known_classes=10)
    network = model.discriminator
    assert [x.filters for x in of(network, WeightNormDense)] == [
        *(1000, 500, 250, 250, 250, 10)
    ]
    assert [x.deviation for x in of(network, GaussianNoise)] == [0.3, *[0.5] * 5]
    assert network.outputs[1].shape == (None, 250)
    assert [x.units for x in of(model.generator, layers.Dense)] == [500, 500]
    assert model.generator.layers[-1].activation.__name__ == "sigmoid"
    normalizations = of(model.generator, layers.BatchNormalization)
    assert [(x.scale, x.center) for x in normalizations] == [(False, True)] * 2
    assert float(model.default_optimizers()["generator"].learning_rate) == (
        pytest.approx(3e-3)
    )


@pytest.mark.any_backend
def test_networks_of_the_code_for_cifar10():
    model = ImprovedGAN((32, 32, 3), known_classes=10, architecture="conv")
    network = model.discriminator
    found = [(x.output.shape[1], x.filters) for x in of(network, WeightNormConv2D)]
    assert found == [
        *[(32, 96), (32, 96), (16, 96), (16, 192), (16, 192), (8, 192), (6, 192)]
    ]
    assert [x.filters for x in of(network, WeightNormDense)] == [192, 192, 10]
    assert [x.rate for x in of(network, Dropout)] == [0.2, 0.5, 0.5]
    found = [
        (x.output.shape[1], x.filters)
        for x in of(model.generator, layers.Conv2DTranspose)
    ]
    assert found == [(8, 256), (16, 128), (32, 3)]
    assert model.generator.layers[2].output.shape[1:] == (4, 4, 512)
    assert model.data_range == (-1.0, 1.0)


@pytest.mark.any_backend
def test_partly_labeled_batches_train_and_classes_are_told():
    model = make(known_classes=3)
    assert model.allows_unlabeled and model.num_classes is None
    model.compile()
    x = np.random.default_rng(0).uniform(size=(5, 4, 4, 1)).astype("float32")
    history = model.fit(x, LABELS, batch_size=5, epochs=2, verbose=0).history
    assert np.all(np.isfinite(history["discriminator_cross_entropy"]))
    told = model.classify(x, batch_size=2)
    assert told.shape == (5, 3)
    np.testing.assert_allclose(told.sum(axis=1), 1.0, rtol=1e-5)
    logits = array(model.class_logits(x))
    np.testing.assert_array_equal(told.argmax(axis=1), logits.argmax(axis=1))
    assert model.sample(2, seed=0).shape == (2, 4, 4, 1)
    with pytest.raises(ValueError, match="labels"):
        model.fit(x, LABELS + 3, batch_size=5, verbose=0)


@pytest.mark.any_backend
def test_the_first_batch_sets_the_weights():
    model = make()
    model.compile()
    x = np.random.default_rng(0).uniform(size=(64, 4, 4, 1)).astype("float32")
    model.initialize_from(ops.convert_to_tensor(x), None)
    first = next(iter(of(model.discriminator, WeightNormDense)))
    y = array(first(x.reshape(64, -1)))
    np.testing.assert_allclose(y.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-3)


@pytest.mark.any_backend
def test_minibatch_discrimination_sees_that_samples_are_alike():
    """Section 3.2: of `n` equal images each feature is `n`."""
    model = make(num_kernels=2)
    layer = next(iter(of(model.discriminator, MinibatchDiscrimination)))
    features = np.ones((5, layer.kernel.shape[0]), "float32")
    np.testing.assert_allclose(array(layer(features))[:, -2:], 5.0, rtol=1e-5)
    assert model.discriminator.outputs[1].shape[1] == layer.kernel.shape[0]


@pytest.mark.any_backend
@pytest.mark.parametrize("reference_size", [0, 4])
def test_with_a_reference_an_image_is_its_own_in_training(reference_size):
    """Section 3.5; by batch normalisation it depends on the rest of the batch."""
    model = make(reference_size=reference_size)
    z = model.numpy_latents(np.random.default_rng(0), 6)
    whole, part = (array(model.generate(a, training=True)) for a in (z, z[:2]))
    same = np.allclose(whole[:2], part, atol=1e-5)
    assert same == bool(reference_size)


@pytest.mark.any_backend
def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="`top_k` must be 1 for feature matching"):
        make(top_k=0.5)
    with pytest.raises(ValueError, match="`matching` must be"):
        make(matching="cubed")
    with pytest.raises(ValueError, match="`known_classes` must be at least 2"):
        make(known_classes=1)


@pytest.mark.parametrize(
    ("architecture", "shape", "start"),
    [("dense", (4, 4, 1), 1.0), ("conv", (12, 12, 1), 0.1)],
)
def test_of_the_discriminators_scales_the_last_alone_is_trained(
    architecture, shape, start
):
    model = make(image_shape=shape, architecture=architecture, known_classes=3)
    normalized = of(model.discriminator, (WeightNormDense, WeightNormConv2D))
    assert [layer.train_scale for layer in normalized[:-1]] == [False] * 5 + (
        [False] * 4 if architecture == "conv" else []
    )
    assert normalized[-1].train_scale and normalized[-1].init_scale == start
    assert all(layer.train_scale for layer in of(model.generator, WeightNormDense))
