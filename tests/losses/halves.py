"""What tests of both halves of a loss share: two densities, slopes by differences."""

import numpy as np
from keras import ops

from kerasgen import backend

# Two densities on five outcomes, in twentieths, and batches that are whole ones.
P, Q = np.array([8, 5, 4, 2, 1]) / 20, np.array([1, 3, 4, 6, 6]) / 20
REAL, FAKE = (
    np.repeat(np.arange(5), np.round(20 * density).astype(int)).astype("int32")
    for density in (P, Q)
)


def value(x):
    return float(ops.convert_to_numpy(x))


def value_and_slopes(function, *arrays):
    """Returns a scalar function's value and its gradients, as NumPy arrays."""
    arrays = [ops.convert_to_tensor(np.float32(x)) for x in arrays]
    slopes = backend.gradient(lambda values: function(*values), arrays)
    slopes = [np.array(ops.convert_to_numpy(slope)) for slope in slopes]
    return value(function(*arrays)), slopes


def check_against(formula, function, *arrays):
    """Compares value and gradients with those of a NumPy formula, by differences."""
    arrays = [np.float64(np.float32(x)) for x in arrays]
    found, slopes = value_and_slopes(function, *arrays)
    np.testing.assert_allclose(found, formula(*arrays), rtol=2e-5, atol=1e-6)
    step = 1e-5
    for array, slope in zip(arrays, slopes, strict=True):
        expected = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            start, ends = array[place], []
            for sign in (1, -1):
                array[place] = start + sign * step
                ends.append(formula(*arrays))
            array[place] = start
            expected[place] = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-5)


def check_optimum(discriminator, table, least, pairs=False):
    """Checks that no table of what is said of the outcomes costs less than `table`.

    Its loss is `least`, its gradient 0, and that of 20 others, near and far, is higher.

    Args:
        discriminator: function `(real, fake)`, of batches that are whole densities.
        table: array of 5 numbers.
        least: float.
        pairs: bool. Whether the batches are all pairs of a real and a fake outcome.
    """
    real, fake = REAL, FAKE
    if pairs:
        real, fake = np.repeat(REAL, len(FAKE)), np.tile(FAKE, len(REAL))

    def loss(table):
        said = (ops.take(table, rows)[:, None] for rows in (real, fake))
        return discriminator(*said)

    found, (slope,) = value_and_slopes(loss, table)
    np.testing.assert_allclose(found, least, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(slope, np.zeros(5), atol=2e-6)
    draws = np.random.default_rng(0)
    for spread in (0.1, 1.0):
        for _ in range(10):
            other = np.float32(table + spread * draws.normal(size=5))
            assert value(loss(ops.convert_to_tensor(other))) > found


def kl(p, q):
    return np.sum(p * np.log(p / q))
