"""What explorations need of a model: codes in, images out, the prior's quantiles."""

import numpy as np
import pytest
from scipy import stats

import kerasgen
from kerasgen.explore import codes
from tests.explore import tiny


def test_quantiles_are_those_of_the_prior():
    p = np.array([0.1, 0.5, 0.9])
    normal = codes.prior_quantiles(tiny.vae(), p)
    np.testing.assert_allclose(normal[:, 2], stats.norm.ppf(p), atol=1e-6)
    for name, bound in {"uniform": 1.0, "unit_variance_uniform": 3**0.5}.items():
        uniform = codes.prior_quantiles(tiny.gan(latent_distribution=name), p)
        np.testing.assert_allclose(uniform[:, 0], [-0.8 * bound, 0.0, 0.8 * bound])


def test_quantiles_of_another_prior_follow_what_it_draws():
    model = tiny.linear_autoencoder()
    model.code_mean.assign([1.0, -2.0, 0.0])
    model.code_covariance.assign(np.diag([4.0, 1.0, 0.25]))
    found = codes.prior_quantiles(model, stats.norm.cdf([0.0, 1.0]))
    np.testing.assert_allclose(found[0], [1.0, -2.0, 0.0], atol=0.1)
    np.testing.assert_allclose(found[1] - found[0], [2.0, 1.0, 0.5], rtol=0.05)


def test_images_are_encoded_and_codes_left_alone():
    model, x = tiny.vae(), tiny.images(2)
    np.testing.assert_array_equal(codes.as_codes(model, x), model.encode(x))
    one = codes.as_codes(model, x[1])
    np.testing.assert_allclose(one, model.encode(x[1:]), atol=1e-6)
    z = np.array([[0.5, -1.0, 2.0]])
    np.testing.assert_array_equal(codes.as_codes(model, z[0]), z.astype("float32"))
    scaled = codes.as_codes(model, x.astype("float32") / 255)
    np.testing.assert_allclose(scaled, model.encode(x), atol=1e-5)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((2, 4)), "`x` must be codes of shape .n, 3. or images"),
        (np.zeros((2, 5, 3, 1)), "`x` must be codes"),
        (np.full((2, 3), np.nan), "`x` must hold finite numbers"),
    ],
)
def test_other_arrays_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        codes.as_codes(tiny.vae(), x)


def test_labels_go_with_rows():
    model = tiny.vae(num_classes=4)
    z = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    found = codes.decode(model, z, codes.row_labels(model, [3, 1], 2))
    for row, label in enumerate((3, 1)):
        expected = model.decode(z[row], labels=label)
        np.testing.assert_allclose(found[row], expected, atol=1e-6)
    np.testing.assert_array_equal(codes.row_labels(model, 2, 3), [2, 2, 2])
    with pytest.raises(ValueError, match="`labels` must be given for a model"):
        codes.row_labels(model, None, 2)
    with pytest.raises(ValueError, match="`labels` must be an int or 2 ints"):
        codes.row_labels(model, [1, 2, 3], 2)
    with pytest.raises(ValueError, match="`labels` must be None"):
        codes.row_labels(tiny.vae(), 1, 2)


def test_a_gan_decodes_and_its_own_seed_stays():
    model = tiny.gan(num_classes=3)
    z = np.random.default_rng(0).normal(size=(1, 4, 2)).astype("float32")
    before = np.array(model.seed_generator.state.value)
    found = codes.decode(model, z, codes.row_labels(model, 2, 1))
    expected = model.sample(4, labels=2, latents=z[0], seed=9)
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    np.testing.assert_array_equal(np.array(model.seed_generator.state.value), before)


def test_models_without_codes_or_encoder_are_refused():
    pixels = kerasgen.autoregressive.PixelCNN((4, 4, 1), 2, 1, 2)
    with pytest.raises(TypeError, match="`model` must have codes.*type PixelCNN"):
        codes.check_model(pixels)
    conditional = tiny.vae()
    conditional.condition_shape = (4, 3, 1)
    with pytest.raises(TypeError, match="must not be conditional on images"):
        codes.check_model(conditional)
    with pytest.raises(TypeError, match="`model` must have an encoder.*type GAN"):
        codes.encode(tiny.gan(), tiny.images())


@pytest.mark.parametrize("dimensions", [[3], [0, 0], []])
def test_dimensions_are_different_latents(dimensions):
    with pytest.raises(ValueError, match="`dimensions` must be different ints in"):
        codes.check_dimensions(tiny.vae(), dimensions)
