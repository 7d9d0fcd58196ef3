"""Networks by name: their shapes, their normalisations, any image."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.backend import to_numpy
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.losses.penalties import gradient_norm
from kerasgen.networks.players import FILTERS, named_discriminator, named_generator

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("architecture", sorted(FILTERS))
@pytest.mark.parametrize("shape", [(16, 24, 1), (40, 20, 3)])
def test_every_architecture_serves_any_image(architecture, shape):
    generator = named_generator(architecture, 5, shape, 2, "tanh")
    assert generator.output_shape == (None, *shape)
    assert generator.layers[-1].compute_dtype == "float32"
    judged = (int(np.prod(shape)),) if architecture == "mlp" else shape
    for normalization in ("batch", "spectral", None):
        net = named_discriminator(architecture, judged, 2, normalization, outputs=3)
        assert net.output_shape == (None, 3)
        kinds = [type(layer) for layer in net.layers]
        batch = normalization == "batch" and architecture != "resnet"
        assert (layers.BatchNormalization in kinds) == batch
        weighted = [
            x for x in net.layers if isinstance(x, (layers.Dense, layers.Conv2D))
        ]
        spectral = [x for x in net.layers if isinstance(x, SpectralNorm)]
        assert bool(spectral) == (normalization == "spectral")
        assert bool(weighted) != (normalization == "spectral")


def test_dcgan_at_32_pixels_halves_to_4_and_starts_small():
    net = named_discriminator("dcgan", (32, 32, 3), 64, "batch")
    maps = [x.filters for x in net.layers if isinstance(x, layers.Conv2D)]
    assert maps == [64, 128, 256]
    generator = named_generator("dcgan", 100, (32, 32, 3), 64, "tanh")
    maps = [
        x.filters for x in generator.layers if isinstance(x, layers.Conv2DTranspose)
    ]
    assert maps == [128, 64, 3]
    kernel = to_numpy(net.layers[3].kernel)
    assert kernel.std() == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("architecture", ["dcgan", "cnn"])
def test_without_normalisation_the_slope_starts_near_1_at_any_width(architecture):
    """A deviation of 0.02 gives 4 maps 0.007 and 1e-5: a penalty then rules alone."""
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (8, 16, 16, 1)).astype("float32")
    for filters in (4, 16):
        net = named_discriminator(architecture, x.shape[1:], filters)
        slope = to_numpy(gradient_norm(net, ops.convert_to_tensor(x))).mean()
        assert 0.1 < slope < 5.0


def test_the_cnn_of_spectral_normalisation():
    """3x3 and 4x4 in turn, 64, 128 and 256 maps, then 512: table 3 of the paper."""
    net = named_discriminator("cnn", (32, 32, 3), 64, "spectral")
    convs = [x.layer for x in net.layers if isinstance(x, SpectralNorm)][:-1]
    assert [(c.filters, c.kernel_size[0], c.strides[0]) for c in convs] == [
        *((64, 3, 1), (64, 4, 2), (128, 3, 1), (128, 4, 2)),
        *((256, 3, 1), (256, 4, 2), (512, 3, 1)),
    ]
