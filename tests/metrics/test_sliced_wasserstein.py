"""Distances along random lines, against SciPy's and against shifts that are known."""

import numpy as np
import pytest
from scipy.ndimage import convolve
from scipy.stats import wasserstein_distance

from kerasgen.metrics import image_sliced_wasserstein, sliced_wasserstein_distance
from kerasgen.metrics import sliced_wasserstein as module

pytestmark = pytest.mark.any_backend


def points(count, size=3, seed=0):
    return np.random.default_rng(seed).standard_normal((count, size))


def images(count, side=32, channels=1, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, side, side, channels), "uint8")


def distance(x, y, **kwargs):
    return sliced_wasserstein_distance(x, y, **kwargs)["sliced_wasserstein"]


@pytest.mark.parametrize("n, m", [(40, 40), (30, 45), (1, 7), (17, 16)])
def test_along_a_line_it_is_scipys(n, m):
    x, y = points(n, 1), 2 + points(m, 1, seed=1)
    expected = wasserstein_distance(x[:, 0], y[:, 0])
    assert distance(x, y, num_directions=3) == pytest.approx(expected, rel=1e-12)


def test_along_the_directions_it_is_scipys(monkeypatch):
    x, y = points(20), points(33, seed=1) + [1, 2, 3]
    directions = module._directions(3, 16, 2, 5)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    expected = [
        [wasserstein_distance(x @ d, y @ d) for d in repeat.T] for repeat in directions
    ]
    kwargs = {"num_directions": 16, "num_repeats": 2, "seed": 5}
    found = sliced_wasserstein_distance(x, y, **kwargs)
    assert found["sliced_wasserstein"] == pytest.approx(np.mean(expected))
    error = np.std(np.mean(expected, axis=1), ddof=1) / np.sqrt(2)
    assert found["sliced_wasserstein_standard_error"] == pytest.approx(error)
    monkeypatch.setattr(module, "_VALUES", 40)  # one direction and few points at once
    assert distance(x, y, **kwargs) == pytest.approx(np.mean(expected))


def test_a_shift_is_the_mean_of_its_projections():
    """Of a shift `s` in `d` dimensions: `|s| E|u_1|`, in three dimensions `|s| / 2`."""
    x = points(50)
    assert distance(x, x) == 0.0
    found = sliced_wasserstein_distance(x, x + [0, 3, 4], num_directions=2000)
    tolerance = 4 * 5 / np.sqrt(12 * 8000)  # |u_1| is uniform on [0, 1]
    assert found["sliced_wasserstein"] == pytest.approx(2.5, abs=tolerance)
    shift = distance(points(30, 1), points(30, 1) - 7.0)
    assert shift == pytest.approx(7.0)


def test_metric_and_order():
    x, y, z = points(20), points(30, seed=1) + 1, points(25, seed=2) - 1
    assert distance(x, y) == pytest.approx(distance(y, x), rel=1e-12)
    assert distance(x, z) <= distance(x, y) + distance(y, z)
    assert distance(x[::-1], y) == pytest.approx(distance(x, y), rel=1e-12)
    assert distance(np.repeat(x, 3, axis=0), x) == pytest.approx(0.0, abs=1e-12)
    assert distance(10 * x, 10 * y) == pytest.approx(10 * distance(x, y))
    assert distance(x, y, seed=1) != distance(x, y)


@pytest.mark.parametrize("side", [16, 32, 33, 45])
def test_pyramid_makes_up_the_images(side):
    x = images(2, side, 3) / 255.0
    pyramid = module.laplacian_pyramid(x, 3)
    half = -(-side // 2)
    assert [level.shape[1] for level in pyramid] == [side, half, -(-half // 2)]
    found = module.from_laplacian_pyramid(pyramid)
    np.testing.assert_allclose(found, x, atol=1e-14)
    assert len(module.laplacian_pyramid(x, 1)) == 1


def test_pyramid_is_that_of_the_progan_code():
    """Its filter is one of 5x5, its images have their channels first."""
    row = np.array([1.0, 4, 6, 4, 1])
    filter_ = np.outer(row, row)[None, None] / 256
    x = images(2, 16, 3).astype("float64")
    first = np.moveaxis(x, -1, 1)
    small = convolve(first, filter_, mode="mirror")[:, :, ::2, ::2]
    large = np.zeros_like(first)
    large[:, :, ::2, ::2] = small
    detail = first - convolve(large, filter_ * 4, mode="mirror")
    found = module.laplacian_pyramid(x, 2)
    for ours, theirs in zip(found, (detail, small), strict=True):
        np.testing.assert_allclose(np.moveaxis(ours, -1, 1), theirs, atol=1e-11)


@pytest.mark.parametrize(
    "side, sides",
    [
        (8, [8]),
        (16, [16]),
        (28, [28]),
        (32, [32, 16]),
        (64, [64, 32, 16]),
        (31, [31, 16]),
    ],
)
def test_levels_that_exist(side, sides):
    found = image_sliced_wasserstein(
        images(3, side), images(3, side, seed=1), 2, 4, num_repeats=1
    )
    assert list(found) == ["sliced_wasserstein"] + [
        f"sliced_wasserstein_{side}" for side in sides
    ]
    levels = list(found.values())
    assert levels[0] == pytest.approx(np.mean(levels[1:])) and min(levels) > 0


def test_patches_lie_anywhere_within_the_level():
    x = np.arange(64.0).reshape(1, 8, 8, 1) / 64
    found = module._patches(np.repeat(x, 50, axis=0), 0, 1, 4, 0) * 64
    corners = found[:, 0, 0]
    assert sorted(set(corners)) == [0, 1, 8, 9]
    cells = (np.arange(7)[:, None] * 8 + np.arange(7)).ravel()
    np.testing.assert_allclose(
        found[..., 0] - corners[:, None], np.tile(cells, (200, 1))
    )


def test_patches_are_cut_from_their_level_and_image(monkeypatch):
    x = images(6, 32, 2)
    expected = module._patches(x, 1, 2, 5, 3)
    small = module.laplacian_pyramid(x / 255.0, 2)[1]
    windows = np.lib.stride_tricks.sliding_window_view(small, (7, 7), (1, 2))
    for i in range(6):
        own = np.moveaxis(windows[i], 2, -1).reshape(-1, 49, 2).astype("float32")
        for patch in expected[5 * i : 5 * i + 5]:
            assert np.isclose(own, patch, atol=1e-7).all(axis=(1, 2)).any()
    monkeypatch.setattr(module, "_VALUES", 3000)
    np.testing.assert_array_equal(module._patches(x, 1, 2, 5, 3), expected)


def test_equal_sets_are_at_zero_and_order_hardly_matters():
    x = images(300, 16)
    assert set(image_sliced_wasserstein(x, x, 16, 32).values()) == {0.0}
    turned = image_sliced_wasserstein(x, x[::-1], 16, 32)["sliced_wasserstein"]
    others = image_sliced_wasserstein(x, images(300, 16, seed=1), 16, 32)
    assert turned < 1.5 * others["sliced_wasserstein"]
    # Neither the brightness nor the contrast of a whole set is seen.
    bright = image_sliced_wasserstein(x // 2, x // 2 + 100, 16, 32)
    assert max(bright.values()) < 1e-2
    flat = x // 8
    blurred = ((x + 0.0 + np.roll(x, 1, 1)) / 2).astype("uint8")
    found = [
        image_sliced_wasserstein(x, y, 16, 32)["sliced_wasserstein"]
        for y in (flat, blurred)
    ]
    assert found[0] < turned and found[1] > 1.5 * turned


def test_fine_noise_is_seen_at_the_fine_level():
    y, x = np.mgrid[:32, :32] / 32
    phases = np.random.default_rng(0).random((2, 100, 1, 1))
    real, samples = 0.5 + 0.3 * np.sin(6 * x + 6 * y + 6 * phases)
    noise = 0.05 * np.random.default_rng(1).standard_normal(samples.shape)
    found = image_sliced_wasserstein(real[..., None], (samples + noise)[..., None], 32)
    assert found["sliced_wasserstein_32"] > 3 * found["sliced_wasserstein_16"]


def test_numbers_may_differ_and_a_flat_channel_stays_flat():
    real, samples = images(20, 16, 2), images(35, 16, 2, seed=1)
    real[..., 1], samples[..., 1] = 100, 7
    for scale in (1, 1 / 255):  # exact sums and rounded ones
        found = image_sliced_wasserstein(real * scale if scale < 1 else real, samples)
        assert np.isfinite(list(found.values())).all()
        assert 0 < found["sliced_wasserstein"] < 300
        assert found["sliced_wasserstein_standard_error"] < 20
    rounding = 1e-9 * np.random.default_rng(0).random((30, 49, 1)).astype("float32")
    assert (module._normalised(0.25 + rounding) == 0).all()
    assert (module._normalised(rounding) == 0).all()
    grey = np.full((5, 32, 32, 1), 0.1)
    assert image_sliced_wasserstein(grey, 2 * grey)["sliced_wasserstein"] == 0.0


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match="rows of one shape"):
        sliced_wasserstein_distance(points(4), points(4, 2))
    with pytest.raises(ValueError, match="rows of one shape"):
        image_sliced_wasserstein(images(2), images(2, 16))
    with pytest.raises(ValueError, match="sides of at least 7"):
        image_sliced_wasserstein(images(2, 6), images(2, 6))
    with pytest.raises(ValueError, match="`samples` must be images"):
        image_sliced_wasserstein(images(2), points(4))
    with pytest.raises(ValueError, match="Received: num_directions=0"):
        sliced_wasserstein_distance(points(4), points(4), num_directions=0)
