"""StyleGAN2: styles of layers, truncation, mixing, lazy penalties, path lengths."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend import to_numpy
from kerasgen.gans.stylegan2 import StyleGAN2
from kerasgen.layers.resampling import upsample
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "max_filters": 2, "mapping_depth": 1}


def small(**kwargs):
    return StyleGAN2((8, 8, 1), **{**SMALL, "seed": 0, **kwargs})


def spread_out(model):
    """Gives the generator's noise and the mapping weights that show."""
    for inject in model.generator.synthesis.noises:
        inject.scale.assign(0.3)
    model.generator.mapping.mean_style.assign([0.5, -1.0, 2.0])
    return model


def test_contract():
    check_model(
        StyleGAN2,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "max_filters": 2,
            "filters_base": 64,
            "mapping_depth": 1,
            "num_classes": 3,
            "residual": False,
            "group_size": 2,
            "r1_weight": 0.5,
            "r1_interval": 2,
            "path_length_weight": 0.5,
            "path_length_interval": 2,
            "style_mixing": 0.5,
        },
    )


def test_maps_and_styles_of_the_paper():
    """Configuration F: 512 maps up to 64 pixels; `2 log2(side) - 2` styles."""
    model = StyleGAN2((32, 32, 3), max_filters=8)
    assert model.generator.synthesis.num_styles == 8
    assert model.generator.synthesis.noise_size == 4**2 + 2 * (8**2 + 16**2 + 32**2)
    kinds = [v.name for v in model.generator.synthesis.trainable_variables]
    assert kinds.count("scale") == 7  # of noise: none where colours are made
    paper = {4: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32}
    model.max_filters = 512
    assert {side: model.maps(side) for side in paper} == paper


def test_the_image_is_the_sum_of_enlarged_colours():
    model = small()
    synthesis = model.generator.synthesis
    w = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    whole = to_numpy(synthesis(w))
    first, last = synthesis.to_image
    kernel = to_numpy(last.kernel)
    last.kernel.assign(0 * kernel)  # what is left is the smaller image
    left = to_numpy(synthesis(w))
    last.kernel.assign(kernel)
    first.kernel.assign(0 * to_numpy(first.kernel))
    own = to_numpy(synthesis(w))
    np.testing.assert_allclose(whole, left + own, atol=1e-5)
    first.kernel.assign(np.zeros(first.kernel.shape))
    first.bias.assign([3.0])  # a smaller image of one value, enlarged by the taps
    last.kernel.assign(0 * kernel)
    enlarged = to_numpy(upsample(ops.full((2, 4, 4, 1), 3.0)))
    np.testing.assert_allclose(to_numpy(synthesis(w)), enlarged, rtol=1e-5)


def test_a_style_scaled_as_a_whole_changes_no_demodulated_map():
    model = small()
    conv = model.generator.synthesis.convolutions[0]
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 2)).astype("float32")
    conv.style.kernel.assign(np.zeros((3, 2)))
    w = np.zeros((2, 3), "float32")
    before = to_numpy(conv([x, w]))
    conv.style.bias.assign([4.0, 4.0])  # styles of 1 become 5
    np.testing.assert_allclose(to_numpy(conv([x, w])), before, rtol=1e-4, atol=1e-5)


def test_truncation_draws_towards_the_image_of_the_mean_style():
    model = spread_out(small())
    options = {"seed": 0, "noise": False}
    plain = model.sample(3, **options)
    mean = model.sample(3, truncation=0.0, **options)
    assert np.ptp(mean, axis=0).max() == 0.0
    rows = np.broadcast_to([0.5, -1.0, 2.0], (1, 4, 3)).astype("float32")
    expected = to_numpy(model.to_images(model.generator.synthesis(rows)))
    np.testing.assert_allclose(mean[:1], expected, atol=1e-5)
    coarse = model.sample(3, truncation=0.0, truncated_styles=0, **options)
    np.testing.assert_allclose(coarse, plain, atol=1e-6)


def test_two_styles_may_share_an_image():
    model = spread_out(small())
    draws = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    options = {"latents": draws[0], "style_latents": draws[1], "noise": False}
    first = model.sample(3, latents=draws[0], noise=False)
    second = model.sample(3, latents=draws[1], noise=False)
    np.testing.assert_allclose(
        model.sample(3, style_from=4, **options), first, atol=1e-6
    )
    np.testing.assert_allclose(
        model.sample(3, style_from=0, **options), second, atol=1e-6
    )
    mixed = model.sample(3, style_from=2, **options)
    assert np.abs(mixed - first).max() > 1e-3 and np.abs(mixed - second).max() > 1e-3


def test_noise_is_each_images_own_and_follows_the_seed():
    model = spread_out(small())
    z = np.zeros((3, 3), "float32")
    images = model.sample(3, latents=z, seed=1)
    assert np.ptp(images, axis=0).max() > 1e-3
    np.testing.assert_array_equal(images, model.sample(3, latents=z, seed=1))
    again = model.sample(3, latents=z, seed=1, batch_size=2)
    np.testing.assert_allclose(images, again, atol=1e-6)
    still = model.sample(3, latents=z, seed=1, noise=False)
    assert np.ptp(still, axis=0).max() < 1e-6


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_mixing_takes_later_styles_of_another_latent(share):
    model = small(style_mixing=share)
    w = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    rows = to_numpy(model._mixed(ops.convert_to_tensor(w), None))
    own = np.abs(rows - w[:, None]).max(axis=(0, 2)) < 1e-6
    assert own[0]
    first = int(own.sum())
    assert np.all(own[:first]) and (first == 4) == (share == 0.0)


def test_lazy_penalties_count_their_interval_and_rest_in_between():
    model = small(r1_interval=4, path_length_interval=2, path_length_weight=1.0)
    x = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1)).astype("float32")
    every = small(r1_interval=1, path_length_weight=0.0)
    for mine, other in zip(model.weights, every.weights, strict=True):
        mine.assign(other.value if mine.trainable else mine.value)
    plain = every.compute_losses("discriminator", x, None, True)["penalty"]
    found = []
    for step in range(5):
        model.steps.assign(step)
        losses = model.compute_losses("discriminator", x, None, True)
        found.append(float(to_numpy(losses["penalty"])) / float(to_numpy(plain)))
    np.testing.assert_allclose(found, [4, 0, 0, 0, 4], rtol=1e-3)
    lengths = []
    for step in range(3):
        model.steps.assign(step)
        model.compute_losses("generator", x, None, True)
        lengths.append(float(to_numpy(model.path_length)))
    assert lengths[0] > 0 and lengths[1] == lengths[0] and lengths[2] != lengths[1]
    model.compute_losses("generator", x, None, False)
    assert float(to_numpy(model.path_length)) == pytest.approx(lengths[2])


@pytest.mark.every_backend
def test_a_step_with_augmentation_and_a_step_without_penalties():
    """All draws of penalties are their own: a step moves the seed as any other does."""
    model = small(r1_interval=2, path_length_interval=2, augmentation="translation")
    model.compile()
    x = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1)).astype("uint8")
    states = [to_numpy(model.seed_generator.state).copy()]
    for _ in range(3):
        logs = model.train_on_batch(x, return_dict=True)
        model.sync()
        states.append(to_numpy(model.seed_generator.state).copy())
        assert all(np.isfinite(v) for v in logs.values())
    moves = [
        int(b[1]) - int(a[1]) for a, b in zip(states[:-1], states[1:], strict=True)
    ]
    assert moves[0] == moves[1] == moves[2] > 0


def test_labels_choose_a_score_and_the_embedding():
    model = small(num_classes=2)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1)).astype("float32")
    scores = to_numpy(model.discriminator(x))
    said = to_numpy(model.discriminate(x, np.int32([1, 0]), False))
    np.testing.assert_allclose(said[:, 0], [scores[0, 1], scores[1, 0]], rtol=1e-5)
    z = np.ones((1, 3), "float32")
    pair = [model.sample(1, labels=i, latents=z, noise=False) for i in (0, 1)]
    assert np.abs(pair[0] - pair[1]).max() > 1e-6
    rates = [float(o.learning_rate) for o in model.default_optimizers().values()]
    np.testing.assert_allclose(rates, 2e-3)
    assert isinstance(model.default_optimizers()["generator"], keras.optimizers.Adam)
