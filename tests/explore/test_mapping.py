"""Maps of codes in the plane."""

import numpy as np
import pytest

from kerasgen.explore import map_2d
from tests.explore import tiny


@pytest.fixture(scope="module")
def model():
    return tiny.vae()


def test_a_model_of_two_latents_is_its_own_map():
    model, x = tiny.vae(latent_dim=2), tiny.images()
    found = map_2d(model, x, labels=np.arange(6) % 2)
    assert found.method == "latents"
    np.testing.assert_array_equal(found.points, model.encode(x))


def test_principal_components_keep_the_most_variance(model):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 3)) * (0.1, 5.0, 2.0)
    found = map_2d(model, z)
    assert found.method == "pca"
    turned = z - z.mean(axis=0)
    np.testing.assert_allclose(found.points.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(
        found.points.var(axis=0), z.var(axis=0)[[1, 2]], rtol=0.02
    )
    assert np.corrcoef(found.points[:, 0], turned[:, 1])[0, 1] > 0.999
    covariance = np.cov(found.points.T)
    assert abs(covariance[0, 1]) < 1e-4


def test_tsne_keeps_groups_apart_and_repeats(model):
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    z = rng.normal(size=(40, 3)) * 0.1 + 10.0 * y[:, None]
    found = map_2d(model, z, y, method="tsne", seed=3)
    np.testing.assert_array_equal(
        found.points, map_2d(model, z, method="tsne", seed=3).points
    )
    centres = [found.points[y == k].mean(axis=0) for k in (0, 1)]
    between = np.linalg.norm(centres[0] - centres[1])
    assert between > 2 * max(found.points[y == k].std() for k in (0, 1))


@pytest.mark.parametrize("classes", [1, 10, 30])
def test_the_picture_has_its_colours(model, classes, tmp_path):
    z = np.random.default_rng(0).normal(size=(60, 3))
    labels = np.arange(60) % classes if classes > 1 else None
    found = map_2d(model, z, labels)
    picture = found.picture()
    assert picture.shape == (480, 560, 3) and picture.dtype == np.uint8
    inside = picture[60:400, 80:440].reshape(-1, 3).astype(int)
    colours = np.unique(inside[np.ptp(inside, axis=1) > 60], axis=0)
    assert (len(colours) > 20) == (classes > 1)
    found.save(tmp_path / "map.npz")
    with np.load(tmp_path / "map.npz") as arrays:
        np.testing.assert_array_equal(arrays["points"], found.points)
        assert ("labels" in arrays.files) == (classes > 1)


def test_a_conditional_model_is_told_the_labels():
    model, x = tiny.vae(num_classes=3), tiny.images()
    y = np.arange(6) % 3
    found = map_2d(model, x, y)
    np.testing.assert_array_equal(found.codes, model.encode(x, labels=y))
    with pytest.raises(ValueError, match="`labels` must be given"):
        map_2d(model, x)


def test_wrong_arguments_are_refused(model):
    z = np.zeros((4, 3))
    with pytest.raises(ValueError, match="Did you mean 'tsne'"):
        map_2d(model, z, method="t-sne")
    with pytest.raises(ValueError, match="at least 5 examples"):
        map_2d(model, z, method="tsne")
    with pytest.raises(ValueError, match=r"`labels` must have shape \(4,\)"):
        map_2d(model, z, labels=[1, 2])
    with pytest.raises(ValueError, match="one latent"):
        map_2d(tiny.vae(latent_dim=1), np.zeros((4, 1)), method="latents")
