"""PNG files and animations."""

import io
from pathlib import Path

import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.atomic_folder import replacing
from kerasgen.images.values import to_uint8, visible_channels


def png_bytes(image):
    """Encodes one image as a PNG.

    Args:
        image: Grey `(height, width)` or `(height, width, 1)`, or colour
            `(height, width, channels)`, of which 1 or 3 are drawn; floats in [0, 1]
            or `uint8`.

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


def save_animation(path, frames, fps=10, colors=None):
    """Writes images as an endless animation, wholly or not at all.

    Args:
        path: The file's path. `.gif` makes a GIF, `.png` and `.apng` an animated PNG.
        frames: Iterable of images of one shape, each as in `png_bytes`.
        fps: Number, frames a second. A GIF counts in hundredths of a second.
        colors: Integer, the greys or colours of a frame, 256 at most, or None for
            those that it has. Fewer make a smaller GIF.
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
    if colors is not None:
        check_number("colors", check_int("colors", colors, 2), maximum=256)
        frames = [_reduced(frame, colors) for frame in frames]
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


def _to_pillow(image):
    from PIL import Image

    image = to_uint8(image)
    if image.ndim == 3 and 0 not in image.shape:
        image = visible_channels(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    colour = image.ndim == 3 and image.shape[-1] == 3
    if (image.ndim != 2 and not colour) or 0 in image.shape:
        raise ValueError(
            "`image` must have the shape (height, width) or (height, width, "
            f"channels). Received: image of shape {image.shape}"
        )
    return Image.fromarray(np.ascontiguousarray(image))


def _reduced(frame, colors):
    """Returns a frame of fewer greys or colours, each pixel the nearest of them."""
    from PIL import Image

    if frame.mode != "L":
        return frame.quantize(colors, dither=Image.Dither.NONE)
    step = 255 / (colors - 1)
    return frame.point([round(round(grey / step) * step) for grey in range(256)])


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
    with replacing(path) as temporary, temporary.open("xb") as file:
        write(file)
