"""Checks of images, with one wording for every kind of data."""

import numpy as np

CHUNK_BYTES = 1 << 26
TOLERANCE = 1e-6
DARK = 16  # of 255: `uint8` images with no brighter pixel have levels of their own


def check_images(images, name="images"):
    """Raises unless `images` can be trained on; returns an array or a source.

    Arrays are looked through once, in chunks; grey images `(n, height, width)` get
    their channel. A source (anything else with `len()` and indexing) is checked by its
    first example only.
    """
    if not hasattr(images, "dtype"):
        check_source(images, name)
        check_rank(np.asarray(images[np.arange(1)]), name)
        return images
    images = to_numpy(images)
    if images.ndim:
        check_not_empty(images, name)
    check_dtype(images, name)
    check_rank(images, name, channel_optional=True)
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype.kind == "f":
        if images.dtype != np.float32:
            images = images.astype("float32")
        rows = max(1, CHUNK_BYTES // max(1, images[0].nbytes))
        for start in range(0, len(images), rows):
            check_range(images[start : start + rows], name)
    elif images.ndim == 4:
        check_not_binary(images, name)
    return images


def check_source(source, name):
    """Raises unless `source` has `len()`, at least 1, and takes an array of indices."""
    if not (hasattr(source, "__len__") and hasattr(source, "__getitem__")):
        raise TypeError(
            f"`{name}` must be an array or have `len()` and take an array of "
            f"indices. Received: {name} of type {type(source).__name__}"
        )
    if isinstance(source, (list, tuple, str, dict)):
        raise TypeError(
            f"`{name}` must be one array. "
            f"Received: {name} of type {type(source).__name__}"
        )
    check_not_empty(source, name)


def to_numpy(x):
    """Returns an array or tensor of any framework as a NumPy array."""
    if hasattr(x, "detach"):  # a torch tensor, perhaps on a GPU
        x = x.detach().cpu()
        x = x.float() if str(x.dtype) == "torch.bfloat16" else x
    x = np.asarray(x)
    return x.astype("float32") if x.dtype.name == "bfloat16" else x


def check_not_empty(images, name):
    if len(images) == 0:
        raise ValueError(
            f"`{name}` must hold at least one example. Received: no examples"
        )


def check_dtype(images, name):
    if images.dtype == np.uint8 or images.dtype.kind == "f":
        return
    hint = ""
    if images.dtype == object:
        hint = "; all images must have one shape, np.stack them to one array"
    elif images.dtype.kind in "iu":
        hint = '; for values in 0..255 pass `x.astype("uint8")`'
    elif images.dtype.kind == "b":
        hint = '; pass `x.astype("float32")`'
    raise ValueError(
        f"`{name}` must be uint8, or floats in [0, 1]{hint}. "
        f"Received: {name} of dtype {images.dtype}"
    )


def check_rank(images, name, channel_optional=False, images_only=False):
    shape = images.shape
    if len(shape) == 4:
        if shape[1] in (1, 3) and shape[3] not in (1, 3, 4):
            raise ValueError(
                f"`{name}` must have its channels last: (n, height, width, channels); "
                f"transpose it with `np.transpose(x, (0, 2, 3, 1))`. "
                f"Received: {name} of shape {shape}"
            )
        return
    points = len(shape) == 2 and images.dtype.kind == "f" and not images_only
    if points or (len(shape) == 3 and channel_optional):
        return
    raise ValueError(
        f"`{name}` must be images of shape (n, height, width, channels). "
        f"Received: {name} of shape {shape}"
    )


def check_finite(values, name):
    """Raises unless floats are finite; returns the lowest and the highest."""
    low, high = float(values.min()), float(values.max())  # both NaN if one value is
    if not (np.isfinite(low) and np.isfinite(high)):
        rows = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        raise ValueError(
            f"`{name}` must be finite. Received: {name} with NaN or Inf in "
            f"{int(rows.sum())} of {len(values)} examples, "
            f"the first at index {int(rows.argmax())}"
        )
    return low, high


def check_range(images, name):
    """Raises unless floats are finite and, for images, in `[0, 1]`."""
    low, high = check_finite(images, name)
    if images.ndim != 4 or (low >= -TOLERANCE and high <= 1 + TOLERANCE):
        return
    if low >= -0.25 and high <= 1.25:
        hint = "clip what overshoots by `np.clip(x, 0, 1)`"
    elif low < 0:
        hint = "rescale [-1, 1] by `(x + 1) / 2`" if low >= -1.01 else "rescale it"
    else:
        hint = 'pass `x.astype("uint8")` or divide by 255'
    raise ValueError(
        f"`{name}` must be uint8, or floats in [0, 1]; {hint}. "
        f"Received: {name} with values in [{low:g}, {high:g}]"
    )


def check_not_dark(images, name="x"):
    """Raises if `uint8` images have levels of their own, such as 0..16.

    Images that are black throughout pass. Fields by name are looked at one by one.
    """
    if isinstance(images, dict):
        for part in images.values():
            check_not_dark(part, name)
        return
    if images.ndim != 4 or images.dtype != np.uint8 or images.size == 0:
        return
    high = int(images.max())
    if 1 < high <= DARK:
        raise ValueError(
            f"`{name}` must use the range 0..255 if it is uint8; divide levels by the "
            f'largest, `(x / {high}).astype("float32")`, or pictures that are really '
            f"so dark by 255. Received: {name} of dtype uint8 with no value above "
            f"{high}"
        )


def check_not_binary(images, name):
    """Raises if uint8 images hold 0 and 1 only, which would be all but black."""
    if images.max() == 1:
        raise ValueError(
            f"`{name}` must use the range 0..255 if it is uint8; for black and white "
            f'images pass `x.astype("float32")`. '
            f"Received: {name} of dtype uint8 with values in [0, 1]"
        )
