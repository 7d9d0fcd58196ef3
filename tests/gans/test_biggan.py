"""BigGAN: parted latents, the shared embedding, orthogonality, between classes."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.biggan import BigGAN
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.losses.regularizers import orthogonal_penalty
from tests.conformance import check_model

pytestmark = pytest.mark.any_backend
SMALL = {"filters": 1, "shared_dim": 3, "seed": 0}
LABELS = np.int32([0, 1, 2])


def array(x):
    return ops.convert_to_numpy(x)


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def make(side=8, **kwargs):
    return BigGAN((side, side, 1), num_classes=3, **{**SMALL, **kwargs})


@pytest.mark.every_backend
def test_contract():
    check_model(
        BigGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 5,
            "filters": 2,
            "shared_dim": 3,
            "deep": True,
            "attention_size": 4,
            "num_classes": 3,
            "discriminator_steps": 1,
            "orthogonal_weight": 1e-2,
            "latent_distribution": "uniform",
        },
    )


def test_ends_between_classes_are_the_classes():
    model = make()
    z = np.random.default_rng(0).normal(size=(3, 40)).astype("float32")
    shared = model.generator.get_layer("shared")
    table = array(shared.kernel)
    ends = [model.sample(3, labels=n, latents=z) for n in (0, 2)]
    for end, fraction in zip(ends, (0.0, 1.0), strict=True):
        found = model.sample(3, latents=z, classes=(0, 2, fraction))
        np.testing.assert_array_equal(found, end)
    middle = model.sample(3, latents=z, classes=[0.5, 0.0, 0.5])
    each = model.sample(3, latents=z, classes=(0, 2, [0.0, 0.5, 1.0]))
    expected = [ends[0][0], middle[1], ends[1][2]]
    np.testing.assert_allclose(each, expected, atol=1e-6)
    shared.kernel.assign(np.stack([table[0], (table[0] + table[2]) / 2, table[2]]))
    found = model.sample(3, labels=1, latents=z)
    np.testing.assert_allclose(found, middle, atol=1e-6)
    assert np.abs(middle - ends[0]).max() > 1e-4
    np.testing.assert_array_equal(
        model.sample(3, seed=1, truncation=0.5, classes=(0, 2, 1.0)),
        model.sample(3, seed=1, truncation=0.5, labels=2),
    )


@pytest.mark.parametrize(
    "classes", [(0, 3, 0.5), (0, 1), [1.0, 0.0], (0, 1, [0.1, 0.2]), [np.nan, 0, 0]]
)
def test_classes_are_checked(classes):
    with pytest.raises(ValueError, match="`classes` must be.*Received"):
        make().sample(3, classes=classes)


def test_each_block_has_its_part_of_the_latents():
    """Appendix B: the first part makes the first map, the others go to a block each."""
    model = make(16, latent_dim=6)
    conditions = [
        x.input.shape[-1]
        for x in of(model.generator, SpectralNorm)
        if isinstance(x.layer, layers.Dense)
    ]
    assert conditions == [2] + [3 + 2] * 8  # two normalisations a block, two tables
    start = of(model.generator, layers.Reshape)[0]
    assert start.output.shape[1:] == (4, 4, 4)
    z = np.ones((1, 6), "float32")
    images = model.sample(1, labels=0, latents=z)
    for norm in of(model.generator, SpectralNorm):
        if isinstance(norm.layer, layers.Dense) and not norm.layer.use_bias:
            norm.layer.kernel.assign(np.zeros(norm.layer.kernel.shape))
    plain = model.sample(1, labels=0, latents=z)
    assert np.abs(images - plain).max() > 1e-4
    z[:, 2:] = 5.0  # without the tables normalisation is plain: neither part nor class
    np.testing.assert_array_equal(model.sample(1, labels=1, latents=z), plain)


@pytest.mark.parametrize("deep", [False, True])
def test_orthogonality_is_of_all_kernels_but_the_embedding(deep):
    """Eq. 3, once in the generator's loss."""
    model = make(deep=deep, orthogonal_weight=0.5)
    table = model.generator.get_layer("shared").kernel
    table.assign(np.ones(table.shape))  # as it starts its own penalty is 0
    kernels = [
        v
        for v in model.generator.trainable_variables
        if len(v.shape) > 1 and v is not table
    ]
    norms = of(model.generator, SpectralNorm)
    attention = 4  # its convolutions are a layer's own
    assert len(kernels) == len(norms) + attention
    expected = 0.5 * sum(float(array(orthogonal_penalty(v.value))) for v in kernels)
    found = float(array(model.added_loss("generator")))
    assert found == pytest.approx(expected, rel=1e-5) and found > 0.0
    assert model.added_loss("discriminator") is None
    assert make(orthogonal_weight=0.0).added_loss("generator") is None


def weights(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_weights_of_the_paper():
    """At 128 pixels by shape; of 96 filters and 1000 classes 70.43 and 87.98 M."""
    c, k, part, shared = 8, 5, 20, 128
    model = BigGAN((128, 128, 3), filters=c, num_classes=k, seed=0)
    assert model.latent_dim == 120
    maps = [16 * c, 16 * c, 8 * c, 4 * c, 2 * c, c]
    count = k * shared + (part + 1) * 16 * maps[0]
    for n, m in zip(maps, maps[1:], strict=False):
        count += 9 * n * m + 9 * m * m + n * m + 3 * m  # two of 3x3, one of 1x1
        count += 2 * (n + m) * (shared + part)  # scales and shifts

    def attention(n):  # an eighth twice, a half, and back, and gamma
        return 2 * n * (n // 8) + n * (n // 2) * 2 + 1

    count += attention(2 * c) + 2 * c + (9 * c + 1) * 3
    assert weights(model.generator) == count
    maps = [3, c, 2 * c, 4 * c, 8 * c, 16 * c, 16 * c]
    count = attention(c) + 16 * c + 1 + k * 16 * c
    for n, m in zip(maps, maps[1:], strict=False):
        count += 9 * n * m + 9 * m * m + 2 * m + ((n + 1) * m if n != m else 0)
    assert weights(model.discriminator) == count


def test_deep_networks_at_128_pixels():
    model = BigGAN((128, 128, 3), 2, filters=1, shared_dim=2, deep=True)
    found = [
        [x.output.shape[1::2] for x in of(player, layers.Add)]
        for player in (model.generator, model.discriminator)
    ]
    grown = [(4, 16), (8, 16), (8, 16), (16, 8), (16, 8), (32, 4), (32, 4), (64, 2)]
    assert found[0] == [*grown, (64, 2), (128, 1)]
    shrunk = [(64, 2), (32, 4), (16, 8), (8, 16), (4, 16)]
    assert found[1] == [shape for shape in shrunk for _ in range(2)]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 48, 3)])
def test_shapes(deep, shape):
    model = BigGAN(shape, **SMALL, deep=deep)
    assert model.generator.output_shape == (None, *shape)
    assert model.discriminator.output_shape == (None, 1)


def test_defaults_are_the_papers():
    model = make()
    rates = {
        phase: (float(o.learning_rate), o.get_config()["beta_1"], o.beta_2)
        for phase, o in model.default_optimizers().items()
    }
    assert rates["discriminator"] == (pytest.approx(2e-4), 0.0, 0.999)
    assert rates["generator"] == (pytest.approx(5e-5), 0.0, 0.999)
    assert (model.discriminator_steps, model.orthogonal_weight) == (2, 1e-4)
    with pytest.raises(ValueError, match="multiple of 2.*Received: latent_dim=5"):
        make(latent_dim=5)
