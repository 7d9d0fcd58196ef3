"""What Keras's `compile` and `quantize` take and a model of this library does not."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE
from kerasgen.gans import GAN

pytestmark = pytest.mark.filterwarnings("ignore:Layer .* does not have a .quantize")

SHAPE = (4, 3, 1)


def _model():
    return VAE(SHAPE, latent_dim=2, hidden_widths=(5,), seed=1)


@pytest.mark.parametrize(
    "given",
    [
        {"loss": "mse"},
        {"metrics": ["accuracy"]},
        {"loss_weights": [1.0]},
        {"weighted_metrics": []},
        {"auto_scale_loss": True},
    ],
)
def test_compile_says_how_losses_are_given(given):
    (name,) = given
    with pytest.raises(TypeError, match=f"`{name}` must be left out.*Received: {name}"):
        _model().compile(**given)


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_a_model_refuses_to_be_quantised(mode):
    with pytest.raises(ValueError, match="`quantize` must be.*Received: mode="):
        _model().quantize(mode)


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_no_file_is_written_of_quantised_networks(mode, tmp_path):
    model = _model()
    model.encoder.quantize(mode)
    with pytest.raises(ValueError, match="must hold float weights.*Received: layer"):
        model.save(tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="must hold float weights.*Received: layer"):
        VAE(SHAPE, latent_dim=2, hidden_widths=(5,), dtype=f"{mode}_from_float32")


def test_the_way_that_the_error_names_works(tmp_path):
    model = GAN(SHAPE, latent_dim=2, generator_units=4, discriminator_units=3)
    network = keras.models.clone_model(model.generator)
    network.set_weights(model.generator.get_weights())
    network.quantize("int8")
    network.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    z = np.ones((2, 2), "float32")
    np.testing.assert_array_equal(
        loaded.predict(z, verbose=0), network.predict(z, verbose=0)
    )
    np.testing.assert_allclose(
        network.predict(z, verbose=0), model.generator.predict(z, verbose=0), atol=0.05
    )
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").latent_dim == 2
