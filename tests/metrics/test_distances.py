"""Distances in blocks, against differences taken one by one."""

import tracemalloc

import numpy as np
import pytest

from kerasgen.metrics import distances
from kerasgen.metrics.distances import (
    distance_blocks,
    nearest_rows,
    neighbour_squares,
    squared_distances,
)

pytestmark = pytest.mark.any_backend


def direct(x, y):
    return np.sum((x[:, None].astype("float64") - y[None]) ** 2, axis=-1)


def points(count, size=5, seed=0):
    return np.random.default_rng(seed).standard_normal((count, size))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "bool"])
def test_blocks_make_up_the_table_in_float64(dtype):
    x, y = (20 * points(n, seed=n) for n in (11, 17))
    x, y = (np.abs(a).astype(dtype) for a in (x, y))
    table = np.full((11, 17), np.nan)
    for rows, columns, squares in distance_blocks(x, y, 4):
        assert squares.dtype == np.float64 and squares.shape[0] <= 4
        table[rows, columns] = squares
    unit = 1 / 255 if dtype == "uint8" else 1  # bytes are grey levels
    expected = direct(x.astype("float64"), y.astype("float64")) * unit**2
    np.testing.assert_allclose(table, expected, rtol=1e-6 if unit < 1 else 1e-12)


def test_far_from_the_origin_and_near_to_each_other():
    """The expansion about 0 has no digit right here."""
    y = 1e6 + points(40)
    x = y[:20] + 1e-4 * points(20, seed=1)
    found = np.concatenate([part for _, _, part in distance_blocks(x, y)], axis=1)
    np.testing.assert_allclose(found, direct(x, y), rtol=1e-7)
    assert (
        np.abs(
            np.sum(x**2, 1)
            + np.sum(y[:20] ** 2, 1)
            - 2 * np.sum(x * y[:20], 1)
            - direct(x, y).diagonal()
        ).max()
        > 1e-4
    )


@pytest.mark.parametrize("spread", [1e-12, 1e-6, 1e-3, 1.0])
def test_clusters_of_any_spread(spread):
    """Two clusters, so that no centre makes the norms small."""
    y = np.concatenate([spread * points(20), 3 + spread * points(20, seed=1)])
    found = squared_distances(y, y, y.mean(axis=0))
    np.testing.assert_allclose(found, direct(y, y), rtol=1e-9)


def test_equal_rows_are_at_zero_exactly():
    x = np.random.default_rng(0).random((50, 300)) * 100 + 7
    found = squared_distances(x, x[::-1], x.mean(axis=0))
    assert (found[:, ::-1].diagonal() == 0).all() and (found > 0).sum() == 50 * 49


def test_copies_are_taken_once(monkeypatch):
    """10^6 pairs of 1000 copies hold as many differences as pairs of 2 rows."""
    taken = []
    divmod_ = np.divmod
    monkeypatch.setattr(
        np, "divmod", lambda a, b: taken.append(len(a)) or divmod_(a, b)
    )
    x = np.repeat(points(2, 64), 500, axis=0)
    found = squared_distances(x, x)
    assert taken == [2] and (found[:500, :500] == 0).all() and found[0, -1] > 0


@pytest.mark.parametrize("block_size", [None, 1, 7, 100])
@pytest.mark.parametrize("k", [1, 3])
def test_nearest_rows_and_their_distances(k, block_size):
    x, known = points(30), points(70, seed=1)
    known[40] = known[3]  # as near: the first is named
    x[5] = known[40]
    table = np.sqrt(direct(x, known))
    found, indices = nearest_rows(x, known, k, None, block_size)
    expected = np.argsort(table, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices, expected)
    distances = np.take_along_axis(table, expected, axis=1)
    np.testing.assert_allclose(found, distances, rtol=1e-12)
    assert found[5, 0] == 0 and indices[5, 0] == 3 and indices.dtype == np.int64


@pytest.mark.parametrize("block_size", [None, 4])
def test_a_row_can_be_left_out(block_size):
    known = points(25)
    table = np.sqrt(direct(known, known))
    np.fill_diagonal(table, np.inf)
    own = np.arange(5, 15)
    found, indices = nearest_rows(known[own], known, 1, own, block_size)
    np.testing.assert_allclose(found[:, 0], table.min(axis=1)[own], rtol=1e-12)
    np.testing.assert_array_equal(indices[:, 0], table.argmin(axis=1)[own])


@pytest.mark.parametrize("block_size", [None, 3, 8, 64])
def test_neighbours_are_others(block_size):
    x = points(20)
    expected = np.sort(direct(x, x), axis=1)[:, 1:5]
    np.testing.assert_allclose(neighbour_squares(x, 4, block_size), expected)
    twice = np.concatenate([x, x])
    assert (neighbour_squares(twice, 2, block_size)[:, 0] == 0).all()
    assert (neighbour_squares(twice, 2, block_size)[:, 1] > 0).all()


def test_long_rows_make_small_blocks():
    assert distances.check_block_size(None, 2048) == 1024
    assert distances.check_block_size(None, 256 * 256 * 3) == 10
    assert distances.check_block_size(None, 10**9) == 1
    with pytest.raises(ValueError, match="Received: block_size=0"):
        distances.check_block_size(0, 5)


def test_memory_does_not_grow_with_the_numbers():
    """The table would take 66 MB, and as much for each step to it."""
    x = np.random.default_rng(0).standard_normal((8000, 200)).astype("float32")
    tracemalloc.start()
    nearest_rows(x[:1024], x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80e6
