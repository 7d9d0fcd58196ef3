"""Euclidean distances of all pairs of rows, in float64 and in blocks.

Neither the table of distances nor a copy of what is given is held: a block and the rows
that it is of take less than 200 MB, whatever the numbers of rows. `uint8` stands for
floats in `[0, 1]`, as in images.
"""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.images.values import to_float

BLOCK = 1024  # rows at once, less where they are long
_BYTES = 1 << 24  # of the rows of a block, and of differences taken at once
# |x|^2 + |y|^2 - 2 x.y loses as many digits as the distance is smaller than the norms.
# Below this share of the norms, squared, it is the sum of squared differences instead,
# which leaves every squared distance right to about 1e-10 and equal rows at 0.
_NEAR = 1e-5
# Distances nearer to each other than this are one, so that the order of rows and the
# size of blocks, on which rounding depends, decide no tie.
TIE = 1e-9


def check_block_size(block_size, width):
    """Raises unless it is None or an int of at least 1; returns the rows of a block."""
    if block_size is not None:
        return check_int("block_size", block_size)
    return min(BLOCK, max(1, _BYTES // (8 * width)))


def distance_blocks(x, y, block_size=None, halved=False):
    """Yields `(rows, columns, squared distances)` of all pairs, block by block.

    Args:
        x: numbers `(n, d)`.
        y: numbers `(m, d)`.
        block_size: int or None. Rows of a block, of either.
        halved: bool. Whether, where `x` and `y` are one, a block is left out that is
            another one turned round. Defaults to `False`.

    Yields:
        slice of `x`, slice of `y`, float64 array of squared distances between them; all
        blocks of a slice of `x` in turn.
    """
    size = check_block_size(block_size, x.shape[1])
    centre = np.mean(y, axis=0, dtype="float64") / (255.0 if y.dtype == "uint8" else 1)
    for rows in _slices(len(x), size):
        first = _as_float64(x[rows])
        for columns in _slices(len(y), size):
            if halved and columns.start < rows.start:
                continue
            second = _as_float64(y[columns])
            yield rows, columns, squared_distances(first, second, centre)


def squared_distances(x, y, centre=0.0):
    """Returns squared Euclidean distances, `(n, m)`; exactly 0 between equal rows.

    Args:
        x: float64 array `(n, d)`.
        y: float64 array `(m, d)`.
        centre: float64 array `(d,)` about which norms are small: they cancel less.
    """
    first, second = x - centre, y - centre
    norms = np.sum(first**2, axis=1)[:, None] + np.sum(second**2, axis=1)
    squares = norms - 2.0 * (first @ second.T)
    rows, columns = np.nonzero(squares <= _NEAR * norms)
    if len(rows):
        squares[rows, columns] = _differences(x, y, rows, columns)
    return squares


def nearest_rows(x, known, k=1, left_out=None, block_size=None):
    """Returns the distances of each row of `x` to the nearest of `known`, and which.

    Args:
        x: numbers `(n, d)`.
        known: numbers `(m, d)`.
        k: int, at most `m`. How many, the nearest first. Defaults to `1`.
        left_out: ints `(n,)` or None. The row of `known` that is none for each of `x`:
            itself, where `x` are among them.
        block_size: int or None. Rows at once; None for as many as take 16 MB.

    Returns:
        float64 array `(n, k)` and int64 array `(n, k)`; of equally near rows the first.
    """
    squares = np.full((len(x), k), np.inf)
    indices = np.full((len(x), k), -1, "int64")
    for rows, columns, found in distance_blocks(x, known, block_size):
        if left_out is not None:
            own = left_out[rows] - columns.start
            inside = np.nonzero((own >= 0) & (own < found.shape[1]))[0]
            found[inside, own[inside]] = np.inf
        found = np.concatenate([squares[rows], found], axis=1)
        if k == 1:
            best = np.argmin(found, axis=1)[:, None]
        else:
            best = np.argsort(found, axis=1, kind="stable")[:, :k]
        squares[rows] = np.take_along_axis(found, best, axis=1)
        kept = np.take_along_axis(indices[rows], np.minimum(best, k - 1), axis=1)
        indices[rows] = np.where(best < k, kept, best - k + columns.start)
    return np.sqrt(squares), indices


def neighbour_squares(x, k, block_size=None):
    """Returns the squared distances of each row to its `k` nearest others, `(n, k)`.

    Args:
        x: numbers `(n, d)`, with `n > k`.
        k: int.
        block_size: as in `nearest_rows`.

    Returns:
        float64 array, from the nearest on. A row is no neighbour of itself.
    """
    nearest = np.full((len(x), k), np.inf)

    def keep(rows, found):
        found = np.concatenate([nearest[rows], found], axis=1)
        nearest[rows] = np.partition(found, k - 1, axis=1)[:, :k]

    for rows, columns, found in distance_blocks(x, x, block_size, halved=True):
        if rows == columns:
            np.fill_diagonal(found, np.inf)
        else:
            keep(columns, found.T)
        keep(rows, found)
    return np.sort(nearest, axis=1)


def _differences(x, y, rows, columns):
    """Returns the sums of squared differences of pairs of rows.

    Of many pairs, each of different rows is computed once: of a generator that draws
    one image again and again every pair is near.
    """
    if len(rows) <= max(len(x), len(y)):
        return _sums(x, y, rows, columns)
    x_rows, x_of = _distinct(x, rows)
    y_rows, y_of = _distinct(y, columns)
    pairs, pair_of = np.unique(x_of * len(y_rows) + y_of, return_inverse=True)
    return _sums(x_rows, y_rows, *np.divmod(pairs, len(y_rows)))[pair_of]


def _sums(x, y, rows, columns):
    squares = np.empty(len(rows))
    for part in _slices(len(rows), max(1, _BYTES // (8 * x.shape[1]))):
        difference = x[rows[part]] - y[columns[part]]
        squares[part] = np.einsum("ij,ij->i", difference, difference)
    return squares


def _distinct(x, rows):
    """Returns the different rows among those chosen, and the number of each."""
    chosen, place = np.unique(rows, return_inverse=True)
    different, number = np.unique(x[chosen], axis=0, return_inverse=True)
    return different, number.reshape(-1)[place]


def _as_float64(x):
    # By float32, so that bytes are equal to the floats that images of them have.
    return (to_float(x) if x.dtype == np.uint8 else x).astype("float64")


def _slices(count, size):
    return [slice(i, min(i + size, count)) for i in range(0, count, size)]
