"""Regularizers against closed forms and differences, also of second order."""

import numpy as np
import pytest
from keras import ops

from kerasgen.losses import regularizers
from tests.losses.halves import check_against, value, value_and_slopes

pytestmark = pytest.mark.every_backend

DRAWS = np.random.default_rng(0)
REAL, FAKE = DRAWS.normal(size=(2, 4, 3))


def test_consistency_of_a_linear_critic():
    """Where `T` adds a step `s` to all examples it is `(w . s)^2`."""
    step, w = np.float32([[0.5, -1.0, 2.0]]), DRAWS.normal(size=(3, 1))

    def loss(w):
        def critic(x):
            return ops.matmul(ops.cast(x, "float32"), w)

        return regularizers.consistency(critic, np.float32(REAL), lambda x: x + step)

    check_against(lambda w: np.sum(step @ w) ** 2, loss, w)


def test_consistency_is_a_mean_over_examples_and_a_sum_over_what_is_said():
    loss = regularizers.consistency(lambda x: x, np.float32(REAL), lambda x: 2.0 * x)
    assert value(loss) == pytest.approx(np.sum(REAL**2) / 4, rel=1e-5)


def test_balanced_consistency_is_of_both_kinds():
    def twice(x):
        return 2.0 * x

    real, fake = np.float32(REAL), np.float32(FAKE)
    loss = regularizers.balanced_consistency(lambda x: x, real, fake, twice)
    expected = (np.sum(REAL**2) + np.sum(FAKE**2)) / 4
    assert value(loss) == pytest.approx(expected, rel=1e-5)


def off_diagonal(kernel):
    kernel = kernel.reshape(-1, kernel.shape[-1])
    products = kernel.T @ kernel
    return np.sum((products - np.diag(np.diag(products))) ** 2)


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 2, 4)])
def test_orthogonal_penalty(shape):
    kernel = DRAWS.normal(size=shape)
    check_against(off_diagonal, regularizers.orthogonal_penalty, kernel)
    _, (slope,) = value_and_slopes(regularizers.orthogonal_penalty, kernel)
    flat = kernel.reshape(-1, shape[-1])
    off = flat.T @ flat * (1 - np.eye(shape[-1]))
    np.testing.assert_allclose(slope.reshape(flat.shape), 4 * flat @ off, rtol=1e-3)


def test_orthogonal_columns_of_any_length_cost_nothing():
    kernel = np.float32([[3.0, 0.0], [0.0, 0.1], [0.0, 0.0]])
    assert value(regularizers.orthogonal_penalty(kernel)) == 0.0
    rows = np.float32(
        kernel.T
    )  # the columns of which are not: they are (3, 0), (0, .1)
    assert value(regularizers.orthogonal_penalty(rows)) == 0.0
    assert value(regularizers.orthogonal_penalty(np.float32([[3.0, 2.0]]))) == 72.0


@pytest.mark.parametrize("one_sided", [False, True])
def test_lecam(one_sided):
    """Real is held to the average of fake, fake to that of real."""

    def formula(real, fake):
        above, below = real - 0.4, 0.9 - fake
        if one_sided:
            above, below = np.maximum(above, 0), np.maximum(below, 0)
        return np.mean(above**2) + np.mean(below**2)

    def loss(real, fake):
        return regularizers.lecam(real, fake, 0.9, -0.6 + 1.0, one_sided)

    check_against(formula, loss, REAL, FAKE)


def test_lecam_leaves_the_averages_alone():
    _, slopes = value_and_slopes(
        lambda *x: regularizers.lecam(*x), REAL[:, 0], FAKE[:, 0], 0.9, 0.4
    )
    assert np.abs(slopes[0]).max() > 0.0
    assert slopes[2] == 0.0 and slopes[3] == 0.0


def test_feature_matching():
    real = np.float32(REAL)

    def squared(fake):
        return np.sum((REAL.mean(axis=0) - fake.mean(axis=0)) ** 2)

    def absolute(fake):
        return np.mean(np.abs(REAL.mean(axis=0) - fake.mean(axis=0)))

    check_against(squared, lambda x: regularizers.feature_matching(real, x), FAKE)
    check_against(
        absolute, lambda x: regularizers.feature_matching(real, x, "absolute"), FAKE
    )
    _, (of_real, _) = value_and_slopes(regularizers.feature_matching, REAL, FAKE)
    assert np.all(of_real == 0.0)
    with pytest.raises(ValueError, match="Did you mean 'squared'"):
        regularizers.feature_matching(real, real, "square")


SIDES, NOISE = (2, 3, 2), DRAWS.normal(size=(4, 2, 3, 2))
MATRIX = DRAWS.normal(size=(3, 12))


def linear(matrix):
    def generator(w):
        images = ops.matmul(w, ops.cast(matrix, "float32"))
        return ops.reshape(images, (-1, *SIDES))

    return generator


def expected_lengths(matrix):
    y = NOISE.reshape(4, 12) / np.sqrt(6)
    return np.linalg.norm(y @ matrix.T, axis=1)


def test_path_lengths_of_a_linear_generator_are_those_of_its_transpose():
    found = regularizers.path_lengths(linear(MATRIX), np.float32(REAL), NOISE)
    found = ops.convert_to_numpy(found)
    np.testing.assert_allclose(found, expected_lengths(MATRIX), rtol=1e-5)


def test_path_lengths_are_means_over_styles():
    """The squared length of two styles of one matrix each is a mean of two."""
    other = DRAWS.normal(size=(3, 12))

    def generator(w):
        return linear(MATRIX)(w[:, 0]) + linear(other)(w[:, 1])

    w = np.float32(DRAWS.normal(size=(4, 2, 3)))
    found = ops.convert_to_numpy(regularizers.path_lengths(generator, w, NOISE))
    squares = expected_lengths(MATRIX) ** 2 + expected_lengths(other) ** 2
    np.testing.assert_allclose(found, np.sqrt(squares / 2), rtol=1e-5)


def test_slopes_of_the_path_length_penalty():
    """Of second order: of the lengths with respect to the generator's weights."""

    def loss(matrix):
        lengths = regularizers.path_lengths(linear(matrix), np.float32(REAL), NOISE)
        return regularizers.path_length_penalty(lengths, 1.3)

    check_against(lambda m: np.mean((expected_lengths(m) - 1.3) ** 2), loss, MATRIX)


def test_the_term_of_weight_decay_is_half_the_squared_norm_of_all_weights():
    weights = [np.float32([[3.0, 0.0], [0.0, 4.0]]), np.float32([1.0])]
    found = regularizers.half_square(weights)
    assert float(ops.convert_to_numpy(found)) == 13.0
