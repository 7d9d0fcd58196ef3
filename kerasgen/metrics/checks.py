"""What scores of samples are given: features, pairs of sets, images."""

import numpy as np

from kerasgen.images.values import TOLERANCE, to_numpy


def check_features(name, x):
    """Raises unless `x` is finite numbers `(n, d)`, not empty; returns float64.

    Args:
        name: str. Name of the argument.
        x: array or tensor.
    """
    return check_rows(name, x).astype("float64")


def check_pair(real, samples):
    """Raises unless both are features of one size; returns two float64 arrays.

    Args:
        real: array or tensor `(n, d)`.
        samples: array or tensor `(m, d)`.
    """
    real, samples = check_features("real", real), check_features("samples", samples)
    check_same_size(real=real, samples=samples)
    return real, samples


def check_rows(name, x):
    """Raises as `check_features` does; returns `x` in its own dtype, not copied."""
    x = to_numpy(x)
    if x.ndim != 2 or not x.size or not _is_number(x.dtype):
        raise ValueError(
            f"`{name}` must be numbers of shape (n, d), one row or more. "
            f"Received: {name} of shape {x.shape}, dtype {x.dtype}"
        )
    return check_finite(name, x)


def check_same_size(**arrays):
    """Raises unless arrays `(n, ...)` differ in their first dimension alone."""
    shapes = {name: x.shape for name, x in arrays.items()}
    if len({shape[1:] for shape in shapes.values()}) > 1:
        names = " and ".join(f"`{name}`" for name in shapes)
        raise ValueError(
            f"{names} must have rows of one shape. Received: "
            + ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        )


def check_finite(name, x):
    """Raises if `x` holds NaN or infinity; returns it."""
    # The ends are NaN or infinite if anything is: no mask as large as `x`.
    if not (np.isfinite(x.min()) and np.isfinite(x.max())):
        rows = x.reshape(len(x), -1)
        bad = sum(not np.isfinite(row).all() for row in rows)
        raise ValueError(
            f"`{name}` must be finite. "
            f"Received: {name} with NaN or infinity in {bad} of {len(x)} rows"
        )
    return x


def check_images(name, x):
    """Raises unless `x` is images; returns them in their own dtype, not copied.

    Args:
        name: str. Name of the argument.
        x: array or tensor `(n, height, width, channels)`, `uint8` or floats in
            `[0, 1]`.
    """
    x = to_numpy(x)
    floats = x.dtype.kind == "f" or x.dtype.name.startswith("bfloat")
    if x.ndim != 4 or not x.size or not (floats or x.dtype == np.uint8):
        raise ValueError(
            f"`{name}` must be images (n, height, width, channels), uint8 or floats. "
            f"Received: {name} of shape {x.shape}, dtype {x.dtype}"
        )
    if floats:
        check_finite(name, x)
        low, high = float(x.min()), float(x.max())
        if low < -TOLERANCE or high > 1 + TOLERANCE:
            raise ValueError(
                f"`{name}` must be uint8 or floats in [0, 1]. "
                f"Received: {name} with values in [{low:g}, {high:g}]"
            )
    return x


def unit_images(x):
    """Returns images in `[0, 1]` as float64, `uint8` divided by 255."""
    return x.astype("float64") / (255.0 if x.dtype == np.uint8 else 1.0)


def _is_number(dtype):
    return dtype.kind in "biuf" or dtype.name.startswith("bfloat")
