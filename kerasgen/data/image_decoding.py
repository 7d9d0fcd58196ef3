"""Image files to `uint8` pixels, by Pillow: named formats only, nothing oversized."""

import functools
import os
import typing

import numpy as np

from kerasgen.data.resizing import resize_one

# Pillow would start Ghostscript for PostScript under any name.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
MAX_PIXELS = 1 << 26
GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")
ORIENTATION_TAG = 0x0112
TURNED = (5, 6, 7, 8)  # orientations that swap height and width
PACKED_GREYS = {"L;2": 85, "L;4": 17}  # what Pillow multiplies such pixels by
DEPTHS = (8, 10, 12, 14, 16)
HALVES = ("left", "right")  # of a file that holds two pictures side by side


class Header(typing.NamedTuple):
    """What is known of a file before it is decoded."""

    size: tuple  # (height, width), after turning
    channels: int
    deep: bool  # whether pixels have more than 8 bits


def open_image(file, max_pixels=MAX_PIXELS):
    """Returns a Pillow image that is not decoded yet.

    Args:
        file: path or binary stream.
        max_pixels: int. Images of more are refused, before they are decoded.

    Raises:
        ValueError, or one of Pillow's errors.
    """
    from PIL import Image

    image = Image.open(file, formats=FORMATS)
    width, height = image.size
    if width * height > max_pixels:
        image.close()
        raise ValueError(
            f"an image must have at most `max_pixels`={max_pixels} pixels. "
            f"Received: {width} x {height}"
        )
    return image


def read_header(file, max_pixels=MAX_PIXELS, half=None):
    """Returns the `Header` of an image file, or of its half, without decoding it."""
    try:
        state = os.stat(file)
    except OSError as error:
        raise unreadable(file, error) from error
    stamp = state.st_mtime_ns, state.st_size
    header = _read_header(str(file), *stamp, max_pixels)
    if half is None:
        return header
    height, width = header.size
    try:
        return header._replace(size=(height, _half_of(width)))
    except ValueError as error:
        raise unreadable(file, error) from error


@functools.lru_cache(1 << 18)  # each split is loaded by the headers of all
def _read_header(file, changed, size, max_pixels):
    try:
        with open_image(file, max_pixels) as image:
            width, height = image.size
            # Without the test, Pillow would decode a PNG to look for the data.
            known = "exif" in image.info or image.format == "TIFF"
            if known and image.getexif().get(ORIENTATION_TAG) in TURNED:
                width, height = height, width
            channels = 1 if image.mode in GREY_MODES else 3
            return Header((height, width), channels, _is_deep(image))
    except Exception as error:  # Pillow raises many kinds for broken files
        raise unreadable(file, error) from error


def decode(file, image_shape, interpolation, bits=16, max_pixels=MAX_PIXELS, half=None):
    """Returns a file's image as a `uint8` array of shape `image_shape`.

    Args:
        file: path.
        image_shape: `(height, width, channels)`.
        interpolation: str, for resizing.
        bits: int. Bits of the values in files of 16 bits.
        max_pixels: int, as in `open_image`.
        half: `"left"` or `"right"` of a file that holds two pictures, or None.
    """
    height, width, channels = image_shape
    try:
        with open_image(file, max_pixels) as image:
            image = turned(image)
            image = to_mode(image, "L" if channels == 1 else "RGB", bits)
            if half is not None:
                left = HALVES.index(half) * _half_of(image.width)
                image = image.crop(
                    (left, 0, left + _half_of(image.width), image.height)
                )
            pixels = resize_one(image, (height, width), interpolation)
    except Exception as error:  # Pillow raises many kinds for broken files
        raise unreadable(file, error) from error
    return pixels.reshape(image_shape)


def count_bits(files, max_pixels=MAX_PIXELS):
    """Returns the bits that the values in files of 16 bits need: 8, 10, 12, 14 or 16.

    Files cannot say it: many hold values of 12 bits, which must not become black. All
    are decoded; those that cannot be are passed over.
    """
    largest, colored = 0, None
    for file in files:
        try:
            with open_image(file, max_pixels) as image:
                pixels = np.asarray(image)
                if not _is_wide(image):  # in color, of which Pillow keeps the high byte
                    colored = colored or file
                    pixels = pixels[..., :3] * 256.0 + 255
                largest = max(largest, int(pixels.max()))
        except Exception:  # decoding it later gives the message
            continue
    bits = next((depth for depth in DEPTHS if largest < 1 << depth), 16)
    if colored is not None and bits < 16:
        raise ValueError(
            "`folder:` must hold color images of 8 bits, or of 16 that use them all. "
            f"Received: {colored}, with values of {bits} bits in 16; convert it to 8"
        )
    return bits


def to_mode(image, mode, bits=16):
    """Returns a Pillow image in mode `"L"`, `"RGB"` or `"RGBA"`, on white if need be.

    Args:
        image: Pillow image.
        mode: str.
        bits: int, as in `decode`.
    """
    from PIL import Image

    if _is_wide(image):
        image = Image.fromarray(_eight_bits(image, bits))
    elif mode != "RGBA" and image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image if image.mode == mode else image.convert(mode)


def _half_of(width):
    if width % 2:
        raise ValueError(
            "two pictures side by side must have an even width. "
            f"Received: width={width}"
        )
    return width // 2


def unreadable(file, error):
    return ValueError(
        f"`folder:` must hold images that can be decoded; leave out bad files with "
        f'`on_error="skip"`. Received: {file} ({type(error).__name__}: {error})'
    )


def turned(image):
    """Returns the image turned by its EXIF data, its transparent color as in pixels."""
    from PIL import ImageOps

    raw, key = _raw_mode(image), image.info.get("transparency")
    factor = PACKED_GREYS.get(raw)
    image = ImageOps.exif_transpose(image)
    if isinstance(key, int) and factor:
        image.info["transparency"] = key * factor
    if isinstance(key, tuple) and ";16" in raw:
        image.info["transparency"] = tuple(value >> 8 for value in key)
    return image


def _eight_bits(image, bits):
    """Returns the pixels of a grey image of 16 bits, or of floats, as `uint8`."""
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if image.mode == "F":
        if not (low >= 0 and high <= 1):
            raise ValueError(
                f"floats must be in [0, 1]. Received: values in [{low}, {high}]"
            )
        grey = np.round(values * 255)
    else:
        if low < 0 or high >= 1 << 16:
            raise ValueError(
                f"integers must have 16 bits. Received: values in [{low}, {high}]"
            )
        grey = np.minimum(values.astype("int64") >> (bits - 8), 255)
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey = np.where(values == key, 255, grey)
    return grey.astype("uint8")


def _is_wide(image):
    return image.mode.startswith("I") or image.mode == "F"


def _is_deep(image):
    return image.mode.startswith("I") or ";16" in _raw_mode(image)


def _raw_mode(image):
    """Returns how the pixels of an image lie in its file, such as `"RGB;16B"`."""
    found = getattr(image, "tile", None)
    arguments = found[0].args if found else ""
    arguments = arguments[0] if isinstance(arguments, tuple) else arguments
    return arguments if isinstance(arguments, str) else ""
