"""EBGAN: the energy, its margin and the pulling-away term."""

import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.gans.ebgan import EBGAN
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "code_dim": 2, "filters": 2}


def array(x):
    return ops.convert_to_numpy(x)


def number(x):
    return float(array(x))


def said(energies, codes=((1.0, 0.0), (0.0, 1.0))):
    return ops.convert_to_tensor(np.float32(energies)), np.float32(codes)


def judged(model, x):
    return model.compute_losses("discriminator", x, None, True)


def test_contract():
    check_model(
        EBGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "code_dim": 4,
            "filters": 2,
            "margin": 3.0,
            "repelling_weight": 0.1,
            "energy": "mean_squared",
            "latent_distribution": "uniform",
        },
    )


@pytest.mark.parametrize("energy", ["norm", "mean_squared"])
def test_energy_is_the_error_of_the_autoencoder(energy):
    model = EBGAN((8, 8, 1), **SMALL, energy=energy, seed=0)
    x = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 1)).astype("float32")
    image, codes = (array(part) for part in model.discriminator(x))
    squares = np.square(image - x).sum((1, 2, 3))
    expected = np.sqrt(squares) if energy == "norm" else squares / 64
    found = model.discriminate(x, None, False)
    np.testing.assert_allclose(array(found[0]), expected, rtol=1e-4)
    np.testing.assert_array_equal(array(found[1]), codes)
    assert codes.shape == (3, 2)


def test_objectives_with_a_margin():
    """Equations 1 and 2: beyond the margin the hinge is off, but not of real images."""
    model = EBGAN((8, 8, 1), **SMALL, margin=3.0)
    real, fake = said([2.0, 7.0]), said([1.0, 4.0])
    found = number(model.discriminator_objective(real, fake))
    assert found == pytest.approx(4.5 + (2.0 + 0.0) / 2)
    assert number(model.generator_objective(fake)) == pytest.approx(2.5)
    assert number(model.measure(real, fake)["inside"]) == 0.5


def test_the_loss_is_the_margin_where_energies_are_equal_below_it():
    """Theorem 1: `V = m` at the equilibrium."""
    model = EBGAN((8, 8, 1), **SMALL, margin=3.0)
    for energy in (0.0, 1.2, 3.0):
        pair = said([energy] * 2)
        assert number(model.discriminator_objective(pair, pair)) == pytest.approx(3.0)


@pytest.mark.parametrize(
    "codes, expected",
    [
        ([[1.0, 0.0], [0.0, 3.0]], 0.0),
        ([[1.0, 2.0], [-2.0, -4.0]], 1.0),
        ([[1.0, 0.0], [1.0, 1.0]], 0.5),
    ],
)
def test_pulling_away_is_the_generators_alone(codes, expected):
    model = EBGAN((8, 8, 1), **SMALL, margin=3.0, repelling_weight=0.1)
    fake = said([1.0, 4.0], codes)
    found = number(model.generator_objective(fake))
    assert found == pytest.approx(2.5 + 0.1 * expected, abs=1e-6)
    assert number(model.discriminator_objective(fake, fake)) == pytest.approx(3.5)
    repelling = number(model.measure(fake, fake)["repelling"])
    assert repelling == pytest.approx(expected, abs=1e-6)


def test_generated_images_beyond_the_margin_have_no_part_in_the_step():
    x = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 1)).astype("float32")
    moved = []
    for margin in (1e-6, 1e6):
        model = EBGAN((8, 8, 1), **SMALL, margin=margin, seed=0)
        variables = model.discriminator.trainable_variables
        slopes = [
            backend.value_and_grad(loss_fn, variables)[1]
            for loss_fn in (
                lambda m=model: (judged(m, x)["loss"], {}),
                lambda m=model: (ops.mean(m.discriminate(x, None, True)[0]), {}),
            )
        ]
        far = [np.abs(array(a - b)).max() for a, b in zip(*slopes, strict=True)]
        moved.append(max(far) > 1e-6)
    assert moved == [False, True]


def test_energies_are_scores_of_other_losses_with_the_other_sign():
    model = EBGAN((8, 8, 1), **SMALL, loss="wasserstein")
    real, fake = said([2.0, 7.0]), said([1.0, 4.0])
    found = number(model.discriminator_objective(real, fake))
    assert found == pytest.approx(4.5 - 2.5)
    assert number(model.describe(real, fake)["real"]) == 4.5


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_margin_is_positive(bad):
    with pytest.raises(ValueError, match="`margin` must be.*Received"):
        EBGAN((8, 8, 1), margin=bad)


def test_a_term_of_pairs_takes_all_of_a_batch():
    with pytest.raises(ValueError, match="`top_k` must be 1 with a `repelling_weight`"):
        EBGAN((8, 8, 1), **SMALL, repelling_weight=0.1, top_k=0.5)
    assert EBGAN((8, 8, 1), **SMALL, top_k=0.5).top_k == 0.5
