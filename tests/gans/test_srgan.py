"""SRGAN: its losses by hand, what its discriminator is, the content by VGG19."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.srgan import SRGAN
from kerasgen.losses.perceptual import VGGContent
from tests.conformance import check_model

SMALL = {
    "filters": 2,
    "blocks": 1,
    "discriminator_filters": 2,
    "discriminator_units": 3,
}
DRAWS = np.random.default_rng(0)
X = DRAWS.uniform(-1, 1, (4, 16, 16, 3)).astype("float32")
SMALL_X = DRAWS.uniform(size=(4, 4, 4, 3)).astype("float32")


def value(x):
    return float(ops.convert_to_numpy(x))


def test_contract():
    check_model(
        SRGAN,
        {
            "image_shape": (16, 32, 1),
            "scale": 2,
            "filters": 2,
            "blocks": 1,
            "adversarial_weight": 0.1,
            "discriminator_filters": 2,
            "discriminator_units": 3,
        },
        excluded=("content", "content_weights"),
    )


def test_paper_discriminator():
    """64, 64/2, 128, 128/2, 256, 256/2, 512, 512/2: 96 to 6; 1024 and 1."""
    model = SRGAN((96, 96, 3), blocks=1)
    convolutions = [
        x for x in model.discriminator.layers if isinstance(x, layers.Conv2D)
    ]
    shapes = [x.output.shape[1::2] for x in convolutions]
    assert shapes == [
        *[(96, 64), (48, 64), (48, 128), (24, 128)],
        *[(24, 256), (12, 256), (12, 512), (6, 512)],
    ]
    dense = [x.units for x in model.discriminator.layers if isinstance(x, layers.Dense)]
    assert dense == [1024, 1]
    norms = [
        x
        for x in model.discriminator.layers
        if isinstance(x, layers.BatchNormalization)
    ]
    assert len(norms) == 7  # none after the first


def test_losses_are_those_of_the_paper():
    model = SRGAN((16, 16, 3), **SMALL, adversarial_weight=0.5, seed=0)
    losses = model.compute_losses("generator", X, SMALL_X, False)
    large = 2.0 * model.translate(SMALL_X) - 1.0
    said = ops.convert_to_numpy(model.discriminator(large, training=False))
    content, adversarial = np.mean((X - large) ** 2), np.mean(np.log1p(np.exp(-said)))
    assert value(losses["content"]) == pytest.approx(content, rel=1e-4)
    assert value(losses["adversarial"]) == pytest.approx(adversarial, rel=1e-4)
    assert value(losses["loss"]) == pytest.approx(content + 0.5 * adversarial, rel=1e-4)
    losses = model.compute_losses("discriminator", X, SMALL_X, False)
    real = ops.convert_to_numpy(model.discriminator(X, training=False))
    expected = np.mean(np.log1p(np.exp(-real))) + np.mean(np.log1p(np.exp(said)))
    assert value(losses["loss"]) == pytest.approx(expected, rel=1e-4)
    assert 0.0 < value(losses["fake"]) < 1.0


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    """The path of random weights of VGG19."""
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg19.weights.h5"
    keras.applications.VGG19(include_top=False, weights=None).save_weights(path)
    return path


@pytest.mark.every_backend
def test_content_by_vgg19_trains_the_generator_alone(vgg, tmp_path):
    model = SRGAN((16, 16, 3), **SMALL, content="vgg19", content_weights=vgg, seed=0)
    count = model.count_params()
    model.compile()
    assert model.count_params() == count  # they are of no model
    logs = model.train_on_batch(X / 2 + 0.5, SMALL_X, return_dict=True)
    assert np.isfinite(logs["generator_loss"])
    network = VGGContent(vgg)
    assert value(network(X, X)) == 0.0
    changed = network.features(X)
    assert tuple(changed.shape) == (4, 1, 1, 512)
    expected = np.mean(np.square(ops.convert_to_numpy(changed - network.features(-X))))
    assert value(network(X, -X)) == pytest.approx(expected, rel=1e-4)
    model.save(tmp_path / "model.keras")
    vgg = vgg.rename(vgg.with_name("gone.weights.h5"))
    loaded = keras.models.load_model(tmp_path / "model.keras")
    images = np.zeros((1, 3, 5, 3), "uint8")
    np.testing.assert_array_equal(loaded.enlarge(images), model.enlarge(images))
    with pytest.raises(ValueError, match="`content_weights` must be the path.*Rec"):
        loaded.train_on_batch(X / 2 + 0.5, SMALL_X)


@pytest.mark.parametrize(
    "bad",
    [{"image_shape": (18, 24, 3)}, {"content": "vgg"}, {"adversarial_weight": -1}],
)
def test_what_does_not_fit_is_refused(bad):
    with pytest.raises(ValueError, match="must.*Received"):
        SRGAN(**{"image_shape": (16, 16, 3), **bad})
