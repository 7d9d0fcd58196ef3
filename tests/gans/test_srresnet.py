"""SRResNet: the paper's network, images of any size in parts, what it starts from."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasgen
from kerasgen.gans.srresnet import SRResNet
from tests.conformance import check_model

SMALL = {"filters": 2, "blocks": 1}


def pixels(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, "uint8")


def settled(model):
    """Gives batch normalisations moments of their own, as training would."""
    draws = np.random.default_rng(1)
    for variable in model.generator.non_trainable_variables:
        variable.assign(draws.uniform(0.5, 1.5, variable.shape))
    return model


def test_contract():
    check_model(
        SRResNet, {"image_shape": (8, 16, 1), "scale": 2, "filters": 2, "blocks": 2}
    )


def test_paper_network():
    """9x9, 16 blocks of 64 maps, one more, two of 256 before pixels, 9x9."""
    model = SRResNet((96, 96, 3))
    assert model.condition_shape == (24, 24, 3)
    kernels = [
        x.kernel.shape for x in model.generator.layers if isinstance(x, layers.Conv2D)
    ]
    expected = [(9, 9, 3, 64), *[(3, 3, 64, 64)] * 33, *[(3, 3, 64, 256)] * 2]
    assert [tuple(k) for k in kernels] == [*expected, (9, 9, 64, 3)]
    assert sum(isinstance(x, layers.Add) for x in model.generator.layers) == 17
    assert sum(isinstance(x, layers.PReLU) for x in model.generator.layers) == 19
    assert model.generator.output_shape == (None, None, None, 3)
    assert float(model.default_optimizers()["generator"].learning_rate) == (
        pytest.approx(1e-4)
    )


def test_the_loss_is_the_mean_squared_difference():
    model = SRResNet((8, 8, 3), **SMALL, seed=0)
    x, small = (
        np.random.default_rng(0).uniform(size=shape).astype("float32")
        for shape in ((4, 8, 8, 3), (4, 2, 2, 3))
    )
    found = model.compute_losses("generator", 2.0 * x - 1.0, small, False)["loss"]
    large = 2.0 * model.translate(small) - 1.0
    expected = np.mean((2.0 * x - 1.0 - large) ** 2)
    assert float(ops.convert_to_numpy(found)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.every_backend
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_parts_of_an_image_are_enlarged_as_the_whole_is(scale):
    model = settled(SRResNet((16, 16, 3), scale=scale, filters=2, blocks=1, seed=0))
    images = pixels(2, 37, 23, 3)
    whole = model.enlarge(images, tile=64)
    assert whole.shape == (2, 37 * scale, 23 * scale, 3)
    assert whole.dtype == np.float32 and 0.0 <= whole.min() < whole.max() <= 1.0
    parts = model.enlarge(images, tile=9)
    np.testing.assert_allclose(parts, whole, atol=2e-6)


def test_an_image_of_the_shape_it_learned_from_is_translated_alike():
    model = settled(SRResNet((16, 24, 3), **SMALL, seed=0))
    small = pixels(2, 4, 6, 3)
    np.testing.assert_allclose(model.translate(small), model.enlarge(small), atol=1e-6)
    assert model.enlarge(pixels(1, 1, 1, 3)).shape == (1, 4, 4, 3)


def test_it_starts_from_another_models_generator(tmp_path):
    first = settled(SRResNet((16, 16, 3), **SMALL, seed=0))
    first.compile()
    first.save(tmp_path / "model.keras")
    for given in (first, tmp_path, str(tmp_path / "model.keras")):
        other = SRResNet((32, 32, 3), **SMALL, seed=1)
        other.start_from(given)
        images = pixels(1, 5, 5, 3)
        np.testing.assert_array_equal(other.enlarge(images), first.enlarge(images))
    with pytest.raises(ValueError, match="`model` must have a generator.*Received"):
        SRResNet((16, 16, 3), filters=3, blocks=1).start_from(first)
    with pytest.raises(ValueError, match="`model` must be the path.*Received"):
        first.start_from(tmp_path / "none")
    with pytest.raises(TypeError, match="Received: model of type Sequential"):
        first.start_from(keras.Sequential())


@pytest.mark.every_backend
def test_it_learns_to_enlarge():
    """Half of the error is gone after some steps on one batch."""
    data = kerasgen.data.load_super_resolution("digits", batch_size=8, image_size=16)
    model = SRResNet(data.image_shape, filters=8, blocks=1, seed=0)
    model.compile({"generator": keras.optimizers.Adam(1e-2)})
    losses = [
        model.train_on_batch(*data[0], return_dict=True)["loss"] for _ in range(12)
    ]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("shape", [(10, 8, 3), (4, 4, 3), (8, 3)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="Received: .*image_shape="):
        SRResNet(shape)


def test_other_scales_and_channels_are_refused():
    with pytest.raises(ValueError, match="`scale` must be one of"):
        SRResNet((9, 9, 3), scale=3)
    with pytest.raises(ValueError, match="must have 3 channels. Received"):
        SRResNet((8, 8, 3), **SMALL).enlarge(pixels(1, 4, 4, 1))
