"""A mean and its standard error, under the names that results have."""

import math

import numpy as np


def mean_figures(name, values):
    """Returns a mean, and how far it may be from that of more examples.

    Args:
        name: str. Name of the mean.
        values: array `(n,)`, a number for each example.

    Returns:
        dict: `NAME`, `NAME_num_examples` and, of two examples and more,
        `NAME_standard_error`: the standard deviation over the examples, divided by the
        root of their number.
    """
    values = np.asarray(values, "float64")
    figures = {name: float(values.mean()), f"{name}_num_examples": len(values)}
    if len(values) > 1:
        error = values.std(ddof=1) / math.sqrt(len(values))
        error = error if np.ptp(values) else 0.0  # not what rounding leaves of it
        figures[f"{name}_standard_error"] = float(error)
    return figures
