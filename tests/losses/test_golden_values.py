"""The losses of GANs against figures worked out by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.losses import by_name, energy
from kerasgen.losses.relativistic import (
    relativistic_discriminator,
    relativistic_generator,
)

pytestmark = pytest.mark.every_backend

REAL, FAKE = np.float32([[1.0], [2.0]]), np.float32([[0.0], [-1.0]])


def value(x):
    return float(ops.convert_to_numpy(x))


@pytest.mark.parametrize(
    "form, average, discriminator, generator",
    [
        ("logistic", False, 0.180925, 2.180925),
        ("logistic", True, 0.280303, 4.280303),
        ("least_squares", False, 2.0, 10.0),
        ("least_squares", True, 2.5, 18.5),
        ("hinge", False, 0.0, 3.0),
        ("hinge", True, 0.0, 6.0),
    ],
)
def test_relativistic(form, average, discriminator, generator):
    loss = relativistic_discriminator(REAL, FAKE, form, average)
    assert value(loss) == pytest.approx(discriminator, abs=1e-6)
    loss = relativistic_generator(REAL, FAKE, form, average)
    assert value(loss) == pytest.approx(generator, abs=2e-6)


def test_pairs_are_of_example_i_with_i():
    real, fake = np.float32([3.0, -5.0]), np.float32([1.0, 2.0])
    loss = relativistic_discriminator(real, fake, "least_squares")
    assert value(loss) == pytest.approx(((2 - 1) ** 2 + (-7 - 1) ** 2) / 2)


def test_shapes_that_would_make_all_pairs_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        relativistic_discriminator(REAL, FAKE[:, 0])


def test_the_controller_of_began():
    """From k = 0, L(x) = 0.2 and L(G(z)) = 0.05: k = 5e-5, M = 0.25."""
    real, fake = np.float32([0.1, 0.3]), np.float32([0.05, 0.05])
    k = energy.next_balance(0.0, real, fake, gamma=0.5, rate=0.001)
    assert value(k) == pytest.approx(5e-5, rel=1e-4)
    assert value(energy.convergence_measure(real, fake, 0.5)) == pytest.approx(0.25)
    assert value(energy.next_balance(0.0, fake, real)) == 0.0
    assert value(energy.next_balance(1.0, 9 * real, fake)) == 1.0
    still = energy.next_balance(0.3, real, 0.5 * real)
    assert value(still) == pytest.approx(0.3)
    loss = energy.equilibrium_discriminator(real, fake, 0.3)
    assert value(loss) == pytest.approx(0.2 - 0.3 * 0.05)
    assert value(energy.equilibrium_generator(fake)) == pytest.approx(0.05)


def test_the_margin_of_ebgan():
    real, fake = np.float32([1.0, 2.0]), np.float32([4.0, 11.0])
    loss = energy.energy_discriminator(real, fake, margin=10.0)
    assert value(loss) == pytest.approx(1.5 + (6.0 + 0.0) / 2)
    assert value(energy.energy_generator(fake)) == pytest.approx(7.5)
    same = np.full(3, 4.0, "float32")
    loss = energy.energy_discriminator(same, same, margin=10.0)
    assert value(loss) == pytest.approx(10.0)  # the equilibrium


@pytest.mark.parametrize("name, weighted", [("r1", 125.0), ("r2", 125.0)])
def test_r1_of_a_linear_critic(name, weighted):
    w = ops.convert_to_tensor(np.float32([[3.0], [4.0]]))
    penalty = by_name.penalty_by_name(name)
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    loss = penalty.function(lambda x: ops.matmul(x, w), x, x + 1.0, 0)
    assert value(penalty.weight * loss) == pytest.approx(weighted, rel=1e-5)


@pytest.mark.parametrize("name", ["gradient", "one_sided", "dragan"])
def test_norm_penalties_of_a_linear_critic(name):
    """10 (||w|| - 1)^2 = 160, wherever the gradient is taken."""
    w = ops.convert_to_tensor(np.float32([[3.0], [4.0]]))
    penalty = by_name.penalty_by_name(name)
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    loss = penalty.function(lambda x: ops.matmul(x, w), x, x + 1.0, 0)
    assert value(penalty.weight * loss) == pytest.approx(160.0, rel=1e-5)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"


def test_names():
    assert {"gradient", "one_sided", "zero_centred", "dragan", "r1", "r2"} == {
        *by_name.PENALTIES
    }
    with pytest.raises(ValueError, match="Did you mean 'hinge'.* Received: loss='hing"):
        by_name.adversarial_loss("hing")
    with pytest.raises(ValueError, match="`penalty` must be one of"):
        by_name.penalty_by_name("R3")
