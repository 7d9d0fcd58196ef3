"""Models are the same ones whatever `keras.config.image_data_format` is."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE
from kerasgen.autoregressive import PixelCNN
from kerasgen.gans import DCGAN, ThreeDGAN
from tests.conformance import example_batch, numpy_state

pytestmark = pytest.mark.every_backend

EAGERLY = keras.backend.backend() != "jax"  # which compiles a step faster
SHAPE = (8, 12, 1)
MODELS = {
    "VAE": lambda: VAE(
        SHAPE, latent_dim=2, architecture="conv", hidden_widths=(3, 4), seed=1
    ),
    "DCGAN": lambda: DCGAN((8, 16, 1), latent_dim=3, filters=2, seed=1),
    "ThreeDGAN": lambda: ThreeDGAN(8, latent_dim=3, filters=1, seed=1),
    "PixelCNN": lambda: PixelCNN((4, 6, 1), 2, blocks=1, head_filters=2, seed=1),
}


def results(make, data_format):
    """Returns the state after one step, and images that the model makes."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format(data_format)
    try:
        keras.utils.set_random_seed(0)
        model = make()
        model.compile(run_eagerly=EAGERLY)
        batch = example_batch(model, 4)
        model.train_on_batch(*batch)
        coder = hasattr(model, "reconstruct")
        images = model.reconstruct(batch[0]) if coder else model.sample(2, seed=0)
        return {**numpy_state(model), "images": images}
    finally:
        keras.config.set_image_data_format(before)


@pytest.mark.parametrize("name", MODELS)
def test_numbers_are_the_same(name):
    expected = results(MODELS[name], "channels_last")
    found = results(MODELS[name], "channels_first")
    assert expected.keys() == found.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-5, atol=1e-6, err_msg=key)
