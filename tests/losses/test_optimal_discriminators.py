"""Discriminators trained alone reach the optimum that each paper derives.

Data and fakes are two Gaussians on a line, in bins of a histogram; the discriminator
is a table of one number a bin, moved by the gradient of the discriminator's half.
"""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.losses import adversarial as losses

BINS = np.linspace(-3.0, 4.0, 15)
WIDTH = BINS[1] - BINS[0]


def counts(mean, stddev):
    density = np.exp(-0.5 * ((BINS - mean) / stddev) ** 2)
    return np.round(300 * density / density.sum()).astype(int)


REAL, FAKE = counts(-0.5, 1.0), counts(1.0, 1.2)
P, Q = REAL / REAL.sum(), FAKE / FAKE.sum()
SEEN = P + Q > 0
P_SEEN, Q_SEEN = P[SEEN], Q[SEEN]


def train(objective, steps, rate, table_of=lambda values: values, bound=None):
    """Trains a table by gradients, each bin's divided by how often it is seen.

    Args:
        objective: function of what is said of real and of fake examples.
        steps, rate: of gradient descent.
        table_of: function from the numbers that are trained to the table.
        bound: float or None. Keeps the numbers within `[-bound, bound]`.

    Returns:
        The table, of the bins that are seen, and the last loss.
    """
    values = keras.Variable(np.zeros(len(BINS), "float32"))
    rows = [np.repeat(np.arange(len(BINS)), n).astype("int32") for n in (REAL, FAKE)]
    scale = ops.convert_to_tensor(rate / np.where(SEEN, P + Q, 1.0), "float32")

    def loss_fn():
        table = table_of(values.value)
        return objective(*(ops.take(table, row)[:, None] for row in rows)), {}

    for _ in range(steps):
        (loss, _), (gradient,) = backend.value_and_grad(loss_fn, [values])
        with backend.no_gradient():
            moved = values.value - scale * gradient
            if bound is not None:
                moved = ops.clip(moved, -bound, bound)
            values.assign(moved)
    table = ops.convert_to_numpy(table_of(ops.stop_gradient(values.value)))
    return table[SEEN], float(ops.convert_to_numpy(loss))


def divergence(p, q):
    part = p > 0
    return np.sum(p[part] * np.log(p[part] / q[part]))


def test_logistic():
    """`D* = p / (p + q)`, with `log 4 - 2 JSD` (Goodfellow et al., 2014, theorem 1)."""
    table, loss = train(losses.logistic_discriminator, 300, 4.0)
    found = 1.0 / (1.0 + np.exp(-table))
    np.testing.assert_allclose(found, P_SEEN / (P_SEEN + Q_SEEN), atol=5e-3)
    middle = (P + Q) / 2
    jsd = (divergence(P, middle) + divergence(Q, middle)) / 2
    assert loss == pytest.approx(np.log(4) - 2 * jsd, abs=5e-3)


@pytest.mark.parametrize("a, b", [(0.0, 1.0), (-1.0, 1.0)])
def test_least_squares(a, b):
    """`D* = (b p + a q) / (p + q)` (Mao et al., 2017, eq. 5); for -1, 1: Pearson."""

    def objective(real, fake):
        return losses.least_squares_discriminator(real, fake, b, a)

    table, loss = train(objective, 20, 0.7)
    expected = (b * P_SEEN + a * Q_SEEN) / (P_SEEN + Q_SEEN)
    np.testing.assert_allclose(table, expected, atol=1e-4)
    least = 0.5 * (b - a) ** 2 * np.sum(P_SEEN * Q_SEEN / (P_SEEN + Q_SEEN))
    assert loss == pytest.approx(least, rel=1e-4)
    if (a, b) == (-1.0, 1.0):  # at it the generator's half, c = 0, is chi^2 / 2
        chi = np.sum((2 * Q_SEEN - (P_SEEN + Q_SEEN)) ** 2 / (P_SEEN + Q_SEEN))
        value = 0.5 * np.sum((P_SEEN + Q_SEEN) * table**2)
        assert 2 * value == pytest.approx(chi, rel=1e-3)


def test_hinge():
    """`D* = sign(p - q)`, with `2 sum min(p, q)` (Lim and Ye, 2017, section 3)."""
    table, loss = train(losses.hinge_discriminator, 400, 0.02)
    clear = np.abs(P_SEEN - Q_SEEN) > 0.2 * (P_SEEN + Q_SEEN)
    assert clear.sum() >= 8
    expected = np.sign(P_SEEN - Q_SEEN)
    np.testing.assert_allclose(table[clear], expected[clear], atol=0.03)
    assert loss == pytest.approx(2 * np.minimum(P, Q).sum(), abs=0.02)


def test_wasserstein():
    """Of slopes of at most 1 the best gives `W_1`, the area between the two CDFs."""

    def table_of(slopes):
        return WIDTH * ops.cumsum(slopes)

    _, loss = train(losses.wasserstein_critic, 200, 0.2, table_of, bound=1.0)
    distance = WIDTH * np.abs(np.cumsum(P - Q)).sum()
    assert -loss == pytest.approx(distance, rel=1e-3)


def test_equal_and_disjoint_examples():
    """At `p = q`: `log 4`, 2 and no distance; of the hinge 0 where nothing meets."""
    zeros = np.zeros((3, 1), "float32")

    def value(loss):
        return float(ops.convert_to_numpy(loss))

    found = value(losses.logistic_discriminator(zeros, zeros))
    assert found == pytest.approx(np.log(4))
    assert value(losses.hinge_discriminator(zeros, zeros)) == 2.0
    assert value(losses.wasserstein_critic(zeros, zeros)) == 0.0
    assert value(losses.hinge_discriminator(zeros + 1.0, zeros - 1.0)) == 0.0
