"""Real digits against other real ones, noise, one image and copies: ends of scales."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kerasgen.metrics import (
    density_coverage,
    image_sliced_wasserstein,
    memorisation_scores,
    ms_ssim_diversity,
    precision_recall,
)

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def scores():
    generator = np.random.default_rng(0)
    digits = generator.permutation(load_digits().images[..., None] / 16.0)
    train, others, held_out = digits[:600], digits[600:1200], digits[1200:]
    drawn = {
        "real": others,
        "noise": generator.random(train.shape),
        "one image": np.repeat(train[:1], 600, axis=0),
        "copies": train[::-1],
    }
    found = {}
    for kind, samples in drawn.items():
        rows = [x.reshape(len(x), -1) for x in (train, samples)]
        found[kind] = precision_recall(*rows) | density_coverage(*rows)
        found[kind] |= memorisation_scores(samples, train, held_out)
        found[kind] |= ms_ssim_diversity(samples)
        found[kind] |= image_sliced_wasserstein(train, samples, 4, 16)
    return found


@pytest.mark.parametrize(
    "kind, precision, recall, density, coverage",
    [
        ("real", 0.9, 0.9, 1.0, 0.97),
        ("noise", 0.0, 0.0, 0.0, 0.0),
        ("one image", 1.0, 0.0, None, 0.02),
        ("copies", 1.0, 1.0, 1.0, 1.0),
    ],
)
def test_quality_and_variety(scores, kind, precision, recall, density, coverage):
    found = scores[kind]
    assert found["precision"] == pytest.approx(precision, abs=0.03)
    assert found["recall"] == pytest.approx(recall, abs=0.03)
    assert density is None or found["density"] == pytest.approx(density, abs=0.03)
    assert found["coverage"] == pytest.approx(coverage, abs=0.02)


def test_memory(scores):
    real, copies = scores["real"], scores["copies"]
    assert abs(real["memorisation_z"]) < 3 and real["exact_copies"] == 0
    assert real["memorisation_ratio"] == pytest.approx(1, abs=0.05)
    error = np.hypot(0.02, 0.02)  # of 600 each, a standard error of 0.02
    assert abs(real["authenticity"] - real["held_out_authenticity"]) < 3 * error
    for found in (copies, scores["one image"]):
        assert found["memorisation_z"] < -30 and found["exact_copies"] == 1
        assert found["memorisation_ratio"] == found["authenticity"] == 0
    assert scores["noise"]["memorisation_z"] > 25
    assert scores["noise"]["authenticity"] == 1


def test_variety_and_patches(scores):
    similar = {kind: found["ms_ssim"] for kind, found in scores.items()}
    assert similar["noise"] < similar["real"] < 0.3
    assert similar["one image"] == pytest.approx(1.0)
    assert similar["copies"] == pytest.approx(similar["real"], abs=0.05)
    far = {kind: found["sliced_wasserstein"] for kind, found in scores.items()}
    assert far["real"] < 0.2 * min(far["noise"], far["one image"])
