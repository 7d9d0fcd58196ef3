"""StyleGAN: what a style reaches, noise, truncation, mixing and growth."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.backend import to_numpy
from kerasgen.gans.stylegan import StyleGAN
from kerasgen.layers.resampling import blur
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "max_filters": 2, "mapping_depth": 1, "growing": False}
DRAWS = np.random.default_rng(0)


def small(**kwargs):
    return StyleGAN((8, 8, 1), **{**SMALL, "seed": 0, **kwargs})


def noisy(model):
    """Gives the generator's noise scales that show, and a mean style."""
    for inject in model.generator.synthesis.noises:
        inject.scale.assign(0.0 * inject.scale.value + 0.5)
    model.generator.mapping.mean_style.assign([0.5, -1.0, 2.0])
    return model


def at(model, stage, seen):
    model.reached_stage.assign(stage)
    model.examples_seen.assign(seen)
    model.settle_stage()
    return model


def grown(**kwargs):
    lengths = {"fade_images": 12, "stable_images": 8}
    options = {**SMALL, "growing": True, "seed": 0, **lengths, **kwargs}
    return StyleGAN((16, 16, 1), **options)


def test_contract():
    check_model(
        StyleGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "max_filters": 2,
            "filters_base": 64,
            "mapping_depth": 1,
            "num_classes": 3,
            "growing": False,
            "fade_images": 4,
            "stable_images": 4,
            "group_size": 2,
            "r1_weight": 0.5,
            "style_mixing": 0.5,
        },
    )


@pytest.mark.any_backend
def test_styles_and_maps_of_the_paper():
    """18 layers at 1024x1024; 512 maps up to 32 pixels, 16 at 1024 (8192 / size)."""
    model = StyleGAN((32, 32, 3), latent_dim=4, max_filters=1, filters_base=512)
    assert model.generator.synthesis.num_styles == 8
    assert model.generator.synthesis.noise_size == 2 * (4**2 + 8**2 + 16**2 + 32**2)
    model.filters_base, model.max_filters = 8192, 512
    maps = [model.maps(level) for level in range(9)]
    assert maps == [512, 512, 512, 512, 256, 128, 64, 32, 16] and 2 * len(maps) == 18
    for optimizer in model.default_optimizers().values():
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.99)


@pytest.mark.any_backend
def test_a_style_reaches_its_layer_and_those_after():
    """Maps before layer k stay when style k changes; a style of 0 normalises maps."""
    synthesis = noisy(small()).generator.synthesis
    w = DRAWS.normal(size=(2, 4, 3)).astype("float32")
    noise = DRAWS.normal(size=(2, synthesis.noise_size)).astype("float32")
    seen = []
    for layer in synthesis.styles:
        layer.call = lambda inputs, call=layer.call: (
            seen.append(call(inputs)) or seen[-1]
        )

    def maps(w):
        seen.clear()
        synthesis(w, noise)
        return [to_numpy(x) for x in seen]

    before = maps(w)
    for k in range(4):
        other = w.copy()
        other[:, k] += 1.0
        changed = [
            np.abs(a - b).max() for a, b in zip(before, maps(other), strict=True)
        ]
        assert not any(changed[:k]) and all(c > 1e-4 for c in changed[k:])
    for found in maps(np.zeros_like(w)):
        np.testing.assert_allclose(found.mean((1, 2)), 0.0, atol=1e-4)
        np.testing.assert_allclose(found.std((1, 2)), 1.0, rtol=1e-3)


@pytest.mark.any_backend
def test_a_second_style_takes_later_layers_alone():
    model = noisy(small())
    z, other = DRAWS.normal(size=(2, 3, 3)).astype("float32")
    options = {"latents": z, "style_latents": other, "noise": False}
    first, second = (model.sample(3, latents=x, noise=False) for x in (z, other))
    mixed = [model.sample(3, style_from=k, **options) for k in range(5)]
    np.testing.assert_allclose(mixed[4], first, atol=1e-6)
    np.testing.assert_allclose(mixed[0], second, atol=1e-6)
    assert all(np.abs(mixed[2] - x).max() > 1e-4 for x in (first, second))


@pytest.mark.any_backend
def test_without_noise_images_follow_from_styles():
    model = small()  # scales of noise start at 0
    z = np.ones((3, 3), "float32")
    still = model.sample(3, latents=z, seed=0)
    np.testing.assert_allclose(np.ptp(still, axis=0), 0.0, atol=1e-6)
    images = noisy(model).sample(3, latents=z, seed=0)
    assert np.ptp(images, axis=0).max() > 1e-3
    np.testing.assert_array_equal(images, model.sample(3, latents=z, seed=0))
    np.testing.assert_allclose(
        model.sample(3, latents=z, noise=False), still, atol=1e-6
    )


@pytest.mark.any_backend
def test_truncation_of_0_draws_one_image_and_may_spare_fine_styles():
    model = noisy(small())
    options = {"seed": 0, "noise": False}
    mean = model.sample(3, truncation=0.0, **options)
    rows = np.broadcast_to([0.5, -1.0, 2.0], (3, 4, 3)).astype("float32")
    expected = to_numpy(model.to_images(model.generator.synthesis(rows)))
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    spared = model.sample(3, truncation=0.0, truncated_styles=2, **options)
    assert np.ptp(spared, axis=0).max() > 1e-4
    w = to_numpy(
        model.generator.mapping(model.numpy_latents(np.random.default_rng(0), 3))
    )
    rows = np.concatenate([rows[:, :2], np.repeat(w[:, None], 2, axis=1)], axis=1)
    expected = to_numpy(model.to_images(model.generator.synthesis(rows)))
    np.testing.assert_allclose(spared, expected, atol=1e-5)


@pytest.mark.any_backend
def test_the_constant_is_one_for_all_and_enlarged_maps_are_blurred():
    model = small()
    synthesis = model.generator.synthesis
    assert np.all(to_numpy(synthesis.constant) == 1.0)
    x = DRAWS.normal(size=(1, 4, 4, 2)).astype("float32")
    enlarging = synthesis.convolutions[1]
    blocks = x.repeat(2, axis=1).repeat(2, axis=2)
    plain = enlarging.layers[1](ops.convert_to_tensor(blocks))
    expected = to_numpy(blur(plain, (1, 2, 1), (1, 1)))
    np.testing.assert_allclose(to_numpy(enlarging(x)), expected, atol=1e-5)


@pytest.mark.any_backend
def test_the_discriminator_blurs_before_it_halves():
    """Blur, convolution, mean over 2x2 pixels, and the activation last."""
    block = small().discriminator.blocks[1]
    x = ops.convert_to_tensor(DRAWS.normal(size=(1, 8, 8, 2)).astype("float32"))
    first, activation, _, second, *_ = block.layers
    plain = second(blur(activation(first(x)), (1, 2, 1), (1, 1)))
    mean = to_numpy(plain).reshape(1, 4, 2, 4, 2, 2).mean((2, 4))
    expected = np.where(mean > 0, mean, 0.2 * mean)
    np.testing.assert_allclose(to_numpy(block(x)), expected, atol=1e-5)


@pytest.mark.any_backend
def test_losses_are_non_saturating_with_r1_of_real_images():
    model = small(r1_weight=3.0, style_mixing=0.0)
    x = DRAWS.uniform(-1, 1, (4, 8, 8, 1)).astype("float32")
    model.discriminate = lambda x, *_: ops.sum(2.0 * x, axis=(1, 2, 3))[:, None] - 1.0
    found = model.compute_losses("discriminator", ops.convert_to_tensor(x), None, False)
    # The slope is 2 in each of 64 pixels: gamma / 2 times 4 times 64.
    assert float(to_numpy(found["penalty"])) == pytest.approx(
        3.0 / 2.0 * 4.0 * 64.0, rel=1e-5
    )
    model.discriminate = lambda x, *_: ops.full((4, 1), -1.0) + 0.0 * ops.mean(x)
    found = model.compute_losses("generator", ops.convert_to_tensor(x), None, False)
    assert float(to_numpy(found["loss"])) == pytest.approx(np.log1p(np.e), rel=1e-5)


@pytest.mark.any_backend
def test_growth_begins_at_the_second_size_and_fades_to_the_last():
    model = noisy(grown())
    assert (model.level, model.block, model.used_styles) == (1, 2, 4)
    z = DRAWS.normal(size=(2, 3)).astype("float32")
    x = ops.convert_to_tensor(DRAWS.uniform(-1, 1, (2, 16, 16, 1)).astype("float32"))

    def outputs(stage, seen):
        at(model, stage, seen)
        judged = model.discriminate(x, None, False)
        return [to_numpy(t) for t in (model.generate(z), judged)]

    old, begun, middle, over, new = (
        outputs(*place) for place in ((0, 8), (1, 8), (1, 14), (1, 20), (2, 20))
    )
    for a, b in ((old, begun), (over, new)):
        for i in range(2):
            np.testing.assert_allclose(a[i], b[i], atol=1e-5)
    np.testing.assert_allclose(middle[0], (begun[0] + over[0]) / 2, atol=1e-5)
    blocks = old[0].reshape(2, 8, 2, 8, 2, 1)
    np.testing.assert_array_equal(blocks[:, :, :1, :, :1] + 0 * blocks, blocks)
    assert np.abs(old[0] - new[0]).max() > 1e-4 and model.used_styles == 6


@pytest.mark.any_backend
def test_styles_mix_among_the_layers_in_use(monkeypatch):
    model = grown(style_mixing=1.0)
    w = ops.convert_to_tensor(DRAWS.normal(size=(2, 3)).astype("float32"))
    for place, own in ((0.0, 1), (0.5, 2), (0.999, 3)):
        draws = ops.convert_to_tensor(np.float32([0.0, place]))
        monkeypatch.setattr(
            keras.random, "uniform", lambda *_, draws=draws, **__: draws
        )
        rows = to_numpy(model._mixed(w, None))
        kept = np.abs(rows - to_numpy(w)[:, None]).max(axis=(0, 2)) < 1e-6
        assert kept.tolist() == [True] * own + [False] * (6 - own)


@pytest.mark.any_backend
def test_a_run_grows_and_counts_the_mean_style():
    model = grown(fade_images=4, stable_images=4)
    model.compile()
    images = DRAWS.integers(0, 256, (12, 16, 16, 1), "uint8")
    model.fit(images, batch_size=4, epochs=1, verbose=0, shuffle=False)
    assert model.stage == 2 and model.block == 1
    assert np.any(to_numpy(model.generator.mapping.mean_style))
    assert model.sample(2, seed=0).shape == (2, 16, 16, 1)
    assert backend.to_numpy(model.examples_seen) == 12
