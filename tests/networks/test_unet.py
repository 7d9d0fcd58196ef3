"""The U-Net of pix2pix, by the paper's figures."""

import numpy as np
import pytest
from keras import ops

from kerasgen.backend import to_numpy
from kerasgen.networks.unet import unet


def kernels(network, kind):
    return [
        layer.kernel.shape for layer in network.layers if type(layer).__name__ == kind
    ]


@pytest.mark.parametrize("skips", [True, False])
def test_maps_are_those_of_the_paper(skips):
    """C64-C128-C256-C512 x 5, and back, where skips double what the decoder reads."""
    filters = 2
    network = unet((256, 256, 3), 1, filters, skips=skips)
    maps = [filters * k for k in (1, 2, 4, 8, 8, 8, 8, 8)]
    found = kernels(network, "Conv2D")
    assert found == [(4, 4, a, b) for a, b in zip([3, *maps], maps, strict=False)]
    read = [maps[-1], *((1 + skips) * m for m in maps[-2::-1])]
    made = [*maps[-2::-1], 1]
    expected = [(4, 4, b, a) for a, b in zip(read, made, strict=True)]
    assert kernels(network, "Conv2DTranspose") == expected
    # Not normalised: the first level, the last of 1x1, and the image.
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("BatchNormalization") == 6 + 7
    assert kinds.count("NoiseDropout") == 3
    assert network.output_shape == (None, 256, 256, 1)


@pytest.mark.parametrize(
    "sides, depth", [((32, 32), 5), ((8, 12), 2), ((48, 48), 4), ((4, 4), 2)]
)
def test_depth_follows_the_image(sides, depth):
    network = unet((*sides, 1), 2, 1)
    assert len(kernels(network, "Conv2D")) == depth
    assert network.output_shape == (None, *sides, 2)
    assert len(kernels(unet((16, 16, 1), 1, 1, depth=3), "Conv2D")) == 3


def test_noise_drops_and_scales_and_is_the_only_chance():
    network = unet((8, 8, 1), 1, 2, normalization=None, dropout=0.25)
    count = network.inputs[1].shape[1]
    assert count == 2 * 2 * 4 + 4 * 4 * 2
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    noise = np.random.default_rng(1).random((2, count), "float32")
    first = to_numpy(network([x, noise], training=True))
    np.testing.assert_array_equal(first, to_numpy(network([x, noise], training=False)))
    other = np.where(noise < 0.25, 0.0, 0.9)  # what is dropped alone matters
    np.testing.assert_array_equal(first, to_numpy(network([x, other])))
    assert not np.array_equal(first, to_numpy(network([x, 0.9 * np.ones_like(noise)])))
    assert len(unet((8, 8, 1), 1, 2, dropout=0.0).inputs) == 1


def test_a_skip_carries_detail_past_the_bottleneck():
    """With all but the skip of the first level cut, each block of 2x2 is its own."""
    network = unet((16, 16, 1), 1, 4, normalization=None, dropout=0.0, depth=3)
    last = [k for k in network.layers if type(k).__name__ == "Conv2DTranspose"][-1]
    kernel = to_numpy(last.kernel).copy()
    kernel[..., :4] = 0.0  # from the decoder below
    last.kernel.assign(kernel)
    x = np.zeros((1, 16, 16, 1), "float32")
    y = x.copy()
    y[0, 8, 8] = 1.0
    changed = np.abs(to_numpy(network(x)) - to_numpy(network(y)))[0, :, :, 0] > 0
    rows = np.flatnonzero(changed.any(axis=1))
    assert 0 < len(rows) <= 8 and abs(rows.mean() - 8) < 2
    assert ops.max(network(x)) <= 1.0
