import numpy as np
import pytest

from kerasgen.metrics import parzen
from kerasgen.metrics.parzen import SIGMAS, parzen_log_prob, parzen_window


def _points(count, size=4, seed=0):
    return np.random.default_rng(seed).random((count, size)).astype("float32")


def _gaussian(x, mean, sigma):
    squares = np.sum((x.astype("float64") - mean) ** 2, axis=-1)
    return -squares / (2 * sigma**2) - x.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))


def test_one_sample_is_a_gaussian():
    sample, x = _points(1), _points(5, seed=1)
    found = parzen_log_prob(sample, x, 0.3)
    np.testing.assert_allclose(found, _gaussian(x, sample[0], 0.3), rtol=1e-10)
    assert found.dtype == np.float64


def test_several_samples_are_the_mean_of_their_gaussians(monkeypatch):
    samples, x = _points(7), _points(9, seed=1)
    densities = [np.exp(_gaussian(x, s.astype("float64"), 0.2)) for s in samples]
    expected = np.log(np.mean(densities, axis=0))
    np.testing.assert_allclose(parzen_log_prob(samples, x, 0.2), expected, rtol=1e-9)
    monkeypatch.setattr(parzen, "_CHUNK", 16)  # two images at once
    np.testing.assert_allclose(parzen_log_prob(samples, x, 0.2), expected, rtol=1e-9)


def test_density_integrates_to_one():
    x = np.linspace(-4.0, 5.0, 4001)[:, None]
    density = np.exp(parzen_log_prob(_points(3, size=1), x, 0.4))
    assert density.sum() * (x[1, 0] - x[0, 0]) == pytest.approx(1.0, rel=1e-6)


def test_doubled_or_moved_samples_change_nothing():
    samples, x = _points(6), _points(5, seed=1)
    expected = parzen_log_prob(samples, x, 0.3)
    doubled = parzen_log_prob(np.concatenate([samples, samples]), x, 0.3)
    np.testing.assert_allclose(doubled, expected, rtol=1e-12)
    moved = parzen_log_prob(samples + 0.25, x + 0.25, 0.3)
    np.testing.assert_allclose(moved, expected, rtol=1e-5)


def test_a_sample_at_the_image_is_worth_its_peak():
    """At least `-log n - D log(sigma sqrt(2 pi))`: 1075.6 nats at n = 10,000, 0.1."""
    x = np.random.default_rng(0).random((1, 784))
    samples = np.concatenate([x, np.random.default_rng(1).random((9, 784))])
    peak = -np.log(10) - 784 * np.log(0.1 * np.sqrt(2 * np.pi))
    assert parzen_log_prob(samples, x, 0.1)[0] >= peak - 1e-6
    assert peak + np.log(10) - np.log(10_000) == pytest.approx(1075.6, abs=0.05)


def test_bytes_are_grey_levels():
    samples = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 1), "uint8")
    np.testing.assert_allclose(
        parzen_log_prob(samples, samples[:2], 0.2),
        parzen_log_prob(samples / 255.0, samples[:2] / 255.0, 0.2),
        rtol=1e-12,
    )


def test_width_is_chosen_on_the_first_validation_images():
    samples, test = _points(50), _points(20, seed=2)
    validation = np.concatenate([_points(30, seed=1), np.full((10, 4), 9.0)])
    results = parzen_window(samples, validation, test, num_validation=30)
    means = [parzen_log_prob(samples, validation[:30], s).mean() for s in SIGMAS]
    assert results["parzen_sigma"] == pytest.approx(SIGMAS[int(np.argmax(means))])
    assert 0.1 < results["parzen_sigma"] < 1.0
    found = parzen_log_prob(samples, test, results["parzen_sigma"])
    assert results["parzen"] == pytest.approx(found.mean())
    assert results["parzen_standard_error"] == pytest.approx(found.std() / np.sqrt(20))
    assert (results["parzen_samples"], results["parzen_images"]) == (50, 20)
    far = parzen_window(samples, validation, test, num_validation=40)
    assert far["parzen_sigma"] == pytest.approx(1.0)


def test_grid_is_the_papers():
    assert len(SIGMAS) == 10 and SIGMAS[0] == pytest.approx(0.1)
    np.testing.assert_allclose(np.diff(np.log10(SIGMAS)), 1 / 9)


def test_refuses_other_shapes_and_widths():
    with pytest.raises(ValueError, match=r"Received: samples of shape \(2, 4\)"):
        parzen_log_prob(_points(2), _points(2, size=3), 0.1)
    with pytest.raises(ValueError, match="neither be empty"):
        parzen_log_prob(_points(2)[:0], _points(2), 0.1)
    with pytest.raises(ValueError, match="Received: sigma=0"):
        parzen_log_prob(_points(2), _points(2), 0)
    with pytest.raises(ValueError, match="`sigmas` must hold"):
        parzen_window(_points(2), _points(2), _points(2), sigmas=())
