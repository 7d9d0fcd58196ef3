"""Losses and penalties by name: which they are, where, and how they train."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.losses import adversarial, by_name, penalties
from kerasgen.losses.boundary_seeking import boundary_seeking_generator
from kerasgen.losses.f_divergence import F_DIVERGENCES, f_discriminator, f_generator
from kerasgen.losses.relativistic import relativistic_generator
from tests.losses.halves import value, value_and_slopes

DRAWS = np.random.default_rng(0)
REAL, FAKE = DRAWS.normal(size=(2, 6, 2)).astype("float32")
SAID, FAKE_SAID = np.float32([[1.0], [-0.5]]), np.float32([[0.3], [-2.0]])
W = np.float32([[3.0], [4.0]])
OF_GRADIENT = [n for n, p in by_name.PENALTIES.items() if p.of_gradient]


def linear(x):
    return ops.matmul(x, ops.convert_to_tensor(W))


def test_all_names():
    plain = ["non_saturating", "minimax", "boundary_seeking", "least_squares"]
    plain += ["wasserstein", "hinge", "relativistic", "relativistic_average"]
    for form in ("least_squares", "hinge"):
        plain += [f"relativistic_{form}", f"relativistic_average_{form}"]
    of_divergences = {f"f:{name}" for name in F_DIVERGENCES}
    assert {*by_name.ADVERSARIAL_LOSSES} == {*plain} | of_divergences
    kinds = {"gradient", "one_sided", "zero_centred", "dragan", "r1", "r2"}
    assert {*OF_GRADIENT} == kinds
    kinds |= {"consistency", "balanced_consistency", "lecam", "one_sided_lecam"}
    assert {*by_name.PENALTIES} == kinds


def test_other_names_are_refused():
    with pytest.raises(ValueError, match="Did you mean 'hinge'.* Received: loss='hing"):
        by_name.adversarial_loss("hing")
    with pytest.raises(ValueError, match="`penalty` must be one of"):
        by_name.penalty_by_name("R3")


PAIRS = {
    "non_saturating": adversarial.non_saturating_generator,
    "minimax": adversarial.minimax_generator,
    "boundary_seeking": boundary_seeking_generator,
    "least_squares": adversarial.least_squares_generator,
    "wasserstein": adversarial.wasserstein_generator,
    "hinge": adversarial.hinge_generator,
    "f:kl": lambda fake: f_generator(fake, "kl"),
    "f:neyman": lambda fake: f_generator(fake, "neyman"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_generators_that_need_no_real_examples(name):
    loss = by_name.adversarial_loss(name)
    assert not loss.needs_real
    found = value(loss.generator(None, FAKE_SAID))
    assert found == pytest.approx(value(PAIRS[name](FAKE_SAID)), rel=1e-6)


def test_generators_that_do():
    for name, loss in by_name.ADVERSARIAL_LOSSES.items():
        assert loss.needs_real == name.startswith("relativistic")
    loss = by_name.adversarial_loss("relativistic_average_hinge")
    expected = relativistic_generator(SAID, FAKE_SAID, "hinge", True)
    assert value(loss.generator(SAID, FAKE_SAID)) == value(expected)


@pytest.mark.parametrize(
    "name, function",
    [
        ("non_saturating", adversarial.logistic_discriminator),
        ("minimax", adversarial.logistic_discriminator),
        ("boundary_seeking", adversarial.logistic_discriminator),
        ("least_squares", adversarial.least_squares_discriminator),
        ("wasserstein", adversarial.wasserstein_critic),
        ("hinge", adversarial.hinge_discriminator),
        ("f:pearson", lambda *said: f_discriminator(*said, "pearson")),
        ("f:reverse_kl", lambda *said: f_discriminator(*said, "reverse_kl")),
    ],
)
def test_discriminators(name, function):
    found = by_name.adversarial_loss(name).discriminator(SAID, FAKE_SAID)
    assert value(found) == pytest.approx(value(function(SAID, FAKE_SAID)), rel=1e-6)


@pytest.mark.parametrize("name", by_name.ADVERSARIAL_LOSSES)
def test_all_push_the_right_way(name):
    """The discriminator's real up and fake down, the generator's fake up.

    But that which seeks the boundary, 0, from above it.
    """
    loss = by_name.adversarial_loss(name)
    said = np.float32([[0.4], [0.2]]), np.float32([[0.3], [0.1]])
    _, (real, fake) = value_and_slopes(loss.discriminator, *said)
    assert np.all(real < 0.0) and np.all(fake > 0.0)
    _, (fake,) = value_and_slopes(lambda x: loss.generator(said[0], x), said[1])
    assert np.all(fake > 0.0 if name == "boundary_seeking" else fake < 0.0)


@pytest.mark.parametrize("name", by_name.ADVERSARIAL_LOSSES)
def test_opinions_and_what_indecision_costs(name):
    loss = by_name.adversarial_loss(name)
    found = np.array(ops.convert_to_numpy(loss.opinion(ops.convert_to_tensor(SAID))))
    if loss.bounded:
        np.testing.assert_allclose(found, 1 / (1 + np.exp(-SAID)), rtol=1e-5)
    elif name.startswith("f:"):
        activation = F_DIVERGENCES[name[2:]].activation
        expected = ops.convert_to_numpy(activation(ops.convert_to_tensor(SAID)))
        np.testing.assert_allclose(found, expected)
    else:
        np.testing.assert_array_equal(found, SAID)
    if loss.undecided is not None:
        undecided = np.full((2, 1), 0.5 if name == "least_squares" else 0.0, "float32")
        cost = value(loss.discriminator(undecided, undecided))
        assert loss.undecided == pytest.approx(cost, rel=1e-6)


@pytest.mark.every_backend
@pytest.mark.parametrize(
    "name, weighted",
    [
        ("gradient", 160.0),
        ("one_sided", 160.0),
        ("dragan", 160.0),
        ("r1", 125.0),
        ("r2", 125.0),
        ("zero_centred", 2500.0),
    ],
)
def test_penalties_of_a_linear_critic(name, weighted):
    """Of `w = (3, 4)`: 10 (5 - 1)^2, 10 25 / 2 and 100 25, wherever it is measured."""
    penalty = by_name.penalty_by_name(name)
    loss = penalty.function(linear, REAL, FAKE, 0)
    assert value(penalty.weight * loss) == pytest.approx(weighted, rel=1e-5)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"


def test_penalties_of_a_linear_critic_that_take_no_gradient():
    """Of images half as large: `(w . x / 2)^2`; of what is said by its averages."""

    def half(x):
        return 0.5 * x

    known = {}
    for kind, x in (("real", REAL), ("fake", FAKE)):
        known[kind] = np.mean((0.5 * x @ W) ** 2)
    found = by_name.penalty_by_name("consistency").function(linear, REAL, FAKE, half)
    assert value(found) == pytest.approx(known["real"], rel=1e-5)
    penalty = by_name.penalty_by_name("balanced_consistency")
    found = penalty.function(linear, REAL, FAKE, half)
    assert value(found) == pytest.approx(known["real"] + known["fake"], rel=1e-5)
    for name in ("consistency", "balanced_consistency"):
        assert by_name.PENALTIES[name].weight == 10.0
    for name, parts in (("lecam", (0.6, -2.3)), ("one_sided_lecam", (0.6, 0.0))):
        penalty = by_name.penalty_by_name(name)
        found = penalty.function(np.float32([[1.0]]), np.float32([[2.5]]), 0.2, 0.4)
        assert value(found) == pytest.approx(np.sum(np.square(parts)), rel=1e-5)
        assert penalty.weight == 0.3


@pytest.mark.parametrize("name", OF_GRADIENT)
def test_where_penalties_take_the_gradient(name):
    penalty, seen = by_name.penalty_by_name(name), []

    def critic(x):
        seen.append(np.array(ops.convert_to_numpy(ops.stop_gradient(x))))
        return linear(x)

    if keras.backend.backend() == "jax":  # a gradient's values cannot be read there
        return
    penalty.function(critic, REAL, FAKE, 3)
    (x,) = seen
    if penalty.points in ("real", "fake"):
        np.testing.assert_array_equal(x, REAL if penalty.points == "real" else FAKE)
    elif penalty.points == "between":
        share = (x - FAKE) / (REAL - FAKE)  # the same in both places of an example
        np.testing.assert_allclose(share[:, 0], share[:, 1], rtol=1e-2, atol=1e-4)
        assert 0.0 <= share.min() < share.max() <= 1.0
        epsilon = keras.random.uniform((6,), dtype="float32", seed=3)
        expected = penalties.between(REAL, FAKE, epsilon)
        np.testing.assert_array_equal(x, ops.convert_to_numpy(expected))
    else:
        moved = (x - REAL) / REAL.std()
        assert 0.0 <= moved.min() < moved.max() <= 0.5
        assert len(np.unique(np.round(moved, 4))) == moved.size


@pytest.mark.every_backend
@pytest.mark.parametrize("name", OF_GRADIENT)
def test_penalties_train_the_critic_and_not_the_generator(name):
    """The slope along a direction of the weights by differences; none for `fake`."""
    penalty = by_name.penalty_by_name(name)
    draws = np.random.default_rng(1)
    first, second = draws.normal(size=(2, 3)), draws.normal(size=(3, 1))

    def loss(first, second, fake):
        def critic(x):
            hidden = ops.tanh(ops.matmul(ops.cast(x, "float32"), first))
            return ops.matmul(hidden, second)

        return penalty.function(critic, REAL, fake, 5)

    arrays = (1.5 * first, 1.5 * second, FAKE)
    _, slopes = value_and_slopes(loss, *arrays)
    np.testing.assert_array_equal(slopes[2], 0.0)
    for i in (0, 1):
        direction = slopes[i] / np.linalg.norm(slopes[i])
        direction, ends = direction + 0.3 * draws.normal(size=direction.shape), []
        for sign in (1, -1):
            moved = list(arrays)
            moved[i] = moved[i] + sign * 1e-2 * direction
            moved = [ops.convert_to_tensor(np.float32(x)) for x in moved]
            with backend.no_gradient():
                ends.append(value(loss(*moved)))
        expected = (ends[0] - ends[1]) / 2e-2
        assert abs(expected) > 1e-3
        assert np.sum(slopes[i] * direction) == pytest.approx(expected, rel=5e-3)
