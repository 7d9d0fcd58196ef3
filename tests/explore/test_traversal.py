"""Traversals: one latent a row, sorted by its divergence."""

import numpy as np
import pytest

from kerasgen.explore import average_kl, traverse
from tests.explore import tiny


def test_a_row_changes_one_latent_and_nothing_else():
    model = tiny.vae()
    start = np.array([0.3, -0.4, 0.5], "float32")
    found = traverse(model, start, dimensions=(2, 0), values=(-1.0, 0.25, 2.0))
    assert found.images.shape == (2, 3, 4, 3, 1)
    for row, latent in enumerate((2, 0)):
        rest = [j for j in range(3) if j != latent]
        np.testing.assert_array_equal(found.codes[row][:, latent], [-1.0, 0.25, 2.0])
        np.testing.assert_array_equal(found.codes[row][:, rest], [start[rest]] * 3)
        expected = model.decode(found.codes[row])
        np.testing.assert_allclose(found.images[row], expected, atol=1e-6)
    np.testing.assert_array_equal(found.facts["dimensions"], [2, 0])


def test_without_values_it_spans_the_prior_from_its_centre():
    found = traverse(tiny.vae(), steps=5)
    expected = np.tile([-3.0, -1.5, 0.0, 1.5, 3.0], (3, 1))
    np.testing.assert_allclose(found.facts["values"], expected, atol=1e-5)
    np.testing.assert_allclose(found.codes[1, 0], [0.0, -3.0, 0.0], atol=1e-5)
    for name, bound in {"uniform": 1.0, "unit_variance_uniform": 3**0.5}.items():
        uniform = traverse(tiny.gan(latent_distribution=name), steps=3)
        expected = np.float32([[-bound, 0.0, bound]] * 2)
        np.testing.assert_allclose(uniform.facts["values"], expected)


def test_relative_values_are_added_to_the_code_of_an_image():
    model, x = tiny.vae(), tiny.images(1)
    z = model.encode(x)[0]
    found = traverse(model, x[0], values=(-0.5, 0.0), relative=True)
    for j in range(3):
        np.testing.assert_allclose(found.codes[j][:, j], [z[j] - 0.5, z[j]], rtol=1e-6)
    np.testing.assert_allclose(found.codes[:, 1], [z] * 3, rtol=1e-6)


def test_relative_steps_are_deviations_of_the_prior_whatever_its_centre():
    model = tiny.linear_autoencoder()
    model.code_mean.assign([5.0, -5.0, 0.0])
    model.code_covariance.assign(np.diag([4.0, 1.0, 1.0]))
    found = traverse(model, np.ones(3), steps=3, relative=True)
    expected = [[-5.0, 1.0, 7.0], [-2.0, 1.0, 4.0], [-2.0, 1.0, 4.0]]
    np.testing.assert_allclose(found.facts["values"], expected, rtol=0.1)


def test_rows_are_sorted_by_the_divergence_which_adds_up_to_the_models():
    model, x = tiny.vae(), tiny.images()
    model.compile()
    kl = average_kl(model, x)
    mean, log_variance = (m.astype("float64") for m in model.encode(x, distribution=1))
    closed = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance)
    np.testing.assert_allclose(kl, closed.mean(axis=0), rtol=1e-5)
    log = model.evaluate(x.astype("float32") // 128, return_dict=True, verbose=0)
    binary = average_kl(model, x.astype("float32") // 128)
    assert binary.sum() == pytest.approx(log["kl"], rel=1e-4)
    found = traverse(model, reference=x, steps=3)
    order = np.argsort(-kl)
    np.testing.assert_array_equal(found.facts["dimensions"], order)
    np.testing.assert_allclose(found.facts["kl"], kl[order], rtol=1e-6)
    assert (found.codes[0, :, order[0]] != 0).any()


def test_an_unused_latent_has_no_divergence_and_shows_one_image():
    model, x = tiny.vae(), tiny.images()
    kernel, bias = model.encoder.get_weights()[-2:]
    kernel[:, [1, 4]], bias[[1, 4]] = 0.0, 0.0  # mean and log-variance of latent 1
    model.encoder.set_weights([*model.encoder.get_weights()[:-2], kernel, bias])
    first, *rest = model.decoder.get_weights()
    first[1] = 0.0
    model.decoder.set_weights([first, *rest])
    found = traverse(model, reference=x)
    assert found.facts["dimensions"][-1] == 1
    assert found.facts["kl"][-1] == pytest.approx(0.0, abs=1e-6)
    assert np.ptp(found.images[-1], axis=0).max() < 1e-6
    assert np.ptp(found.images[0], axis=0).max() > 1e-4


def test_an_autoencoder_is_sorted_by_the_variance_of_its_codes():
    model, x = tiny.linear_autoencoder(), tiny.images()
    expected = 0.5 * model.encode(x).var(axis=0)
    np.testing.assert_allclose(average_kl(model, x), expected, rtol=1e-6)


def test_labels_reach_the_decoder():
    model = tiny.vae(num_classes=3)
    one, two = (traverse(model, labels=k, steps=3).images for k in (1, 2))
    assert np.abs(one - two).max() > 1e-3


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"values": (1.0, np.nan)}, "`values` must be one or more finite"),
        ({"values": ()}, "`values` must be one or more finite"),
        ({"steps": 1}, "`steps` must be at least 2"),
        ({"start": tiny.images(2)}, "`start` must be one code or one image"),
        ({"dimensions": 3}, "`dimensions` must be different ints"),
    ],
)
def test_wrong_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        traverse(tiny.vae(), **kwargs)
