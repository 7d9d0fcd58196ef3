"""Centre crops and resizing, by Pillow."""

import numpy as np

from kerasgen.arguments import check_choice, check_int

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


def check_image_size(image_size):
    """Returns `(height, width)` of an int, a pair or None."""
    if image_size is None:
        return None
    if isinstance(image_size, (tuple, list)):
        if len(image_size) != 2:
            raise ValueError(
                "`image_size` must be an int or (height, width). "
                f"Received: image_size={image_size!r}"
            )
        return tuple(check_int("image_size", size) for size in image_size)
    return (check_int("image_size", image_size),) * 2


def resize(images, image_size, interpolation="bicubic"):
    """Returns images `(n, height, width, channels)` cropped and resized.

    The largest centred part of the right proportions is taken. `uint8` stays `uint8`;
    floats are clipped to `[0, 1]`.
    """
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    if image_size is None or images.shape[1:3] == tuple(image_size):
        return images
    output = np.empty((len(images), *image_size, images.shape[3]), images.dtype)
    for image, place in zip(images, output, strict=True):
        for channel in range(images.shape[3]):
            place[..., channel] = resize_one(
                _to_pil(image[..., channel]), image_size, interpolation
            )
    return output if output.dtype == np.uint8 else np.clip(output, 0, 1)


def resize_one(image, image_size, interpolation="bicubic"):
    """Returns a Pillow image cropped and resized to `(height, width)`, as an array."""
    from PIL import Image

    height, width = image_size
    if image.size != (width, height):
        image = image.resize(
            (width, height),
            getattr(Image.Resampling, interpolation.upper()),
            box=centre_box(image.size[::-1], image_size),
        )
    return np.asarray(image)


def resize_matrices(size, image_size, interpolation="bicubic"):
    """Returns the matrices of `resize`, which is linear but for its rounding.

    Args:
        size: `(height, width)` of the images.
        image_size: `(height, width)` of the results.
        interpolation: as in `resize`, save `"nearest"`.

    Returns:
        float32 arrays `(new height, height)` and `(new width, width)`: an image `x`
        becomes `rows @ x @ columns.T`.
    """
    from PIL import Image

    left, top, right, bottom = centre_box(size, image_size)
    found = []
    for old, new, start, end in zip(
        size, image_size, (top, left), (bottom, right), strict=True
    ):
        parts = Image.fromarray(np.eye(old, dtype="float32")).resize(
            (old, new),
            getattr(Image.Resampling, interpolation.upper()),
            box=(0, start, old, end),
        )
        found.append(np.asarray(parts))
    return tuple(found)


def centre_box(size, image_size):
    """Returns `(left, top, right, bottom)` of the largest centred part of a picture.

    Args:
        size: `(height, width)` of the picture.
        image_size: `(height, width)` of the part's proportions.
    """
    height, width = image_size
    scale = min(size[1] / width, size[0] / height)
    left = (size[1] - scale * width) / 2
    top = (size[0] - scale * height) / 2
    return left, top, left + scale * width, top + scale * height


def centre_shares(boxes, size, image_size):
    """Returns boxes as shares of the centred part of a picture, cut off at its ends.

    Args:
        boxes: float array `(k, 4)`: `ymin, xmin, ymax, xmax`, in pixels.
        size, image_size: as in `centre_box`.
    """
    left, top, right, bottom = centre_box(size, image_size)
    low, high = np.array([top, left] * 2), np.array([bottom, right] * 2)
    return np.clip((boxes - low) / (high - low), 0, 1)


def _to_pil(channel):
    from PIL import Image

    if channel.dtype != np.uint8:
        channel = channel.astype("float32")
    return Image.fromarray(np.ascontiguousarray(channel))
