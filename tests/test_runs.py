"""Figures and pictures of a run's end; the rest of `Run` is in `test_recipe.py`."""

import numpy as np
import pytest
from matplotlib import image

import kerasgen
from kerasgen.runs import Run


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A run, a conditional model and its test images, 5 rows of 4 pixels."""
    folder = tmp_path_factory.mktemp("run")
    run = Run(folder, "tests/runs", {}, ["python"], verbose=0)
    x = np.random.default_rng(0).integers(0, 2, (20, 5, 4, 1), "uint8") * 255
    labels = np.arange(20) % 3
    test = kerasgen.data.Dataset(x, labels, batch_size=8, shuffle=False)
    model = kerasgen.autoregressive.FVBN((5, 4, 1), num_classes=3, seed=0)
    rng = np.random.default_rng(1)  # a new FVBN gives every image the same
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return run, model, test


def test_likelihood_is_the_mean_over_the_first_images(parts):
    run, model, test = parts
    figures = run.likelihood(model, test, num_images=7, batch_size=4)
    x, labels = test.take(7)
    assert figures["test_images"] == 7
    nats = -model.log_prob(x, labels)
    assert np.std(nats) > 0.1
    assert figures["test_nats"] == pytest.approx(nats.mean(), rel=1e-5)
    bits = model.bits_per_dim(x, labels).mean()
    assert figures["test_bits_per_dim"] == pytest.approx(bits, rel=1e-5)


def test_likelihood_of_fewer_images_says_how_many(parts):
    run, model, test = parts
    assert run.likelihood(model, test)["test_images"] == 20


def test_bounds_are_means_over_the_first_images(parts):
    run, _, test = parts
    model = kerasgen.autoencoders.VAE(
        (5, 4, 1), latent_dim=2, hidden_widths=(3,), num_classes=3
    )
    model.compile()
    figures = run.bounds(model, test, num_samples=3, num_images=7)
    x, labels = test.take(7)
    nats = -model.log_prob(x, labels, num_samples=3)
    assert np.std(nats) > 0.01
    name = "test_nll_3_samples_7_images"
    assert figures[name] == pytest.approx(nats.mean(), rel=1e-5)
    name = "test_negative_elbo_7_images"
    assert figures[name] == pytest.approx(-model.elbo(x, labels).mean(), rel=1e-5)
    logs = model.evaluate(test, verbose=0, return_dict=True)
    assert figures["test_kl"] == pytest.approx(logs["kl"], rel=1e-5)


def test_completions_keep_the_upper_half(parts):
    run, model, test = parts
    run.save_completions(model, test, num_images=8, seed=3)
    found = np.round(255 * image.imread(run.folder / "completions.png"))
    if found.ndim == 3:
        found = found[..., 0]
    x, labels = test.take(8)
    given = np.zeros((5, 4), bool)
    given[:2] = True
    expected = model.complete(x, given, labels, seed=3)
    same = kerasgen.images.to_uint8(expected) == x
    assert same[:, :2].all() and not same[:, 2:].all()
    np.testing.assert_array_equal(
        found, kerasgen.images.grid(expected, columns=8)[..., 0]
    )
