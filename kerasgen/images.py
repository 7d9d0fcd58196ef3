"""Pictures: value ranges, grids, PNG files, animations and scatter plots.

Images are channels-last, floats in [0, 1] or `uint8` in [0, 255]; nothing else is
accepted, so that a forgotten scaling is found where it happened.
"""

import io
import math
import os
import secrets
from pathlib import Path

import keras
import numpy as np

from kerasgen.training.arguments import check_int, check_number

# Rounding in a network's last activation may step over the ends by this much.
TOLERANCE = 1e-3


def to_uint8(x):
    """Turns images in [0, 1] into `uint8` images in [0, 255].

    Args:
        x: Array or tensor: floats in [0, 1], `bool`, or `uint8`, returned as it is.

    Returns:
        A `uint8` NumPy array of the same shape.
    """
    x = _to_numpy(x)
    if x.dtype == np.uint8:
        return x
    x = _to_float(x)
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
    x = _to_numpy(x)
    if x.dtype == np.uint8:
        return x.astype("float32") / np.float32(255.0)
    return _to_float(x)


def grid(images, columns=None, padding=2):
    """Lays a batch of images out in rows and columns.

    Args:
        images: Images `(n, height, width, channels)` with 1 or 3 channels, or
            grey images `(n, height, width)`; floats in [0, 1] or `uint8`.
        columns: Integer, the number of images in a row. Defaults to the number
            that makes the grid most nearly square.
        padding: Integer, white pixels around and between the images.

    Returns:
        One `uint8` image `(height, width, channels)`. Cells without an image are
        white.
    """
    images = to_uint8(images)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            "`images` must have the shape (n, height, width) or (n, height, width, "
            "channels) with n > 0 and 1 or 3 channels. "
            f"Received: images of shape {images.shape}"
        )
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else columns
    columns = min(check_int("columns", columns), n)
    padding = check_int("padding", padding, minimum=0)
    rows = math.ceil(n / columns)
    ends = ((0, rows * columns - n), (padding, 0), (padding, 0), (0, 0))
    cells = np.pad(images, ends, constant_values=255)
    cells = cells.reshape(rows, columns, height + padding, width + padding, channels)
    canvas = cells.transpose(0, 2, 1, 3, 4).reshape(
        rows * (height + padding), columns * (width + padding), channels
    )
    return np.pad(canvas, ((0, padding), (0, padding), (0, 0)), constant_values=255)


def conditionals_grid(images, probabilities, padding=2):
    """Shows what an autoregressive model knows before each pixel, a column an image.

    From top to bottom: the image, the expected value of each pixel given those before
    it, and the entropy of each pixel, black where the model is certain and white where
    all levels are alike to it.

    Args:
        images: As in `grid`.
        probabilities: What `model.conditionals(images)` returns.
        padding: Integer, white pixels around and between the images.

    Returns:
        One `uint8` image `(height, width, channels)`.
    """
    images, p = to_float(images), np.asarray(probabilities, "float64")
    if p.shape[:-1] != images.shape or p.shape[-1] < 2:
        raise ValueError(
            f"`probabilities` must have the shape {(*images.shape, 'levels')}. "
            f"Received: probabilities of shape {p.shape}"
        )
    levels = p.shape[-1]
    expected = p @ (np.arange(levels) / (levels - 1))
    entropy = -np.sum(p * np.log(np.maximum(p, 1e-30)), axis=-1) / math.log(levels)
    cells = np.concatenate([images, expected, entropy]).clip(0.0, 1.0)
    return grid(cells.astype("float32"), columns=len(images), padding=padding)


def png_bytes(image):
    """Encodes one image as a PNG.

    Args:
        image: Grey `(height, width)` or `(height, width, 1)`, or colour
            `(height, width, 3)`; floats in [0, 1] or `uint8`.

    Returns:
        bytes.
    """
    buffer = io.BytesIO()
    _to_pillow(image).save(buffer, format="PNG")
    return buffer.getvalue()


def save_png(path, image):
    """Writes one image to a PNG file, wholly or not at all.

    Args:
        path: The file's path. Its folders are made when they are missing.
        image: As in `png_bytes`.
    """
    content = png_bytes(image)
    write_atomic(path, lambda file: file.write(content))


def save_animation(path, frames, fps=10):
    """Writes images as an endless animation, wholly or not at all.

    Args:
        path: The file's path. `.gif` makes a GIF, `.png` and `.apng` an animated PNG.
        frames: Iterable of images of one shape, each as in `png_bytes`.
        fps: Number, frames a second. A GIF counts in hundredths of a second.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".gif", ".png", ".apng"):
        raise ValueError(
            "`path` must end in '.gif', '.png' or '.apng'. "
            f"Received: path={str(path)!r}"
        )
    fps = check_number("fps", fps, minimum=0.1, maximum=100)
    frames = [_to_pillow(frame) for frame in frames]
    _check_frames(frames)
    options = {
        "format": "GIF" if suffix == ".gif" else "PNG",
        "save_all": True,
        "append_images": frames[1:],
        "duration": 1000.0 / fps,
        "loop": 0,
    }
    if suffix == ".gif":
        options["duration"] = max(10, 10 * round(100.0 / fps))
    write_atomic(path, lambda file: frames[0].save(file, **options))


def points_figure(points, reference=None):
    """Draws 2-D points as a scatter plot.

    Args:
        points: Array `(n, 2)`, drawn in colour.
        reference: Optional array `(m, 2)`, drawn below in grey. It then sets the
            limits of the axes, so that figures of one run can be compared.

    Returns:
        A `uint8` image `(400, 400, 3)`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = _check_points("points", points)
    figure = Figure(figsize=(4, 4), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.12, 0.08, 0.84, 0.88))
    if reference is not None:
        reference = _check_points("reference", reference)
        axes.scatter(*reference.T, s=4, c="0.75", linewidths=0)
    limits = points if reference is None else reference
    limits = limits[np.isfinite(limits).all(axis=1)]
    if len(limits):
        centre = (limits.max(axis=0) + limits.min(axis=0)) / 2
        half = max(0.6 * np.ptp(limits, axis=0).max(), 1e-3)
        axes.set_xlim(centre[0] - half, centre[0] + half)
        axes.set_ylim(centre[1] - half, centre[1] + half)
    axes.scatter(*points.T, s=4, c="tab:blue", linewidths=0)
    axes.set_aspect("equal")
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()


def _to_numpy(x):
    return keras.ops.convert_to_numpy(x) if keras.ops.is_tensor(x) else np.asarray(x)


def _to_float(x):
    # `bfloat16` and its like have the kind "V" in NumPy, yet cast to floats.
    if x.dtype.kind not in "fb" and not x.dtype.name.startswith(("bfloat", "float")):
        raise TypeError(
            f"`x` must hold floats, `uint8` or `bool`. Received: x of dtype {x.dtype}"
        )
    return x.astype("float32")


def _check_points(name, points):
    points = _to_float(_to_numpy(points))
    if points.ndim != 2 or points.shape[-1] != 2:
        raise ValueError(
            f"`{name}` must have the shape (n, 2). "
            f"Received: {name} of shape {points.shape}"
        )
    return points


def _to_pillow(image):
    from PIL import Image

    image = to_uint8(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    colour = image.ndim == 3 and image.shape[-1] == 3
    if (image.ndim != 2 and not colour) or 0 in image.shape:
        raise ValueError(
            "`image` must have the shape (height, width) or (height, width, "
            f"channels) with 1 or 3 channels. Received: image of shape {image.shape}"
        )
    return Image.fromarray(np.ascontiguousarray(image))


def _check_frames(frames):
    if not frames:
        raise ValueError("`frames` must hold an image. Received: frames=[]")
    kinds = [(*frame.size, frame.mode) for frame in frames]
    for number, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise ValueError(
                "`frames` must be images of one shape. Received (width, height, mode): "
                f"frame 0 of {kinds[0]}, frame {number} of {kind}"
            )


def write_atomic(path, write):
    """Calls `write(file)`, and puts the file in its place once it is whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
