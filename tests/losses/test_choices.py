"""Losses and penalties as models are told of them: names, targets, weights."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses.by_name import PENALTIES
from kerasgen.losses.choices import choose_loss, choose_penalties, least_squares_loss

pytestmark = pytest.mark.any_backend

REAL, FAKE = np.float32([[2.0], [-0.5]]), np.float32([[0.3], [-1.0]])


def value(x):
    return float(ops.convert_to_numpy(x))


def test_one_sided_smoothing_of_logits_is_a_soft_target():
    """`-E[(1 - s) log D(x) + s log(1 - D(x))] - E log(1 - D(G(z)))`."""
    real, fake = (1.0 / (1.0 + np.exp(-x)) for x in (REAL, FAKE))
    expected = -np.mean(0.9 * np.log(real) + 0.1 * np.log(1 - real))
    expected -= np.mean(np.log(1 - fake))
    found = choose_loss("non_saturating", 0.1).discriminator(REAL, FAKE)
    assert value(found) == pytest.approx(expected, rel=1e-5)


def test_smoothed_optimum_is_of_the_real_density_alone():
    """At `p = q` the best logit has `D = 0.45` for a target of 0.9."""
    logits = np.linspace(-1.0, 1.0, 2001, dtype="float32")
    loss = choose_loss("minimax", 0.1)
    found = [value(loss.discriminator(t[None], t[None])) for t in logits]
    best = 1.0 / (1.0 + np.exp(-logits[np.argmin(found)]))
    assert best == pytest.approx(0.45, abs=1e-3)


def test_smoothing_of_least_squares_moves_the_target_of_real_examples():
    loss = choose_loss(least_squares_loss(-1.0, 1.0, 0.0), 0.25)
    expected = 0.5 * np.mean((REAL - 0.5) ** 2) + 0.5 * np.mean((FAKE + 1.0) ** 2)
    assert value(loss.discriminator(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)
    generator = 0.5 * np.mean(FAKE**2)
    assert value(loss.generator(None, FAKE)) == pytest.approx(generator, rel=1e-5)
    plain = choose_loss("least_squares", 0.25)
    expected = 0.5 * np.mean((REAL - 0.75) ** 2) + 0.5 * np.mean(FAKE**2)
    assert value(plain.discriminator(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["hinge", "wasserstein", "relativistic", "f:pearson"])
def test_losses_without_targets_are_not_smoothed(loss):
    with pytest.raises(ValueError, match="`label_smoothing` must be 0.*Received"):
        choose_loss(loss, 0.1)


def test_penalties_have_their_papers_weights_unless_told():
    assert choose_penalties(None) is None
    assert choose_penalties({}) == []
    assert choose_penalties("r1") == [(PENALTIES["r1"], 10.0)]
    found = choose_penalties({"r1": 0.5, "r2": 2})
    assert [weight for _, weight in found] == [0.5, 2.0]


@pytest.mark.parametrize(
    ("penalty", "message"),
    [("r3", "`penalty` must be one of"), ({"r1": -1.0}, "must be at least 0")],
)
def test_bad_penalties_are_refused(penalty, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        choose_penalties(penalty)
