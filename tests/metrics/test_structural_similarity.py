"""Structural similarity: the numbers of ProGAN's code, its rules, its limits."""

import math

import numpy as np
import pytest
from scipy.signal import convolve2d

from kerasgen.metrics import ms_ssim, ms_ssim_diversity, ssim
from kerasgen.metrics.structural_similarity import WEIGHTS, _draw_pairs, _error

pytestmark = pytest.mark.any_backend


def waves(side, channels):
    """Returns two pictures that are alike, `uint8`."""
    y, x = np.mgrid[:side, :side] / side
    base = np.sin(7 * x[..., None] + np.arange(channels)) * np.cos(5 * y[..., None])
    base = 0.5 + 0.4 * base
    other = np.clip(base + 0.2 * np.sin(40 * x * y)[..., None] - 0.05, 0, 1)
    return [np.round(255 * a).astype("uint8")[None] for a in (base, other)]


def noise(count, side=16, channels=1, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, side, side, channels), "uint8")


@pytest.mark.parametrize(
    "side, channels, one_scale, all_scales",
    [
        (16, 1, 0.65708539, 0.93099111),
        (32, 3, 0.40300705, 0.82985951),
        (64, 3, 0.31283493, 0.65692295),
        (176, 1, 0.50857818, 0.48621564),
    ],
)
def test_numbers_of_the_progan_code(side, channels, one_scale, all_scales):
    """Made with its `metrics/ms_ssim.py`, its float32 replaced by float64."""
    x, y = waves(side, channels)
    np.testing.assert_allclose(ssim(x, y), one_scale, atol=1e-7)
    np.testing.assert_allclose(ms_ssim(x, y), all_scales, atol=1e-7)


@pytest.mark.parametrize("shape", [(20, 13), (8, 8), (5, 30), (1, 1)])
def test_definition_with_a_window_that_shrinks(shape):
    x, y = noise(2, 30)[:, : shape[0], : shape[1], 0] / 255.0
    size = min(11, *shape)
    places = np.arange(size) - (size - 1) / 2
    squares = places[:, None] ** 2 + places**2
    window = np.exp(-squares / 2 / (1.5 * size / 11) ** 2)
    window /= window.sum()

    def mean(a):
        return convolve2d(a, window, "valid")

    covariance = mean(x * y) - mean(x) * mean(y)
    variances = mean(x * x) - mean(x) ** 2 + mean(y * y) - mean(y) ** 2
    expected = (2 * mean(x) * mean(y) + 1e-4) * (2 * covariance + 9e-4)
    expected /= (mean(x) ** 2 + mean(y) ** 2 + 1e-4) * (variances + 9e-4)
    found = ssim(x[None, ..., None], y[None, ..., None])
    np.testing.assert_allclose(found, expected.mean(), atol=1e-12)


@pytest.mark.parametrize("side", [1, 2, 8, 15, 16, 28, 33])
def test_equal_images_are_one_and_any_side_will_do(side):
    x = noise(3, side, 3)
    np.testing.assert_allclose(ssim(x, x), 1.0, rtol=1e-12)
    np.testing.assert_allclose(ms_ssim(x, x), 1.0, rtol=1e-12)
    y = noise(3, side, 3, seed=1)
    np.testing.assert_allclose(ms_ssim(x, y), ms_ssim(y, x), rtol=1e-12)
    grey = np.full((1, side, side, 1), 0.5)
    assert ms_ssim(grey, grey) == pytest.approx(1.0)


def test_constant_images_differ_by_their_luminance_at_the_last_scale_alone():
    x, y = (np.full((1, 32, 32, 1), grey) for grey in (0.25, 0.75))
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ssim(x, y)[0] == pytest.approx(luminance)
    assert ms_ssim(x, y)[0] == pytest.approx(luminance ** WEIGHTS[-1])
    few = ms_ssim(x[:, :8, :8], y[:, :8, :8])[0]  # four scales
    assert few == pytest.approx(luminance ** (WEIGHTS[3] / sum(WEIGHTS[:4])))


def test_less_alike_with_noise_and_by_negatives():
    x = waves(32, 3)[0] / 255.0
    disturbed = [
        np.clip(x + s * np.random.default_rng(0).standard_normal(x.shape), 0, 1)
        for s in (0.0, 0.02, 0.05, 0.1, 0.3)
    ]
    for score in (ssim, ms_ssim):
        assert (np.diff([score(x, y)[0] for y in disturbed]) < -0.001).all()
    assert ssim(x, 1 - x)[0] < 0 and ms_ssim(x, 1 - x)[0] == 0.0


def test_bytes_and_floats_are_one_and_faint_images_are_not_bright_ones():
    x, y = waves(32, 1)
    expected = ms_ssim(x, y)
    np.testing.assert_allclose(ms_ssim(x / 255.0, y / 255.0), expected, rtol=1e-12)
    np.testing.assert_allclose(ms_ssim(x, y / 255.0), expected, rtol=1e-12)
    assert abs(ms_ssim(x / 2550.0, y / 2550.0) - expected) > 0.01


def test_pairs_are_compared_one_by_one(monkeypatch):
    x, y = noise(7), noise(7, seed=1)
    expected = [ms_ssim(x[i : i + 1], y[i : i + 1])[0] for i in range(7)]
    np.testing.assert_allclose(ms_ssim(x, y), expected, rtol=1e-12)
    monkeypatch.setattr("kerasgen.metrics.structural_similarity._VALUES", 600)
    np.testing.assert_allclose(ms_ssim(x, y), expected, rtol=1e-12)


def test_pairs_are_drawn_without_repeats():
    generator = np.random.default_rng(0)
    first, second = _draw_pairs("", 20, 10, generator)
    assert sorted([*first, *second]) == list(range(20))  # no image twice
    for count, num_pairs in ((20, 150), (6, 15), (2, 1)):
        first, second = _draw_pairs("", count, num_pairs, generator)
        pairs = {frozenset(pair) for pair in zip(first, second, strict=True)}
        assert len(pairs) == num_pairs and all(len(pair) == 2 for pair in pairs)
        assert max(first.max(), second.max()) < count and second.min() >= 0
    drawn = [_draw_pairs("", 5, 4, generator)[1] for _ in range(500)]
    assert len(np.unique(drawn)) == 4  # the smaller ones of pairs


def test_all_pairs_are_their_mean():
    samples = noise(6)
    found = ms_ssim_diversity(samples, 15)
    pairs = [(i, j) for i in range(6) for j in range(i)]
    every = [ms_ssim(samples[i : i + 1], samples[j : j + 1])[0] for i, j in pairs]
    assert found["ms_ssim"] == pytest.approx(np.mean(every))
    assert found["ms_ssim_num_pairs"] == 15
    turned = ms_ssim_diversity(samples[::-1], 15)
    assert turned["ms_ssim"] == pytest.approx(found["ms_ssim"])


def test_a_generator_that_repeats_itself_is_less_varied():
    found = ms_ssim_diversity(noise(40))
    assert found["ms_ssim"] < 0.3 and found["ms_ssim_num_pairs"] == 20
    again = ms_ssim_diversity(noise(40))
    assert again == found and ms_ssim_diversity(noise(40), seed=1) != found
    collapsed = np.repeat(noise(1), 40, axis=0)
    found = ms_ssim_diversity(collapsed)
    assert found["ms_ssim"] == pytest.approx(1.0)
    assert found["ms_ssim_standard_error"] == pytest.approx(0.0, abs=1e-12)


def test_each_class_and_the_mean_over_classes():
    """Varied within one class, one image in the other; no pair of two classes."""
    samples = np.concatenate([noise(30), np.repeat(noise(1, seed=1), 10, axis=0)])
    labels = np.repeat([4, 2], [30, 10])
    found = ms_ssim_diversity(samples, labels=labels)
    assert found["ms_ssim_class_2"] == pytest.approx(1.0)
    assert found["ms_ssim_class_4"] < 0.3
    mean = (found["ms_ssim_class_2"] + found["ms_ssim_class_4"]) / 2
    assert found["ms_ssim"] == pytest.approx(mean)
    assert [found[f"ms_ssim{n}_num_pairs"] for n in ("", "_class_4", "_class_2")] == [
        20,
        15,
        5,
    ]
    error = found["ms_ssim_class_4_standard_error"] / 2
    assert found["ms_ssim_standard_error"] == pytest.approx(error)


def test_error_of_pairs_that_share_images():
    """Values of pairs are means of two numbers and noise: their error is known."""
    generator = np.random.default_rng(0)
    means, told = [], []
    for _ in range(300):
        first, second = _draw_pairs("", 40, 200, generator)
        own = generator.standard_normal(40)
        values = own[first] + own[second] + generator.standard_normal(200)
        means.append(values.mean())
        told.append(_error(values, first, second))
    assert np.mean(told) == pytest.approx(np.std(means), rel=0.15)
    assert np.mean(told) > 2 * math.sqrt(3 / 200)  # of pairs that share none
    first, second = _draw_pairs("", 40, 20, generator)
    values = generator.standard_normal(20)
    expected = values.std(ddof=1) / math.sqrt(20)
    assert _error(values, first, second) == pytest.approx(expected)


def test_refuses_other_shapes_labels_and_numbers():
    with pytest.raises(ValueError, match="must have rows of one shape"):
        ssim(noise(2), noise(2, 8))
    with pytest.raises(ValueError, match="pairs of images. Received: 2 and 3 images"):
        ms_ssim(noise(2), noise(3))
    with pytest.raises(ValueError, match=r"floats in \[0, 1\]. Received: y"):
        ssim(noise(2), noise(2) / 127.5 - 1)
    with pytest.raises(ValueError, match="at most 1. Received: num_pairs=2"):
        ms_ssim_diversity(noise(2), 2)
    with pytest.raises(ValueError, match="two images or more.* 1 for ms_ssim_class_1"):
        ms_ssim_diversity(noise(3), labels=[0, 0, 1])
    with pytest.raises(ValueError, match="`labels` must be 3 ints"):
        ms_ssim_diversity(noise(3), labels=[0, 1])
