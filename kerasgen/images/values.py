"""Images as `uint8` and as floats.

Images are channels-last, floats in [0, 1] or `uint8` in [0, 255]; nothing else is
accepted, so that a forgotten scaling is found where it happened.
"""

import keras
import numpy as np

# Rounding in a network's last activation may step over the ends by this much.
TOLERANCE = 1e-3


def to_uint8(x):
    """Turns images in [0, 1] into `uint8` images in [0, 255].

    Args:
        x: Array or tensor: floats in [0, 1], `bool`, or `uint8`, returned as it is.

    Returns:
        A `uint8` NumPy array of the same shape.
    """
    x = to_numpy(x)
    if x.dtype == np.uint8:
        return x
    x = as_float(x)
    bad = int(np.sum(~np.isfinite(x)))
    if bad:
        raise ValueError(
            "`x` must hold finite values. "
            f"Received: x with {bad} values of {x.size} that are NaN or infinite"
        )
    if x.size and (x.min() < -TOLERANCE or x.max() > 1 + TOLERANCE):
        raise ValueError(
            "`x` must hold floats in [0, 1] or `uint8` in [0, 255]. "
            f"Received: x with values in [{x.min():g}, {x.max():g}]"
        )
    return np.round(np.clip(x, 0.0, 1.0) * 255.0).astype(np.uint8)


def to_float(x):
    """Turns `uint8` images in [0, 255] into `float32` images in [0, 1].

    Args:
        x: Array or tensor: `uint8`, `bool`, or floats, which keep their values.

    Returns:
        A `float32` NumPy array of the same shape.
    """
    x = to_numpy(x)
    if x.dtype == np.uint8:
        return x.astype("float32") / np.float32(255.0)
    return as_float(x)


def to_numpy(x):
    return keras.ops.convert_to_numpy(x) if keras.ops.is_tensor(x) else np.asarray(x)


def as_float(x):
    # `bfloat16` and its like have the kind "V" in NumPy, yet cast to floats.
    if x.dtype.kind not in "fb" and not x.dtype.name.startswith(("bfloat", "float")):
        raise TypeError(
            f"`x` must hold floats, `uint8` or `bool`. Received: x of dtype {x.dtype}"
        )
    return x.astype("float32")


def visible_channels(images):
    """Returns the channels that a picture can show: the first three, or the first.

    Args:
        images: array `(..., height, width, channels)` of any number of channels.
    """
    channels = images.shape[-1]
    return images if channels in (1, 3) else images[..., : 3 if channels > 3 else 1]
