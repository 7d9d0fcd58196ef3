"""WGAN-GP: its losses, five critic steps, architectures, labels on the interpolates."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasgen
from kerasgen.gans.wgan_gp import WGANGP
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "filters": 4}


def value(x):
    return float(ops.convert_to_numpy(x))


def images(count=4, shape=(8, 8, 1)):
    draws = np.random.default_rng(0)
    return draws.uniform(-1, 1, (count, *shape)).astype("float32")


def test_contract():
    check_model(
        WGANGP,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "architecture": "dcgan",
            "filters": 4,
            "num_classes": 3,
            "critic_steps": 2,
            "penalty_weight": 5.0,
            "latent_distribution": "uniform",
        },
    )


def test_paper_resnet_at_32_pixels():
    """128@4, three blocks up to 32; the critic two blocks down to 8, two more, mean."""
    model = WGANGP((32, 32, 3))
    sizes = [x.output.shape[1] for x in model.generator.layers if added(x)]
    assert sizes == [8, 16, 32]
    sizes = [x.output.shape[1] for x in model.critic.layers if added(x)]
    assert sizes == [16, 8, 8, 8]
    assert {x.output.shape[-1] for x in model.critic.layers if added(x)} == {128}
    pooled = [
        x for x in model.critic.layers if isinstance(x, layers.GlobalAveragePooling2D)
    ]
    assert len(pooled) == 1
    assert model.generator.input_shape == (None, 128)
    # As in the released code, without its AC-GAN head: 1.05M weights in the critic.
    convolutions = 3 * 128 * 9 + 7 * 128 * 128 * 9 + (3 + 128) * 128
    assert model.critic.count_params() == convolutions + 10 * 128 + 128 + 1


def added(layer):
    return isinstance(layer, layers.Add)


def test_released_network_for_mnist_at_28_pixels():
    """4*4*256, 128@8 cropped to 7, 64@14, 1@28 against 64@14, 128@7, 256@4, linear."""
    model = WGANGP((28, 28, 1), architecture="mnist")
    shapes = [x.output.shape[1:] for x in model.critic.layers if weighted(x)]
    assert shapes == [(14, 14, 64), (7, 7, 128), (4, 4, 256), (1,)]
    sizes = [25 * 64, 25 * 64 * 128, 25 * 128 * 256, 4096]
    biases = [64, 128, 256, 1]
    assert model.critic.count_params() == sum(sizes) + sum(biases) == 1_030_145
    shapes = [x.output.shape[1:] for x in model.generator.layers if weighted(x)]
    assert shapes == [(4096,), (8, 8, 128), (14, 14, 64), (28, 28, 1)]
    weights = 128 * 4096 + 25 * 256 * 128 + 25 * 128 * 64 + 25 * 64
    assert model.generator.count_params() == weights + 4096 + 128 + 64 + 1 == 1_554_177
    for network, activation in ((model.generator, "ReLU"), (model.critic, "LeakyReLU")):
        found = [x for x in network.layers if "ReLU" in type(x).__name__]
        assert [type(x).__name__ for x in found] == [activation] * 3
        assert not any("Normalization" in type(x).__name__ for x in network.layers)
    assert model.generator.layers[-1].activation.__name__ == "sigmoid"
    assert model.data_range == (0.0, 1.0)
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(1e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.9)


def test_released_network_at_64_pixels():
    """512@4, blocks of 512, 256, 128, 64 against 64@64, 128, 256, 512, 512, linear."""
    model = WGANGP((64, 64, 3), architecture="resnet_64")
    shapes = [x.output.shape[1::2] for x in model.generator.layers if added(x)]
    assert shapes == [(8, 512), (16, 256), (32, 128), (64, 64)]
    shapes = [x.output.shape[1::2] for x in model.critic.layers if added(x)]
    assert shapes == [(32, 128), (16, 256), (8, 512), (4, 512)]

    def block(before, hidden, after, norm):  # the first 3x3 kernel has no bias
        kernels = 9 * before * hidden + 9 * hidden * after + before * after
        return kernels + 2 * after + norm * (before + hidden)

    pairs = [(512, 512), (512, 256), (256, 128), (128, 64)]
    weights = sum(block(a, b, b, 4) for a, b in pairs) + 128 * 8192 + 8192
    weights += 4 * 64 + 9 * 64 * 3 + 3
    assert model.generator.count_params() == weights
    pairs = [(64, 128), (128, 256), (256, 512), (512, 512)]
    weights = sum(block(a, a, b, 2) for a, b in pairs) + 8192 + 1
    assert model.critic.count_params() == weights + 9 * 3 * 64 + 64
    norms = [x for x in model.critic.layers if "Normalization" in type(x).__name__]
    assert {type(x).__name__ for x in norms} == {"ImageLayerNormalization"}
    assert len(norms) == 8
    for optimizer in model.default_optimizers().values():
        assert float(optimizer.beta_1) == 0.0


def weighted(layer):
    return bool(layer.weights)


def test_kernels_for_mnist_have_the_released_codes_variance():
    """4 / (fan_in + fan_out) with one stride in four; Glorot's 2 at both ends."""
    model = WGANGP((28, 28, 1), architecture="mnist", seed=0)
    fans = {
        "critic": [(25, 400), (1600, 800), (3200, 1600), (4096, 1)],
        "generator": [(128, 4096), (1600, 3200), (800, 1600), (400, 25)],
    }
    for name, pairs in fans.items():
        kernels = [x.kernel for x in getattr(model, name).layers if weighted(x)]
        for kernel, pair in zip(kernels, pairs, strict=True):
            values = ops.convert_to_numpy(kernel.value)
            variance = (4.0 if values.ndim == 4 else 2.0) / sum(pair)
            assert values.var() == pytest.approx(variance, rel=0.1)
            assert np.abs(values).max() <= np.sqrt(3 * variance) * 1.0001  # uniform


def test_generator_for_mnist_is_cropped_where_the_code_crops():
    """The last row and column of the 8x8 maps reach no pixel."""
    model = WGANGP((28, 28, 1), architecture="mnist", filters=2, seed=0)
    crops = [x for x in model.generator.layers if isinstance(x, layers.Cropping2D)]
    assert [x.output.shape[1:3] for x in crops] == [(7, 7), (14, 14), (28, 28)]
    maps = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(crops[0](maps)), maps[:, :7, :7])


def test_images_of_the_network_for_mnist_are_compared_on_its_own_range():
    model = WGANGP((8, 8, 1), architecture="mnist", **SMALL)
    model = WGANGP.from_config(model.get_config())
    x = np.array([0, 51, 255], "uint8").reshape(3, 1, 1, 1)
    np.testing.assert_allclose(
        ops.convert_to_numpy(model.preprocess(ops.convert_to_tensor(x))).ravel(),
        [0.0, 0.2, 1.0],
    )
    z = np.zeros((1, 3), "float32")
    raw = ops.convert_to_numpy(model.generate(z))
    np.testing.assert_allclose(model.sample(1, latents=z), raw, atol=1e-6)


@pytest.mark.parametrize(
    "architecture", ["resnet", "resnet_64", "mnist", "dcgan", "mlp"]
)
def test_critic_has_no_batch_normalisation(architecture):
    model = WGANGP((8, 8, 1), architecture=architecture, **SMALL)
    for layer in model.critic.layers:
        assert not isinstance(layer, layers.BatchNormalization)
    assert model.critic.non_trainable_variables == []
    assert model.sample(2, seed=0).shape == (2, 8, 8, 1)


@pytest.mark.parametrize(
    "shape, architecture",
    [
        ((28, 28, 1), "resnet"),
        ((32, 64, 3), "resnet"),
        ((24, 40, 2), "resnet_64"),
        ((28, 28, 1), "mnist"),
        ((8, 13, 3), "mnist"),
        ((12, 8, 2), "dcgan"),
        ((64, 64, 3), "dcgan"),
        ((5, 7, 2), "mlp"),
        ((2,), "mlp"),
    ],
)
def test_shapes(shape, architecture):
    model = WGANGP(shape, latent_dim=2, filters=1, architecture=architecture)
    assert model.generator.output_shape == (None, *shape)
    assert model.critic.output_shape == (None, 1)


@pytest.mark.parametrize("architecture", ["resnet", "resnet_64", "mnist", "dcgan"])
@pytest.mark.parametrize("shape", [(30, 28, 1), (4, 8, 1), (2,)])
def test_shapes_that_do_not_fit_are_refused(shape, architecture):
    if architecture == "mnist" and shape[0] == 30:  # it crops
        assert WGANGP(shape, 2, "mnist", 1).generator.output_shape[1:] == shape
        return
    with pytest.raises(ValueError, match="Received: .*image_shape="):
        WGANGP(shape, architecture=architecture)


def linear_critic(model, w):
    """Makes the critic `w . x` for `w >= 0`, on two points that are not negative."""
    for variable in model.critic.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    *hidden, last = [x for x in model.critic.layers if isinstance(x, layers.Dense)]
    for layer in hidden:
        layer.kernel.assign(np.eye(*layer.kernel.shape))
    last.kernel.assign(np.float32([[w[0]], [w[1]], [0.0], [0.0]]))


def test_scalars_of_a_linear_critic():
    """10 (5 - 1)^2 = 160, and the gap is the difference of the means."""
    model = WGANGP((2,), architecture="mlp", **SMALL, seed=0)
    linear_critic(model, (3.0, 4.0))
    for variable in model.generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    model.generator.layers[-3].bias.assign([1.0, 2.0])
    x = np.float32([[2.0, 5.0], [4.0, 1.0]])
    scalars = model.compute_losses("critic", x, None, training=True)
    assert value(scalars["penalty"]) == pytest.approx(160.0, rel=1e-5)
    gap = (3 * 3 + 4 * 3) - (3 * 1 + 4 * 2)
    assert value(scalars["gap"]) == pytest.approx(gap, rel=1e-5)
    assert value(scalars["loss"]) == pytest.approx(160.0 - gap, rel=1e-5)
    scalars = model.compute_losses("generator", x, None, training=True)
    assert value(scalars["loss"]) == pytest.approx(-11.0, rel=1e-5)


def test_penalty_weight_scales_the_penalty():
    model = WGANGP((2,), architecture="mlp", penalty_weight=0.1, **SMALL)
    linear_critic(model, (3.0, 4.0))
    x = np.ones((2, 2), "float32")
    for variable in model.generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    model.generator.layers[-3].bias.assign([1.0, 1.0])
    scalars = model.compute_losses("critic", x, None, training=True)
    assert value(scalars["penalty"]) == pytest.approx(1.6, rel=1e-5)


def test_interpolates_have_the_labels_of_the_batch():
    model = WGANGP((8, 8, 1), architecture="dcgan", num_classes=3, **SMALL)
    seen = []
    discriminate = model.discriminate
    object.__setattr__(
        model,
        "discriminate",
        lambda x, y, training: seen.append(y) or discriminate(x, y, 0),
    )
    labels = np.array([2, 0, 1, 1], "int32")
    model.compute_losses("critic", images(), labels, training=False)
    assert len(seen) == 3  # real, fake and between
    for given in seen:
        assert given is labels


def test_critic_makes_its_steps_before_the_generator():
    assert WGANGP((2,), architecture="mlp", **SMALL).critic_steps == 5
    model = WGANGP((2,), architecture="mlp", **SMALL, critic_steps=3)
    model.compile()
    points = np.random.default_rng(0).normal(size=(6, 2)).astype("float32")
    model.fit(points, batch_size=2, verbose=0)
    assert model.phases == ("critic", "generator")
    assert int(model.optimizer.players["critic"].iterations) == 3
    assert int(model.optimizer.players["generator"].iterations) == 1


def test_critic_of_a_fixed_generator_estimates_the_distance():
    """W1 between two points is their distance, which the gap approaches from below."""
    model = WGANGP((2,), 1, architecture="mlp", filters=16, critic_steps=1, seed=0)
    for variable in model.generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    adam = keras.optimizers.Adam(1e-2, beta_1=0.0, beta_2=0.9)
    model.compile({"critic": adam, "generator": keras.optimizers.SGD(0.0)})
    x = np.tile(np.float32([[0.6, 0.8]]), (80, 1))
    logs = model.fit(x, batch_size=8, epochs=30, verbose=0).history
    assert logs["critic_gap"][-1] == pytest.approx(1.0, abs=0.15)


def test_default_optimizer_is_the_papers():
    model = WGANGP((2,), architecture="mlp", **SMALL)
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(1e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.0, 0.9)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"architecture": "resnet50"}, "Did you mean 'resnet'"),
        ({"critic_steps": 0}, "`critic_steps` must be at least 1"),
        ({"penalty_weight": -1.0}, "`penalty_weight` must be at least 0"),
    ],
)
def test_bad_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        WGANGP((8, 8, 1), **kwargs)


def test_a_critic_that_a_penalty_cannot_train_is_refused():
    class Bilinear(WGANGP):
        def _build_networks(self):
            generator, critic = super()._build_networks()
            up = layers.UpSampling2D(2, interpolation="bilinear", name="up")
            return generator, keras.Sequential(
                [keras.Input((8, 8, 1)), up, layers.AveragePooling2D(2), critic]
            )

    with pytest.raises(ValueError, match="layer named 'up'"):
        Bilinear((8, 8, 1), **SMALL)


def test_trains_on_a_data_set_of_points():
    data = kerasgen.data.load("mixture", batch_size=4, num_examples=8)
    model = WGANGP((2,), architecture="mlp", **SMALL, critic_steps=2)
    model.compile()
    history = model.fit(data, verbose=0).history
    assert set(history) == {
        "critic_loss",
        "critic_gap",
        "critic_penalty",
        "generator_loss",
    }
    assert model.sample(3, seed=0).shape == (3, 2)
