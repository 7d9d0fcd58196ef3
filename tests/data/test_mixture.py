import numpy as np
import pytest

from kerasgen.data import load

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("kind, modes, std", [("ring", 8, 0.01), ("grid", 25, 0.05)])
def test_modes_are_distinct_even_and_of_the_papers_width(kind, modes, std):
    dataset = load("mixture", kind=kind, labels=True)
    x, y = dataset.arrays()
    assert dataset.data_shape == (2,) and dataset.image_shape is None
    assert dataset.std == std and dataset.num_classes == modes
    centers = dataset.centers
    assert len(np.unique(centers.round(3), axis=0)) == modes
    residual = x - centers[y]
    assert residual.std() == pytest.approx(std, rel=0.02)
    share = np.bincount(y) / len(y)
    np.testing.assert_allclose(share, 1 / modes, rtol=0.1)
    inside = (np.linalg.norm(residual, axis=1) <= 3 * std).mean()
    assert inside == pytest.approx(0.9889, abs=0.005)  # 1 - exp(-9 / 2)


def test_centers_are_those_of_the_papers():
    ring = load("mixture").centers
    np.testing.assert_allclose(np.linalg.norm(ring, axis=1), 1, rtol=1e-6)
    grid = load("mixture", kind="grid").centers
    assert {tuple(c) for c in grid} == {
        (a, b) for a in (-4, -2, 0, 2, 4) for b in (-4, -2, 0, 2, 4)
    }


def test_scale_makes_the_ring_of_unrolled_gan():
    small, large = load("mixture"), load("mixture", scale=2)
    assert large.std == 0.02
    np.testing.assert_allclose(large.centers, 2 * small.centers)
    np.testing.assert_allclose(large.take(9)[0], 2 * small.take(9)[0], rtol=1e-6)


def test_a_width_can_be_chosen():
    dataset = load("mixture", labels=True, std=0.1)
    x, y = dataset.arrays()
    assert (x - dataset.centers[y]).std() == pytest.approx(0.1, rel=0.02)


def test_splits_and_seeds_are_streams_of_their_own():
    first = load("mixture").take(5)[0]
    np.testing.assert_array_equal(load("mixture").take(5)[0], first)
    for other in (load("mixture", "test"), load("mixture", seed=1)):
        assert (other.take(5)[0] != first).all()


def test_the_swissroll_has_no_modes():
    dataset = load("mixture", kind="swissroll", std=0, num_examples=500)
    x, _ = dataset.arrays()
    assert dataset.centers is None and x.shape == (500, 2)
    radius = np.linalg.norm(x, axis=1) * 7.5
    turns = (np.arctan2(x[:, 1], x[:, 0]) - radius) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-4)
    with pytest.raises(ValueError, match="`labels` must be one of"):
        load("mixture", kind="swissroll", labels=True)
