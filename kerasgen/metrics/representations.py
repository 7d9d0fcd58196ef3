"""Codes and factors as the scores of disentanglement take them."""

import numpy as np


def check_codes(codes, factors):
    """Raises unless codes and factors fit; returns float64 and int64 arrays.

    The values of each factor are numbered anew from 0, in their order.
    """
    codes, factors = np.asarray(codes), np.asarray(factors)
    if codes.ndim != 2 or codes.shape[1] < 2 or not np.isfinite(codes).all():
        raise ValueError(
            "`codes` must be finite, of shape (n, dims) with at least 2 dimensions. "
            f"Received: codes of shape {codes.shape}"
        )
    if (
        factors.ndim != 2
        or len(factors) != len(codes)
        or factors.dtype.kind not in "iu"
    ):
        raise ValueError(
            f"`factors` must be ints of shape ({len(codes)}, factors). "
            f"Received: factors of shape {factors.shape}, dtype {factors.dtype}"
        )
    columns = [np.unique(column, return_inverse=True) for column in factors.T]
    constant = [k for k, (values, _) in enumerate(columns) if len(values) < 2]
    if constant or not columns:
        raise ValueError(
            "`factors` must each take two values or more. "
            f"Received: factors {constant} with one value"
        )
    numbers = np.stack([inverse.reshape(-1) for _, inverse in columns], axis=1)
    return codes.astype("float64"), numbers.astype("int64")


def rows_with_same_value(column, rows, generator):
    """Draws for each of `rows` a row with the same value in `column`.

    Args:
        column: ints from 0, `(n,)`.
        rows: int array of any shape.
        generator: `numpy.random.Generator`.
    """
    order = np.argsort(column, kind="stable")
    counts = np.bincount(column)
    starts = np.cumsum(counts) - counts
    values = column[rows]
    places = starts[values] + generator.integers(0, counts[values])
    return order[places]
